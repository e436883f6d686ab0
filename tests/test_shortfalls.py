"""What is lost is told once, with the numbers of all calls."""

import logging
import pickle

import pytest

from openluke.shortfalls import Shortfall, Shortfalls, added_up, tell, told_once


def long_ones(n: int, n_all: int = 10, most: int = 8) -> Shortfall:
    return Shortfall(message="%d of %d are longer than %d", n=n, n_all=n_all, about=(most,))


def lost(**kinds: int) -> Shortfall:
    (example, *_) = [*kinds, ""]
    return Shortfall(message="%d lost", n=sum(kinds.values()), kinds=kinds, example=example)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING)
    return caplog


def test_a_shortfall_is_told_at_once_and_none_is_not(told):
    tell(long_ones(0))
    tell(long_ones(3))
    tell(lost(short=1, long=2))
    assert told.messages == [
        "3 of 10 are longer than 8",
        "3 lost: long (2); short (1) (such as short)",
    ]


def test_those_of_many_calls_are_added_up(told):
    with told_once():
        tell(lost())
        for _ in range(3):
            tell(long_ones(1))
            tell(long_ones(0))
            tell(lost(short=1))
        tell(long_ones(2, most=9))
        assert told.messages == []
    assert told.messages == [
        "3 lost: short (3) (such as short)",
        "3 of 60 are longer than 8",
        "2 of 10 are longer than 9",
    ]


def test_they_come_from_other_processes_and_go_to_who_adds_up_around(told):
    with added_up() as inner:
        tell(long_ones(1))
    sent: Shortfalls = pickle.loads(pickle.dumps(inner))
    with told_once():
        sent.include(inner)
        sent.tell()
        tell(long_ones(1))
    assert told.messages == ["3 of 30 are longer than 8"]


def test_after_an_error_warnings_are_warnings_again(told):
    def lose_and_stop() -> None:
        with told_once():
            tell(long_ones(1))
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        lose_and_stop()
    tell(long_ones(2))
    assert told.messages == ["2 of 10 are longer than 8"]
