import numpy as np
import pytest
import scipy.stats

from openluke.errors import DataError
from openluke.evaluation import intervals
from openluke.evaluation.intervals import (
    bootstrap_interval,
    f1_of_counts,
    macro_f1_of_counts,
    mean_of_counts,
    paired_bootstrap,
)


def marks(values):
    return np.stack([np.asarray(values, dtype=float), np.ones(len(values))], axis=1)


def test_the_interval_of_a_mean_is_that_of_its_normal_limit():
    values = np.random.default_rng(1).random(400)
    found = bootstrap_interval(
        marks(values), statistic=mean_of_counts, rng=np.random.default_rng(0), n_resamples=4000
    )
    assert found.estimate == pytest.approx(values.mean())
    error = values.std() / np.sqrt(len(values))
    low, high = scipy.stats.norm.interval(0.95, loc=values.mean(), scale=error)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.1 * error)
    assert found.level == 0.95


def test_what_is_drawn_follows_from_the_generator_and_not_from_chunks(monkeypatch):
    counts = np.random.default_rng(1).integers(0, 5, (50, 3))

    def interval():
        rng = np.random.default_rng(3)
        return bootstrap_interval(counts, statistic=f1_of_counts, rng=rng, n_resamples=100)

    whole = interval()
    assert whole == interval()
    monkeypatch.setattr(intervals, "_CHUNK", 120)
    assert whole == interval()


def test_a_score_that_every_resample_has_needs_no_width():
    counts = np.array([[2, 2, 2]] * 5)
    found = bootstrap_interval(counts, statistic=f1_of_counts, rng=np.random.default_rng(0))
    assert (found.low, found.estimate, found.high) == (1.0, 1.0, 1.0)


def test_one_example_and_no_counts_are_defined():
    for row, score in (([0, 0, 0], 0.0), ([1, 2, 2], 0.5)):
        found = bootstrap_interval(
            np.array([row]), statistic=f1_of_counts, rng=np.random.default_rng(0)
        )
        assert (found.low, found.estimate, found.high) == (score, score, score)


def test_a_system_that_is_much_better_is_found_to_be():
    rng = np.random.default_rng(5)
    first, second = rng.random(300) < 0.9, rng.random(300) < 0.6
    found = paired_bootstrap(
        marks(first), second=marks(second), statistic=mean_of_counts, rng=np.random.default_rng(0)
    )
    assert found.difference.estimate == pytest.approx(first.mean() - second.mean())
    assert found.difference.low > 0
    assert found.p_value == 1 / 1001
    turned = paired_bootstrap(
        marks(second), second=marks(first), statistic=mean_of_counts, rng=np.random.default_rng(0)
    )
    assert turned.difference.estimate == -found.difference.estimate
    assert turned.p_value == found.p_value


def test_equal_systems_are_not_told_apart():
    counts = np.random.default_rng(1).integers(0, 5, (50, 3))
    found = paired_bootstrap(
        counts, second=counts, statistic=f1_of_counts, rng=np.random.default_rng(0)
    )
    assert (found.difference.low, found.difference.high, found.p_value) == (0.0, 0.0, 1.0)


def test_the_p_value_of_a_mean_is_that_of_its_normal_limit():
    differences = np.random.default_rng(4).normal(0.1, 1.0, 400)
    found = paired_bootstrap(
        marks(differences),
        second=marks(np.zeros(400)),
        statistic=mean_of_counts,
        rng=np.random.default_rng(0),
        n_resamples=4000,
    )
    z = differences.mean() / (differences.std() / np.sqrt(400))
    assert found.p_value == pytest.approx(2 * scipy.stats.norm.sf(abs(z)), abs=0.03)


def test_scores_from_sums():
    assert f1_of_counts(np.array([[1, 2, 2], [0, 0, 0]])).tolist() == [0.5, 0.0]
    assert mean_of_counts(np.array([[1.0, 4.0], [0.0, 0.0]])).tolist() == [0.25, 0.0]
    sums = np.array([[[1, 2, 2], [3, 3, 3], [0, 5, 0]], [[0, 0, 0]] * 3])
    assert macro_f1_of_counts(sums).tolist() == [0.75, 0.0]


def test_what_cannot_be_drawn_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="no examples to draw from"):
        bootstrap_interval(np.zeros((0, 3)), statistic=f1_of_counts, rng=rng)
    with pytest.raises(DataError, match="found 0 resamples"):
        bootstrap_interval(np.ones((1, 3)), statistic=f1_of_counts, rng=rng, n_resamples=0)
    with pytest.raises(DataError, match="expected those of the same examples"):
        paired_bootstrap(np.ones((1, 3)), second=np.ones((2, 3)), statistic=f1_of_counts, rng=rng)
