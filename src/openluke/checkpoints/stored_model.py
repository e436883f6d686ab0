"""A model directory's configuration and tensors under our names, before any module is built."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from openluke.checkpoints import quantisation
from openluke.checkpoints.bundle_config import BundleConfig, HeadEntry
from openluke.checkpoints.transformers_config import (
    check_model_type,
    head_kind,
    read_encoder_config,
    read_json,
    read_labels,
    read_problem,
)
from openluke.checkpoints.transformers_layout import (
    SplitWeights,
    adapt_encoder,
    fold_mask_embedding,
    head_kind_of_names,
    split_weights,
    untie,
)
from openluke.checkpoints.weights import read_weights
from openluke.entities.vocab import SpecialEntities
from openluke.errors import CheckpointError
from openluke.model.config import EncoderConfig, HeadConfig, HeadKind

HEADS = "heads"
"""Folder of the heads after the first."""


@dataclass(frozen=True, slots=True)
class StoredHead:
    """A head's description and tensors."""

    entry: HeadEntry
    tensors: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class StoredModel:
    """The encoder's shape and tensors, and those of its heads."""

    config: EncoderConfig
    tensors: dict[str, Tensor]
    heads: tuple[StoredHead, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a directory is read."""

    entity_aware: bool | None = None
    """Use four query types or one; ``None``: as the directory says."""
    head: HeadKind | None = None
    """Read a foreign checkpoint's head as this kind, where its files do not say what it is."""


def read_own(directory: Path, *, config: BundleConfig, options: ReadOptions) -> StoredModel:
    """Read a bundle of ours, plain or quantised."""
    if config.quantised:
        stored = read_weights(directory / quantisation.FILE)
        tensors = quantisation.dequantise_rows(stored, where=str(directory / quantisation.FILE))
        encoder = quantisation.take_part(tensors, part="encoder")
        heads = tuple(
            StoredHead(entry, quantisation.take_part(tensors, part=entry.name))
            for entry in config.heads
        )
        return _stored(config.encoder, encoder=encoder, heads=heads, options=options)
    first = config.heads[0] if config.heads else None
    kind = first.config.kind if first else None
    split = split_weights(read_weights(directory), kind=kind)
    _refuse_unknown(split, kind=kind, where=directory)
    own = untie(split.head, encoder=split.encoder)[1] if kind == "masked" else split.head
    heads = [StoredHead(first, own)] if first else []
    for entry in config.heads[1:]:
        path = directory / HEADS / f"{entry.name}.safetensors"
        heads.append(StoredHead(entry, read_weights(path)))
    return _stored(config.encoder, encoder=split.encoder, heads=tuple(heads), options=options)


def read_foreign(directory: Path, *, special: SpecialEntities, options: ReadOptions) -> StoredModel:
    """Read a Hugging Face ``luke`` directory that openluke did not write."""
    path = directory / "config.json"
    values = read_json(path)
    check_model_type(values, where=path)
    config = read_encoder_config(values, entity_pad_id=special.pad, where=str(path))
    tensors = read_weights(directory)
    kind = _foreign_kind(values, tensors=tensors, options=options, where=path)
    split = fold_mask_embedding(split_weights(tensors, kind=kind), mask_id=special.mask)
    _refuse_unknown(split, kind=kind, where=directory)
    heads = ()
    if kind is not None and split.head:
        heads = (_foreign_head(values, split=split, kind=kind, where=str(path)),)
    return _stored(config, encoder=split.encoder, heads=heads, options=options)


def _stored(
    config: EncoderConfig,
    *,
    encoder: Mapping[str, Tensor],
    heads: tuple[StoredHead, ...],
    options: ReadOptions,
) -> StoredModel:
    if options.entity_aware is not None and config.n_entities:
        config = replace(config, entity_aware=options.entity_aware)
    config, tensors = adapt_encoder(encoder, config=config)
    return StoredModel(config, tensors, heads)


def _foreign_kind(
    values: Mapping[str, Any],
    *,
    tensors: Mapping[str, Tensor],
    options: ReadOptions,
    where: Path,
) -> HeadKind | None:
    if options.head is not None:
        return options.head
    named = head_kind(values)
    if named is not None and named != "unknown":
        return named
    kind = head_kind_of_names(tensors)
    if kind is None and named == "unknown" and "classifier.weight" in tensors:
        raise CheckpointError(
            f"{where}: architectures is {values['architectures']}, which openluke does not know; "
            "say what its classifier reads, for example head='entity_pair' (--head entity_pair)"
        )
    return kind


def _foreign_head(
    values: Mapping[str, Any], *, split: SplitWeights, kind: HeadKind, where: str
) -> StoredHead:
    dropout = values.get("classifier_dropout")
    if dropout is None:
        dropout = values.get("hidden_dropout_prob", HeadConfig.dropout)
    if kind in ("masked", "mention_vector"):
        tied, tensors = True, split.head
        if kind == "masked":
            tied, tensors = untie(split.head, encoder=split.encoder)
        config = HeadConfig(kind=kind, tied=tied, dropout=dropout)
        return StoredHead(HeadEntry(name=kind, config=config), tensors)
    weight = split.head.get("classifier.weight", torch.empty(0))
    config = HeadConfig(
        kind=kind,
        n_labels=len(weight),
        problem=read_problem(values, n_labels=len(weight), where=where),
        bias="classifier.bias" in split.head,
        dropout=dropout,
    )
    labels: tuple[str, ...] = ()
    if kind not in ("multiple_choice", "extractive_qa"):
        labels = read_labels(values, n_labels=len(weight), where=where)
    return StoredHead(HeadEntry(name=kind, config=config, labels=labels), split.head)


def _refuse_unknown(split: SplitWeights, *, kind: HeadKind | None, where: Path) -> None:
    if not split.unknown:
        return
    names = sorted(split.unknown)
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    head = f"a {kind} head" if kind else "no head"
    raise CheckpointError(
        f"{where}: unexpected tensors for a LUKE encoder with {head}: {', '.join(names[:6])}{more}"
    )
