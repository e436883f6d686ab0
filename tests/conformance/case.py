"""What the conformance tests ask to be told of a task, and where they look for it."""

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openluke.instances import Instance, Outputs
from openluke.task import TaskType, load_task
from tests.tasks.tiny import make_setup

FOLDER = "tests.conformance.examples"


@dataclass(frozen=True, kw_only=True)
class Long:
    """Two examples of which the model reads the same, both longer than an input."""

    short: Any
    long: Any
    """The same with more around it."""
    alike: Callable[[Any], Any]
    """What must be equal of both predictions: numbers in it may differ by rounding."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A way to use a task, with examples for it.

    Each file of ``tests/conformance/examples`` is named for a task and has ``CASES``, some of
    these by name.
    """

    examples: Sequence[Any]
    """Eight short ones, with gold, in which every label is told by the words."""
    ideal: Callable[[Instance], Outputs]
    """Outputs that say what an instance's targets say."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the task."""
    unicode: Sequence[Any] = ()
    """Examples with emoji, combining marks, other scripts and odd spaces."""
    empty: Sequence[Any] = ()
    """Examples without anything to be read, as far as the record allows them."""
    long: Long | None = None
    """``None`` only if no text is ever longer than an input."""
    fewest_labels: int = 1
    """How many labels the task has at least: more than one if one says that there is nothing."""
    steps: int = 200
    """In how many steps a tiny model learns the examples by heart."""
    rate: float = 5e-3
    """The rate at which it learns them."""

    def task(self, kind: TaskType, *, labels: Sequence[str] | None = None, **inputs: Any) -> Any:
        """The task; by default with the labels of the examples."""
        config = kind.config_type(**self.options)
        if labels is None:
            labels = kind.labels_of(self.examples, config=config)
        return kind(config, setup=make_setup(labels=labels, **inputs))


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A task with one of its cases."""

    name: str
    case_name: str
    kind: TaskType
    case: Case

    def task(self, **options: Any) -> Any:
        """The task as the case wants it."""
        return self.case.task(self.kind, **options)


def case_names(task: str) -> list[str]:
    """The names of a task's cases; one that is empty if it has no file."""
    return list(_cases(task)) or [""]


def find_subject(task: str, *, case: str) -> Subject:
    """A case of a task; a task without any is an error that says what to do."""
    cases = _cases(task)
    if not cases:
        raise AssertionError(
            f"the task {task!r} has no examples to be tested with; add {FOLDER}.{task} with CASES, "
            "a dictionary of tests.conformance.case.Case by name"
        )
    return Subject(name=task, case_name=case, kind=load_task(task), case=cases[case])


def _cases(task: str) -> Mapping[str, Case]:
    name = f"{FOLDER}.{task}"
    if importlib.util.find_spec(name) is None:
        return {}
    return importlib.import_module(name).CASES
