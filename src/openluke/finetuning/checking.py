"""What a model makes of examples before anything is trained on them, and what is lost."""

import logging
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from openluke.errors import DataError, ExampleError
from openluke.formats.example_facts import lacks_answer
from openluke.inference.task_pipeline import chunks_of_examples, first_unreadable
from openluke.records import MaskedText
from openluke.shortfalls import added_up, told_once
from openluke.task import ChecksGold, Task, TaskType

_NO_ANSWER = "has no gold answer, so there is nothing to learn from it; leave it out"
_NO_MASKS = (
    "has no masks, so there is nothing to learn from it: they are the places of words that stand "
    "in the text and are to be guessed; leave it out"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a model makes of examples."""

    inputs: int
    """How many inputs are read."""
    median_rows: float
    """Word and entity rows of an input."""
    most_rows: int
    unread: int
    """Examples of which nothing is read."""
    losses: tuple[str, ...]
    """What the task says cannot be read, or found again."""


def check_fit(examples: Iterable[Any], *, task: Task[Any, Any]) -> Fit:
    """Encode examples as a model would read them, and gather what is lost on the way."""
    rows: list[int] = []
    n_examples = unread = 0
    with gathered_warnings() as said, told_once():
        for chunk in chunks_of_examples(examples):
            for instances in task.encode(chunk):
                if not all(instance.targets for instance in instances):
                    raise ExampleError(_NO_ANSWER, number=n_examples)
                n_examples += 1
                unread += not instances
                rows += [instance.n_rows for instance in instances]
    return Fit(
        inputs=len(rows),
        median_rows=float(np.median(rows)) if rows else 0.0,
        most_rows=max(rows, default=0),
        unread=unread,
        losses=tuple(dict.fromkeys(said)),
    )


def labels_to_learn(examples: Sequence[Any], *, kind: TaskType, config: Any) -> tuple[str, ...]:
    """The labels of training examples; an example that nothing can be learnt from is an error."""
    labels = kind.labels_of(examples, config=config)
    for number, example in enumerate(examples):
        if lacks_answer(example):
            no_answer = _NO_MASKS if isinstance(example, MaskedText) else _NO_ANSWER
            raise ExampleError(no_answer, number=number)
    return labels


def check_scorable(examples: Iterable[Any], *, kind: TaskType, config: Any) -> None:
    """Examples to be scored; the first that cannot be is an error, before anything is trained."""
    if isinstance(kind, ChecksGold):
        kind.check_gold(examples, config=config)


def check_targets(examples: Iterable[Any], *, task: Task[Any, Any]) -> None:
    """Encode examples that are scored later; the first that has no place for its gold is named."""
    done = 0
    # what cannot be read of them is told when they are scored
    with added_up():
        for chunk in chunks_of_examples(examples):
            try:
                task.encode(chunk)
            except DataError as error:
                bad = first_unreadable(chunk, task=task)
                if bad is None:
                    raise
                raise ExampleError(bad.why, number=done + bad.place) from error
            done += len(chunk)


@contextmanager
def gathered_warnings() -> Generator[list[str], None, None]:
    """Keep what openluke warns of while the block runs, besides saying it."""
    handler = _Said()
    logger = logging.getLogger("openluke")
    logger.addHandler(handler)
    try:
        yield handler.messages
    finally:
        logger.removeHandler(handler)


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())
