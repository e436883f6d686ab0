"""A computed order has every number once, whatever their number, and another one for each key."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import ConfigError
from openluke.pretraining.shuffling import Permutation


@given(st.integers(1, 3000), st.lists(st.integers(0, 2**40), min_size=1, max_size=4))
def test_every_number_comes_once(n, key) -> None:
    numbers = Permutation(n, key=key)(np.arange(n))
    assert sorted(numbers.tolist()) == list(range(n))


@given(st.integers(1, 2**60), st.data())
def test_numbers_of_ranges_of_any_size_are_in_them_and_differ(n, data) -> None:
    places = data.draw(st.lists(st.integers(0, n - 1), unique=True, max_size=50))
    numbers = Permutation(n, key=[3])(np.array(places, dtype=np.int64)).tolist()
    assert len(set(numbers)) == len(places)
    assert all(0 <= number < n for number in numbers)


def test_a_place_has_its_number_whatever_else_is_asked() -> None:
    order = Permutation(1000, key=[7, 1])
    together = order(np.arange(1000))
    assert [int(order(np.array([place]))[0]) for place in range(0, 1000, 37)] == together[
        ::37
    ].tolist()


def test_orders_of_other_keys_have_nothing_in_common() -> None:
    n = 10_000
    keys = [[0, 0], [0, 1], [1, 0], [1, 1], [0], [0, 0, 0, 1]]
    orders = [Permutation(n, key=key)(np.arange(n)) for key in keys]
    for i, one in enumerate(orders):
        assert (one == np.arange(n)).sum() < 10
        for other in orders[i + 1 :]:
            assert (one == other).sum() < 10


@pytest.mark.parametrize("n", [7, 1000, 65_536])
def test_every_number_stands_everywhere_and_beside_every_other(n) -> None:
    rounds = 300
    spread = np.zeros(2)
    for seed in range(rounds):
        order = Permutation(n, key=[seed])(np.arange(min(n, 100)))
        spread += order.mean(), np.abs(np.diff(order)).mean()
    # of a chance order the mean is half of n, and the mean step a third of it
    assert spread / rounds / n == pytest.approx([0.5, 1 / 3], rel=0.2 if n < 10 else 0.02)


def test_orders_of_few_numbers_are_all_met() -> None:
    met = {tuple(Permutation(4, key=[seed])(np.arange(4)).tolist()) for seed in range(2000)}
    assert len(met) == 24


def test_orders_stay_what_they_were() -> None:
    # a run that is taken up with another release goes on in the same order
    assert Permutation(10, key=[0])(np.arange(10)).tolist() == [9, 1, 3, 0, 5, 8, 2, 4, 6, 7]


@pytest.mark.parametrize(("n", "key"), [(0, [1]), (2**61, [1]), (5, []), (5, [-1])])
def test_ranges_and_keys_that_cannot_be_are_refused(n, key) -> None:
    with pytest.raises(ConfigError, match="expected"):
        Permutation(n, key=key)
