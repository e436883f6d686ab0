"""Texts with a label or a number: JSTS, JNLI and MARC-ja."""

import pytest

from openluke.errors import DataError
from openluke.formats.jglue import (
    JCOMMONSENSEQA,
    JNLI,
    JSTS,
    MARC_JA,
    read_jnli,
    read_jsts,
    read_marc_ja,
)

PAIR = {"sentence_pair_id": "0", "sentence1": "牛がいる。", "sentence2": "馬がいる。", "label": 4.2}


def test_similarities_are_values(write):
    first, second, third = read_jsts(
        write([PAIR, PAIR | {"label": 4}, PAIR | {"label": None}], lines=True)
    )
    assert (first.text, first.pair, first.value, first.id) == ("牛がいる。", "馬がいる。", 4.2, "0")
    assert (second.value, third.value) == (4.0, None)


def test_classes_are_labels(write):
    (pair,) = read_jnli(write([PAIR | {"label": "neutral"}], lines=True))
    assert (pair.label, pair.value) == ("neutral", None)
    row = {"review_id": "R1", "text": "良い", "label": "positive"}
    (review,) = read_marc_ja(write([row], lines=True))
    assert (review.text, review.label, review.id) == ("良い", "positive", "R1")


def test_labels_of_the_other_set_are_named(write):
    with pytest.raises(DataError, match=r'file:1: label: found "neutral", expected a number'):
        [*read_jsts(write([PAIR | {"label": "neutral"}], lines=True))]
    with pytest.raises(DataError, match=r"file:1: label: found 4.2, expected a string"):
        [*read_jnli(write([PAIR], lines=True))]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (PAIR, [JSTS]),
        (PAIR | {"label": 4}, [JSTS]),
        (PAIR | {"label": "neutral"}, [JNLI]),
        (PAIR | {"label": None}, [JSTS, JNLI]),
        ({key: PAIR[key] for key in PAIR if key != "label"}, [JSTS, JNLI]),
        ({"review_id": "1", "text": "x", "label": "positive"}, [MARC_JA]),
        ({"q_id": 1, "question": "?", "choice0": "a", "choice1": "b"}, [JCOMMONSENSEQA]),
        ({"text": "x", "label": "y"}, []),
    ],
)
def test_each_set_is_told_by_its_first_line(write, row, expected):
    head = write([row], lines=True).read_text(encoding="utf-8")
    forms = [JSTS, JNLI, MARC_JA, JCOMMONSENSEQA]
    assert [form for form in forms if form.looks_like(head)] == expected
    assert not any(form.looks_like("") or form.looks_like("[]") for form in forms)
