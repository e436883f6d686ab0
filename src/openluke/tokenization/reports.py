"""What a model input does not hold of what was given: nothing is dropped silently."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.records import Span
from openluke.tokenization.assembly import Reading
from openluke.tokenization.overflow import Plan


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
"""The report on an input that holds everything."""


def report(
    reading: Reading, *, plan: Plan, unknown: tuple[int, ...], max_mention_length: int
) -> Report:
    """Compare what was given with what the windows hold."""
    widths = reading.mentions.ranges[:, 1] - reading.mentions.ranges[:, 0]
    long = _indices(np.flatnonzero(widths > max_mention_length)) if len(widths) else ()
    if _holds_everything(reading, plan=plan):
        if not long and not unknown:
            return NOTHING
        return Report(long_mentions=long, unknown_titles=unknown)
    kept = np.zeros(len(widths), dtype=np.bool_)
    for window in plan.windows:
        kept[window.rows] = True
    return Report(
        unread=_unread(reading, plan=plan),
        lost_mentions=_indices(np.flatnonzero(~kept)),
        cut_mentions=_indices(plan.cut),
        long_mentions=long,
        unknown_titles=unknown,
    )


def _holds_everything(reading: Reading, *, plan: Plan) -> bool:
    window = plan.windows[0]
    return (
        plan.reading is reading
        and window.first == (0, len(reading.first))
        and (reading.second is None or window.second == (0, len(reading.second)))
        and len(window.rows) == len(reading.mentions)
    )


def _unread(reading: Reading, *, plan: Plan) -> tuple[tuple[int, Span], ...]:
    """Stretches of pieces that no window holds, as characters of their texts."""
    unread: list[tuple[int, Span]] = []
    for number, given in enumerate((reading.first, reading.second)):
        if given is None or not len(given):
            continue
        read = np.zeros(int(given.offsets.max()) + 1, dtype=np.bool_)
        for start, end in _read_ranges(plan, number=number).tolist():
            read[start:end] = True
        outside = [not read[start:end].any() for start, end in given.offsets.tolist()]
        edges = np.flatnonzero(np.diff(np.array([0, *outside, 0])))
        for begin, end in edges.reshape(-1, 2).tolist():
            span = Span(int(given.offsets[begin, 0]), int(given.offsets[end - 1, 1]))
            unread.append((number, span))
    return tuple(unread)


def _read_ranges(plan: Plan, *, number: int) -> npt.NDArray[np.integer[Any]]:
    """Character ranges of all pieces of a text that some window holds."""
    pieces = plan.reading.second if number else plan.reading.first
    places = [window.second if number else window.first for window in plan.windows]
    if pieces is None:
        return np.zeros((0, 2), dtype=np.int64)
    return np.concatenate([pieces.offsets[slice(*place)] for place in places if place is not None])


def _indices(rows: npt.NDArray[np.integer[Any]]) -> tuple[int, ...]:
    return tuple(rows.tolist())
