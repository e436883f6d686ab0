import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from openluke.errors import DataError
from openluke.evaluation.calibration import (
    brier_score,
    expected_calibration_error,
    negative_log_likelihood,
    reliability,
    score_calibration,
)

PAIRS = st.lists(st.tuples(st.floats(min_value=0, max_value=1), st.booleans()), min_size=1)


def test_the_error_is_the_gap_in_each_bin_by_its_size():
    judged = [(0.05, False), (0.45, True), (0.55, True), (0.95, True), (0.85, False)]
    # Two bins: up to 0.5 mean 0.25 and half right, above it mean 0.7833 and two of three right.
    low, high = 2 / 5 * abs(1 / 2 - 0.25), 3 / 5 * abs(2 / 3 - (0.55 + 0.95 + 0.85) / 3)
    assert expected_calibration_error(judged, n_bins=2) == pytest.approx(low + high)


def test_limits_of_bins_belong_below_and_zero_to_the_first():
    bins = reliability([(0.0, False), (0.5, True), (0.5000001, True), (1.0, True)], n_bins=2)
    assert [(one.low, one.high, one.size) for one in bins] == [(0.0, 0.5, 2), (0.5, 1.0, 2)]
    assert (bins[0].probability, bins[0].accuracy) == (0.25, 0.5)


@given(PAIRS, st.integers(min_value=1, max_value=20))
def test_bins_of_equal_width_hold_everything(judged, n_bins):
    bins = reliability(judged, n_bins=n_bins)
    assert len(bins) == n_bins
    assert sum(one.size for one in bins) == len(judged)
    for one in bins:
        inside = [p for p, _ in judged if one.low < p <= one.high or p == one.low == 0]
        assert one.size == len(inside)


@given(PAIRS, st.integers(min_value=1, max_value=20))
def test_adaptive_bins_have_equal_sizes(judged, n_bins):
    sizes = [one.size for one in reliability(judged, n_bins=n_bins, adaptive=True)]
    assert len(sizes) == min(n_bins, len(judged))
    assert sum(sizes) == len(judged)
    assert max(sizes) - min(sizes) <= 1


@given(PAIRS)
def test_brier_score_and_likelihood_equal_scikit_learn(judged):
    probabilities, right = [p for p, _ in judged], [one for _, one in judged]
    expected = brier_score_loss(right, probabilities, labels=[False, True])
    assert brier_score(judged) == pytest.approx(expected)
    expected = log_loss(right, np.array(probabilities), labels=[False, True])
    assert negative_log_likelihood(judged) == pytest.approx(expected, abs=1e-12)


def test_what_is_sure_and_right_is_perfect():
    scores = score_calibration(iter([(1.0, True), (0.0, False)]))
    assert next(iter(scores.values)) == "expected_calibration_error"
    for name in ("expected_calibration_error", "adaptive_calibration_error", "brier_score"):
        assert scores[name] == 0.0
    assert scores["accuracy"] == scores["mean_probability"] == 0.5
    assert scores.counts == {"predictions": 2, "correct": 1}


def test_what_is_sure_and_wrong_is_finite():
    assert negative_log_likelihood([(1.0, False)]) == pytest.approx(-math.log(2.0**-52))


def test_nothing_is_zero():
    assert set(score_calibration([]).values.values()) == {0.0}
    assert [one.size for one in reliability([], n_bins=3)] == [0, 0, 0]
    assert [one.size for one in reliability([], adaptive=True)] == [0]


def test_probabilities_and_bins_must_make_sense():
    for wrong in (1.1, -0.1, math.nan):
        with pytest.raises(DataError, match=r"prediction 1 has the probability .*, not 0 to 1"):
            brier_score([(0.5, True), (wrong, True)])
    with pytest.raises(DataError, match="found 0 bins"):
        reliability([(0.5, True)], n_bins=0)
