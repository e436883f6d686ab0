"""Lite models: the entity table cut down to the special entities, for tasks without titles."""

from dataclasses import replace

import torch
from torch import Tensor

from openluke.checkpoints.assembly import assemble_encoder, assemble_head
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.errors import ConfigError


def make_lite(bundle: Bundle) -> Bundle:
    """The same bundle with only [MASK], [UNK], [PAD] and [MASK2] in its entity table.

    The encoder computes the same for every input that uses only those; the masked-entity head
    keeps scores for them alone.
    """
    if bundle.encoder.config.n_entities == 0:
        raise ConfigError("this model has no entity table, so there is no lite form of it")
    vocab, kept = bundle.entities.lite()
    rows = torch.from_numpy(kept).long()
    config = replace(
        bundle.encoder.config,
        n_entities=vocab.n_ids,
        entity_pad_id=vocab.special.pad,
    )
    tensors = bundle.encoder.state_dict()
    tensors["entities.table.weight"] = tensors["entities.table.weight"][rows].clone()
    encoder = assemble_encoder(config, tensors=tensors, where="lite model")
    heads = []
    for head in bundle.heads:
        own = head.module.state_dict()
        if head.entry.config.kind == "masked":
            own = _cut_masked(own, rows=rows)
        module = assemble_head(
            head.entry.config, encoder=encoder, tensors=own, where=f"head {head.entry.name!r}"
        )
        heads.append(BundleHead(head.entry, module))
    return replace(bundle, encoder=encoder, entities=vocab, heads=tuple(heads))


def _cut_masked(tensors: dict[str, Tensor], *, rows: Tensor) -> dict[str, Tensor]:
    by_entity = ("entities.bias", "entities.decoder.weight")
    return {
        name: tensor[rows].clone() if name in by_entity else tensor
        for name, tensor in tensors.items()
    }
