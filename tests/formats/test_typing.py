"""Mentions with types: Open Entity as ERNIE released it, and ultra-fine types."""

import pytest

from openluke.errors import DataError
from openluke.formats.open_entity import looks_like_open_entity, read_open_entity
from openluke.formats.ultra_fine import looks_like_ultra_fine, read_ultra_fine

OPEN = {"sent": "In -LRB- Paris -RRB- .", "start": 9, "end": 14, "labels": ["place", "location"]}
FINE = {
    "annot_id": "PTB:12",
    "left_context_token": ["In", "the"],
    "mention_span": "city of Paris",
    "right_context_token": [",", "he"],
    "y_str": ["place", "city"],
}


def mention_of(document):
    (mention,) = document.mentions
    labels = None if mention.labels is None else [label.label for label in mention.labels]
    return mention.span.of(document.text), labels


@pytest.mark.parametrize("lines", [True, False])
def test_open_entity_has_a_mention_by_characters(write, lines):
    (document,) = read_open_entity(write([OPEN], lines=lines))
    assert document.text == OPEN["sent"]
    assert mention_of(document) == ("Paris", ["place", "location"])


def test_types_that_are_not_given_are_not_known_and_none_is_none(write):
    row = {key: value for key, value in OPEN.items() if key != "labels"}
    first, second = read_open_entity(write([row, OPEN | {"labels": []}]))
    assert (mention_of(first)[1], mention_of(second)[1]) == (None, [])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"end": 99}, r"file:1: start: found characters 9 to 99, expected a range of the 22"),
        ({"end": 9}, "found characters 9 to 9"),
        ({"labels": "place"}, r'file:1: labels: found "place", expected a list'),
        ({"labels": [1]}, r"file:1: labels\[0\]: found 1, expected a string"),
        ({"sent": None}, r"file:1: sent: found null, expected a string"),
    ],
)
def test_bad_rows_of_open_entity_are_named(write, changes, message):
    with pytest.raises(DataError, match=message):
        [*read_open_entity(write([OPEN | changes], lines=True))]


def test_ultra_fine_joins_what_stands_around_the_mention(write):
    rows = [FINE, FINE | {"left_context_token": [], "right_context_token": []}]
    first, second = read_ultra_fine(write(rows, lines=True))
    assert first.text == "In the city of Paris , he"
    assert mention_of(first) == ("city of Paris", ["place", "city"])
    assert (second.text, first.id) == ("city of Paris", "PTB:12")


def test_types_that_do_not_count_are_left_out_and_their_examples_stay(write):
    rows = [FINE, FINE | {"y_str": ["city"]}]
    documents = [*read_ultra_fine(write(rows, lines=True), labels=("place", "person"))]
    assert [mention_of(document)[1] for document in documents] == [["place"], []]


def test_labels_that_no_row_has_are_an_error(write):
    with pytest.raises(DataError, match=r"no row has any of the labels asked for \(plaec\)"):
        [*read_ultra_fine(write([FINE], lines=True), labels=("plaec",))]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mention_span": ""}, r"file:1: mention_span: found an empty mention"),
        ({"left_context_token": "In"}, r'file:1: left_context_token: found "In", expected a list'),
    ],
)
def test_bad_rows_of_ultra_fine_are_named(write, changes, message):
    with pytest.raises(DataError, match=message):
        [*read_ultra_fine(write([FINE | changes], lines=True))]


def test_each_form_is_told_from_the_other(write):
    for lines in (True, False):
        head = write([OPEN], lines=lines).read_text(encoding="utf-8")
        assert looks_like_open_entity(head)
        assert not looks_like_ultra_fine(head)
        head = write([FINE], lines=lines).read_text(encoding="utf-8")
        assert looks_like_ultra_fine(head)
        assert not looks_like_open_entity(head)
