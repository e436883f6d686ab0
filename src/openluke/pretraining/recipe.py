"""A pretraining recipe: all that a run is made from, in one TOML file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

from openluke.config import from_mapping, read_toml, to_mapping
from openluke.errors import ConfigError
from openluke.pretraining.objective import ObjectiveConfig
from openluke.recipe_files import PaperConfig, absolute, merge, model_place
from openluke.training.config import TrainingConfig

ENTITIES = ("encoder.entities", "heads.masked.entities")
"""What the first of the published phases trains: the entities' embeddings and their head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartConfig:
    """What a run starts from."""

    model: str | None = None
    """A RoBERTa, XLM-R or BERT encoder, or a LUKE of the corpora's entities: a directory, relative
    to the recipe, or a name on the hub. ``None``: an encoder of ``sizes``, drawn at random."""
    sizes: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of a model that begins at random: fields of its encoder, such as ``hidden_size``."""
    entity_size: int = 256
    """Width of new entity embeddings."""
    entity_aware: bool = False
    """Whether attention has four query types from the start. As published it has one, and a model
    that is fine-tuned gets the others as copies of it."""
    entity_rows: Literal["random", "titles"] = "random"
    """What new entity embeddings begin as: random numbers, or the mean of the word embeddings of
    their titles, brought to their width."""
    entity_positions: Literal["random", "words"] = "random"
    """What the positions of new entities begin as: random numbers, or those of the words."""

    def __post_init__(self) -> None:
        if bool(self.sizes) == (self.model is not None):
            raise ConfigError("start: expected either 'model' or 'sizes'")
        if self.entity_size < 1:
            raise ConfigError(f"start.entity_size is {self.entity_size}, expected 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainingConfig(TrainingConfig):
    """How a phase trains."""

    keep: Literal["best", "last"] = "last"
    """Which weights a phase ends with."""
    epochs: int = 20
    """How often the corpora are read, where ``max_steps`` does not say it."""
    batch_size: int = 4
    """Inputs of a micro-batch."""
    step_inputs: int = 2048
    """Inputs of a step, in all micro-batches of all processes."""
    max_grad_norm: float | None = None
    """The length to which longer gradients are shortened; as published, they are left."""
    dropout: float | None = None
    """Share of states and of attention that is dropped while the phase trains; ``None``: as the
    encoder says, which the model keeps for fine-tuning in any case."""
    evaluate_every: int | None = 1000
    """Steps between evaluations on what is held out; there is one at the end anyway."""

    def __post_init__(self) -> None:
        # without arguments super() would look for the class that slots have replaced
        TrainingConfig.__post_init__(self)
        for name in ("batch_size", "step_inputs"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 1 or more")
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout}, expected 0 or more, below 1")
        if self.step_inputs % self.batch_size:
            raise ConfigError(
                f"step_inputs is {self.step_inputs}, which batches of {self.batch_size} cannot "
                "make up; expected a multiple of batch_size"
            )

    @property
    def step_batches(self) -> int:
        """Micro-batches of a step, in all processes."""
        return self.step_inputs // self.batch_size


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseConfig:
    """A part of a run, with an optimizer of its own."""

    name: str
    """What it is called."""
    training: PretrainingConfig = field(default_factory=PretrainingConfig)
    """How it trains; keys that are not said here are as in the ``training`` of the recipe."""

    def __post_init__(self) -> None:
        if not self.name.replace("-", "").isalnum() or not self.name.isascii():
            raise ConfigError(
                f"phase {self.name!r}: expected a name of letters, digits and hyphens, which is "
                "that of a directory too"
            )
        if self.training.accumulation != 1:
            raise ConfigError("found training.accumulation; say step_inputs, whoever shares them")
        if self.training.seed:
            raise ConfigError("found training.seed; a recipe has one seed, which stands at its top")


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainConfig:
    """A pretraining run."""

    corpora: tuple[Path, ...]
    """What is read: directories that ``openluke pretrain build`` made, of one tokenizer and one
    entity vocabulary."""
    start: StartConfig
    """What is trained."""
    phases: tuple[PhaseConfig, ...]
    """How it is trained, one after another; in the file, ``[training]`` says what all have."""
    smoothing: float = 0.7
    """With several corpora: each is read as often as its size to this power says; 1 is by size, and
    0 all alike."""
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    """What is learnt."""
    n_held_out: int = 1000
    """Inputs that the evaluations read, of those that the corpora hold out."""
    leave_checkpoints: bool = False
    """Whether the checkpoints, which an interrupted run goes on from, stay when it is finished."""
    seed: int = 0
    """Of everything that is random."""
    licence: str | None = None
    """Of the model that comes out, for its card; what text and start allow is yours to know."""
    paper: PaperConfig | None = None
    """What is published of this run."""

    def __post_init__(self) -> None:
        if not self.corpora:
            raise ConfigError("corpora is empty; expected at least one directory")
        if not self.phases:
            raise ConfigError("phases is empty; expected at least one [[phases]] with a name")
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            raise ConfigError(f"two phases have the same name ({', '.join(names)})")
        if not 0 <= self.smoothing <= 1:
            raise ConfigError(f"smoothing is {self.smoothing}, expected 0 to 1")
        if self.n_held_out < 0:
            raise ConfigError(f"n_held_out is {self.n_held_out}, expected 0 or more")


def read_pretrain_recipe(
    path: str | Path, *, changes: Mapping[str, Any] | None = None
) -> PretrainConfig:
    """Read a recipe; its paths become absolute.

    Args:
        path: A TOML file with the fields of ``PretrainConfig``, and a table ``training`` for what
            all phases have in common.
        changes: Values that go before those of the file; tables are merged, and ``training`` goes
            before what the phases say themselves.
    """
    path = Path(path)
    changes = dict(changes or {})
    values = _with_phases(read_toml(path), where=str(path))
    forced: Mapping[str, Any] = changes.pop("training", {})
    values = merge(values, changes=changes)
    for phase in values.get("phases", ()):
        phase["training"] = merge(phase.get("training", {}), changes=forced)
    where = f"{path} with changes" if changes or forced else str(path)
    return _located(
        from_mapping(PretrainConfig, values=values, where=where), directory=path.absolute().parent
    )


def pretrain_values(config: PretrainConfig) -> dict[str, Any]:
    """A recipe as plain JSON values."""
    return json.loads(json.dumps(to_mapping(config), default=str))


def _with_phases(values: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """The values with what all phases have in common put into each."""
    found = dict(values)
    shared: Any = found.pop("training", {})
    phases: Any = found.get("phases", [])
    if not isinstance(phases, list) or not isinstance(shared, Mapping):
        raise ConfigError(f"{where}: expected tables [[phases]], and perhaps one [training]")
    found["phases"] = [
        {
            **phase,
            "training": merge(cast("Mapping[str, Any]", shared), changes=phase.get("training", {})),
        }
        for phase in cast("Sequence[Mapping[str, Any]]", phases)
    ]
    return found


def _located(config: PretrainConfig, *, directory: Path) -> PretrainConfig:
    corpora = tuple(absolute(path, directory=directory) for path in config.corpora)
    if config.start.model is None:
        return replace(config, corpora=corpora)
    place = model_place(config.start.model, directory=directory)
    return replace(config, corpora=corpora, start=replace(config.start, model=place))
