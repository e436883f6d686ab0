import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.evaluation.regression import score_numbers

NUMBERS = st.floats(min_value=-1e6, max_value=1e6).map(lambda number: round(number, 3))
FEW = st.integers(min_value=0, max_value=4).map(float)


def sides(pairs):
    gold, found = [one for one, _ in pairs], [other for _, other in pairs]
    assume(len(set(gold)) > 1)
    assume(len(set(found)) > 1)
    return gold, found


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=20))
def test_correlations_equal_scipy(pairs):
    gold, found = sides(pairs)
    scores = score_numbers(gold, predicted=found)
    expected = scipy.stats.pearsonr(gold, found).statistic
    assert scores["pearson"] == pytest.approx(expected, abs=1e-9)
    expected = scipy.stats.spearmanr(gold, found).statistic
    assert scores["spearman"] == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.tuples(FEW, FEW), min_size=2, max_size=20))
def test_equal_numbers_share_their_rank_as_in_scipy(pairs):
    gold, found = sides(pairs)
    expected = scipy.stats.spearmanr(gold, found).statistic
    assert score_numbers(gold, predicted=found)["spearman"] == pytest.approx(expected, abs=1e-12)


def test_the_error_is_the_mean_of_squares():
    scores = score_numbers([1.0, 2.0, 3.0], predicted=[1.0, 4.0, 2.0])
    assert next(iter(scores.values)) == "pearson"
    assert scores["mean_squared_error"] == pytest.approx((0 + 4 + 1) / 3)


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0]])
def test_what_does_not_vary_goes_together_with_nothing(values):
    other = list(range(len(values)))
    scores = score_numbers(values, predicted=other)
    assert (scores["pearson"], scores["spearman"]) == (0.0, 0.0)
    assert score_numbers(other, predicted=values)["pearson"] == 0.0


def test_very_large_and_very_small_numbers_correlate_too():
    for scale in (1e-200, 1e150):
        values = [scale, 2 * scale, 3 * scale]
        assert score_numbers(values, predicted=[1, 2, 3])["pearson"] == pytest.approx(1.0)


def test_numbers_must_be_finite_and_as_many():
    with pytest.raises(DataError, match="the predicted number of example 1 is nan, not finite"):
        score_numbers([1.0, 2.0], predicted=[1.0, math.nan])
    with pytest.raises(DataError, match="found 1 predictions for 2 examples"):
        score_numbers([1.0, 2.0], predicted=[1.0])
    assert isinstance(score_numbers(np.ones(3), predicted=np.ones(3))["pearson"], float)
