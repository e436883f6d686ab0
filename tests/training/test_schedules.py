"""Learning rates over time."""

import math

import pytest

from openluke.training.schedules import rate_factor


def factors(schedule: str, *, n_steps: int = 10, n_warmup: int = 3) -> list[float]:
    return [
        rate_factor(step, n_steps=n_steps, n_warmup=n_warmup, schedule=schedule)
        for step in range(n_steps)
    ]


@pytest.mark.parametrize("schedule", ["warmup_linear", "warmup_constant", "cosine"])
def test_the_rate_rises_by_equal_amounts_to_its_highest(schedule: str):
    assert factors(schedule)[:4] == [0.25, 0.5, 0.75, 1.0]


def test_the_rate_falls_along_a_line_to_zero_after_the_last_step():
    assert factors("warmup_linear")[3:] == pytest.approx([k / 7 for k in range(7, 0, -1)])


def test_the_rate_falls_along_half_a_wave():
    expected = [(1 + math.cos(math.pi * k / 7)) / 2 for k in range(7)]
    assert factors("cosine")[3:] == pytest.approx(expected)


def test_the_rate_stays():
    assert factors("warmup_constant")[3:] == [1.0] * 7


@pytest.mark.parametrize("schedule", ["warmup_linear", "warmup_constant", "cosine"])
@pytest.mark.parametrize(("n_steps", "n_warmup"), [(1, 0), (1, 1), (2, 2), (5, 0), (5, 9)])
def test_no_step_is_for_nothing(schedule: str, n_steps: int, n_warmup: int):
    found = factors(schedule, n_steps=n_steps, n_warmup=n_warmup)
    assert all(0 < factor <= 1 for factor in found)
