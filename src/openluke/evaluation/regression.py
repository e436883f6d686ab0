"""Scores of numbers: how they go together with what is right, and how far off they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError
from openluke.evaluation.pairing import check_paired
from openluke.records import Scores

Array = npt.NDArray[Any]


def score_numbers(gold: Sequence[float], *, predicted: Sequence[float]) -> Scores:
    """Pearson's and Spearman's correlation, and the mean squared error."""
    check_paired(gold, predicted=predicted, what="examples")
    right, found = _numbers(gold, what="right"), _numbers(predicted, what="predicted")
    error = float(np.mean((right - found) ** 2)) if len(right) else 0.0
    return Scores(
        values={
            "pearson": pearson(right, other=found),
            "spearman": spearman(right, other=found),
            "mean_squared_error": error,
        },
        counts={"examples": len(right)},
    )


def pearson(one: Array, *, other: Array) -> float:
    """The linear correlation; 0 where one side is constant, which goes together with nothing.

    *Shape:* (N,) both.
    """
    if _is_constant(one) or _is_constant(other):
        return 0.0
    return float(np.clip(_direction(one) @ _direction(other), -1.0, 1.0))


def spearman(one: Array, *, other: Array) -> float:
    """The correlation of ranks; equal numbers share the mean of their ranks.

    *Shape:* (N,) both.
    """
    return pearson(_ranks(one), other=_ranks(other))


def _is_constant(values: Array) -> bool:
    return len(values) < 2 or values.min() == values.max()


def _direction(values: Array) -> Array:
    # Scaled first, so that squares neither overflow nor vanish.
    offsets = values / np.abs(values).max()
    offsets = offsets - offsets.mean()
    offsets = offsets / np.abs(offsets).max()
    return offsets / np.linalg.norm(offsets)


def _ranks(values: Array) -> Array:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[places]


def _numbers(values: Sequence[float], *, what: str) -> Array:
    array = np.asarray(values, dtype=np.float64).reshape(-1)
    for number in np.flatnonzero(~np.isfinite(array)):
        raise DataError(f"the {what} number of example {number} is {array[number]}, not finite")
    return array
