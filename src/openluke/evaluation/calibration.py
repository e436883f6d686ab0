"""How far probabilities can be trusted: pairs of a probability and whether the thing was right."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError
from openluke.records import Scores

Array = npt.NDArray[Any]
Judged = Iterable[tuple[float, bool]]
"""The probability of each thing that was predicted, and whether it is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Predictions of similar probability."""

    low: float
    high: float
    """Probabilities lie above ``low`` and up to ``high``; 0 lies in the first bin."""
    size: int
    probability: float
    """Their mean; 0 if there are none."""
    accuracy: float
    """The share of them that is right; 0 if there are none."""


def score_calibration(judged: Judged, *, n_bins: int = 15) -> Scores:
    """Expected calibration error with bins of equal width and of equal size, and more.

    For all of these less is better. All are 0 where nothing was predicted.
    """
    pairs = list(judged)
    probabilities, right = _arrays(pairs)
    return Scores(
        values={
            "expected_calibration_error": expected_calibration_error(pairs, n_bins=n_bins),
            "adaptive_calibration_error": expected_calibration_error(
                pairs, n_bins=n_bins, adaptive=True
            ),
            "brier_score": brier_score(pairs),
            "negative_log_likelihood": negative_log_likelihood(pairs),
            "mean_probability": _mean(probabilities),
            "accuracy": _mean(right),
        },
        counts={"predictions": len(pairs), "correct": int(right.sum())},
    )


def expected_calibration_error(
    judged: Judged, *, n_bins: int = 15, adaptive: bool = False
) -> float:
    """The mean distance between probability and accuracy in bins, weighted by their sizes.

    Args:
        judged: See ``Judged``.
        n_bins: How many bins.
        adaptive: Bins have equal sizes instead of equal widths.
    """
    bins = reliability(judged, n_bins=n_bins, adaptive=adaptive)
    n = sum(one.size for one in bins)
    return sum(one.size / n * abs(one.accuracy - one.probability) for one in bins if one.size)


def reliability(judged: Judged, *, n_bins: int = 15, adaptive: bool = False) -> list[Bin]:
    """The bins from the lowest probability to the highest; what a reliability diagram shows.

    Bins of equal width are all there, also empty ones. Of bins of equal sizes there are at most as
    many as predictions; sizes differ by one at most.
    """
    if n_bins < 1:
        raise DataError(f"found {n_bins} bins, expected at least 1")
    probabilities, right = _arrays(judged)
    order = np.argsort(probabilities, kind="stable")
    probabilities, right = probabilities[order], right[order]
    if adaptive:
        parts = np.array_split(np.arange(len(order)), max(1, min(n_bins, len(order))))
        tops = [float(probabilities[part[-1]]) for part in parts[:-1]]
        edges = [0.0, *tops, 1.0]
    else:
        edges = np.linspace(0.0, 1.0, n_bins + 1).tolist()
        cuts = np.searchsorted(probabilities, edges[1:-1], side="right")
        parts = np.split(np.arange(len(order)), cuts)
    return [
        Bin(
            low=edges[number],
            high=edges[number + 1],
            size=len(part),
            probability=_mean(probabilities[part]),
            accuracy=_mean(right[part]),
        )
        for number, part in enumerate(parts)
    ]


def brier_score(judged: Judged) -> float:
    """The mean squared distance of the probability from 1 where right and 0 where wrong."""
    probabilities, right = _arrays(judged)
    return _mean((probabilities - right) ** 2)


def negative_log_likelihood(judged: Judged) -> float:
    """The mean of minus the logarithm of the probability of what turned out.

    What was thought impossible and happened would make it infinite; the smallest difference from 1
    that a float has stands in for 0, as in scikit-learn.
    """
    probabilities, right = _arrays(judged)
    likelihood = np.where(right > 0, probabilities, 1.0 - probabilities)
    return _mean(-np.log(np.maximum(likelihood, np.finfo(np.float64).eps)))


def _arrays(judged: Judged) -> tuple[Array, Array]:
    pairs = np.array([(one, float(right)) for one, right in judged], dtype=np.float64)
    pairs = pairs.reshape(-1, 2)
    for number in np.flatnonzero(~((pairs[:, 0] >= 0) & (pairs[:, 0] <= 1))):
        raise DataError(f"prediction {number} has the probability {pairs[number, 0]}, not 0 to 1")
    return pairs[:, 0], pairs[:, 1]


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else 0.0
