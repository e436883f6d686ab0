"""How sure a score is: bootstrap intervals, and a test of whether one system beats another.

Both resample examples with replacement. A score is made of sums over examples, such as the correct,
predicted and right mentions of each document, so sums are all that is computed anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError

Array = npt.NDArray[Any]
Statistic = Callable[[Array], Array]
"""A score from sums over examples. *Shapes:* (R, …) to (R,)."""
_CHUNK = 1 << 22
"""How many draws of an example are held at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A score, and between which limits it may be thought to lie."""

    estimate: float
    """The score of the examples as they are."""
    low: float
    high: float
    level: float
    """How often such an interval holds the true score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How much more one system scores than another on the same examples."""

    difference: Interval
    """The score of the first less that of the second."""
    p_value: float
    """How likely a difference at least as large would be, either way, if there were none."""


def bootstrap_interval(
    counts: Array,
    *,
    statistic: Statistic,
    rng: np.random.Generator,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """The percentile interval of a score.

    Args:
        counts: What the score is made of, of each example. *Shape:* (N, …), N at least 1.
        statistic: The score from its sums, for example ``f1_of_counts``.
        rng: What is drawn comes from it alone.
        n_resamples: How many times examples are drawn.
        level: See ``Interval``.
    """
    _check(counts, n_resamples=n_resamples, level=level)
    sums = _resampled_sums(counts, rng=rng, n_resamples=n_resamples)
    estimate = float(statistic(counts.sum(axis=0, keepdims=True))[0])
    return _interval(statistic(sums), estimate=estimate, level=level)


def paired_bootstrap(
    first: Array,
    *,
    second: Array,
    statistic: Statistic,
    rng: np.random.Generator,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> Comparison:
    """Compare two systems on the same examples, which are drawn together for both.

    The p-value asks how often a resampled difference lies at least as far from the one that was
    found as that lies from none.

    Args:
        first: What the score of one system is made of, of each example. *Shape:* (N, …).
        second: The same of the other, of the same examples. *Shape:* (N, …).
        statistic: The score from its sums.
        rng: What is drawn comes from it alone.
        n_resamples: How many times examples are drawn.
        level: See ``Interval``.
    """
    if first.shape != second.shape:
        raise DataError(
            f"counts have the shapes {first.shape} and {second.shape}; expected those of the same "
            "examples, in the same order"
        )
    _check(first, n_resamples=n_resamples, level=level)
    both = np.stack([first, second], axis=1)
    sums = _resampled_sums(both, rng=rng, n_resamples=n_resamples)
    differences = statistic(sums[:, 0]) - statistic(sums[:, 1])
    whole = both.sum(axis=0, keepdims=True)
    found = float((statistic(whole[:, 0]) - statistic(whole[:, 1]))[0])
    # Not exactly: a difference that is the same in every resample is so up to rounding.
    n_as_far = int((np.abs(differences - found) >= abs(found) * (1 - 1e-12)).sum())
    return Comparison(
        difference=_interval(differences, estimate=found, level=level),
        p_value=(n_as_far + 1) / (n_resamples + 1),
    )


def mean_of_counts(sums: Array) -> Array:
    """The first sum over the second: a mean, from marks and ones. *Shapes:* (R, 2) to (R,)."""
    return _divide(sums[..., 0], by=sums[..., 1])


def f1_of_counts(sums: Array) -> Array:
    """Micro F1 from correct, predicted and gold. *Shapes:* (R, 3) to (R,), or (…, 3) to (…)."""
    return _divide(2.0 * sums[..., 0], by=sums[..., 1] + sums[..., 2])


def macro_f1_of_counts(sums: Array) -> Array:
    """The mean F1 of labels from counts of each. *Shapes:* (R, C, 3) to (R,).

    Labels that are right nowhere are left out, as SemEval's scorer does.
    """
    is_there = sums[..., 2] > 0
    return _divide((f1_of_counts(sums) * is_there).sum(axis=-1), by=is_there.sum(axis=-1))


def _resampled_sums(counts: Array, *, rng: np.random.Generator, n_resamples: int) -> Array:
    flat = counts.reshape(len(counts), -1).astype(np.float64)
    drawn = [times @ flat for times in _draws(len(counts), rng=rng, n_resamples=n_resamples)]
    return np.concatenate(drawn).reshape(n_resamples, *counts.shape[1:])


def _draws(n: int, *, rng: np.random.Generator, n_resamples: int) -> Iterator[Array]:
    """How often each example is drawn. *Shape of each:* (some resamples, N)."""
    rows = max(1, _CHUNK // n)
    for start in range(0, n_resamples, rows):
        size = min(rows, n_resamples - start)
        yield rng.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


def _interval(values: Array, *, estimate: float, level: float) -> Interval:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Interval(estimate=estimate, low=low, high=high, level=level)


def _check(counts: Array, *, n_resamples: int, level: float) -> None:
    if len(counts) < 1:
        raise DataError("there are no examples to draw from; expected counts of at least one")
    if n_resamples < 1 or not 0 < level < 1:
        raise DataError(
            f"found {n_resamples} resamples and a level of {level}; expected at least 1 and a "
            "level between 0 and 1"
        )


def _divide(values: Array, *, by: Array) -> Array:
    return np.where(by > 0, values / np.where(by > 0, by, 1), 0.0)
