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
from openluke.checkpoints.word_side import pad_rows
from openluke.errors import CheckpointError
from openluke.model.attention import EXTRA_QUERIES
from openluke.model.config import EncoderConfig, HeadKind

MASK_EMBEDDING = "luke.entity_embeddings.mask_embedding"
"""The [MASK] entity of the disambiguation models, kept apart from a frozen table."""

_TYPES = ("words.types.weight", "entities.types.weight")
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
    """Settle what differs between foreign checkpoints of the same kind.

    The pooler may be missing; entity-aware queries, where none were saved, are copies of the query,
    and superfluous ones are dropped.
    """
    config = replace(config, pooler=any(name.startswith("pooler.") for name in tensors))
    if config.entity_aware:
        tensors = add_queries(tensors)
    return config, drop_unused(tensors, config=config)


def drop_unused(tensors: Mapping[str, Tensor], *, config: EncoderConfig) -> dict[str, Tensor]:
    """The tensors without the entity side or the queries that the configuration has no use for."""
    if config.n_entities == 0:
        return {name: value for name, value in tensors.items() if not _is_for_entities(name)}
    if config.entity_aware:
        return dict(tensors)
    return {name: value for name, value in tensors.items() if not _is_query(name)}


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
    return config, pad_types(padded, config=config)


def pad_types(tensors: Mapping[str, Tensor], *, config: EncoderConfig) -> dict[str, Tensor]:
    """The tensors with as many rows in one type table as in the other, zeros at the end."""
    rows = max(config.n_word_types, config.n_entity_types)
    padded = {name: pad_rows(tensors[name], rows=rows) for name in _TYPES if name in tensors}
    return dict(tensors) | padded


def unpad_types(tensors: Mapping[str, Tensor], *, config: EncoderConfig) -> dict[str, Tensor]:
    """The tensors without the zero rows that ``pad_types`` adds."""
    rows = dict(zip(_TYPES, (config.n_word_types, config.n_entity_types), strict=True))
    padded = max(rows.values())
    cut = {
        name: tensors[name][:used].clone()
        for name, used in rows.items()
        if name in tensors and tensors[name].dim() == 2 and len(tensors[name]) == padded
        # rows that something was learnt in are no padding: let the shapes be compared
        if not tensors[name][used:].any()
    }
    return dict(tensors) | cut


def add_queries(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors with entity-aware queries as copies of the query, unless they have any."""
    if any(_is_query(name) for name in tensors):
        return dict(tensors)
    copies = {
        name.replace(".query.", f".{query}."): value
        for name, value in tensors.items()
        if ".attention.query." in name
        for query in EXTRA_QUERIES
    }
    return dict(tensors) | {name: value.clone() for name, value in copies.items()}


def untie(
    head: Mapping[str, Tensor], *, encoder: Mapping[str, Tensor]
) -> tuple[bool, dict[str, Tensor]]:
    """Whether a masked head's decoders are the encoder's tables, and the head's own tensors."""
    own = dict(head)
    bias = own.pop("words.decoder.bias", None)
    if bias is not None:
        own.setdefault("words.bias", bias)
    tables = {
        "words.decoder.weight": "words.tokens.weight",
        "entities.decoder.weight": "entities.table.weight",
    }
    # an encoder that lacks a table is refused where it is put together
    pairs = {name: encoder[table] for name, table in tables.items() if table in encoder}
    if all(name not in own or torch.equal(own[name], table) for name, table in pairs.items()):
        return True, {name: value for name, value in own.items() if name not in pairs}
    for name, table in pairs.items():
        own.setdefault(name, table.clone())
    return False, own


def fold_mask_embedding(split: SplitWeights, *, mask_id: int) -> SplitWeights:
    """Put the separate [MASK] vector of the disambiguation models into its row of the table."""
    vector, table = split.unknown.get(MASK_EMBEDDING), split.encoder.get("entities.table.weight")
    if vector is None or table is None:
        return split
    if mask_id >= len(table) or vector.shape != table[mask_id].shape:
        raise CheckpointError(
            f"{MASK_EMBEDDING} is {tuple(vector.shape)}, which is no row {mask_id} of an entity "
            f"table {tuple(table.shape)}"
        )
    table = table.clone()
    table[mask_id] = vector
    unknown = {name: value for name, value in split.unknown.items() if name != MASK_EMBEDDING}
    return SplitWeights(split.encoder | {"entities.table.weight": table}, split.head, unknown)


def _is_query(name: str) -> bool:
    return name.split(".")[-2] in EXTRA_QUERIES


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
