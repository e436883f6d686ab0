"""Cut a sequence of pieces that is too long into windows, losing no mention on the way."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowPlan:
    """Windows of one size over a sequence, and the window that each mention is read in."""

    starts: _Array
    """First piece of each window. *Shape:* (W,)."""
    size: int
    homes: _Array
    """The window of each mention: of those that hold it whole the one where it stands nearest to
    the middle. *Shape:* (N,)."""
    cut: _Array
    """Mentions longer than a window; their home holds their beginning. *Shape:* (K,)."""


def plan_windows(length: int, *, size: int, overlap: int, ranges: _Array) -> WindowPlan:
    """Cover a sequence by windows such that every mention that fits is whole in one of them.

    Args:
        length: How many pieces there are.
        size: Most pieces in a window; every window has as many, if there are as many.
        overlap: How many pieces neighbouring windows share at least.
        ranges: Pieces of the mentions. *Shape:* (N, 2).
    """
    if length <= size:
        nothing = np.zeros(0, dtype=np.int64)
        homes = np.zeros(len(ranges), dtype=np.int64)
        return WindowPlan(starts=np.zeros(1, np.int64), size=size, homes=homes, cut=nothing)
    widths = ranges[:, 1] - ranges[:, 0]
    # A mention of at most overlap + 1 pieces is whole in one of evenly spaced windows.
    wide = ranges[(widths > overlap + 1) & (widths <= size)]
    if len(wide):
        starts = _starts_around(length, size=size, step=size - overlap, wide=wide)
    else:
        starts = np.arange(0, length - overlap, size - overlap)
        starts = np.minimum(starts, length - size)
    return WindowPlan(
        starts=starts,
        size=size,
        homes=_homes(ranges, starts=starts, size=size),
        cut=np.flatnonzero(widths > size),
    )


def _starts_around(length: int, *, size: int, step: int, wide: _Array) -> _Array:
    """Window by window; the next begins early where a wide mention crosses this one's end."""
    wide = wide[np.lexsort((wide[:, 1], wide[:, 0]))]
    begins, ends = wide[:, 0].tolist(), wide[:, 1].tolist()
    starts = [0]
    while starts[-1] + size < length:
        here = starts[-1]
        following = here + step
        for row in range(bisect_right(begins, here), bisect_left(begins, following)):
            if ends[row] > here + size:
                following = begins[row]
                break
        starts.append(min(following, length - size))
    return np.array(starts, dtype=np.int64)


def _homes(ranges: _Array, *, starts: _Array, size: int) -> _Array:
    """The windows in which the mentions stand nearest to the middle."""
    last = np.searchsorted(starts, ranges[:, 0], side="right") - 1
    first = np.minimum(np.searchsorted(starts, ranges[:, 1] - size, side="left"), last)
    # The window that begins nearest to the place at which it would have the mention in its middle.
    wanted = (ranges[:, 0] + ranges[:, 1] - size) / 2
    after = np.minimum(np.maximum(np.searchsorted(starts, wanted), 1), len(starts) - 1)
    before_is_nearer = wanted - starts[after - 1] <= starts[after] - wanted
    return np.minimum(np.maximum(after - before_is_nearer, first), last)


def focus(length: int, *, size: int, ranges: _Array) -> list[tuple[int, int]] | None:
    """One stretch of pieces with all mentions in it, or two where they stand too far apart.

    ``None`` if not even the mentions themselves fit; see ``beginnings``. Mentions have as much
    context on both sides as there is room for.

    Args:
        length: How many pieces there are; more than ``size``.
        size: How many pieces the stretches may have together.
        ranges: Pieces of one or two mentions. *Shape:* (N, 2).
    """
    low, high = int(ranges[:, 0].min()), int(ranges[:, 1].max())
    room = size - (high - low)
    if room >= 0:
        start = min(max(low - room // 2, 0), length - size)
        return [(start, start + size)]
    (low1, high1), (low2, high2) = ranges[np.argsort(ranges[:, 0])][[0, -1]].tolist()
    room = size - (high1 - low1) - (high2 - low2)
    if len(ranges) == 1 or room < 0 or low2 < high1:
        return None
    side = room // 4
    start = max(low1 - side, 0)
    end = min(high2 + side, length)
    # What the ends of the text leave over goes to the inner sides.
    return [
        (start, high1 + 2 * side - (low1 - start)),
        (low2 - 2 * side + (end - high2), end),
    ]


def beginnings(size: int, *, ranges: _Array) -> list[tuple[int, int]]:
    """The markers of mentions that fit no input, and as much of their beginnings as does.

    Args:
        size: How many pieces the stretches may have together, at least all the markers.
        ranges: Pieces of the mentions, their markers included. *Shape:* (N, 2).
    """
    markers = {place for start, end in ranges.tolist() for place in (start, end - 1)}
    each = (size - len(markers)) // len(ranges)
    kept = set(markers)
    for start, end in ranges.tolist():
        inner = (place for place in range(start, end) if place not in markers)
        kept.update(islice(inner, each))
    places = np.array(sorted(kept))
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    return [(int(run[0]), int(run[-1]) + 1) for run in runs]
