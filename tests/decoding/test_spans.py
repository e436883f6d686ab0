"""Spans that share characters are chosen greedily by their scores, as the reference does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.decoding.label_sets import LabelSet
from openluke.decoding.spans import choose_spans, find_spans

CLASH = [(0, 4), (2, 6), (5, 8), (0, 8), (10, 12)]
"""The second crosses the first and the third; the fourth holds the first three."""


def chosen(spans, scores, overlaps="flat"):
    return choose_spans(np.array(spans), scores=np.array(scores), overlaps=overlaps)


@pytest.mark.parametrize(
    ("scores", "overlaps", "expected"),
    [
        ([3, 5, 4, 1, 2], "flat", [1, 4]),  # the second takes the place of both neighbours
        ([6, 5, 4, 1, 2], "flat", [0, 2, 4]),
        ([6, 5, 4, 7, 2], "flat", [3, 4]),
        ([5, 5, 4, 1, 2], "flat", [0, 2, 4]),  # of equals the first
        ([3, 5, 4, 1, 2], "nested", [3, 1, 4]),
        ([6, 5, 4, 1, 2], "nested", [0, 3, 2, 4]),
        ([3, 5, 4, 1, 2], "crossing", [0, 3, 1, 2, 4]),
    ],
)
def test_clashes_by_hand(scores, overlaps, expected):
    assert chosen(CLASH, scores, overlaps) == expected


def test_spans_that_touch_do_not_clash():
    assert chosen([(0, 2), (2, 4), (1, 3)], [2, 3, 1]) == [0, 1]


def test_nothing_is_chosen_of_nothing():
    nothing = np.zeros((0, 2), dtype=np.int64)
    for overlaps in ("flat", "nested", "crossing"):
        assert choose_spans(nothing, scores=np.zeros(0), overlaps=overlaps) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(1, 6), st.integers(0, 4)),
        max_size=14,
        unique_by=lambda row: row[:2],
    )
)
def test_flat_is_what_marking_words_one_by_one_gives(rows):
    spans = [(start, start + width) for start, width, _ in rows]
    scores = [score for _, _, score in rows]
    taken = np.zeros(20, dtype=bool)
    expected = []
    for number in sorted(range(len(rows)), key=lambda n: scores[n], reverse=True):
        start, end = spans[number]
        if not taken[start:end].any():
            taken[start:end] = True
            expected.append(number)
    found = choose_spans(np.array(spans).reshape(-1, 2), scores=np.array(scores), overlaps="flat")
    assert sorted(found) == sorted(expected)
    assert [spans[n] for n in found] == sorted(spans[n] for n in found)


def test_the_best_label_of_a_span_is_ranked_by_its_logit_not_its_probability():
    labels = LabelSet(labels=("O", "LOC", "PER"))
    spans = np.array([(0, 4), (0, 8), (10, 12)])
    # The first span is surer of its label, the second has the larger logit; the third is none.
    scores = np.array([[0.0, 5.0, 0.0], [6.0, 0.0, 6.5], [1.0, 0.5, 0.0]])
    (found,) = find_spans(spans, scores=scores, labels=labels, overlaps="flat")
    assert found.span == (0, 8)
    assert found.label.label == "PER"
    exponents = np.exp(scores[1])
    assert found.label.score == pytest.approx(exponents[2] / exponents.sum())


def test_temperature_changes_probabilities_and_nothing_else():
    spans, scores = np.array([(0, 4)]), np.array([[0.0, 2.0]])
    results = [
        next(find_spans(spans, scores=scores, labels=labels, overlaps="flat"))
        for labels in (
            LabelSet(labels=("O", "LOC")),
            LabelSet(labels=("O", "LOC"), temperature=2.0),
        )
    ]
    assert results[0].span == results[1].span
    assert [round(one.label.score, 4) for one in results] == [0.8808, 0.7311]


def test_with_many_labels_each_above_its_threshold_is_found():
    labels = LabelSet(labels=("A", "B", "C"), is_multi_label=True, thresholds={"C": 0.9})
    spans = np.array([(0, 4), (2, 6), (8, 9)])
    scores = np.array([[1.0, 2.0, 2.0], [0.5, -1.0, -1.0], [-1.0, -1.0, 2.0]])
    flat = [*find_spans(spans, scores=scores, labels=labels, overlaps="flat")]
    assert [(one.span, one.label.label) for one in flat] == [((0, 4), "B"), ((0, 4), "A")]
    crossing = [*find_spans(spans, scores=scores, labels=labels, overlaps="crossing")]
    assert [one.label.label for one in crossing] == ["B", "A", "A"]
