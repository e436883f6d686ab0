"""Answers of a passage from scores of their first and last pieces, over any number of windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_PER_LENGTH = 0.01
"""How much a longer window counts where a piece has as much context in two windows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnswerWindow:
    """What the head says of the pieces of a passage that one input holds."""

    first: int
    """Which piece of the passage is the first."""
    start: Array
    """How much each piece is the first of an answer. *Shape:* (N,)."""
    end: Array
    """How much each piece is the last of an answer. *Shape:* (N,)."""


class PieceAnswer(NamedTuple):
    """A range of pieces of one window that may be the answer."""

    score: float
    """The sum of both scores."""
    window: int
    start: int
    """Its first piece, counted from the first that the window has of the passage."""
    end: int
    """The piece after its last."""


def best_answers(
    windows: Sequence[AnswerWindow], *, n_best: int, max_pieces: int
) -> list[PieceAnswer]:
    """The best answers of all windows, the best first.

    In each window the ``n_best`` likeliest first pieces are paired with the ``n_best`` likeliest
    last ones. A piece is a first one only in the window that has most context around it, so no
    answer is found twice. Of equal answers the one in the earlier window comes first, then the one
    that begins earlier, then the shorter one.

    Args:
        windows: In the order of the passage.
        n_best: How many first and last pieces are looked at, and how many answers are returned of
            each window.
        max_pieces: The longest answer.
    """
    kept = most_context([(window.first, len(window.start)) for window in windows])
    found: list[PieceAnswer] = []
    for number, (window, may_start) in enumerate(zip(windows, kept, strict=True)):
        starts = _largest(window.start, among=np.flatnonzero(may_start), n=n_best)
        ends = _largest(window.end, among=np.arange(len(window.end)), n=n_best)
        sums = window.start[starts].astype(np.float64)[:, None] + window.end[ends]
        lengths = ends - starts[:, None] + 1
        row, column = np.nonzero((lengths >= 1) & (lengths <= max_pieces))
        sums, starts, ends = sums[row, column], starts[row], ends[column]
        best = np.lexsort((ends, starts, -sums))[:n_best]
        found += [
            PieceAnswer(score, number, start, end + 1)
            for score, start, end in zip(
                sums[best].tolist(), starts[best].tolist(), ends[best].tolist(), strict=True
            )
        ]
    return sorted(found, key=lambda one: -one.score)


def most_context(windows: Sequence[tuple[int, int]]) -> list[npt.NDArray[np.bool_]]:
    """For each window which of its pieces have no more context in another one.

    Context is the smaller number of pieces to one of the sides; where it is equal in two windows,
    the earlier one has the piece, unless the other is longer.

    Args:
        windows: The first piece and the number of pieces of each.
    """
    length = max((first + size for first, size in windows), default=0)
    most = np.full(length, -1.0)
    owners = np.full(length, -1)
    for number, (first, size) in enumerate(windows):
        steps = np.arange(size)
        context = np.minimum(steps, size - 1 - steps) + _PER_LENGTH * size
        here = slice(first, first + size)
        is_more = context > most[here]
        owners[here][is_more] = number
        most[here][is_more] = context[is_more]
    return [owners[first : first + size] == number for number, (first, size) in enumerate(windows)]


def _largest(scores: Array, *, among: Array, n: int) -> Array:
    """Places of the largest scores, from left to right; of equal ones those on the left.

    *Shape:* (at most n,).
    """
    if len(among) <= n:
        return among
    values = scores[among]
    lowest = np.partition(values, len(values) - n)[len(values) - n]
    above = values > lowest
    equal = np.flatnonzero(values == lowest)[: n - int(above.sum())]
    above[equal] = True
    return among[above]
