"""Probabilities equal torch's and scipy's idea of them, and stay finite whatever the scores are."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from openluke.decoding.probabilities import (
    check_temperature,
    log_softmax,
    rescaled,
    sigmoid,
    softmax,
)
from openluke.errors import ConfigError

SCORES = arrays(np.float32, (3, 5), elements=st.floats(-1e6, 1e6, width=32))
TEMPERATURES = st.floats(0.01, 100.0)


@given(SCORES, TEMPERATURES)
def test_softmax_is_that_of_torch(scores, temperature):
    expected = torch.softmax(torch.tensor(scores).double() / temperature, dim=-1).numpy()
    assert np.allclose(softmax(scores, temperature=temperature), expected, atol=1e-9)


@given(SCORES, TEMPERATURES)
def test_log_softmax_is_that_of_torch(scores, temperature):
    expected = torch.log_softmax(torch.tensor(scores).double() / temperature, dim=-1).numpy()
    assert np.allclose(log_softmax(scores, temperature=temperature), expected)


@given(SCORES, TEMPERATURES)
def test_sigmoid_is_that_of_torch(scores, temperature):
    expected = torch.sigmoid(torch.tensor(scores).double() / temperature).numpy()
    assert np.allclose(sigmoid(scores, temperature=temperature), expected, atol=1e-12)


def test_what_is_not_there_has_no_probability():
    scores = np.array([[0.0, -np.inf, 0.0], [-np.inf, -np.inf, -np.inf]])
    assert softmax(scores).tolist() == [[0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]


def test_no_scores_have_no_probabilities():
    assert softmax(np.zeros((0, 4))).shape == (0, 4)
    assert softmax(np.zeros((4, 0))).shape == (4, 0)
    assert sigmoid(np.zeros(0)).shape == (0,)


def test_a_higher_temperature_makes_probabilities_alike():
    scores = np.array([2.0, 0.0])
    assert softmax(scores, temperature=0.5)[0] > softmax(scores)[0]
    assert softmax(scores, temperature=5.0)[0] < softmax(scores)[0]


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_a_temperature_is_above_zero(temperature):
    with pytest.raises(ConfigError, match="temperature is"):
        check_temperature(temperature)


@given(st.floats(-10, 10), st.floats(0.5, 5.0), st.floats(0.5, 5.0))
def test_a_probability_is_carried_to_another_temperature(score, was, now):
    before, after = (float(sigmoid(np.array(score), temperature=one)) for one in (was, now))
    assert rescaled(before, was=was, now=now) == pytest.approx(after, rel=1e-6)


def test_what_is_sure_stays_sure_at_any_temperature():
    assert [rescaled(one, was=1.0, now=4.0) for one in (0.0, 0.5, 1.0)] == [0.0, 0.5, 1.0]
