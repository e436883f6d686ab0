"""Sentences with what stands around them as inputs, and the spans that can be found in them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.tokenization.windows import plan_windows
from openluke.tokenization.word_pieces import WordsOfText

_Array = npt.NDArray[np.integer[Any]]


class Stretch(NamedTuple):
    """Pieces of a text."""

    start: int
    end: int


class Candidates(NamedTuple):
    """Spans that begin and end with words. K of them, ordered by their first, then last word."""

    words: _Array
    """First and last word, inclusive. *Shape:* (K, 2)."""
    pieces: _Array
    """Half-open range of pieces of the text. *Shape:* (K, 2)."""


class ContextWindow(NamedTuple):
    """One input: a stretch of a text in which the spans of a sentence are read."""

    stretch: Stretch
    rows: _Array
    """Which of the sentence's candidates are read in it. *Shape:* (K,)."""


def candidate_spans(words: WordsOfText, *, of: slice, max_pieces: int) -> Candidates:
    """All spans inside a sentence that begin and end with words, up to a length in pieces.

    Words that have no pieces of their own, or share one with a neighbour, begin or end no span.

    Args:
        words: The words of the text.
        of: The sentence's words.
        max_pieces: Most pieces of a span.
    """
    starts, ends = words.starts[of], words.ends[of]
    # Words follow each other, so those that end early enough come first.
    stops = np.searchsorted(ends, starts + max_pieces, side="right")
    counts = np.maximum(stops - np.arange(len(starts)), 0) * words.can_begin[of]
    first = np.arange(len(starts)).repeat(counts)
    last = np.arange(int(counts.sum())) - (counts.cumsum() - counts).repeat(counts) + first
    can_end = words.can_end[of][last]
    first, last = first[can_end], last[can_end]
    return Candidates(
        words=np.stack((first, last), axis=1) + of.start,
        pieces=np.stack((starts[first], ends[last]), axis=1),
    )


def context_of(sentence: Stretch, *, length: int, size: int) -> Stretch:
    """A sentence with the pieces around it that an input has room for.

    The side of the sentence with fewer pieces gets at most half of what is left, the other side all
    that is left then. The window may begin or end inside a word.

    Args:
        sentence: The sentence's pieces, ``size`` at most.
        length: Pieces of the whole text.
        size: Most pieces of an input.
    """
    left, right = sentence.start, length - sentence.end
    room = size - (sentence.end - sentence.start)
    if left < right:
        left = min(left, room // 2)
        right = min(right, room - left)
    else:
        right = min(right, room // 2)
        left = min(left, room - right)
    return Stretch(sentence.start - left, sentence.end + right)


def windows_of_sentence(
    sentence: Stretch, *, spans: _Array, length: int, size: int, overlap: int, context: bool
) -> list[ContextWindow]:
    """The inputs in which the spans of a sentence are read: one, if the sentence fits.

    A longer one is read in several inputs that overlap, each span in the one where it stands
    nearest to the middle. An input without spans is left out.

    Args:
        sentence: The sentence's pieces.
        spans: Pieces of its spans. *Shape:* (K, 2).
        length: Pieces of the whole text.
        size: Most pieces of an input.
        overlap: How many pieces the inputs of a long sentence share; spans are no longer than that.
        context: Whether what stands around the sentence is read as well.
    """
    n_pieces = sentence.end - sentence.start
    if n_pieces <= size:
        window = context_of(sentence, length=length, size=size) if context else sentence
        rows = np.arange(len(spans))
        return [ContextWindow(window, rows)] if len(spans) else []
    plan = plan_windows(n_pieces, size=size, overlap=overlap, ranges=spans - sentence.start)
    starts = (plan.starts + sentence.start).tolist()
    windows = [
        ContextWindow(Stretch(start, start + size), np.flatnonzero(plan.homes == number))
        for number, start in enumerate(starts)
    ]
    return [window for window in windows if len(window.rows)]


def equal_groups(rows: _Array, *, most: int | None) -> Sequence[_Array]:
    """Neighbours in as few groups as a limit allows, all as large as the first but the last."""
    if most is None or len(rows) <= most:
        return [rows]
    n_groups = -(-len(rows) // most)
    size = -(-len(rows) // n_groups)
    return [rows[start : start + size] for start in range(0, len(rows), size)]
