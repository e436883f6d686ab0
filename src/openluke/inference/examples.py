"""Examples of what a caller gives: texts with options, mappings, or the records themselves."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, cast

from openluke.errors import ConfigError, DataError
from openluke.records import ClozeQuestion, MaskedText, TaggedText, from_json
from openluke.tokenization.word_boundaries import split_words

_MASK = re.compile(r"\[MASK\]|<mask>")
_PLACEHOLDER = "@placeholder"


def is_one(value: Any) -> bool:
    """Whether a value is one example, in any form, and not several."""
    return isinstance(value, str | Mapping) or not isinstance(value, Iterable)


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


def _find_placeholder(values: dict[str, Any]) -> dict[str, Any]:
    start = str(values.get("query", "")).find(_PLACEHOLDER)
    if start < 0:
        return values
    return {"placeholder": (start, start + len(_PLACEHOLDER))} | values


_COMPLETIONS: dict[type, Callable[[dict[str, Any]], dict[str, Any]]] = {
    TaggedText: _find_words,
    MaskedText: _find_masks,
    ClozeQuestion: _find_placeholder,
}
"""What is looked for in a text where the caller does not say it: words, ``[MASK]`` or ``<mask>``,
and ``@placeholder``."""
