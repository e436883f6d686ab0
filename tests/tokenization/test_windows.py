"""Windows cover everything, and every mention that fits is whole in its home."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openluke.tokenization.windows import focus, plan_windows


@st.composite
def sequences(draw):
    length = draw(st.integers(1, 200))
    size = draw(st.integers(4, 40))
    overlap = draw(st.integers(0, size - 1))
    starts = draw(st.lists(st.integers(0, length - 1), max_size=20))
    ranges = [(start, draw(st.integers(start, length))) for start in starts]
    return length, size, overlap, np.array(ranges, dtype=np.int64).reshape(-1, 2)


@given(case=sequences())
def test_every_piece_is_in_a_window_and_windows_go_forward(case) -> None:
    length, size, overlap, ranges = case
    plan = plan_windows(length, size=size, overlap=overlap, ranges=ranges)
    starts = plan.starts.tolist()
    assert starts[0] == 0
    assert starts[-1] + size >= length
    assert starts == sorted(set(starts))
    assert all(after - before <= size - overlap for before, after in itertools.pairwise(starts))
    assert all(start + size <= max(length, size) for start in starts)


@given(case=sequences())
def test_a_mention_that_fits_is_whole_in_its_home(case) -> None:
    length, size, overlap, ranges = case
    plan = plan_windows(length, size=size, overlap=overlap, ranges=ranges)
    for row, ((start, end), home) in enumerate(
        zip(ranges.tolist(), plan.homes.tolist(), strict=True)
    ):
        begin = plan.starts[home]
        assert begin <= start
        if end - start <= size:
            assert end <= begin + size
            assert row not in plan.cut
        else:
            assert row in plan.cut


@given(case=sequences())
def test_a_home_is_the_window_with_most_context_on_both_sides(case) -> None:
    length, size, overlap, ranges = case
    plan = plan_windows(length, size=size, overlap=overlap, ranges=ranges)
    for (start, end), home in zip(ranges.tolist(), plan.homes.tolist(), strict=True):
        if end - start > size:
            continue
        contexts = [
            min(start - begin, begin + size - end)
            for begin in plan.starts.tolist()
            if begin <= start and end <= begin + size
        ]
        begin = plan.starts[home]
        assert min(start - begin, begin + size - end) == max(contexts)


def test_windows_without_wide_mentions_are_evenly_spaced() -> None:
    plan = plan_windows(100, size=40, overlap=10, ranges=np.array([[35, 45]]))
    assert plan.starts.tolist() == [0, 30, 60]
    assert plan.homes.tolist() == [1]


def test_a_wide_mention_pulls_a_window_to_itself() -> None:
    plan = plan_windows(100, size=40, overlap=0, ranges=np.array([[20, 60]]))
    assert plan.starts.tolist() == [0, 20, 60]


def test_planning_a_long_sequence_with_many_mentions_is_quick() -> None:
    starts = np.arange(1_000_000)
    ranges = np.stack((starts, starts + 5), axis=1)
    plan = plan_windows(1_000_010, size=510, overlap=128, ranges=ranges)
    assert len(plan.starts) > 2000


@given(case=sequences(), both=st.booleans())
def test_focus_keeps_mentions_whole_and_takes_no_more_than_there_is_room(case, both) -> None:
    length, size, _, ranges = case
    if length <= size or not len(ranges):
        return
    chosen = ranges[: 2 if both else 1]
    if (chosen[:, 0] == chosen[:, 1]).any():
        return  # with its markers a mention has pieces
    stretches = focus(length, size=size, ranges=chosen)
    widths = (chosen[:, 1] - chosen[:, 0]).sum()
    if stretches is None:
        assert chosen[:, 1].max() - chosen[:, 0].min() > size
        return
    assert sum(end - start for start, end in stretches) <= max(size, widths)
    assert all(0 <= start < end <= length for start, end in stretches)
    assert stretches == sorted(stretches)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(stretches))
    for start, end in chosen.tolist():
        assert any(begin <= start and end <= finish for begin, finish in stretches)


def test_focus_reads_around_two_mentions_that_stand_far_apart() -> None:
    ranges = np.array([[10, 12], [80, 84]])
    assert focus(100, size=26, ranges=ranges) == [(5, 17), (75, 89)]
    at_the_ends = np.array([[0, 2], [98, 100]])
    assert focus(100, size=24, ranges=at_the_ends) == [(0, 12), (88, 100)]
