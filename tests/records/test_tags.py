"""Tags mean ranges of words, and mentions that are made of words are such ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.evaluation.tags import lenient_spans
from openluke.formats.tagging import ranges_of
from openluke.records import Document, Mention, Span
from openluke.records.tags import NO_TAG, Tag, lenient_ranges, word_ranges

WORDS = (Span(0, 3), Span(4, 7), Span(8, 11))


def document(*mentions: Mention, words: tuple[Span, ...] | None = WORDS) -> Document:
    return Document(text="Ada met Bob", mentions=mentions, words=words)


def test_a_range_goes_on_until_a_tag_says_otherwise():
    tags = [Tag("I", "A"), Tag("I", "A"), Tag("B", "A"), Tag("E", "A"), Tag("I", "A"), NO_TAG]
    assert lenient_ranges(tags) == [(0, 2, "A"), (2, 4, "A"), (4, 5, "A")]
    assert lenient_ranges([Tag("I", "A"), Tag("I", "B")]) == [(0, 1, "A"), (1, 2, "B")]
    assert lenient_ranges([]) == []


@given(st.lists(st.sampled_from(["O", *(f"{a}-{b}" for a in "BIESLU" for b in "XY")])))
def test_files_are_read_as_they_are_scored(tags):
    assert ranges_of(tags, scheme=None) == lenient_spans(tags)


def test_mentions_of_whole_words_are_ranges_in_order():
    found = document(Mention(start=4, end=11, label="B"), Mention(start=0, end=3))
    assert word_ranges(found, unlabelled="_") == [(0, 1, "_"), (1, 3, "B")]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (document(words=None), "it has no words; expected a document whose words are known"),
        (document(Mention(start=0, end=2)), r"mention \(0, 2\) is not made of whole words"),
        (document(Mention(start=0, end=3)), r"mention \(0, 3\) has no label"),
    ],
)
def test_what_words_cannot_say_is_named(found, message):
    with pytest.raises(DataError, match=message):
        word_ranges(found)
