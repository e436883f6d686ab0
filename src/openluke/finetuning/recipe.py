"""A recipe: all that a fine-tuning run is made from, in one TOML file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from openluke.config import from_mapping, read_toml, to_mapping
from openluke.errors import ConfigError
from openluke.recipe_files import PaperConfig, absolute, merge, model_place
from openluke.task import load_task, task_names
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.overflow import OnOverflow
from openluke.training.config import TrainingConfig

_ANY_NUMBER = 2**31
"""Of pieces, while it is not known how many the encoder reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConfig:
    """A file of examples that is read in another way than those beside it."""

    path: Path
    """Where it lies."""
    form: str | None = None
    """Its form; ``None`` takes that of the data."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """What is said to its reader, beside the options of the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """The examples of a task.

    Paths are relative to the recipe; ``$NAME`` is a variable of the environment, such as
    ``$OPENLUKE_DATA``.
    """

    train: Path | FileConfig
    """What is learnt from: a file, or a directory of files."""
    dev: Path | FileConfig | None = None
    """What the best model is chosen by; ``None`` sets examples of ``train`` aside."""
    test: Path | FileConfig | None = None
    """What the best model is scored on at the end, and no choice is made by."""
    tests: dict[str, Path | FileConfig] = field(default_factory=dict[str, Path | FileConfig])
    """More of these by name, for example by language."""
    form: str | None = None
    """The form of all files; ``None``: the one of the task's forms that a file looks like."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """What is said to the reader of all files, such as an encoding."""
    dev_share: float = 0.1
    """Which share of the training examples is set aside, drawn under the seed, where there is no
    ``dev``; 0 sets nothing aside, and the last model is kept."""

    def __post_init__(self) -> None:
        if not 0 <= self.dev_share < 1:
            raise ConfigError(f"dev_share is {self.dev_share}, expected 0 or more, below 1")
        if taken := {"train", "dev", "test"} & {*self.tests}:
            raise ConfigError(f"tests has one named {min(taken)!r}; give it another name")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskConfig:
    """One of the tasks that are learnt together."""

    task: str
    """Which task (see ``openluke tasks``)."""
    data: DataConfig
    """Its examples."""
    name: str | None = None
    """What its head is called in the model; ``None`` takes the name of the task."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """The task's own options."""
    weight: float = 1.0
    """How often it is trained beside the others, for each of its examples."""

    def __post_init__(self) -> None:
        if not self.weight > 0:
            raise ConfigError(f"weight is {self.weight}, expected more than 0")

    @property
    def head(self) -> str:
        """What its head is called."""
        return self.name or self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningConfig(TrainingConfig):
    """How a model is fine-tuned."""

    batch_size: int = 8
    """The most inputs of a micro-batch."""
    batch_rows: int | None = None
    """The most word and entity rows of a micro-batch; ``None`` for no limit."""

    def __post_init__(self) -> None:
        # without arguments super() would look for the class that slots have replaced
        TrainingConfig.__post_init__(self)
        for name in ("batch_size", "batch_rows"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise ConfigError(f"{name} is {value}, expected 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsConfig:
    """How much of a text the model reads, in training and ever after."""

    max_words: int | None = None
    """Most word pieces in an input, at most as many as the encoder has positions for; ``None``, as
    of all of these: as the model has it."""
    max_entities: int | None = None
    """Most entities in an input."""
    max_mention_length: int | None = None
    """Pieces of a mention that give it its position."""
    on_overflow: OnOverflow | None = None
    """What to do with more than an input holds: ``window`` reads several inputs, ``truncate`` the
    beginning, ``error`` refuses the text."""
    stride: int | None = None
    """Pieces that neighbouring windows share; a quarter of ``max_words`` where the model's own are
    too many for it."""

    def __post_init__(self) -> None:
        values: dict[str, Any] = {"max_words": _ANY_NUMBER, "stride": 0} | self.said
        EntityInputsConfig(**values)

    @property
    def said(self) -> dict[str, Any]:
        """Those that are not as the model has them."""
        return {name: value for name, value in to_mapping(self).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraConfig:
    """Low-rank adapters: few weights are trained, beside frozen ones (extra ``lora``)."""

    rank: int = 8
    """Inner width of the adapters."""
    alpha: int = 16
    """Their outputs are multiplied by ``alpha / rank``."""
    dropout: float = 0.0
    """Share of their inputs dropped in training."""
    layers: str = r"layers\..+"
    """Which linear layers of the encoder get one: a regular expression that whole names match,
    such as ``layers.0.attention.query``."""

    def __post_init__(self) -> None:
        for name in ("rank", "alpha"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 1 or more")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout}, expected 0 or more, below 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneConfig:
    """A fine-tuning run.

    One task is said by ``task``, ``data`` and ``options``; several, which are learnt together, by
    ``tasks``.
    """

    model: str
    """What is fine-tuned: a directory, relative to the recipe, or a name on the hub."""
    task: str | None = None
    """Which task (see ``openluke tasks``)."""
    data: DataConfig | None = None
    """Its examples."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """The task's own options."""
    tasks: tuple[TaskConfig, ...] = ()
    """Several tasks on one encoder."""
    attention: Literal["entity-aware", "plain"] | None = None
    """Four query types or one; new ones start as copies. ``None``: as the model has it."""
    new_words: dict[str, str] = field(default_factory=dict[str, str])
    """Special tokens that the model gets where it lacks them, each with the word piece whose vector
    it starts from."""
    inputs: InputsConfig = field(default_factory=InputsConfig)
    """Limits of inputs, other than those that the model has."""
    entity_table: Literal["auto", "frozen", "trained"] = "auto"
    """What becomes of the entity embeddings. ``auto``: where no task predicts entities, and no
    example of the training or dev data names one by its title, only the special entities are kept;
    else the table is frozen. ``frozen``: it is kept and not trained. ``trained``: it is kept and
    trained."""
    training: LearningConfig = field(default_factory=LearningConfig)
    """How it is trained."""
    lora: LoraConfig | None = None
    """Train adapters instead of the encoder."""
    leave_checkpoints: bool = False
    """Whether the checkpoints, which an interrupted run goes on from, stay when it is finished."""
    seed: int = 0
    """Of new heads, of the order of examples, and of everything else that is random."""
    licence: str | None = None
    """Of the model that comes out, for its card; what data and start allow is yours to know."""
    paper: PaperConfig | None = None
    """What is published of this experiment."""

    def __post_init__(self) -> None:
        if bool(self.tasks) == (self.task is not None):
            raise ConfigError("expected either 'task' with 'data', or several 'tasks'")
        if self.tasks and (self.data is not None or self.options):
            raise ConfigError("found 'data' or 'options' beside 'tasks', whose own they are")
        if self.task is not None and self.data is None:
            raise ConfigError("missing key 'data': the files of the examples")
        if self.training.seed:
            raise ConfigError("found training.seed; a recipe has one seed, which stands at its top")
        names = [part.head for part in self.parts]
        if len(set(names)) < len(names):
            raise ConfigError(
                f"two tasks have the same name ({', '.join(names)}); say 'name' of one of them"
            )

    @property
    def parts(self) -> tuple[TaskConfig, ...]:
        """The tasks, also where there is one alone."""
        if self.task is None or self.data is None:
            return self.tasks
        return (TaskConfig(task=self.task, data=self.data, options=self.options),)


def read_recipe(path: str | Path, *, changes: Mapping[str, Any] | None = None) -> FinetuneConfig:
    """Read a recipe; its paths become absolute.

    Args:
        path: A TOML file with the fields of ``FinetuneConfig``.
        changes: Values that go before those of the file; tables are merged.
    """
    path = Path(path)
    config = recipe_of(read_toml(path), where=str(path))
    if changes:
        values = merge(to_mapping(config), changes=changes)
        config = recipe_of(values, where=f"{path} with changes")
    return with_absolute_paths(config, directory=path.absolute().parent)


def recipe_of(values: Mapping[str, Any], *, where: str) -> FinetuneConfig:
    """A recipe from plain values; an option of the task beside ``options`` is told its place.

    Args:
        values: The fields of ``FinetuneConfig``.
        where: The source in messages, for example the file.
    """
    free: list[str] = []
    if (task := values.get("task")) in task_names():
        free = [f"options.{option.name}" for option in fields(load_task(task).config_type)]
    return from_mapping(FinetuneConfig, values=values, where=where, free=free)


def with_absolute_paths(config: FinetuneConfig, *, directory: Path) -> FinetuneConfig:
    """The same recipe with paths that do not depend on where the program runs."""
    changed = replace(config, model=model_place(config.model, directory=directory))
    if config.data is not None:
        return replace(changed, data=_located(config.data, directory=directory))
    parts = tuple(
        replace(part, data=_located(part.data, directory=directory)) for part in config.tasks
    )
    return replace(changed, tasks=parts)


def recipe_values(config: FinetuneConfig) -> dict[str, Any]:
    """A recipe as plain JSON values."""
    return json.loads(json.dumps(to_mapping(config)))


def _located(data: DataConfig, *, directory: Path) -> DataConfig:
    def locate(file: Path | FileConfig | None) -> Any:
        if isinstance(file, FileConfig):
            return replace(file, path=absolute(file.path, directory=directory))
        return None if file is None else absolute(file, directory=directory)

    return replace(
        data,
        train=locate(data.train),
        dev=locate(data.dev),
        test=locate(data.test),
        tests={name: locate(file) for name, file in data.tests.items()},
    )
