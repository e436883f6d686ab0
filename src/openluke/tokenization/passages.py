"""What a caller gives: texts or their words, with mentions, checked and brought to characters."""

from array import array as array_of_numbers
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NoReturn, cast

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError
from openluke.tokenization.mention_details import check_details, is_list

Spans = Sequence[Sequence[int]] | npt.NDArray[np.integer[Any]]
"""Half-open ranges: pairs, lists (as JSON has them), ``Span``, or an array of shape (N, 2)."""
_Array = npt.NDArray[np.int64]
_PAIR = frozenset([2])
_PLAIN_LISTS = frozenset([list, tuple])
_PLAIN_NUMBERS = frozenset([int])


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
class Texts:
    """The texts of passages, their words joined."""

    texts: list[str]
    spans: _Array
    """Mentions of all texts, in characters of their text. *Shape:* (N, 2)."""
    counts: list[int]
    """How many mentions each text has."""
    word_starts: list[_Array | None]
    """For each text the first character of each given word; ``None`` for a text that was given as
    one."""

    def of_mentions(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Of values for all boundaries those for the starts and ends of mentions."""
        if len(values) == 2 * len(self.spans):
            return values
        is_mention = np.concatenate(
            [
                np.arange(2 * count + (0 if starts is None else len(starts))) < 2 * count
                for count, starts in zip(self.counts, self.word_starts, strict=True)
            ]
        )
        return values[is_mention]

    def of_words(self, values: npt.NDArray[Any]) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Of values for all boundaries those for the starts of words, by number of the text."""
        first = 0
        for number, (count, starts) in enumerate(zip(self.counts, self.word_starts, strict=True)):
            first += 2 * count
            if starts is not None:
                yield number, values[first : first + len(starts)]
                first += len(starts)

    @property
    def boundaries(self) -> tuple[_Array, list[int]]:
        """Where no piece may go across: for each text its mentions, then its words; and counts."""
        if not any(starts is not None for starts in self.word_starts):
            return self.spans.ravel(), [2 * count for count in self.counts]
        parts: list[_Array] = []
        counts: list[int] = []
        first = 0
        for count, starts in zip(self.counts, self.word_starts, strict=True):
            parts.append(self.spans[first : first + count].ravel())
            first += count
            parts.append(starts if starts is not None else parts[-1][:0])
            counts.append(len(parts[-1]) + len(parts[-2]))
        return np.concatenate(parts), counts


def join_words(words: Sequence[str]) -> tuple[str, _Array]:
    """The text that words make, and the place of the first character of each.

    *Shape:* (N,).
    """
    if not is_list(words):
        raise DataError(
            f"a text is {words!r} ({type(words).__name__}); expected a str, or a list of words"
        )
    for index, word in enumerate(words):
        if not isinstance(word, str) or not word.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DataError(
                f"word {index} is {word!r}; expected a word with at least one character that is "
                "no space (leave empty words out, and move the spans accordingly)"
            )
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    return " ".join(words), np.cumsum(lengths + 1) - lengths - 1


def check_passages(passages: Sequence[Passage], *, pairs: Sequence[Passage | None] | None) -> None:
    """Raise a ``DataError`` unless passages are given, and as many second ones or none."""
    _check_list("passages", passages)
    for number, passage in enumerate(passages):
        if not isinstance(passage, Passage):  # pyright: ignore[reportUnnecessaryIsInstance]
            _reject_passage(f"text {number}", passage)
    if pairs is None:
        return
    _check_list("pairs", pairs)
    if len(pairs) != len(passages):
        raise DataError(f"found {len(pairs)} second texts for {len(passages)} first texts")
    for number, pair in enumerate(pairs):
        if not isinstance(pair, Passage | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            _reject_passage(f"the second text of text {number}", pair)


def read_passages(passages: Sequence[Passage]) -> Texts:
    """Join words, check everything about mentions, and bring spans to characters."""
    try:
        counts = [len(passage.spans) for passage in passages]
    except TypeError:
        _reject_form(passages)
    spans = _gather(passages)
    texts: list[str] = []
    word_starts: list[_Array | None] = []
    for number, passage in enumerate(passages):
        try:
            check_details(
                count=counts[number],
                entities=passage.entities,
                languages=passage.languages,
                types=passage.types,
            )
            if isinstance(passage.text, str):
                texts.append(passage.text)
                word_starts.append(None)
            else:
                text, starts = join_words(passage.text)
                texts.append(text)
                word_starts.append(starts)
        except DataError as error:
            place = f"text {number}: " if len(passages) > 1 else ""
            raise DataError(f"{place}{error}") from error
    limits = np.repeat([len(passage.text) for passage in passages], counts)
    wrong = (spans[:, 1] <= spans[:, 0]) | (spans[:, 0] < 0) | (spans[:, 1] > limits)
    if wrong.any():
        _reject(spans, row=int(np.argmax(wrong)), counts=counts, passages=passages)
    first = 0
    for text, count, starts in zip(texts, counts, word_starts, strict=True):
        if starts is not None and count:
            rows = slice(first, first + count)
            spans[rows] = _words_to_characters(spans[rows], starts=starts, length=len(text))
        first += count
    return Texts(texts=texts, spans=spans, counts=counts, word_starts=word_starts)


def check_overlaps(spans: _Array, *, counts: Sequence[int]) -> None:
    """Raise a ``DataError`` if two spans of a text share a character."""
    owners = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((spans[:, 1], spans[:, 0], owners))
    before, after = order[:-1], order[1:]
    clash = (owners[before] == owners[after]) & (spans[after, 0] < spans[before, 1])
    if clash.any():
        rows = sorted((int(before[np.argmax(clash)]), int(after[np.argmax(clash)])))
        one, other = (_name(spans, row=row, counts=counts) for row in rows)
        raise DataError(
            f"{one} and {other} overlap, which this configuration does not allow; keep one of "
            "them, or set allow_overlaps"
        )


def _check_list(what: str, values: Any) -> None:
    if not is_list(values):
        raise DataError(
            f"{what} are {values!r}; expected a list of Passage (call the inputs themselves for "
            "a single text)"
        )


def _reject_passage(what: str, value: Any) -> NoReturn:
    raise DataError(f"{what} is {value!r}; expected a Passage, as Passage(text=…, spans=…)")


def _words_to_characters(spans: _Array, *, starts: _Array, length: int) -> _Array:
    ends = np.append(starts[1:] - 1, length)
    return np.stack((starts[spans[:, 0]], ends[spans[:, 1] - 1]), axis=1)


def _gather(passages: Sequence[Passage]) -> _Array:
    """The spans of all passages in one new array. *Shape:* (N, 2)."""
    given = [passage.spans for passage in passages]
    try:
        if any(isinstance(spans, np.ndarray) for spans in given):
            arrays = [np.asarray(spans) for spans in given if len(spans)]
            empty = np.zeros((0, 2), dtype=np.int64)
            array = np.concatenate(arrays) if arrays else empty
        else:
            if not _PAIR.issuperset(map(len, chain.from_iterable(given))):
                _reject_form(passages)
            flat = list(chain.from_iterable(chain.from_iterable(given)))
            if not (_PLAIN_LISTS.issuperset(map(type, given)) or all(map(is_list, given))):
                _reject_form(passages)
            if _PLAIN_NUMBERS.issuperset(map(type, flat)):
                numbers = np.fromiter(flat, dtype=np.int64, count=len(flat))
            elif bool in set(map(type, flat)):
                _reject_form(passages)
            else:
                # Unlike numpy, an array of the standard library takes whole numbers only.
                numbers = np.array(array_of_numbers("q", flat), dtype=np.int64)
            array = numbers.reshape(-1, 2)
    except (ValueError, TypeError, OverflowError):
        _reject_form(passages)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
        _reject_form(passages)
    return array.astype(np.int64, copy=False)


def _name(spans: _Array, *, row: int, counts: Sequence[int]) -> str:
    """A span as messages call it: by its index in its text, and the text's if there are more."""
    ends = np.cumsum(counts)
    text = int(np.searchsorted(ends, row, side="right"))
    index = row - int(ends[text]) + counts[text]
    place = f"text {text}, " if len(counts) > 1 else ""
    return f"{place}span {index} {tuple(spans[row].tolist())}"


def _reject(
    spans: _Array, *, row: int, counts: Sequence[int], passages: Sequence[Passage]
) -> NoReturn:
    text = passages[int(np.searchsorted(np.cumsum(counts), row, side="right"))].text
    unit = "characters" if isinstance(text, str) else "words"
    start, end = spans[row].tolist()
    if end == start:
        fault = "is empty; expected start < end"
    elif end < start:
        fault = "is reversed; expected start < end"
    else:
        fault = f"lies outside its text; expected 0 <= start < end <= {len(text)}"
    name = _name(spans, row=row, counts=counts)
    raise DataError(f"{name} {fault} (in {unit}, of which the text has {len(text)})")


def _reject_form(passages: Sequence[Passage]) -> NoReturn:
    """Name the first span that is no pair of whole numbers."""
    for number, passage in enumerate(passages):
        place = f"text {number}, " if len(passages) > 1 else ""
        spans = cast("Sequence[Any]", passage.spans)
        if not is_list(spans):
            raise DataError(f"{place}spans are {spans!r}; expected a list of pairs (start, end)")
        for index, span in enumerate(spans):
            if not _is_pair(span):
                raise DataError(
                    f"{place}span {index} is {span!r}; expected a pair of whole numbers "
                    "(start, end)"
                )
    raise DataError("spans are not lists of pairs of whole numbers (start, end) of 64 bits")


def _is_pair(span: Any) -> bool:
    if isinstance(span, str) or not hasattr(span, "__len__") or len(span) != 2:
        return False
    return all(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in span)
