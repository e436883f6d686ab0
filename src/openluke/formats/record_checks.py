"""What a file has to say of a record beyond its fields: the texts at places, names and numbers."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from openluke.errors import DataError
from openluke.formats.json_rows import shown
from openluke.records import (
    Answer,
    ChoiceQuestion,
    ClassifiedText,
    ClozeQuestion,
    Document,
    Label,
    MaskedText,
    Mention,
    Question,
    TaggedText,
)


def check_record(record: Any) -> None:
    """Raise a ``DataError`` where a mention or an answer is not what stands at its place.

    The same of a label or a tag that is no name, and of a value that is no finite number.
    """
    _check_texts(record)
    for name, label in _labels_of(record):
        if label is not None and not label.strip():
            raise DataError(
                f"{name}: found {shown(label)}, expected a name; leave it out where it is not known"
            )
    value = record.value if isinstance(record, ClassifiedText) else None
    if value is not None and not math.isfinite(value):
        raise DataError(f"value: found {shown(value)}, expected a finite number")


def _labels_of(record: Any) -> Iterator[tuple[str, str | None]]:
    """The labels and tags that a record may have, each with what it is called."""
    match record:
        case ClassifiedText():
            yield "label", record.label
            yield from _each_label(record.labels or (), name="labels")
        case TaggedText():
            yield from ((f"tags[{number}]", tag) for number, tag in enumerate(record.tags or ()))
        case Document():
            for number, mention in enumerate(record.mentions):
                yield f"mentions[{number}].label", mention.label
                yield from _each_label(mention.labels or (), name=f"mentions[{number}].labels")
            for number, relation in enumerate(record.relations):
                yield f"relations[{number}].label", relation.label
        case _:
            pass


def _each_label(labels: Iterable[Label], *, name: str) -> Iterator[tuple[str, str]]:
    return ((f"{name}[{number}]", label.label) for number, label in enumerate(labels))


def _check_texts(record: Any) -> None:
    if isinstance(record, Document | MaskedText | ClassifiedText | TaggedText):
        _check_each(record.mentions, name="mentions", text=record.text)
    if isinstance(record, ClassifiedText):
        _check_each(record.pair_mentions, name="pair_mentions", text=record.pair or "")
    if isinstance(record, Question | ChoiceQuestion):
        _check_each(record.mentions, name="mentions", text=record.context or "")
        _check_each(record.question_mentions, name="question_mentions", text=record.question)
    if isinstance(record, ChoiceQuestion):
        of_choices = zip(record.choice_mentions, record.choices, strict=False)
        for number, (mentions, choice) in enumerate(of_choices):
            _check_each(mentions, name=f"choice_mentions[{number}]", text=choice)
    if isinstance(record, Question | ClozeQuestion):
        _check_each(record.answers or (), name="answers", text=record.context)


def _check_each(items: Iterable[Mention | Answer], *, name: str, text: str) -> None:
    for index, item in enumerate(items):
        span = item.span
        if item.text is not None and span is not None and span.of(text) != item.text:
            raise DataError(
                f"{name}[{index}]: characters {span.start} to {span.end} are "
                f"{shown(span.of(text))}, expected {shown(item.text)}"
            )
