"""A model directory's configuration and tensors under our names, before any module is built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from openluke.checkpoints import quantisation
from openluke.checkpoints.assembly import NameInFile
from openluke.checkpoints.bundle_config import BundleConfig, HeadEntry
from openluke.checkpoints.layout_tables import (
    ORIGINAL_ENCODER,
    TRANSFORMERS_ENCODER,
    TRANSFORMERS_HEADS,
)
from openluke.checkpoints.renames import RenameTable, rename_to_theirs
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
    add_queries,
    drop_unused,
    fold_mask_embedding,
    head_kind_of_names,
    split_weights,
    unpad_types,
    untie,
)
from openluke.checkpoints.weights import check_finite, read_weights
from openluke.config import from_mapping
from openluke.entities.vocab import SpecialEntities
from openluke.errors import CheckpointError, ConfigError
from openluke.model.config import EncoderConfig, HeadConfig, HeadKind

HEADS = "heads"
"""Folder of the heads that do not lie beside the encoder, and what stands before all heads in an
int8 file."""
ENCODER = "encoder"
"""What stands before the encoder's tensors in an int8 file."""


@dataclass(frozen=True, slots=True)
class StoredHead:
    """A head's description and tensors."""

    entry: HeadEntry
    tensors: dict[str, Tensor]
    names: NameInFile


@dataclass(frozen=True, slots=True)
class StoredModel:
    """The encoder's shape and tensors, and those of its heads."""

    config: EncoderConfig
    tensors: dict[str, Tensor]
    heads: tuple[StoredHead, ...]
    names: NameInFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a directory is read."""

    entity_aware: bool | None = None
    """Use four query types or one; ``None``: as the directory says."""
    head: HeadKind | None = None
    """Read a foreign checkpoint's head as this kind, where its files do not say what it is."""


def is_beside_encoder(heads: Sequence[HeadEntry]) -> bool:
    """Whether the first head lies beside the encoder: where transformers has a class for it."""
    return bool(heads) and heads[0].config.kind in TRANSFORMERS_HEADS


def read_own(directory: Path, *, config: BundleConfig, options: ReadOptions) -> StoredModel:
    """Read a bundle of ours, plain or quantised."""
    if options.head is not None:
        raise ConfigError(
            f"{directory}: states its heads itself; head={options.head!r} is for the checkpoints "
            "of other programs"
        )
    read = _read_quantised if config.quantised else _read_plain
    stored = read(directory, config=config)
    encoder, shape = stored.tensors, config.encoder
    if options.entity_aware is not None and shape.n_entities:
        if options.entity_aware and not shape.entity_aware:
            encoder = add_queries(encoder)
        shape = replace(shape, entity_aware=options.entity_aware)
    return replace(stored, config=shape, tensors=drop_unused(encoder, config=shape))


def read_foreign(directory: Path, *, special: SpecialEntities, options: ReadOptions) -> StoredModel:
    """Read a Hugging Face ``luke`` directory that openluke did not write."""
    path = directory / "config.json"
    values = read_json(path)
    check_model_type(values, where=path)
    config = read_encoder_config(values, entity_pad_id=special.pad, where=str(path))
    if options.entity_aware is not None and config.n_entities:
        config = replace(config, entity_aware=options.entity_aware)
    tensors = _read_finite(directory)
    kind = _foreign_kind(values, tensors=tensors, options=options, where=path)
    split = fold_mask_embedding(split_weights(tensors, kind=kind), mask_id=special.mask)
    _refuse_unknown(split, kind=kind, where=directory)
    heads = ()
    if kind is not None:
        heads = (_foreign_head(values, split=split, kind=kind, where=str(path)),)
    names = _encoder_table(tensors).known_as
    return StoredModel(*adapt_encoder(split.encoder, config=config), heads, names)


def _read_finite(path: Path) -> dict[str, Tensor]:
    tensors = read_weights(path)
    check_finite(tensors, where=path)
    return tensors


def _read_quantised(directory: Path, *, config: BundleConfig) -> StoredModel:
    path = directory / quantisation.FILE
    tensors = quantisation.dequantise_rows(_read_finite(path), where=str(path))
    heads = tuple(
        StoredHead(entry, *_part(tensors, name=f"{HEADS}/{entry.name}")) for entry in config.heads
    )
    encoder, names = _part(tensors, name=ENCODER)
    return StoredModel(config.encoder, encoder, heads, names)


def _part(tensors: Mapping[str, Tensor], *, name: str) -> tuple[dict[str, Tensor], NameInFile]:
    """A part of an int8 file, and what its tensors are called there."""
    return quantisation.take_part(tensors, part=name), f"{name}/{{}}".format


def _read_plain(directory: Path, *, config: BundleConfig) -> StoredModel:
    first = config.heads[0] if is_beside_encoder(config.heads) else None
    kind = first.config.kind if first else None
    tensors = _read_finite(directory)
    split = split_weights(tensors, kind=kind)
    _refuse_unknown(split, kind=kind, where=directory)
    own = untie(split.head, encoder=split.encoder)[1] if kind == "masked" else split.head
    heads = [StoredHead(first, own, _head_names(first.config.kind))] if first else []
    for entry in config.heads[len(heads) :]:
        path = directory / HEADS / f"{entry.name}.safetensors"
        heads.append(StoredHead(entry, _read_finite(path), str))
    encoder = unpad_types(split.encoder, config=config.encoder)
    return StoredModel(config.encoder, encoder, tuple(heads), _encoder_table(tensors).known_as)


def _encoder_table(tensors: Mapping[str, Tensor]) -> RenameTable:
    """The names of the encoder in a file of transformers: a bare one has no prefix."""
    is_bare = not any(name.startswith("luke.") for name in tensors)
    return ORIGINAL_ENCODER if is_bare else TRANSFORMERS_ENCODER


def _head_names(kind: HeadKind) -> NameInFile:
    return TRANSFORMERS_HEADS[kind].known_as


def _foreign_kind(
    values: Mapping[str, Any],
    *,
    tensors: Mapping[str, Tensor],
    options: ReadOptions,
    where: Path,
) -> HeadKind | None:
    if options.head is not None:
        return options.head
    named = head_kind(values, where=str(where))
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
        config = from_mapping(
            HeadConfig, values={"kind": kind, "tied": tied, "dropout": dropout}, where=where
        )
        return StoredHead(HeadEntry(name=kind, config=config), tensors, _head_names(kind))
    _check_classifier(split, kind=kind, where=where)
    n_labels = len(split.head["classifier.weight"])
    config = from_mapping(
        HeadConfig,
        values={
            "kind": kind,
            "n_labels": n_labels,
            "problem": read_problem(values, n_labels=n_labels, where=where),
            "bias": "classifier.bias" in split.head,
            "dropout": dropout,
        },
        where=where,
    )
    labels: tuple[str, ...] = ()
    if kind not in ("multiple_choice", "extractive_qa"):
        labels = read_labels(values, n_labels=n_labels, where=where)
    entry = HeadEntry(name=kind, config=config, labels=labels)
    return StoredHead(entry, split.head, _head_names(kind))


def _check_classifier(split: SplitWeights, *, kind: HeadKind, where: str) -> None:
    """Only the pair classifiers were published without a bias."""
    needed = {"classifier.weight"} | (set() if kind == "entity_pair" else {"classifier.bias"})
    missing = [
        theirs
        for theirs in rename_to_theirs(dict.fromkeys(needed), table=TRANSFORMERS_HEADS[kind])
        if TRANSFORMERS_HEADS[kind].ours(theirs) not in split.head
    ]
    if missing:
        raise CheckpointError(
            f"{where}: says that there is a head of kind {kind}, but the weights lack "
            f"{', '.join(sorted(missing))}"
        )
    if split.head["classifier.weight"].dim() != 2:
        raise CheckpointError(
            f"{where}: the classifier's weight has the shape "
            f"{tuple(split.head['classifier.weight'].shape)}, expected labels times width"
        )


def _refuse_unknown(split: SplitWeights, *, kind: HeadKind | None, where: Path) -> None:
    if not split.unknown:
        return
    names = sorted(split.unknown)
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    head = f"a {kind} head" if kind else "no head"
    raise CheckpointError(
        f"{where}: unexpected tensors for a LUKE encoder with {head}: {', '.join(names[:6])}{more}"
    )
