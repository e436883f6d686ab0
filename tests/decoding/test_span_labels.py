"""Which rows of targets are learnt from."""

import numpy as np

from openluke.decoding.span_labels import (
    UNKNOWN,
    draw_rows,
    has_label,
    labelled_spans,
    labels_of_mention,
)
from openluke.model.labels import IGNORE
from openluke.records import Document, Label, Mention


def test_a_label_of_its_own_and_labels_of_which_any_number_may_hold_are_read_alike():
    labels = (Label(label="A"), Label(label="B"))
    mentions = (
        Mention(start=0, end=1, label="A"),
        Mention(start=1, end=2, labels=labels),
        Mention(start=1, end=2, labels=()),
        Mention(start=2, end=3),
    )
    assert [labels_of_mention(mention) for mention in mentions] == [("A",), ("A", "B"), (), ()]
    found = labelled_spans(Document(text="abc", mentions=mentions))
    assert [(tuple(span), label) for span, label in found] == [
        ((0, 1), "A"),
        ((1, 2), "A"),
        ((1, 2), "B"),
    ]


def test_the_losses_pass_over_labels_that_are_unknown():
    assert UNKNOWN == IGNORE


def test_all_mentions_and_some_others_are_drawn():
    targets = np.zeros(50, dtype=np.int64)
    targets[[3, 40]] = 2, UNKNOWN
    rng = np.random.default_rng(0)
    drawn = draw_rows(targets, negatives=10, varies=False, rng=rng)
    assert len(drawn) == 12
    assert {3, 40} < set(drawn.tolist())
    assert drawn.tolist() == sorted(set(drawn.tolist()))
    assert drawn.tolist() != draw_rows(targets, negatives=10, varies=False, rng=rng).tolist()
    for negatives in (48, 99, None):
        drawn = draw_rows(targets, negatives=negatives, varies=False, rng=rng)
        assert drawn.tolist() == list(range(50))


def test_how_many_others_are_drawn_may_vary_but_there_is_always_one():
    rng = np.random.default_rng(0)
    targets = np.zeros(20, dtype=np.int64)
    sizes = {len(draw_rows(targets, negatives=5, varies=True, rng=rng)) for _ in range(100)}
    assert sizes == {1, 2, 3, 4, 5}
    everything = [len(draw_rows(targets, negatives=None, varies=True, rng=rng)) for _ in range(500)]
    assert min(everything) == 1
    assert max(everything) == 20
    mentions = np.ones(3, dtype=np.int64)
    assert draw_rows(mentions, negatives=5, varies=True, rng=rng).tolist() == [0, 1, 2]


def test_a_row_of_labels_is_a_mention_if_one_holds():
    table = np.zeros((4, 3), dtype=np.int8)
    table[2, 1] = 1
    assert has_label(table).tolist() == [False, False, True, False]
    assert len(draw_rows(table, negatives=1, varies=False, rng=np.random.default_rng(0))) == 2
