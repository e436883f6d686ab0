"""The same random inputs through transformers' model and ours."""

from typing import Any

import torch
from torch import Tensor, nn

from openluke.checkpoints.bundle import Bundle
from openluke.model.batch import Batch


def random_inputs(
    *, n_words: int, n_entities: int, pad_id: int = 1, seed: int = 0
) -> dict[str, Any]:
    """Two padded sequences with two entities each."""
    rng = torch.Generator().manual_seed(seed)
    words = torch.randint(3, n_words, (2, 9), generator=rng)
    mask = torch.ones(2, 9, dtype=torch.long)
    mask[1, 6:] = 0
    places = torch.tensor([[[1, 2, -1], [3, 4, 5]], [[2, -1, -1], [4, -1, -1]]])
    return {
        "input_ids": torch.where(mask == 1, words, pad_id),
        "attention_mask": mask,
        "entity_ids": torch.randint(0, n_entities, (2, 2), generator=rng),
        "entity_attention_mask": torch.ones(2, 2, dtype=torch.long),
        "entity_position_ids": places,
    }


def run_ours(bundle: Bundle, inputs: dict[str, Tensor]) -> Any:
    """Scores of the first head, or the states of a bundle without heads."""
    batch = Batch.from_padded(
        inputs["input_ids"],
        word_pad_id=bundle.encoder.config.word_pad_id,
        word_mask=inputs["attention_mask"],
        entity_ids=inputs["entity_ids"],
        entity_mask=inputs["entity_attention_mask"],
        entity_positions=inputs["entity_position_ids"],
    )
    with torch.no_grad():
        output = bundle.encoder(batch)
        return bundle.heads[0].module(output, batch) if bundle.heads else output


def run_theirs(model: nn.Module, inputs: dict[str, Tensor]) -> Any:
    with torch.no_grad():
        return model(**inputs)
