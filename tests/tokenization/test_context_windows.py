"""Windows around sentences, candidate spans and their groups, as the reference has them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.tokenization.context_windows import (
    Stretch,
    candidate_spans,
    context_of,
    equal_groups,
    windows_of_sentence,
)
from openluke.tokenization.word_pieces import WordsOfText


def words(*lengths: int) -> WordsOfText:
    """Words of so many pieces each."""
    ends = np.cumsum(lengths)
    can = np.array(lengths) > 0
    return WordsOfText(
        spans=np.stack((2 * np.arange(len(ends)), 2 * np.arange(len(ends)) + 1), axis=1),
        starts=ends - lengths,
        ends=ends,
        can_begin=can,
        can_end=can,
    )


@pytest.mark.parametrize(
    ("sentence", "length", "expected"),
    [
        # 10 pieces of 30: half of the remaining 20 goes to the side with fewer.
        ((3, 13), 100, (0, 30)),  # 3 to the left, 17 to the right
        ((30, 40), 100, (20, 50)),  # both sides have more than half
        ((85, 95), 100, (70, 100)),  # 5 to the right, 15 to the left
        ((45, 55), 100, (35, 65)),  # equal sides
        ((2, 12), 14, (0, 14)),  # the whole text fits
        ((4, 9), 50, (0, 30)),
        ((40, 69), 100, (39, 69)),  # half of one piece is none: the side with more has it
        ((40, 70), 100, (40, 70)),
    ],
)
def test_context_by_hand(sentence, length, expected):
    assert context_of(Stretch(*sentence), length=length, size=30) == expected


@given(st.data())
def test_context_is_as_much_as_there_is_room_for(data):
    length = data.draw(st.integers(1, 60))
    start = data.draw(st.integers(0, length - 1))
    end = data.draw(st.integers(start + 1, length))
    size = data.draw(st.integers(end - start, 60))
    window = context_of(Stretch(start, end), length=length, size=size)
    assert 0 <= window.start <= start < end <= window.end <= length
    assert window.end - window.start == min(size, length)


@pytest.mark.parametrize("n_words", [1, 2, 7, 16])
def test_without_a_limit_every_pair_of_words_is_a_candidate(n_words):
    found = candidate_spans(words(*[1] * n_words), of=slice(0, n_words), max_pieces=100)
    assert len(found.words) == n_words * (n_words + 1) // 2
    assert found.words.tolist() == sorted(found.words.tolist())


def test_candidates_are_limited_by_pieces_and_stay_inside_the_sentence():
    found = candidate_spans(words(1, 2, 1, 3, 1), of=slice(1, 4), max_pieces=3)
    assert found.words.tolist() == [[1, 1], [1, 2], [2, 2], [3, 3]]
    assert found.pieces.tolist() == [[1, 3], [1, 4], [3, 4], [4, 7]]


def test_words_without_pieces_begin_and_end_no_candidate():
    found = candidate_spans(words(1, 0, 1), of=slice(0, 3), max_pieces=3)
    assert found.words.tolist() == [[0, 0], [0, 2], [2, 2]]


def test_groups_are_equal_but_for_the_last():
    sizes = [len(group) for group in equal_groups(np.arange(392), most=128)]
    assert sizes == [98, 98, 98, 98]
    assert [len(group) for group in equal_groups(np.arange(129), most=128)] == [65, 64]
    assert [len(group) for group in equal_groups(np.arange(128), most=128)] == [128]
    assert [len(group) for group in equal_groups(np.arange(999), most=None)] == [999]
    joined = np.concatenate(equal_groups(np.arange(300), most=7))
    assert joined.tolist() == list(range(300))


def test_a_sentence_that_fits_has_one_window():
    (window,) = windows_of_sentence(
        Stretch(10, 20),
        spans=np.array([[10, 12], [15, 16]]),
        length=40,
        size=20,
        overlap=4,
        context=True,
    )
    assert window.stretch == (5, 25)
    assert window.rows.tolist() == [0, 1]


def test_without_context_the_window_is_the_sentence():
    (window,) = windows_of_sentence(
        Stretch(10, 20), spans=np.array([[10, 12]]), length=40, size=20, overlap=4, context=False
    )
    assert window.stretch == (10, 20)


def test_a_sentence_that_is_too_long_is_read_in_windows_that_hold_each_span_once():
    spans = candidate_spans(words(*[1] * 50), of=slice(0, 50), max_pieces=6).pieces + 3
    windows = windows_of_sentence(
        Stretch(3, 53), spans=spans, length=60, size=20, overlap=8, context=True
    )
    assert len(windows) > 2
    rows = np.concatenate([window.rows for window in windows])
    assert sorted(rows.tolist()) == list(range(len(spans)))
    for window in windows:
        start, end = window.stretch
        assert end - start == 20
        assert start >= 3
        assert end <= 53
        assert (spans[window.rows, 0] >= start).all()
        assert (spans[window.rows, 1] <= end).all()


def test_a_sentence_without_spans_is_not_read():
    none = np.zeros((0, 2), dtype=np.int64)
    for size in (10, 4):
        assert not windows_of_sentence(
            Stretch(0, 8), spans=none, length=8, size=size, overlap=2, context=True
        )
