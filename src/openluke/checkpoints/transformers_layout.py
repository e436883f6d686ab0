"""The tensors of a Hugging Face ``luke`` checkpoint as ours, and ours as theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from openluke.checkpoints.layout_tables import (
    BUFFERS,
    ORIGINAL_ENCODER,
    TRANSFORMERS_ENCODER,
    TRANSFORMERS_HEADS,
)
from openluke.checkpoints.renames import RenameTable, rename_to_ours, rename_to_theirs
from openluke.model.config import EncoderConfig, HeadKind

MASK_EMBEDDING = "luke.entity_embeddings.mask_embedding"
"""The [MASK] entity of the disambiguation models, kept apart from a frozen table."""

_QUERIES = ("word_to_entity_query", "entity_to_word_query", "entity_to_entity_query")
_ENCODER_PARTS = frozenset({"embeddings", "entity_embeddings", "encoder", "pooler"})
_ROWS_WITHOUT_ENTITIES = 4
"""Rows of the empty entity table that transformers needs to load an encoder without entities."""


@dataclass(frozen=True, slots=True)
class SplitWeights:
    """The tensors of a checkpoint under our names, by the part of the model they belong to."""

    encoder: dict[str, Tensor]
    head: dict[str, Tensor]
    unknown: dict[str, Tensor]


def head_kind_of_names(names: Mapping[str, Tensor]) -> HeadKind | None:
    """The head that tensors' names give away, where ``config.json`` does not name it."""
    if any(name.startswith(("lm_head.", "entity_predictions.")) for name in names):
        return "masked"
    if "mlp.dense.weight" in names:
        return "mention_vector"
    if "qa_outputs.weight" in names:
        return "extractive_qa"
    return None


def split_weights(tensors: Mapping[str, Tensor], *, kind: HeadKind | None) -> SplitWeights:
    """Sort a transformers state dict into encoder and head, under our names."""
    if not any(name.startswith("luke.") for name in tensors):
        # saved from a bare LukeModel
        tensors = {
            f"luke.{name}" if name.split(".")[0] in _ENCODER_PARTS else name: value
            for name, value in tensors.items()
        }
    tensors = {name: value for name, value in tensors.items() if name not in BUFFERS}
    encoder = rename_to_ours(tensors, table=TRANSFORMERS_ENCODER)
    table = RenameTable({}) if kind is None else TRANSFORMERS_HEADS[kind]
    head = rename_to_ours(encoder.unknown, table=table)
    return SplitWeights(
        {ours: tensors[theirs] for theirs, ours in encoder.names.items()},
        {ours: tensors[theirs] for theirs, ours in head.names.items()},
        {name: tensors[name] for name in head.unknown},
    )


def merge_weights(
    encoder: Mapping[str, Tensor], *, head: Mapping[str, Tensor], kind: HeadKind | None
) -> dict[str, Tensor]:
    """One state dict under transformers' names, as its class of that head expects it."""
    if kind is None:
        return rename_to_theirs(encoder, table=ORIGINAL_ENCODER)
    merged = rename_to_theirs(encoder, table=TRANSFORMERS_ENCODER)
    merged |= rename_to_theirs(head, table=TRANSFORMERS_HEADS[kind])
    if kind == "masked":
        # transformers 5 no longer ties the word decoder: left out, it would be random there
        merged.setdefault("lm_head.decoder.weight", encoder["words.tokens.weight"])
        merged["lm_head.decoder.bias"] = head["words.bias"]
    return merged


def adapt_encoder(
    tensors: Mapping[str, Tensor], *, config: EncoderConfig
) -> tuple[EncoderConfig, dict[str, Tensor]]:
    """Settle what differs between checkpoints of the same kind.

    The pooler may be missing; the type tables may have more rows than are used; entity-aware
    queries that were not saved are copies of the query, and superfluous ones are dropped.
    """
    adapted = dict(tensors)
    config = replace(config, pooler="pooler.weight" in adapted)
    for table, rows in (
        ("words.types.weight", config.n_word_types),
        ("entities.types.weight", config.n_entity_types),
    ):
        if table in adapted:
            adapted[table] = adapted[table][:rows].clone()
    if config.n_entities == 0:
        adapted = {name: value for name, value in adapted.items() if not _is_for_entities(name)}
    elif config.entity_aware:
        adapted = add_queries(adapted)
    else:
        adapted = {name: value for name, value in adapted.items() if not _is_query(name)}
    return config, adapted


def pad_for_transformers(
    tensors: Mapping[str, Tensor], *, config: EncoderConfig
) -> tuple[EncoderConfig, dict[str, Tensor]]:
    """Fit our tensors to transformers' classes, which cannot say all that we can.

    Both type tables get the same number of rows, and an encoder without entities gets an empty
    entity table.
    """
    padded = dict(tensors)
    if config.n_entities == 0:
        config = replace(config, n_entities=_ROWS_WITHOUT_ENTITIES, entity_pad_id=0)
        config = replace(config, entity_aware=False)
        padded |= _empty_entities(config, like=padded["words.tokens.weight"])
    rows = max(config.n_word_types, config.n_entity_types)
    for name in ("words.types.weight", "entities.types.weight"):
        table = padded[name]
        padded[name] = torch.cat([table, table.new_zeros(rows - len(table), table.shape[1])])
    return config, padded


def add_queries(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors with the entity-aware queries that are missing, as copies of the query."""
    copies = {
        name.replace(".query.", f".{query}."): value
        for name, value in tensors.items()
        if ".attention.query." in name
        for query in _QUERIES
    }
    missing = {name: value.clone() for name, value in copies.items() if name not in tensors}
    return missing | dict(tensors)


def untie(
    head: Mapping[str, Tensor], *, encoder: Mapping[str, Tensor]
) -> tuple[bool, dict[str, Tensor]]:
    """Whether a masked head's decoders are the encoder's tables, and the head's own tensors."""
    own = dict(head)
    bias = own.pop("words.decoder.bias", None)
    if bias is not None:
        own.setdefault("words.bias", bias)
    pairs = {
        "words.decoder.weight": encoder["words.tokens.weight"],
        "entities.decoder.weight": encoder["entities.table.weight"],
    }
    if all(name not in own or torch.equal(own[name], table) for name, table in pairs.items()):
        return True, {name: value for name, value in own.items() if name not in pairs}
    for name, table in pairs.items():
        own.setdefault(name, table.clone())
    return False, own


def fold_mask_embedding(split: SplitWeights, *, mask_id: int) -> SplitWeights:
    """Put the separate [MASK] vector of the disambiguation models into its row of the table."""
    if MASK_EMBEDDING not in split.unknown:
        return split
    table = split.encoder["entities.table.weight"].clone()
    table[mask_id] = split.unknown[MASK_EMBEDDING]
    unknown = {name: value for name, value in split.unknown.items() if name != MASK_EMBEDDING}
    return SplitWeights(split.encoder | {"entities.table.weight": table}, split.head, unknown)


def _is_query(name: str) -> bool:
    return name.split(".")[-2] in _QUERIES


def _is_for_entities(name: str) -> bool:
    return name.startswith("entities.") or _is_query(name)


def _empty_entities(config: EncoderConfig, *, like: Tensor) -> dict[str, Tensor]:
    width = config.hidden_size
    shapes = {
        "entities.table.weight": (config.n_entities, config.entity_size),
        "entities.positions.weight": (config.n_positions, width),
        "entities.types.weight": (config.n_entity_types, width),
        "entities.norm.weight": (width,),
        "entities.norm.bias": (width,),
    }
    if config.entity_size != width:
        shapes["entities.projection.weight"] = (width, config.entity_size)
    return {name: like.new_zeros(shape) for name, shape in shapes.items()}
