"""Texts, spans and mentions."""

import pytest

from openluke.errors import DataError
from openluke.records import Document, Mention, Span, check_span

TEXT = "Ana 🏯 Ivanović"


def test_a_span_is_a_plain_pair_of_code_points():
    span = Span(4, 5)
    assert span == (4, 5)
    assert span.of(TEXT) == "🏯"


@pytest.mark.parametrize("span", [(0, 1), (0, len(TEXT)), (len(TEXT) - 1, len(TEXT))])
def test_spans_up_to_both_ends_of_the_text_are_good(span):
    check_span(Span(*span), text=TEXT)


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ((3, 3), r"span \(3, 3\) is empty; expected start < end"),
        ((5, 2), r"span \(5, 2\) is reversed"),
        ((-1, 2), r"span \(-1, 2\) lies outside its text of 14 characters"),
        ((2, 15), r"expected 0 <= start < end <= 14 \(counted in characters"),
    ],
)
def test_a_span_that_covers_nothing_or_too_much_is_an_error(span, message):
    with pytest.raises(DataError, match=message):
        check_span(Span(*span), text=TEXT)


def test_a_document_checks_its_mentions():
    good = Mention(start=0, end=3, label="PER", entity="Ana Ivanović", language="en")
    assert Document(text=TEXT, mentions=(good,)).mentions[0].span.of(TEXT) == "Ana"
    with pytest.raises(DataError, match="outside"):
        Document(text=TEXT, mentions=(good, Mention(start=0, end=99)))


def test_lists_serve_as_spans():
    with pytest.raises(DataError, match="reversed"):
        check_span([3, 1], text=TEXT)
