"""What a caller gives: a text or its words, with mentions, checked and brought to characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError

Spans = Sequence[Sequence[int]] | npt.NDArray[np.integer[Any]]
"""Half-open ranges: pairs, lists (as JSON has them), ``Span``, or an array of shape (N, 2)."""
_SpanArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passage:
    """A text with the mentions that become entities."""

    text: str | Sequence[str]
    """The text, or its words. Words are joined by single spaces, and each is encoded on its own
    with a space before it."""
    spans: Spans = ()
    """Where the mentions stand: in characters of a text, in words of a sequence of words."""
    entities: Sequence[str | None] | None = None
    """Titles of the entities that the mentions name; ``None`` is [MASK]."""
    languages: str | Sequence[str | None] | None = None
    """Languages of the titles, one for all or one each."""
    types: Sequence[int] | None = None
    """Rows of the entity type table; 0 by default."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlainPassage:
    """A passage after its words were joined."""

    text: str
    spans: _SpanArray
    """In characters. *Shape:* (N, 2)."""
    word_starts: _SpanArray | None
    """First character of each given word; ``None`` for a text. *Shape:* (N,)."""

    @property
    def is_split(self) -> bool:
        """Whether the text was given as words."""
        return self.word_starts is not None

    @property
    def boundaries(self) -> _SpanArray:
        """Where no piece may go across: starts and ends of the spans in turn, then the words."""
        ends = self.spans.ravel()
        return ends if self.word_starts is None else np.concatenate((ends, self.word_starts))


def join_words(words: Sequence[str]) -> tuple[str, _SpanArray]:
    """The text that words make, and the place of the first character of each.

    *Shape:* (N,).
    """
    for index, word in enumerate(words):
        if not isinstance(word, str) or not word.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DataError(
                f"word {index} is {word!r}; expected a word with at least one character that is "
                "no space (leave empty words out, and move the spans accordingly)"
            )
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    return " ".join(words), np.cumsum(lengths + 1) - lengths - 1


def read_passage(passage: Passage) -> PlainPassage:
    """Join words, check spans and bring them to characters."""
    if isinstance(passage.text, str):
        spans = read_spans(passage.spans, length=len(passage.text), unit="characters")
        return PlainPassage(text=passage.text, spans=spans, word_starts=None)
    words = passage.text
    text, starts = join_words(words)
    spans = read_spans(passage.spans, length=len(words), unit="words")
    ends = np.append(starts[1:] - 1, len(text))
    in_characters = np.stack((starts[spans[:, 0]], ends[spans[:, 1] - 1]), axis=1)
    return PlainPassage(text=text, spans=in_characters, word_starts=starts)


def read_spans(spans: Spans, *, length: int, unit: str) -> _SpanArray:
    """Spans as an array, each checked to lie in ``0 <= start < end <= length``.

    *Shape:* (N, 2).
    """
    if not len(spans):
        return np.zeros((0, 2), dtype=np.int64)
    try:
        array = np.asarray(spans)
    except (ValueError, TypeError):
        _reject_form(spans)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
        _reject_form(spans)
    array = array.astype(np.int64, copy=False)
    starts, ends = array[:, 0], array[:, 1]
    wrong = (ends <= starts) | (starts < 0) | (ends > length)
    if wrong.any():
        _reject(array, index=int(np.argmax(wrong)), length=length, unit=unit)
    return array


def check_overlaps(spans: _SpanArray) -> None:
    """Raise a ``DataError`` if two spans share a character."""
    order = np.lexsort((spans[:, 1], spans[:, 0]))
    sorted_spans = spans[order]
    clash = np.flatnonzero(sorted_spans[1:, 0] < sorted_spans[:-1, 1])
    if len(clash):
        one, other = sorted((int(order[clash[0]]), int(order[clash[0] + 1])))
        raise DataError(
            f"spans {one} {tuple(spans[one].tolist())} and {other} "
            f"{tuple(spans[other].tolist())} overlap, which this configuration does not allow; "
            "keep one of them, or set allow_overlaps"
        )


def _reject(array: _SpanArray, *, index: int, length: int, unit: str) -> NoReturn:
    start, end = array[index].tolist()
    if end == start:
        fault = "is empty; expected start < end"
    elif end < start:
        fault = "is reversed; expected start < end"
    else:
        fault = f"lies outside its text; expected 0 <= start < end <= {length}"
    raise DataError(
        f"span {index} ({start}, {end}) {fault} (in {unit}, of which the text has {length})"
    )


def _reject_form(spans: Spans) -> NoReturn:
    """Name the first span that is no pair of whole numbers."""
    for index, span in enumerate(cast("Sequence[Any]", spans)):
        pair = np.asarray(span, dtype=object)
        whole = all(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in pair.flat)
        if pair.shape != (2,) or not whole:
            raise DataError(
                f"span {index} is {span!r}; expected a pair of whole numbers (start, end)"
            )
    raise DataError(f"spans are {spans!r}; expected pairs of whole numbers (start, end)")
