"""Finding the names of a table in texts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.entities.candidates import CandidateTable
from openluke.entities.character_table import text_of
from openluke.tokenization.word_filter import KeyedWords, WordFilter, key_words

_PART = 1 << 17
"""Characters that are looked at together, so that arrays stay in the processor's cache."""
_MOST_KNOWN = 1 << 18
_UNKNOWN = -1


class FoundMention(NamedTuple):
    """A name in a text."""

    start: int
    end: int
    """Characters of the text."""
    number: int
    """Of the name in its table."""


class Occurrences(NamedTuple):
    """Where names are in texts, those inside other names included."""

    texts: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]


class _Named(NamedTuple):
    """Names in a text: their first and last words, and their numbers."""

    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]


class MentionScanner:
    """Looks texts through for the names of a table.

    Names begin and end where words do (``word_boundaries.split_words``).
    """

    def __init__(self, table: CandidateTable, *, min_link_probability: float = 0.0) -> None:
        """Open what finds the names.

        Args:
            table: The names.
            min_link_probability: Names that are links more seldom are passed over; those whose
                occurrences were not counted never are.
        """
        self.table = table
        self._least = min_link_probability
        self._filter = WordFilter.open(table.path)
        self._known: dict[str, int] = {}

    def scan(self, text: str, *, across_lines: bool = False) -> list[FoundMention]:
        """The names in a text from left to right; of those that begin with a word, the longest.

        What is found does not overlap. Many short texts are looked through faster by
        ``scan_many``.

        Args:
            text: The text.
            across_lines: Whether a line break is a space like others; else names end there.
        """
        return _mentions(self._scan(text, across_lines=across_lines))

    def scan_many(self, texts: Iterable[str]) -> Iterator[list[FoundMention]]:
        """What ``scan`` finds in each of many texts, which are looked through together."""
        for batch in _batches(texts):
            starts = _starts_of(batch)
            found = self._scan("\n".join(batch), across_lines=False)
            bounds = np.searchsorted(found[0], [*starts[1:], np.iinfo(np.int64).max])
            first = 0
            for start, end in zip(starts.tolist(), bounds.tolist(), strict=True):
                part = found[:, first:end]
                yield _mentions(part - [[start], [start], [0]])
                first = end

    def occurrences(self, texts: Sequence[str]) -> Occurrences:
        """Every name at every place in texts; names end at line breaks."""
        words = key_words("\n".join(texts), form=self.table.form, across_lines=False)
        named = self._named(words)
        places = words.starts[named.first]
        owners = np.searchsorted(_starts_of(texts), places, side="right") - 1
        return Occurrences(owners, named.numbers)

    def _scan(self, text: str, *, across_lines: bool) -> npt.NDArray[np.int64]:
        """The starts, ends and numbers of what is found."""
        return np.concatenate([*self._parts(text, across_lines=across_lines)], axis=1)

    def _parts(self, text: str, *, across_lines: bool) -> Iterator[npt.NDArray[np.int64]]:
        """What is found in one part of a long text after another, first of all nothing."""
        yield np.empty((3, 0), dtype=np.int64)
        start, size = 0, _PART
        most_words = max(1, self._filter.most_words)
        while True:
            part = text[start : start + size]
            is_end = start + size >= len(text)
            words = key_words(part, form=self.table.form, across_lines=across_lines)
            # The last word may be cut off, so that no name with it counts.
            before = len(words.starts) - (0 if is_end else most_words)
            if before > 0:
                named, after = _longest(self._named(words), before=before)
                starts, ends = words.starts[named.first], words.ends[named.last]
                yield np.stack([starts + start, ends + start, named.numbers])
                if not is_end:
                    start, size = start + int(words.starts[after]), _PART
            elif not is_end:
                size *= 2
            if is_end:
                return

    def _named(self, words: KeyedWords) -> _Named:
        """All names in a text."""
        first, last = self._filter.stretches(words)
        text = text_of(words.points)
        known, find = self._known, self._find
        numbers = np.array(
            [
                known[key] if (key := text[start:end]) in known else find(key)
                for start, end in zip(
                    words.key_starts[first].tolist(), words.key_ends[last].tolist(), strict=True
                )
            ],
            dtype=np.int64,
        )
        is_name = numbers != _UNKNOWN
        return _Named(first[is_name], last[is_name], numbers[is_name])

    def _find(self, key: str) -> int:
        """The number of a name that is to be found, kept for the next time."""
        number = self.table.number_of_key(key)
        if number is None or (self._least > 0 and self._is_seldom(number)):
            number = _UNKNOWN
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = number
        return number

    def _is_seldom(self, number: int) -> bool:
        probability = self.table.link_probability(number)
        return probability is not None and probability < self._least


def _longest(named: _Named, *, before: int) -> tuple[_Named, int]:
    """The names that begin with a word before one, and the first word after that and them."""
    width = int(named.last.max(initial=0)) + 1
    order = np.argsort(named.first * width - named.last)  # longest first of each first word
    first = named.first[order]
    order = order[: np.searchsorted(first, before)]
    first = first[: len(order)]
    is_longest = np.ones(len(order), dtype=np.bool_)
    is_longest[1:] = first[1:] != first[:-1]
    order = order[is_longest]
    chosen: list[int] = []
    after = 0
    for place, start, last in zip(
        order.tolist(), named.first[order].tolist(), named.last[order].tolist(), strict=True
    ):
        if start >= after:
            chosen.append(place)
            after = last + 1
    return _Named(*(values[chosen] for values in named)), max(after, before)


def _mentions(found: npt.NDArray[np.int64]) -> list[FoundMention]:
    starts, ends, numbers = found.tolist()
    return list(map(FoundMention, starts, ends, numbers))


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts in groups of about the size that is looked at together."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= _PART:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _starts_of(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Where each text starts when they are joined by one character."""
    return np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
