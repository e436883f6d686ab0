"""Vectors of a text's word pieces and mentions, gathered from the windows it was read in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, overload

import numpy as np
import numpy.typing as npt

from openluke.features import SPECIAL_TEXT, Features, IntArray
from openluke.tokenization.reports import NOTHING, Report

FloatArray = npt.NDArray[np.float32]
_NO_LIMIT = np.iinfo(np.int32).max


class SpanVector(NamedTuple):
    """One stretch of a text and its vector."""

    start: int
    end: int
    vector: FloatArray
    """*Shape:* (D,)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpanVectors(Sequence[SpanVector]):
    """Stretches of a text with a vector each: as arrays, or one by one."""

    spans: IntArray
    """*Shape:* (N, 2). Half-open ranges of characters."""
    vectors: FloatArray
    """*Shape:* (N, D)."""

    def __len__(self) -> int:
        return len(self.spans)

    @overload
    def __getitem__(self, index: int) -> SpanVector: ...
    @overload
    def __getitem__(self, index: slice) -> "SpanVectors": ...
    def __getitem__(self, index: int | slice) -> "SpanVector | SpanVectors":
        if isinstance(index, slice):
            return SpanVectors(spans=self.spans[index], vectors=self.vectors[index])
        start, end = self.spans[index].tolist()
        return SpanVector(start, end, self.vectors[index])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncodedText:
    """A text as the model sees it."""

    text: str
    pieces: SpanVectors
    """Its word pieces in order; a character that takes several pieces has several."""
    mentions: SpanVectors
    """The mentions that were asked about, in the order given."""
    text_vector: FloatArray
    """*Shape:* (D,). The mean of the pieces' vectors; zeros for a text without pieces."""
    report: Report = NOTHING
    """What could not be read as it was given, such as titles that the vocabulary does not have."""


@dataclass(slots=True)
class TextGatherer:
    """Takes the states of a text's windows one by one, in any order.

    Where windows overlap, a piece keeps the state from the window that shows most of its context.
    """

    n_pieces: int
    spans: IntArray
    """*Shape:* (M, 2). The mentions asked about."""
    width: int
    _pieces: FloatArray = field(init=False)
    _offsets: IntArray = field(init=False)
    _context: IntArray = field(init=False)
    _mentions: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self._pieces = np.zeros((self.n_pieces, self.width), np.float32)
        self._offsets = np.zeros((self.n_pieces, 2), np.int32)
        self._context = np.full(self.n_pieces, -1, np.int32)
        self._mentions = np.zeros((len(self.spans), self.width), np.float32)

    def add(self, window: Features, *, words: FloatArray, entities: FloatArray) -> None:
        """Take the states of one window.

        Args:
            window: The model input.
            words: *Shape:* (L, D).
            entities: *Shape:* (M, D).
        """
        rows = np.flatnonzero(window.word_texts != SPECIAL_TEXT)
        numbers = window.starts[0] + np.arange(len(rows), dtype=np.int32)
        context = self._context_of(numbers)
        better = context > self._context[numbers]
        rows, numbers = rows[better], numbers[better]
        self._context[numbers] = context[better]
        self._pieces[numbers] = words[rows]
        self._offsets[numbers] = window.word_offsets[rows]
        self._mentions[window.entity_sources] = entities

    def finish(self, text: str | Sequence[str], *, report: Report = NOTHING) -> EncodedText:
        """The vectors of the whole text."""
        mean = np.zeros(self.width, np.float32)
        if self.n_pieces:  # of very many numbers a sum in single precision is wrong
            mean = self._pieces.mean(axis=0, dtype=np.float64).astype(np.float32)
        return EncodedText(
            text=text if isinstance(text, str) else " ".join(text),
            pieces=SpanVectors(spans=self._offsets, vectors=self._pieces),
            mentions=SpanVectors(spans=self.spans, vectors=self._mentions),
            text_vector=mean,
            report=report,
        )

    def _context_of(self, numbers: IntArray) -> IntArray:
        """How many pieces of context each piece has on its poorer side.

        At the text's own ends there is no more to be had, so that side does not count.
        """
        if not len(numbers):
            return numbers
        first, last = int(numbers[0]), int(numbers[-1])
        before = numbers - first if first else np.full_like(numbers, _NO_LIMIT)
        after = last - numbers if last < self.n_pieces - 1 else np.full_like(numbers, _NO_LIMIT)
        return np.minimum(before, after)
