"""The best answers are those that trying every pair of pieces would find."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from openluke.decoding.answers import AnswerWindow, best_answers, most_context

LOW = -10.0


def window(start, end, *, first=0):
    return AnswerWindow(
        first=first,
        start=np.array(start, dtype=np.float32),
        end=np.array(end, dtype=np.float32),
    )


def ranges(found):
    return [(one.window, one.start, one.end) for one in found]


def test_the_best_answer_is_the_largest_sum():
    found = best_answers([window([0, 3, 1], [0, 1, 2])], n_best=20, max_pieces=30)
    assert ranges(found)[0] == (0, 1, 3)
    assert found[0].score == 5.0
    assert len(found) == 6  # all ranges of three pieces


def test_answers_do_not_end_before_they_begin():
    found = best_answers([window([0, 0, 9], [9, 0, 0])], n_best=1, max_pieces=30)
    assert found == []
    found = best_answers([window([0, 0, 9], [9, 0, 0])], n_best=2, max_pieces=30)
    assert ranges(found) == [(0, 0, 1), (0, 0, 2)]


def test_answers_are_no_longer_than_allowed():
    one = window([9, 0, 0, 0], [0, 0, 0, 9])
    assert ranges(best_answers([one], n_best=20, max_pieces=4))[0] == (0, 0, 4)
    assert (0, 0, 4) not in ranges(best_answers([one], n_best=20, max_pieces=3))


def test_of_equal_answers_the_earlier_and_the_shorter_come_first():
    found = best_answers([window([0] * 3, [0] * 3)], n_best=20, max_pieces=30)
    assert ranges(found) == [(0, 0, 1), (0, 0, 2), (0, 0, 3), (0, 1, 2), (0, 1, 3), (0, 2, 3)]
    windows = [window([0], [0]), window([0], [0], first=1)]
    assert ranges(best_answers(windows, n_best=20, max_pieces=30)) == [(0, 0, 1), (1, 0, 1)]


def test_of_equal_scores_those_on_the_left_are_looked_at():
    found = best_answers([window([1] * 5, [1] * 5)], n_best=2, max_pieces=30)
    assert ranges(found) == [(0, 0, 1), (0, 0, 2)]


def test_a_piece_begins_an_answer_only_where_it_has_most_context():
    """Ten pieces, windows of six, a step of four: pieces 4 and 5 are in both."""
    kept = most_context([(0, 6), (4, 6)])
    # Piece 4 has one to its right in the first window and none to its left in the second; of piece
    # 5 it is the other way round.
    assert kept[0].tolist() == [True, True, True, True, True, False]
    assert kept[1].tolist() == [False, True, True, True, True, True]
    start = [LOW] * 4 + [1.0, 5.0]
    windows = [window(start, [LOW] * 5 + [5.0]), window([LOW, 1.0] + [LOW] * 4, [0.0] * 6, first=4)]
    assert ranges(best_answers(windows, n_best=20, max_pieces=30))[0] == (0, 4, 6)


def test_of_equal_context_the_earlier_or_longer_window_has_it():
    assert most_context([(0, 3), (1, 3)])[0].tolist() == [True, True, False]
    one, other = most_context([(0, 3), (0, 4)])
    assert one.tolist() == [False, False, False]
    assert other.tolist() == [True] * 4


def test_nothing_has_no_answers():
    assert best_answers([], n_best=20, max_pieces=30) == []
    assert best_answers([window([], [])], n_best=20, max_pieces=30) == []


@st.composite
def window_lists(draw):
    size = draw(st.integers(1, 12))
    step = draw(st.integers(1, size))
    n_windows = draw(st.integers(1, 4))
    # Few different numbers, so that many are equal.
    scores = st.integers(-2, 2).map(float)
    return [
        AnswerWindow(
            first=number * step,
            start=draw(arrays(np.float32, size, elements=scores)),
            end=draw(arrays(np.float32, size, elements=scores)),
        )
        for number in range(n_windows)
    ]


@given(windows=window_lists(), max_pieces=st.integers(1, 12))
def test_with_room_for_all_pieces_nothing_is_missed(windows, max_pieces):
    kept = most_context([(one.first, len(one.start)) for one in windows])
    expected = sorted(
        (-float(one.start[start] + one.end[end]), number, start, end + 1)
        for number, one in enumerate(windows)
        for start, end in product(range(len(one.start)), repeat=2)
        if kept[number][start] and start <= end < start + max_pieces
    )
    found = best_answers(windows, n_best=200, max_pieces=max_pieces)
    assert [(-one.score, *one[1:]) for one in found] == expected


@given(windows=window_lists(), n_best=st.integers(1, 5))
@settings(max_examples=50)
def test_only_the_best_first_and_last_pieces_are_paired(windows, n_best):
    found = best_answers(windows, n_best=n_best, max_pieces=30)
    kept = most_context([(one.first, len(one.start)) for one in windows])
    for number, one in enumerate(windows):
        mine = [answer for answer in found if answer.window == number]
        assert len(mine) <= n_best
        starts = sorted(np.flatnonzero(kept[number]), key=lambda i: (-one.start[i], i))[:n_best]
        ends = sorted(range(len(one.end)), key=lambda i: (-one.end[i], i))[:n_best]
        assert {answer.start for answer in mine} <= set(starts)
        assert {answer.end - 1 for answer in mine} <= set(ends)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@given(windows=window_lists())
def test_every_piece_has_exactly_one_window(windows):
    places = [(one.first, len(one.start)) for one in windows]
    owned = np.concatenate(
        [
            first + np.flatnonzero(kept)
            for (first, _), kept in zip(places, most_context(places), strict=True)
        ]
    )
    assert sorted(owned.tolist()) == list(range(places[-1][0] + places[-1][1]))


@pytest.mark.parametrize("n", [1, 3])
def test_scores_far_apart_do_not_lose_digits(n):
    found = best_answers([window([1e8] * n, [1.0] * n)], n_best=20, max_pieces=1)
    assert found[0].score == 1e8 + 1.0
