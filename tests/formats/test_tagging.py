"""Tags of words and the ranges that they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.formats.tagging import BadTagError, ranges_of, scheme_of, tags_of
from openluke.records.tags import WordRange
from tests.formats.strategies import ranges

SCHEMES = ["iob1", "iob2", "bioes", "bilou"]
WRITTEN = {
    "iob1": "I-A I-A B-A O I-B I-A",
    "iob2": "B-A I-A B-A O B-B B-A",
    "bioes": "B-A E-A S-A O S-B S-A",
    "bilou": "B-A L-A U-A O U-B U-A",
}
MEANT = [WordRange(0, 2, "A"), WordRange(2, 3, "A"), WordRange(4, 5, "B"), WordRange(5, 6, "A")]


def conlleval(tags):
    """Ranges by the rules of conlleval, written down from its two tables."""
    found, start, before, kind_before = [], None, "O", ""
    for index, tag in enumerate([*tags, "O"]):
        mark, _, kind = tag.partition("-")
        ends = (
            (before, mark)
            in {("B", "B"), ("B", "O"), ("I", "B"), ("I", "O"), ("B", "S"), ("I", "S")}
            or before in ("E", "S")
            or (before != "O" and kind_before != kind)
        )
        begins = (
            mark in ("B", "S")
            or (before in ("E", "S", "O") and mark in ("E", "I"))
            or (mark != "O" and kind_before != kind)
        )
        if start is not None and ends:
            found.append(WordRange(start, index, kind_before))
            start = None
        if begins:
            start = index
        before, kind_before = mark, kind
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_scheme_reads_and_writes_the_same_ranges(scheme):
    tags = WRITTEN[scheme].split()
    assert ranges_of(tags, scheme=scheme) == MEANT
    assert ranges_of(tags, scheme=None) == MEANT
    assert tags_of(MEANT, n_words=6, scheme=scheme) == tags
    assert scheme_of([["O"], tags]) == scheme


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_ranges_written_and_read_are_the_same(scheme, data):
    given_ranges = data.draw(ranges(8))
    tags = tags_of(given_ranges, n_words=8, scheme=scheme)
    assert ranges_of(tags, scheme=scheme) == given_ranges
    assert ranges_of(tags, scheme=None) == given_ranges


@given(st.lists(st.sampled_from([f"{m}-{k}" for m in "BIES" for k in "XY"] + ["O"]), max_size=8))
def test_without_a_scheme_tags_are_read_as_conlleval_reads_them(tags):
    assert ranges_of(tags, scheme=None) == conlleval(tags)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(tags=st.lists(st.sampled_from([f"{m}-{k}" for m in "BIES" for k in "XY"] + ["O"])))
def test_what_a_scheme_accepts_it_would_have_written(scheme, tags):
    try:
        found = ranges_of(tags, scheme=scheme)
    except BadTagError:
        return
    assert tags_of(found, n_words=len(tags), scheme=scheme) == tags


@pytest.mark.parametrize(
    ("scheme", "tags", "index", "message"),
    [
        ("iob2", "O I-A", 1, r"found I-A after O, expected a tag that begins a range in iob2"),
        ("iob2", "I-A", 0, "found I-A after the beginning of the sentence"),
        ("iob2", "B-A I-B", 1, "found I-B after B-A, .* or goes on with A in iob2"),
        ("iob2", "B-A E-A", 1, "found tag 'E-A', expected O, B-, I- in iob2"),
        ("iob1", "O B-A", 1, "found B-A after O, expected I-A, since no A ends there in iob1"),
        ("iob1", "I-A B-B", 1, "expected I-B, since no B ends there"),
        ("bioes", "B-A O", 1, "found O after B-A, expected the A to be ended first in bioes"),
        ("bioes", "B-A", 0, "found the end of the sentence after B-A, expected the A to be ended"),
        ("bioes", "E-A", 0, "found E-A after the beginning"),
        ("bioes", "S-A I-A", 1, "found I-A after S-A, expected a tag that begins a range in"),
        ("bioes", "U-A", 0, "found tag 'U-A', expected O, B-, I-, E-, S- in bioes"),
        ("bilou", "B-A S-A", 1, "found tag 'S-A', expected O, B-, I-, L-, U- in bilou"),
        ("bilou", "B-A I-A U-A", 2, "found U-A after I-A, expected the A to be ended first"),
    ],
)
def test_what_breaks_a_scheme_is_named_with_its_word(scheme, tags, index, message):
    with pytest.raises(BadTagError, match=message) as caught:
        ranges_of(tags.split(), scheme=scheme)
    assert caught.value.index == index


@pytest.mark.parametrize("tag", ["X-PER", "B", "B-", "PER", "o", "b-PER", "-", "", "BB-PER"])
@pytest.mark.parametrize("scheme", [None, "iob2"])
def test_a_tag_of_no_scheme_is_an_error_even_to_the_lenient(tag, scheme):
    with pytest.raises(
        BadTagError, match=f"found tag '{tag}', expected O, or B-, I-, E-"
    ) as caught:
        ranges_of(["O", tag], scheme=scheme)
    assert caught.value.index == 1
    with pytest.raises(BadTagError, match=f"found tag '{tag}'") as caught:
        scheme_of([["O"], ["O", "O", tag]])
    assert (caught.value.sentence, caught.value.index) == (1, 2)


def test_without_any_range_there_is_no_scheme_to_tell():
    assert scheme_of([["O"], []]) is None


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (["B-A O", "O I-A"], "I-A stands here as in iob1, and elsewhere B-A as in iob2"),
        (["S-A", "O B-A L-A"], "S-A stands here as in bioes, and elsewhere L-A as in bilou"),
    ],
)
def test_tags_of_two_schemes_are_named_with_both(sentences, message):
    with pytest.raises(BadTagError, match=message):
        scheme_of([sentence.split() for sentence in sentences])


def test_a_new_range_of_the_same_type_tells_nothing():
    assert scheme_of([["I-A", "B-A"]]) == "iob1"
    assert scheme_of([["B-A", "B-A"]]) == "iob2"


def test_ranges_that_columns_cannot_say_are_errors():
    with pytest.raises(DataError, match="the B of words 1 to 3 overlaps another range"):
        tags_of([WordRange(0, 2, "A"), WordRange(1, 3, "B")], n_words=4, scheme="iob2")
    with pytest.raises(DataError, match="found words 1 to 5, expected some of 0 to 4"):
        tags_of([WordRange(1, 5, "A")], n_words=4, scheme="iob2")
