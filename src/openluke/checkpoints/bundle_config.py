"""``openluke.json``: what a bundle knows beyond the Hugging Face files beside it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import openluke
from openluke.artifacts import atomic_file
from openluke.checkpoints.transformers_config import read_json
from openluke.checkpoints.word_side import Base
from openluke.config import from_mapping, to_mapping
from openluke.errors import CheckpointError, ConfigError
from openluke.model.config import EncoderConfig, HeadConfig, HeadKind
from openluke.task import MAIN
from openluke.tokenization.entity_inputs import EntityInputsConfig

FILE = "openluke.json"
FORMAT = 2
_LONGEST_NAME = 100
"""Of a head; every file system takes a file name of that length."""
_LABELLED = tuple(
    kind
    for kind in get_args(HeadKind)
    if kind not in ("masked", "multiple_choice", "extractive_qa", "mention_vector", "span_proposer")
)
_FIELDS: dict[str, tuple[str, ...]] = {
    "tied": ("masked",),
    "inner_size": ("span_proposer",),
    "n_layers": ("span_proposer",),
    "n_labels": _LABELLED,
    "problem": _LABELLED,
    "bias": (*_LABELLED, "multiple_choice", "extractive_qa"),
    "dropout": (*_LABELLED, "multiple_choice", "span_proposer"),
}
"""The fields of a head's configuration that only some kinds have."""
_WITHOUT_LABELS = ("masked", "multiple_choice", "mention_vector", "span_proposer")
"""Kinds whose outputs are not labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadEntry:
    """One head of a bundle: what it is for and how its scores are read.

    The heads of a task are entries of their own: ``NAME`` for the one whose role is ``main``, and
    ``NAME-ROLE`` for each of the others.
    """

    name: str
    """Unique in the bundle; also the name of its file."""
    config: HeadConfig
    task: str | None = None
    """The task that it serves; ``None`` for a head of a foreign checkpoint."""
    role: str = MAIN
    """What it does in its task; every task has one that is ``main``."""
    labels: tuple[str, ...] = ()
    """The labels that the task was made with, in order; those of the ``main`` head's outputs."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """The task's whole configuration, with the ``main`` head alone."""

    def __post_init__(self) -> None:
        allowed = self.name.replace("-", "").replace("_", "")
        if not (allowed.isascii() and allowed.isalnum()) or len(self.name) > _LONGEST_NAME:
            raise ConfigError(
                f"a head's name becomes a file name: found {_shortened(self.name)}, expected at "
                f"most {_LONGEST_NAME} letters, digits, '-' and '_'"
            )
        if self.role != MAIN and not self.name.endswith(f"-{self.role}"):
            raise ConfigError(
                f"head {self.name!r} has the role {self.role!r}, expected a name that ends in "
                f"'-{self.role}'"
            )
        n_labels = self.config.n_labels
        has_labels = bool(self.labels) and self.config.kind not in _WITHOUT_LABELS
        if has_labels and len(self.labels) != n_labels:
            raise ConfigError(
                f"head {self.name!r} has {n_labels} outputs but {len(self.labels)} labels"
            )

    @property
    def task_name(self) -> str:
        """What the heads of one task have in common: the name of the ``main`` one."""
        return self.name if self.role == MAIN else self.name.removesuffix(f"-{self.role}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleConfig:
    """Everything in ``openluke.json``."""

    format: int = FORMAT
    """Version of this file's form."""
    version: str = openluke.__version__
    """The openluke that wrote it."""
    encoder: EncoderConfig
    """The exact shape of the encoder (``config.json`` cannot say all of it)."""
    inputs: EntityInputsConfig = field(default_factory=EntityInputsConfig)
    """How texts become inputs."""
    entity_languages: bool = False
    """Whether names in ``entity_vocab.json`` are ``language:title``."""
    heads: tuple[HeadEntry, ...] = ()
    """The heads; the first lies beside the encoder in ``model.safetensors``."""
    quantised: Literal["int8"] | None = None
    """``int8`` when the weights are stored as bytes with a scale per row."""
    source: str | None = None
    """Where the weights came from, in words."""
    base: Base = "roberta"
    """Whose word side the encoder was made of, for going back to the original project's form."""

    def __post_init__(self) -> None:
        names = [head.name for head in self.heads]
        if len(set(names)) < len(names):
            raise ConfigError(f"two heads have the same name: {', '.join(names)}")


def _shortened(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return repr(name)
    return f"{name[:20]!r} … of {len(name)} characters"


def _own_fields(config: HeadConfig) -> dict[str, Any]:
    """What describes a head: without the usual values of what other kinds have."""
    usual = to_mapping(HeadConfig(kind=config.kind))
    return {
        name: value
        for name, value in to_mapping(config).items()
        if value != usual[name] or config.kind in _FIELDS.get(name, (config.kind,))
    }


def read_bundle_config(directory: Path) -> BundleConfig | None:
    """Read ``openluke.json``; ``None`` when the directory has none (a foreign checkpoint)."""
    path = directory / FILE
    if not path.is_file():
        return None
    values = read_json(path)
    if values.get("format") != FORMAT:
        raise CheckpointError(
            f"{path}: format {values.get('format')!r}, but this openluke "
            f"({openluke.__version__}) reads format {FORMAT}; update openluke, or save the bundle "
            "again with the version that wrote it"
        )
    try:
        return from_mapping(BundleConfig, values=values, where=str(path))
    except ConfigError as error:
        raise CheckpointError(str(error)) from error


def write_bundle_config(config: BundleConfig, *, directory: Path) -> None:
    """Write ``openluke.json``."""
    values = to_mapping(config)
    for entry, head in zip(config.heads, values["heads"], strict=True):
        head["config"] = _own_fields(entry.config)
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    with atomic_file(directory / FILE) as temporary:
        Path(temporary).write_text(text, encoding="utf-8")
