"""What the inputs of a text do not hold of what was given: nothing is dropped silently."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.records import Span
from openluke.tokenization.assembly import NO_TEXT, Reading, Window
from openluke.tokenization.overflow import Plan

_Array = npt.NDArray[np.integer[Any]]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was not read, or not as it was given. Mentions are named by their index."""

    unread: tuple[tuple[int, Span], ...] = ()
    """Characters in no input: number of the text (0 or 1) and range."""
    lost_mentions: tuple[int, ...] = ()
    """Mentions in no input."""
    cut_mentions: tuple[int, ...] = ()
    """Mentions that are longer than an input; it has their beginning, between markers too."""
    long_mentions: tuple[int, ...] = ()
    """Mentions of more pieces than ``max_mention_length``, whose position is that of the first."""
    placeless_mentions: tuple[int, ...] = ()
    """Mentions of which the tokenizer makes no pieces: only space, or characters that it drops."""
    placeless_words: tuple[tuple[int, int], ...] = ()
    """Words of which the tokenizer makes no pieces, of a text that was given as words: number of
    the text (0 or 1) and index."""
    unknown_titles: tuple[int, ...] = ()
    """Mentions whose title the vocabulary does not have; they became [UNK]."""

    @property
    def is_complete(self) -> bool:
        """Whether every character, word and mention is whole in some input."""
        return not (
            self.unread
            or self.lost_mentions
            or self.cut_mentions
            or self.placeless_mentions
            or self.placeless_words
        )


NOTHING = Report()
"""The report on inputs that hold everything as it was given."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Faults:
    """What of a batch is not read as it was given, whatever fits an input."""

    is_long: _Mask
    """Mentions longer than ``max_mention_length``. *Shape:* (N,)."""
    is_placeless: _Mask
    """Mentions without pieces. *Shape:* (N,)."""
    is_unknown: _Mask
    """Mentions with a title that is not known. *Shape:* (N,)."""
    placeless_words: Mapping[int, _Array]
    """Words without pieces, by number of the text; texts without such words are left out."""

    def __bool__(self) -> bool:
        return bool(self.placeless_words) or bool(self._any.any())

    def of(self, whole: Window) -> bool:
        """Whether there is one in a window: most have none, even where their batch has."""
        words = self.placeless_words
        return bool(self._any[whole.rows].any()) or whole.text in words or whole.pair in words

    @cached_property
    def _any(self) -> _Mask:
        return self.is_long | self.is_placeless | self.is_unknown


def report(whole: Window, *, plan: Plan | None, reading: Reading, faults: Faults) -> Report:
    """Compare what was given with what the windows hold.

    Args:
        whole: A window that would hold everything.
        plan: The windows; ``None`` if ``whole`` is the only one.
        reading: The texts.
        faults: What is wrong with mentions of the batch.
    """
    if plan is None and not faults.of(whole):
        return NOTHING
    always = Report(
        long_mentions=_indices(faults.is_long[whole.rows]),
        placeless_mentions=_indices(faults.is_placeless[whole.rows]),
        placeless_words=_placeless_words(whole, faults=faults),
        unknown_titles=_indices(faults.is_unknown[whole.rows]),
    )
    if plan is None:
        return always
    # A shortened text has all its mentions, in rows of its own.
    held = [whole.rows] if plan.stretches else [window.rows for window in plan.windows]
    return replace(
        always,
        unread=_unread(whole, plan=plan, reading=reading),
        lost_mentions=_indices(~np.isin(whole.rows, np.concatenate(held))),
        cut_mentions=_indices(np.isin(whole.rows, plan.cut)),
    )


def _placeless_words(whole: Window, *, faults: Faults) -> tuple[tuple[int, int], ...]:
    return tuple(
        (number, word)
        for number, text in enumerate((whole.text, whole.pair))
        if text in faults.placeless_words
        for word in faults.placeless_words[text].tolist()
    )


def _indices(which: _Mask) -> tuple[int, ...]:
    return tuple(which.nonzero()[0].tolist())


def _unread(whole: Window, *, plan: Plan, reading: Reading) -> tuple[tuple[int, Span], ...]:
    """Stretches of pieces that no window holds, as characters of their texts."""
    firsts = plan.stretches or [(window.start, window.end) for window in plan.windows]
    unread = _gaps(whole.text, number=0, held=firsts, reading=reading)
    if whole.pair != NO_TEXT:
        seconds = [(window.pair_start, window.pair_end) for window in plan.windows]
        unread += _gaps(whole.pair, number=1, held=seconds, reading=reading)
    return tuple(unread)


def _gaps(
    text: int, *, number: int, held: list[tuple[int, int]], reading: Reading
) -> list[tuple[int, Span]]:
    first, last = reading.pieces.bounds[text : text + 2].tolist()
    steps = np.zeros(last - first + 1, dtype=np.int64)
    for start, end in held:
        steps[start] += 1
        steps[end] -= 1
    # markers have no characters: what stands on both sides of one is one stretch
    of_text = np.flatnonzero(~reading.pieces.is_marker[first:last])
    missing = np.flatnonzero(np.cumsum(steps[:-1])[of_text] == 0)
    if not len(missing):
        return []
    groups = np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1)
    offsets = reading.pieces.offsets[first:last][of_text]
    return [
        (number, Span(int(offsets[group[0], 0]), int(offsets[group[-1], 1]))) for group in groups
    ]
