"""A look at a file of examples before anything is trained on it: labels, lengths, what is lost."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from openluke.inference.scheduling import chunks_of_texts
from openluke.inference.task_pipeline import n_characters
from openluke.records import (
    ChoiceQuestion,
    ClassifiedText,
    ClozeQuestion,
    Document,
    MaskedText,
    Question,
    Span,
    TaggedText,
)
from openluke.task import Task

_UNKNOWN = "(not given)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How long some things are."""

    number: int
    median: float
    most: int

    @classmethod
    def of(cls, values: Sequence[int]) -> "Lengths":
        """Of these numbers."""
        if not values:
            return cls(number=0, median=0.0, most=0)
        return cls(number=len(values), median=float(np.median(values)), most=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a file holds."""

    examples: int
    labels: dict[str, int]
    """How often each label is given, the most frequent first."""
    text_characters: Lengths
    span_characters: Lengths
    """Of mentions, answers and candidates."""
    span_words: Lengths
    """The same in words between spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a model makes of the examples of a file."""

    inputs: int
    """How many inputs are read."""
    rows: Lengths
    """Word and entity rows of each."""
    unread: int
    """Examples of which nothing is read."""
    losses: tuple[str, ...]
    """What the task says cannot be read, or found again."""


def check_examples(examples: Iterable[Any]) -> Check:
    """Count what examples hold."""
    labels: Counter[str] = Counter()
    texts: list[int] = []
    characters: list[int] = []
    words: list[int] = []
    for example in examples:
        texts.append(n_characters(example))
        labels.update(_labels(example))
        for text in _spans(example):
            characters.append(len(text))
            words.append(len(text.split()))
    return Check(
        examples=len(texts),
        labels=dict(labels.most_common()),
        text_characters=Lengths.of(texts),
        span_characters=Lengths.of(characters),
        span_words=Lengths.of(words),
    )


def check_fit(examples: Iterable[Any], *, task: Task[Any, Any]) -> Fit:
    """Encode examples as a model would read them, and gather what is lost on the way."""
    said = _Said()
    logger = logging.getLogger("openluke")
    logger.addHandler(said)
    rows: list[int] = []
    unread = 0
    try:
        for chunk in chunks_of_texts(examples, size=n_characters):
            for instances in task.encode(chunk):
                unread += not instances
                rows += [instance.n_rows for instance in instances]
    finally:
        logger.removeHandler(said)
    return Fit(inputs=len(rows), rows=Lengths.of(rows), unread=unread, losses=tuple(said.messages))


def known_labels(labels: Mapping[str, int]) -> tuple[str, ...]:
    """The labels that examples give, sorted."""
    return tuple(sorted(label for label in labels if label != _UNKNOWN))


class _Said(logging.Handler):
    """Keeps what is said while it is set."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@singledispatch
def _labels(example: Any) -> Iterator[str]:  # noqa: ARG001 - other records have some
    return iter(())


@_labels.register
def _(example: Document) -> Iterator[str]:
    for mention in example.mentions:
        if mention.labels is not None:
            yield from (label.label for label in mention.labels)
        elif mention.label is not None:
            yield mention.label
    for relation in example.relations:
        yield relation.label or _UNKNOWN


@_labels.register
def _(example: ClassifiedText) -> Iterator[str]:
    if example.labels is not None:
        yield from (label.label for label in example.labels)
    elif example.value is None:
        yield example.label or _UNKNOWN


@_labels.register
def _(example: TaggedText) -> Iterator[str]:
    yield from example.tags or (_UNKNOWN,)


@_labels.register
def _(example: Question) -> Iterator[str]:
    if example.answers is None:
        yield _UNKNOWN
    else:
        yield "answered" if example.answers else "without an answer"


@_labels.register
def _(example: ChoiceQuestion) -> Iterator[str]:
    yield _UNKNOWN if example.answer is None else f"choice {example.answer}"


@singledispatch
def _spans(example: Any) -> Iterator[str]:  # noqa: ARG001 - other records have some
    return iter(())


@_spans.register
def _(example: Document | MaskedText) -> Iterator[str]:
    return (mention.span.of(example.text) for mention in example.mentions)


@_spans.register
def _(example: Question) -> Iterator[str]:
    return (answer.text for answer in example.answers or ())


@_spans.register
def _(example: ClozeQuestion) -> Iterator[str]:
    return (Span(*candidate).of(example.context) for candidate in example.candidates)
