"""From the scores of spans to those that are mentions, and what they are."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.decoding.label_sets import LabelSet
from openluke.records import Label, Span

Overlaps = Literal["flat", "nested", "crossing"]
"""``flat``: no two spans share a character. ``nested``: of two that do, one lies inside the other.
``crossing``: all may."""
Array = npt.NDArray[Any]


class Found(NamedTuple):
    """A mention."""

    span: Span
    label: Label


def find_spans(
    spans: Array, *, scores: Array, labels: LabelSet, overlaps: Overlaps
) -> Iterator[Found]:
    """The spans that are mentions, with their labels, in the order of the text.

    Where one label is chosen, the first is that of spans that are no mentions, and the others are
    ranked by the score of their label. Where any number may hold, spans are ranked by their highest
    score.

    Args:
        spans: *Shape:* (K, 2).
        scores: *Shape:* (K, C).
        labels: What the scores are of.
        overlaps: Which spans may be found together.
    """
    if labels.is_multi_label:
        least = np.array([labels.thresholds.get(label, 0.5) for label in labels.labels])
        rows = np.flatnonzero((labels.probabilities(scores) > least).any(axis=1))
    else:
        rows = np.flatnonzero(scores.argmax(axis=1))
    ranks = scores[rows].max(axis=1)
    for row in rows[choose_spans(spans[rows], scores=ranks, overlaps=overlaps)].tolist():
        span = Span(*spans[row].tolist())
        held = labels.holding(scores[row]) if labels.is_multi_label else [labels.best(scores[row])]
        for label in held:
            yield Found(span, label)


def choose_spans(spans: Array, *, scores: Array, overlaps: Overlaps) -> list[int]:
    """Take spans by their scores, the highest first, but for those that clash with one taken.

    Of equal scores the one that comes first is taken first.

    Args:
        spans: Half-open ranges, no two of them equal. *Shape:* (K, 2).
        scores: *Shape:* (K,).
        overlaps: Which spans clash.

    Returns:
        The numbers of the spans taken, in the order of the text.
    """
    order = np.argsort(-scores, kind="stable")
    if overlaps == "crossing":
        taken = order.tolist()
    elif overlaps == "nested":
        taken = _without_crossings(spans, order=order)
    else:
        taken = _apart(spans, order=order)
    return sorted(taken, key=lambda number: tuple(spans[number].tolist()))


def _apart(spans: Array, *, order: Array) -> list[int]:
    """Spans of which no two share anything."""
    taken: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    for number in order.tolist():
        start, end = spans[number].tolist()
        place = bisect_left(ends, start + 1)
        if place == len(ends) or starts[place] >= end:
            starts.insert(place, start)
            ends.insert(place, end)
            taken.append(number)
    return taken


def _without_crossings(spans: Array, *, order: Array) -> list[int]:
    """Spans of which no two share a part that is neither whole."""
    taken: list[int] = []
    places = np.empty_like(spans)
    for number in order.tolist():
        start, end = spans[number].tolist()
        starts, ends = places[: len(taken), 0], places[: len(taken), 1]
        left = (starts < start) & (start < ends) & (ends < end)
        right = (start < starts) & (starts < end) & (end < ends)
        if not (left | right).any():
            places[len(taken)] = start, end
            taken.append(number)
    return taken
