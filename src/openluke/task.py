"""The contract between a task and the rest: what training, inference and checkpoints ask of it."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import numpy as np
from torch import Tensor

from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.formats.form import Form
from openluke.instances import Instance, Outputs, TaskBatch
from openluke.model.config import HeadConfig, HeadKind
from openluke.model.model import Model
from openluke.records import Scores
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer

E_contra = TypeVar("E_contra", contravariant=True)
P = TypeVar("P")
MAIN = "main"
"""The role of the head that every task has; it carries the name that the user gave."""
_PACKAGE = "openluke.tasks"


class Objective(Protocol):
    """All that training knows."""

    def collate(self, instances: Sequence[Instance], *, rng: np.random.Generator) -> TaskBatch:
        """Tensors of instances.

        What is random here, such as which negatives are read, is drawn from ``rng`` alone. Several
        threads may ask at once, for other instances each.
        """
        ...

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """For each name in ``inputs.n_targets`` the sum, not the mean, of a loss over its targets.

        What is minimised is the sum of all losses, each divided by the number of its targets in the
        whole step, so it does not matter how a step is cut into batches.

        Sums under names of the form ``LOSS/MEASURE``, such as ``words/accuracy``, are measures:
        they are divided alike, by the number of targets of that loss, and reported, but never
        minimised. They may be no number.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSetup:
    """What a task is made with."""

    tokenizer: WordTokenizer
    entities: EntityVocab
    inputs: EntityInputsConfig
    """The limits of the model, such as ``max_words``; the layout is the task's."""
    labels: tuple[str, ...] = ()
    """The labels that the head knows, in the order of its outputs."""
    pooler: bool = True
    """Whether the encoder makes a vector of a whole text."""


class Task(Objective, Protocol[E_contra, P]):
    """What fine-tuning, evaluation and inference add.

    A task is a class in a file of ``openluke.tasks`` of the same name, called ``TASK`` there (or
    one that a package names as an entry point in the group ``openluke.tasks``). It has no state but
    its configuration, its setup and its labels.
    """

    name: ClassVar[str]
    """The name of its file, which people search for."""
    summary: ClassVar[str]
    """One sentence: what is predicted of what."""
    example_type: ClassVar[type]
    """The record that it reads."""
    prediction_type: ClassVar[type]
    """The record that it predicts."""
    config_type: ClassVar[type]
    """The frozen dataclass of its options; it can be made without arguments."""
    primary_metric: ClassVar[str]
    """The score by which the best model is chosen; more is better. That of a task that was made may
    be another, as its options say."""
    head_kinds: ClassVar[tuple[HeadKind, ...]]
    """The kinds of the main head in checkpoints of other programs that this task can use."""
    forms: ClassVar[tuple[Form, ...]]
    """The forms of files that it reads, in the order in which they are shown."""

    config: Any
    """Its options; an instance of ``config_type``."""
    setup: TaskSetup

    def __init__(self, config: Any, *, setup: TaskSetup) -> None: ...

    @classmethod
    def labels_of(cls, examples: Iterable[E_contra], *, config: Any) -> tuple[str, ...]:
        """The labels of a training set in a fixed order; empty for tasks without labels."""
        ...

    @property
    def needs_titles(self) -> bool:
        """Whether its inputs name entities by their titles; if not, the special ones will do."""
        ...

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """The heads that it trains and uses, by role; one has the role ``MAIN``."""
        ...

    def encode(self, examples: Sequence[E_contra]) -> list[list[Instance]]:
        """For each example what the model reads of it.

        A long text gives several instances, and one in which there is nothing to be read gives
        none. They have targets where the example says what is right.
        """
        ...

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """Outputs of each instance, in order; called in evaluation mode, without gradients."""
        ...

    def decode(
        self, example: E_contra, *, instances: Sequence[Instance], outputs: Sequence[Outputs]
    ) -> P:
        """What is predicted of an example, from what the heads say of its instances."""
        ...

    def score(self, gold: Sequence[E_contra], *, predicted: Sequence[P]) -> Scores:
        """Compare predictions with what is right; the primary metric is among the scores."""
        ...

    def judge(self, gold: E_contra, *, predicted: P) -> Iterator[tuple[float, bool]]:
        """Of each thing that was predicted its probability, and whether it is right."""
        ...


TaskType = type[Task[Any, Any]]


@runtime_checkable
class SettlesOptions(Protocol):
    """What a task has besides, if the training data decides options that nobody said."""

    @classmethod
    def settle(cls, config: Any, *, examples: Iterable[Any]) -> Any:
        """The options with those decided that were left open; others stay as they are.

        A model keeps them, so that it reads texts as it has learnt to.
        """
        ...


@runtime_checkable
class FitsOptions(Protocol):
    """What a task has besides, if options that nobody said are fitted to how a model scores."""

    def fitted(self, scores: Scores) -> Mapping[str, Any]:
        """The options that are better than those that were scored, by name.

        Args:
            scores: Those on data that the best model is chosen by, never on tests.
        """
        ...


@runtime_checkable
class ChecksGold(Protocol):
    """What a task has besides, if not every example that it reads can be scored."""

    @classmethod
    def check_gold(cls, examples: Iterable[Any], *, config: Any) -> None:
        """Raise an ``ExampleError`` at the first example that lacks what scores need."""
        ...


def settled(kind: TaskType, *, config: Any, examples: Iterable[Any]) -> Any:
    """The options of a task after its training data has decided what was left open."""
    return kind.settle(config, examples=examples) if isinstance(kind, SettlesOptions) else config


@runtime_checkable
class HasRounds(Protocol):
    """What a task has besides, if it does not predict everything at once."""

    def next_round(self, example: Any, *, prediction: Any) -> Any | None:
        """The example again with what is now sure filled in, or ``None`` when all is done.

        Disambiguation fixes the surest entity, asks again.
        """
        ...


def next_round(task: Task[Any, Any], *, example: Any, prediction: Any) -> Any | None:
    """What is to be predicted after a prediction; ``None`` of tasks that take one round."""
    return task.next_round(example, prediction=prediction) if isinstance(task, HasRounds) else None


def task_names() -> list[str]:
    """The names of all tasks that are installed."""
    package = importlib.import_module(_PACKAGE)
    own = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return sorted({*own, *(point.name for point in entry_points(group=_PACKAGE))})


def load_task(name: str) -> TaskType:
    """The task of that name; only its own module is imported."""
    for point in entry_points(group=_PACKAGE):
        if point.name == name:
            return point.load()
    names = task_names()
    if name not in names:
        raise ConfigError(f"no task named {name!r}; tasks: {', '.join(names)}")
    return importlib.import_module(f"{_PACKAGE}.{name}").TASK


def task_of_head(kind: HeadKind) -> TaskType | None:
    """The task that can use a head whose checkpoint does not say what it is for."""
    for name in task_names():
        task = load_task(name)
        if kind in task.head_kinds:
            return task
    return None
