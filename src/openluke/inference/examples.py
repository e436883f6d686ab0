"""Examples of what a caller gives: texts with options, mappings, or the records themselves."""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, cast

from openluke.errors import ConfigError, DataError
from openluke.formats.record_cloze import with_placeholder
from openluke.records import (
    ChoiceQuestion,
    ClozeQuestion,
    Document,
    MaskedText,
    Question,
    TaggedText,
    from_json,
)
from openluke.task import TaskType
from openluke.tokenization.word_boundaries import split_words

_MASK = re.compile(r"\[MASK\]|<mask>")
_HOW = (
    "in Python predict(text, mentions=[(0, 7), (17, 28)]), in a file or on standard input a line "
    'such as {"text": "Beyoncé lives in Los Angeles.", "mentions": [[0, 7], [17, 28]]}'
)
_WHOLE: dict[type, dict[str, Any]] = {
    Question: {
        "question": "Where does Beyoncé live?",
        "context": "Beyoncé lives in Los Angeles.",
    },
    ClozeQuestion: {
        "query": "@placeholder lives in America.",
        "context": "Beyoncé lives in Los Angeles.",
        "candidates": [[0, 7], [17, 28]],
    },
    ChoiceQuestion: {"question": "Where is the Nile?", "choices": ["in Africa", "in Asia"]},
}
"""Examples of what is asked by more than a text: all that it takes, the text first."""
_GAP = (
    'a gap; write [MASK] where a word is missing, as in "Beyoncé lives in [MASK].", or teach the '
    "model another task (openluke finetune)"
)
_log = logging.getLogger(__name__)


def is_one(value: Any) -> bool:
    """Whether a value is one example, in any form, and not several."""
    return isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable)


def examples_of(values: Iterable[Any], *, task: TaskType, is_rest: bool = False) -> Iterator[Any]:
    """The examples that a caller means, one after another.

    Where nothing is asked in any of them, because none has mentions or gaps, that is told at the
    end.

    Args:
        values: See ``as_example``.
        task: The task that reads them.
        is_rest: Whether there were others before, of which something may be asked.
    """
    number = 0
    is_asked = is_rest
    for number, value in enumerate(values, start=1):  # noqa: B007 - how many there were
        example = example_of(value, task=task)
        is_asked = is_asked or _asks_something(example, task=task)
        yield example
    if number and not is_asked:
        lack = f"mentions; give them: {_HOW}" if _asks_of_mentions(task) else _GAP
        _log.warning("nothing is predicted, as no input has %s", lack)


def example_of(value: Any, *, task: TaskType, options: Mapping[str, Any] | None = None) -> Any:
    """The example that a caller means, if it is one that the task can do something with.

    Args:
        value: See ``as_example``.
        task: The task that reads it.
        options: Fields that go with a text.
    """
    given = options or {}
    if isinstance(value, bytes | bytearray):
        raise DataError("found bytes, expected a text; decode them, for example as utf-8")
    if "mentions" in given and _finds_mentions(task):
        raise ConfigError(f"found mentions, which {task.name} finds by itself; leave them out")
    is_bare = isinstance(value, str) and value.strip() and not {"mentions", "relations"} & {*given}
    if is_bare and _asks_of_mentions(task):
        raise DataError(
            f"found a text alone, expected its mentions too, of which {task.name} is asked; give "
            f"them: {_HOW}"
        )
    whole = _WHOLE.get(task.example_type, {})
    missing = [name for name in [*whole][1:] if name not in given]
    if isinstance(value, str) and missing:
        raise DataError(
            f"found a text alone, expected {' and '.join(missing)} too, which {task.name} reads; "
            f"give them: {_how(whole)}"
        )
    return as_example(value, kind=task.example_type, options=options)


def as_example(value: Any, *, kind: type, options: Mapping[str, Any] | None = None) -> Any:
    """The record that a caller means.

    Args:
        value: The record itself, a mapping with its fields, or the text that is its first field.
        kind: The record that the task reads.
        options: Fields that go with a text, such as ``mentions``, whose items may be pairs of
            characters.
    """
    options = options or {}
    if isinstance(value, str):
        first = fields(kind)[0].name
        return _from_mapping({first: value, **options}, kind=kind)
    if options:
        raise ConfigError(
            f"found {', '.join(options)} beside a {type(value).__name__}, which holds its fields "
            "itself; they go with a text"
        )
    if isinstance(value, Mapping):
        return _from_mapping(cast("Mapping[str, Any]", value), kind=kind)
    if not isinstance(value, kind):
        raise DataError(
            f"found {type(value).__name__}, expected a text, a {kind.__name__}, or a mapping with "
            "its fields"
        )
    return value


def _how(row: Mapping[str, Any]) -> str:
    """How an example is given, in Python and as a line."""
    text, *others = row.items()
    call = ", ".join([repr(text[1]), *(f"{name}={value!r}" for name, value in others)])
    line = json.dumps(row, ensure_ascii=False)
    return f"in Python predict({call}), in a file or on standard input a line such as {line}"


def _asks_of_mentions(task: TaskType) -> bool:
    kinds = {"entity", "entity_pair"}
    return task.example_type is Document and bool(kinds & {*task.head_kinds})


def _asks_something(example: Any, *, task: TaskType) -> bool:
    if isinstance(example, MaskedText):
        return bool(example.masks or example.mentions)
    return not _asks_of_mentions(task) or bool(example.mentions or example.relations)


def _finds_mentions(task: TaskType) -> bool:
    return task.example_type is Document and "entity_span" in task.head_kinds


def _from_mapping(values: Mapping[str, Any], *, kind: type) -> Any:
    values = {name: _with_mentions(name, value=value) for name, value in values.items()}
    complete = _COMPLETIONS.get(kind)
    if complete is not None:
        values = complete(values)
    return from_json(kind, values=values, where=kind.__name__)


def _with_mentions(name: str, *, value: Any) -> Any:
    """Mentions that are given as pairs of characters as mentions."""
    if name not in _MENTIONS or not isinstance(value, list | tuple):
        return value
    items = cast("list[Any]", value)
    if name == "choice_mentions":
        return [_with_mentions("mentions", value=item) for item in items]
    return [
        {"start": item[0], "end": item[1]}
        if isinstance(item, list | tuple) and len(cast("list[Any]", item)) == 2
        else item
        for item in items
    ]


_MENTIONS = ("mentions", "question_mentions", "pair_mentions", "choice_mentions")


def _find_words(values: dict[str, Any]) -> dict[str, Any]:
    return {"words": split_words(str(values.get("text", ""))).tolist()} | values


def _find_masks(values: dict[str, Any]) -> dict[str, Any]:
    found = [match.span() for match in _MASK.finditer(str(values.get("text", "")))]
    return {"masks": found} | values


_COMPLETIONS: dict[type, Callable[[dict[str, Any]], dict[str, Any]]] = {
    TaggedText: _find_words,
    MaskedText: _find_masks,
    ClozeQuestion: with_placeholder,
}
"""What is looked for in a text where the caller does not say it: words, ``[MASK]`` or ``<mask>``,
and ``@placeholder``."""
