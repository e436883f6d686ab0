"""A layout says where rows lie."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from openluke.model.layout import Layout

SHAPES = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3)), min_size=1, max_size=8)


def make(shapes):
    return Layout([w for w, _ in shapes], entity_counts=[e for _, e in shapes])


@given(SHAPES)
def test_runs_cover_every_row_once_in_order(shapes):
    layout = make(shapes)
    rows = list(range(layout.n_words + layout.n_entities))
    words = [row for run in layout.runs for row in rows[run.word_rows]]
    entities = [row for run in layout.runs for row in rows[run.entity_rows]]
    assert words + entities == rows
    assert sum(run.n_sequences for run in layout.runs) == len(layout)


@given(SHAPES)
def test_neighbouring_runs_differ_in_shape(shapes):
    runs = make(shapes).runs
    assert all((a.words, a.entities) != (b.words, b.entities) for a, b in pairwise(runs))


@given(SHAPES)
def test_padding_gives_every_row_a_slot_of_its_own_sequence(shapes):
    layout = make(shapes)
    slots, mask, n, width = layout.padding(torch.device("cpu"))
    assert len(set(slots.tolist())) == len(slots)
    sequences = (slots // width).tolist()
    expected = [i for i, (w, _) in enumerate(shapes) for _ in range(w)]
    expected += [i for i, (_, e) in enumerate(shapes) for _ in range(e)]
    assert sequences == expected
    filled = torch.zeros(n * width, dtype=torch.bool).index_fill(0, slots, value=True)
    assert filled.all() if mask is None else torch.equal(mask.flatten(), filled)


def test_equal_sequences_need_no_mask():
    layout = Layout([3, 3], entity_counts=[1, 1])
    assert len(layout.runs) == 1
    assert layout.padding(torch.device("cpu")).mask is None
    assert layout.padding(torch.device("cpu")) is layout.padding(torch.device("cpu"))


def test_what_inference_keeps_can_be_trained_with():
    layout = Layout([3, 2], entity_counts=[1, 0])
    with torch.inference_mode():
        padding = layout.padding(torch.device("cpu"))
    assert not padding.slots.is_inference()
    assert not padding.mask.is_inference()


@pytest.mark.parametrize("counts", [(2, 3), (1,)])
def test_starts_are_running_sums(counts):
    layout = Layout(counts, entity_counts=counts)
    assert (
        layout.word_starts
        == layout.entity_starts
        == tuple(sum(counts[:i]) for i in range(len(counts)))
    )
