"""What the inputs of a text do not hold of what was given: nothing is dropped silently."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.records import Span
from openluke.tokenization.assembly import NO_TEXT, Reading, Window
from openluke.tokenization.overflow import Plan

_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was not read, or not as it was given. Mentions are named by their index."""

    unread: tuple[tuple[int, Span], ...] = ()
    """Characters in no input: number of the text (0 or 1) and range."""
    lost_mentions: tuple[int, ...] = ()
    """Mentions in no input."""
    cut_mentions: tuple[int, ...] = ()
    """Mentions that are longer than an input; their range ends where the input ends."""
    long_mentions: tuple[int, ...] = ()
    """Mentions of more pieces than ``max_mention_length``, whose position is that of the first."""
    unknown_titles: tuple[int, ...] = ()
    """Mentions whose title the vocabulary does not have; they became [UNK]."""

    @property
    def is_complete(self) -> bool:
        """Whether every character and every mention is whole in some input."""
        return not (self.unread or self.lost_mentions or self.cut_mentions)


NOTHING = Report()
"""The report on inputs that hold everything as it was given."""


def report(
    whole: Window, *, plan: Plan | None, reading: Reading, long: _Array, unknown: _Array
) -> Report:
    """Compare what was given with what the windows hold.

    Args:
        whole: A window that would hold everything.
        plan: The windows; ``None`` if ``whole`` is the only one.
        reading: The texts.
        long: Rows of mentions longer than ``max_mention_length``.
        unknown: Rows of mentions with unknown titles.
    """
    if plan is None and not len(long) and not len(unknown):
        return NOTHING
    long_mentions, unknown_titles = _indices(long, whole=whole), _indices(unknown, whole=whole)
    if plan is None:
        return Report(long_mentions=long_mentions, unknown_titles=unknown_titles)
    # A shortened text has all its mentions, in rows of its own.
    held = [whole.rows] if plan.stretches else [window.rows for window in plan.windows]
    return Report(
        unread=_unread(whole, plan=plan, reading=reading),
        lost_mentions=_indices(np.setdiff1d(whole.rows, np.concatenate(held)), whole=whole),
        cut_mentions=_indices(plan.cut, whole=whole),
        long_mentions=long_mentions,
        unknown_titles=unknown_titles,
    )


def _indices(rows: _Array, *, whole: Window) -> tuple[int, ...]:
    """Rows as callers count mentions: those of the second text follow those of the first."""
    return tuple(np.searchsorted(whole.rows, rows).tolist())


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
    missing = np.flatnonzero((np.cumsum(steps[:-1]) == 0) & ~reading.pieces.is_marker[first:last])
    if not len(missing):
        return []
    groups = np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1)
    offsets = reading.pieces.offsets[first:last]
    return [
        (number, Span(int(offsets[group[0], 0]), int(offsets[group[-1], 1]))) for group in groups
    ]
