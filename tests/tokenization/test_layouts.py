"""Markers nest as mentions do, whatever the mentions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.tokenization.layouts import Pieces, mark

ENT, ENT2 = 100, 200


def pieces_of(*lengths: int) -> Pieces:
    total = sum(lengths)
    places = np.concatenate([np.arange(length) for length in lengths] or [np.zeros(0)])
    return Pieces(
        ids=np.arange(total, dtype=np.int32),
        offsets=np.stack((places, places + 1), axis=1).astype(np.int32),
        is_marker=np.zeros(total, dtype=np.bool_),
        bounds=np.cumsum([0, *lengths]),
    )


def mark_two(length: int, head, tail, *, spans=None):
    ranges = np.array([head, tail])
    spans = ranges if spans is None else np.array(spans)
    return mark(pieces_of(length), ranges=ranges, spans=spans, markers=[ENT, ENT2])


def test_one_mention_stands_between_its_markers() -> None:
    place = np.array([[1, 3]])
    pieces, ranges = mark(pieces_of(4), ranges=place, spans=place, markers=[ENT])
    assert pieces.ids.tolist() == [0, ENT, 1, 2, ENT, 3]
    assert ranges.tolist() == [[1, 5]]
    assert pieces.offsets.tolist() == [[0, 1], [1, 1], [1, 2], [2, 3], [3, 3], [3, 4]]


def test_the_head_keeps_its_marker_when_the_tail_comes_first() -> None:
    pieces, ranges = mark_two(4, (2, 4), (0, 1))
    assert pieces.ids.tolist() == [ENT2, 0, ENT2, 1, ENT, 2, 3, ENT]
    assert ranges.tolist() == [[4, 8], [0, 3]]


def test_neighbouring_mentions_close_before_they_open() -> None:
    pieces, _ = mark_two(4, (0, 2), (2, 4))
    assert pieces.ids.tolist() == [ENT, 0, 1, ENT, ENT2, 2, 3, ENT2]


def test_a_mention_inside_another_has_its_markers_inside() -> None:
    assert mark_two(3, (0, 3), (1, 2))[0].ids.tolist() == [ENT, 0, ENT2, 1, ENT2, 2, ENT]
    assert mark_two(3, (1, 2), (0, 3))[0].ids.tolist() == [ENT2, 0, ENT, 1, ENT, 2, ENT2]
    assert mark_two(2, (0, 1), (0, 2))[0].ids.tolist() == [ENT2, ENT, 0, ENT, 1, ENT2]
    assert mark_two(2, (0, 2), (1, 2))[0].ids.tolist() == [ENT, 0, ENT2, 1, ENT2, ENT]


def test_equal_mentions_have_the_head_outside() -> None:
    pieces, ranges = mark_two(1, (0, 1), (0, 1))
    assert pieces.ids.tolist() == [ENT, ENT2, 0, ENT2, ENT]
    assert ranges.tolist() == [[0, 5], [1, 4]]


def test_a_mention_without_pieces_has_its_two_markers_together() -> None:
    pieces, ranges = mark_two(2, (1, 1), (0, 2), spans=[(1, 2), (0, 3)])
    assert pieces.ids.tolist() == [ENT2, 0, ENT, ENT, 1, ENT2]
    assert ranges.tolist() == [[2, 4], [0, 6]]


@pytest.mark.parametrize(
    ("head", "tail", "spans"),
    [
        ((1, 1), (1, 2), [(1, 2), (2, 4)]),
        ((0, 1), (1, 1), [(0, 1), (1, 2)]),
        ((1, 1), (1, 1), [(1, 2), (2, 3)]),
        ((1, 1), (1, 1), [(1, 3), (3, 4)]),
    ],
    ids=["before pieces", "after pieces", "beside another", "longer than another"],
)
def test_a_mention_without_pieces_does_not_nest_with_a_neighbour(head, tail, spans) -> None:
    _, ranges = mark_two(2, head, tail, spans=spans)
    assert ranges[0, 1] == ranges[1, 0]
    _, ranges = mark_two(2, tail, head, spans=spans[::-1])
    assert ranges[1, 1] == ranges[0, 0]


def test_mentions_without_pieces_nest_as_their_characters_do() -> None:
    pieces, ranges = mark_two(1, (0, 0), (0, 0), spans=[(1, 2), (0, 3)])
    assert pieces.ids.tolist() == [ENT2, ENT, ENT, ENT2, 0]
    assert ranges.tolist() == [[1, 3], [0, 4]]


@st.composite
def batches(draw):
    lengths = draw(st.lists(st.integers(0, 6), min_size=1, max_size=4))
    # Of each text's characters every second has a piece.
    place = [st.integers(0, 2 * length + 1) for length in lengths]
    pairs = [st.lists(one, min_size=2, max_size=2, unique=True) for one in place]
    spans = np.array([sorted(draw(pair)) for pair in pairs for _ in range(2)])
    return lengths, spans, spans // 2


@given(case=batches())
def test_each_mention_is_what_stands_between_its_own_two_markers(case) -> None:
    lengths, spans, ranges = case
    marked, widened = mark(pieces_of(*lengths), ranges=ranges, spans=spans, markers=[ENT, ENT2])
    assert marked.ids[~marked.is_marker].tolist() == list(range(sum(lengths)))
    assert np.diff(marked.bounds).tolist() == [length + 4 for length in lengths]
    for row, ((start, end), (first, last)) in enumerate(
        zip(ranges.tolist(), widened.tolist(), strict=True)
    ):
        begin = marked.bounds[row // 2]
        marker = (ENT, ENT2)[row % 2]
        inside = marked.ids[begin + first : begin + last].tolist()
        assert inside[0] == inside[-1] == marker
        assert inside.count(marker) == 2
        own = [one for one in inside if one not in (ENT, ENT2)]
        offset = sum(lengths[: row // 2])
        assert own == list(range(offset + start, offset + end))


@given(case=batches())
def test_markers_nest_as_mentions_do(case) -> None:
    lengths, spans, ranges = case
    _, widened = mark(pieces_of(*lengths), ranges=ranges, spans=spans, markers=[ENT, ENT2])
    for (head, tail), (head_place, tail_place) in zip(
        spans.reshape(-1, 2, 2).tolist(), widened.reshape(-1, 2, 2).tolist(), strict=True
    ):
        if head[1] <= tail[0]:
            assert head_place[1] <= tail_place[0]
        if tail[1] <= head[0]:
            assert tail_place[1] <= head_place[0]
        if head[0] <= tail[0] and tail[1] <= head[1]:
            assert head_place[0] < tail_place[0]
            assert tail_place[1] < head_place[1]


@given(case=batches())
def test_a_batch_is_marked_as_its_texts_alone(case) -> None:
    lengths, spans, ranges = case
    together, widened = mark(pieces_of(*lengths), ranges=ranges, spans=spans, markers=[ENT, ENT2])
    for text, length in enumerate(lengths):
        rows = slice(2 * text, 2 * text + 2)
        alone, alone_ranges = mark(
            pieces_of(length), ranges=ranges[rows], spans=spans[rows], markers=[ENT, ENT2]
        )
        place = slice(*together.bounds[text : text + 2].tolist())
        assert widened[rows].tolist() == alone_ranges.tolist()
        assert together.offsets[place].tolist() == alone.offsets.tolist()
        assert together.is_marker[place].tolist() == alone.is_marker.tolist()
