"""Whether examples say what is right, without which there is nothing to score or calibrate by."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from openluke.errors import DataError
from openluke.formats.reading import open_examples, placing
from openluke.inference.input_forms import reader_of
from openluke.records import (
    ChoiceQuestion,
    ClassifiedText,
    ClozeQuestion,
    Document,
    MaskedText,
    Question,
    TaggedText,
)
from openluke.task import ChecksGold, Task

logger = logging.getLogger(__name__)


class _Gold(NamedTuple):
    """What says what is right in an example."""

    name: str
    """With how it is written in JSON lines."""
    is_in: Callable[[Any], bool]
    in_each: bool = True
    """Whether it belongs into each example; if not, one without it may say that there is none."""


_RELATIONS = _Gold(
    'relations with labels, such as "relations": [[[0, 7], [17, 28], "lives_in"]]',
    lambda one: any(relation.label is not None for relation in one.relations),
    in_each=False,
)
_TYPES = _Gold(
    'mentions with types, such as "mentions": [{"start": 0, "end": 7, "labels": ["person"]}]',
    lambda one: any(mention.labels is not None or mention.label for mention in one.mentions),
    in_each=False,
)
_MENTIONS = _Gold(
    'mentions with labels, such as "mentions": [[0, 7, "PER"]]',
    lambda one: any(mention.labels or mention.label for mention in one.mentions),
    in_each=False,
)
_VALUE = _Gold('numbers, such as "value": 2.5', lambda one: one.value is not None)
_LABEL = _Gold(
    'labels, such as "label": "positive"',
    lambda one: one.label is not None or one.labels is not None,
)
_ANSWERS = _Gold('answers, such as "answers": ["Los Angeles"]', lambda one: one.answers is not None)
_MASKS = _Gold(
    'the places of words to be guessed, such as "masks": [[0, 7]]; a model that was not taught a '
    "task fills gaps alone (openluke finetune teaches one)",
    lambda one: bool(one.masks),
    in_each=False,
)
_TEXTS: dict[type, _Gold] = {
    MaskedText: _MASKS,
    Question: _ANSWERS,
    ClozeQuestion: _ANSWERS,
    TaggedText: _Gold('tags, such as "tags": ["NOUN", "VERB"]', lambda one: one.tags is not None),
    ChoiceQuestion: _Gold(
        'answers, such as "answer": 0 for the first choice', lambda one: one.answer is not None
    ),
}


def read_gold(
    path: Path, *, task: Task[Any, Any], form: str | None, options: Mapping[str, Any]
) -> list[Any]:
    """The examples of a file by which a model can be scored; else an error says where they lack it.

    Args:
        path: The file.
        task: The task that is scored.
        form: The name of its form; by default the one that it looks like.
        options: What the form is read with.
    """
    reading: dict[str, Any] = {"forms": task.forms, "form": form, "options": options}
    examples = list(open_examples(path, reader=reader_of(type(task)), **reading))
    with placing(path, **reading):
        check_gold(examples, task=task, file=path)
    return examples


def check_gold(examples: Sequence[Any], *, task: Task[Any, Any], file: Path) -> None:
    """Raise a ``DataError`` if no example says what is right; warn if some do not.

    An example that the task cannot be scored by is an ``ExampleError``.

    Args:
        examples: What is to be scored by.
        task: The task that is scored.
        file: Where the examples are from.
    """
    if isinstance(task, ChecksGold):
        task.check_gold(examples, config=task.config)
    gold = _gold_of(task)
    if gold is None:
        return
    n_known = sum(map(gold.is_in, examples))
    if not n_known:
        raise DataError(
            f"none of the {len(examples):,} examples says what is right; to score "
            f"{task.name} it needs {gold.name}",
            file=file,
        )
    if gold.in_each and n_known < len(examples):
        n_unknown = len(examples) - n_known
        logger.warning(
            "%s: %d of %d examples do not say what is right", file, n_unknown, len(examples)
        )


def _gold_of(task: Task[Any, Any]) -> _Gold | None:
    """What a task is scored by; ``None`` where the texts themselves say it."""
    kind = task.example_type
    if kind is Document:
        if "entity_pair" in task.head_kinds:
            return _RELATIONS
        return _TYPES if "entity" in task.head_kinds else _MENTIONS
    if kind is ClassifiedText:
        return _VALUE if getattr(task.config, "problem", None) == "regression" else _LABEL
    return _TEXTS.get(kind)
