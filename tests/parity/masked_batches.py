"""Batches of pretraining as transformers reads them."""

import torch
from torch import Tensor

from openluke.instances import TaskBatch
from openluke.model.labels import IGNORE


def to_padded(inputs: TaskBatch, *, word_pad_id: int, max_mention_length: int) -> dict[str, Tensor]:
    """What ``LukeForMaskedLM`` is called with, labels included, of what the objective collated."""
    batch = inputs.batch
    labels = {
        kind: _labels(inputs, kind=kind, n=n)
        for kind, n in (("word", batch.n_words), ("entity", batch.n_entities))
    }
    ends = torch.cat([batch.mention_offsets[1:], torch.tensor([len(batch.mention_positions)])])
    places = torch.full((batch.n_entities, max_mention_length), -1)
    for row, (first, last) in enumerate(zip(batch.mention_offsets, ends, strict=True)):
        places[row, : last - first] = batch.mention_positions[first:last]
    return {
        "input_ids": batch.pad_words(batch.word_ids, fill=word_pad_id),
        "attention_mask": batch.pad_words(torch.ones_like(batch.word_ids)),
        "entity_ids": batch.pad_entities(batch.entity_ids),
        "entity_attention_mask": batch.pad_entities(torch.ones_like(batch.entity_ids)),
        "entity_position_ids": batch.pad_entities(places, fill=-1),
        "labels": batch.pad_words(labels["word"], fill=IGNORE),
        "entity_labels": batch.pad_entities(labels["entity"], fill=IGNORE),
    }


def _labels(inputs: TaskBatch, *, kind: str, n: int) -> Tensor:
    labels = torch.full((n,), IGNORE)
    labels[inputs.targets[f"{kind}_rows"]] = inputs.targets[f"{kind}_labels"]
    return labels
