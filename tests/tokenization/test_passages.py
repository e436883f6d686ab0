"""What people give is checked, and wrong things are named."""

import json

import numpy as np
import pytest

from openluke.errors import DataError
from openluke.records import Span
from openluke.tokenization.passages import Passage, check_overlaps, join_words, read_passages

TEXT = "Ana Ivanovic won."


def read(spans, *, text=TEXT):
    return read_passages([Passage(text=text, spans=spans)])


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 3), (4, 12)],
        ((0, 3), (4, 12)),
        json.loads("[[0, 3], [4, 12]]"),
        [Span(0, 3), Span(4, 12)],
        np.array([[0, 3], [4, 12]], dtype=np.int16),
        [np.array([0, 3]), np.array([4, 12])],
        [(np.int64(0), 3), (4, 12)],
    ],
    ids=["tuples", "tuple", "json", "Span", "array", "arrays", "numpy numbers"],
)
def test_every_form_of_spans_is_read(spans) -> None:
    assert read(spans).spans.tolist() == [[0, 3], [4, 12]]


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([(0, 3), (5, 4)], r"span 1 \(5, 4\) is reversed; expected start < end"),
        ([(4, 4)], r"span 0 \(4, 4\) is empty"),
        ([(0, 18)], r"span 0 \(0, 18\) lies outside.*<= 17 \(in characters, of which .* 17\)"),
        ([(-1, 3)], r"span 0 \(-1, 3\) lies outside"),
        ([(0, 3), (4,)], r"span 1 is \(4,\); expected a pair"),
        ([(0, 3), (4, 5, 6), (1,)], r"span 1 is \(4, 5, 6\); expected a pair"),
        ([(0, 3.5)], r"span 0 is \(0, 3.5\); expected a pair of whole numbers"),
        ([("0", "3")], r"span 0 is \('0', '3'\); expected a pair"),
        (["ab"], r"span 0 is 'ab'; expected a pair"),
        ([3, 4], r"span 0 is 3; expected a pair"),
        ([None], r"span 0 is None; expected a pair"),
        ([(0, 1 << 70)], "whole numbers"),
        ([(False, True)], r"span 0 is \(False, True\); expected a pair of whole numbers"),
        ([(0, 3), (4, True)], r"span 1 is \(4, True\); expected a pair of whole numbers"),
        (np.array([[False, True]]), "expected a pair of whole numbers"),
        (np.array(3), r"spans are array\(3\); expected a list of pairs"),
        ({0: 1}, r"spans are \{0: 1\}; expected a list of pairs"),
        ({(0, 3)}, r"spans are .*; expected a list of pairs"),
        (np.zeros((2, 3), dtype=int), r"span 0 is .*; expected a pair"),
    ],
)
def test_spans_that_are_none_are_refused_by_their_index(spans, message) -> None:
    with pytest.raises(DataError, match=message):
        read(spans)


def test_in_a_batch_the_text_is_named_too() -> None:
    passages = [Passage(text=TEXT, spans=[(0, 3)]), Passage(text=TEXT, spans=[(0, 3), (4, 99)])]
    with pytest.raises(DataError, match=r"text 1, span 1 \(4, 99\) lies outside"):
        read_passages(passages)


def test_words_are_joined_by_spaces_and_their_spans_become_characters() -> None:
    texts = read_passages([Passage(text=["Ana", "Ivanovic", "won", "."], spans=[(0, 2), (3, 4)])])
    assert texts.texts == ["Ana Ivanovic won ."]
    assert texts.spans.tolist() == [[0, 12], [17, 18]]
    assert texts.word_starts[0].tolist() == [0, 4, 13, 17]


def test_spans_of_words_are_checked_in_words() -> None:
    with pytest.raises(DataError, match=r"span 0 \(1, 3\) lies outside.*in words.*2\)"):
        read([(1, 3)], text=["Ana", "won"])


@pytest.mark.parametrize("word", ["", " ", "\n", None, 3])
def test_words_of_nothing_are_refused_by_their_index(word) -> None:
    with pytest.raises(DataError, match=r"word 1 is .*expected a word"):
        join_words(["Ana", word])


def test_no_words_are_an_empty_text() -> None:
    assert read((), text=[]).texts == [""]


def test_overlaps_are_named_by_their_indices() -> None:
    spans = np.array([[4, 8], [0, 3], [2, 5]])
    with pytest.raises(DataError, match=r"span 1 \(0, 3\) and span 2 \(2, 5\) overlap"):
        check_overlaps(spans, counts=[3])
    check_overlaps(spans[:2], counts=[2])
    check_overlaps(np.array([[0, 4], [2, 6]]), counts=[1, 1])


def test_the_callers_spans_stay_as_they_are() -> None:
    spans = np.array([[0, 2]])
    read(spans, text=["Ana", "Ivanovic"])
    assert spans.tolist() == [[0, 2]]


@pytest.mark.parametrize("text", [None, 5, b"abc", 2.5, {"a": 1}, iter("abc")])
def test_a_text_that_is_none_is_refused(text) -> None:
    with pytest.raises(DataError, match=r"^text 1: a text is .*; expected a str, or a list of"):
        read_passages([Passage(text="fine"), Passage(text=text)])


@pytest.mark.parametrize("spans", [None, 5, b"ab"])
def test_spans_that_are_no_list_are_refused(spans) -> None:
    with pytest.raises(DataError, match=r"text 1, spans are .*; expected a list of pairs"):
        read_passages([Passage(text="fine"), Passage(text=TEXT, spans=spans)])


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"entities": [5, None]}, "titles: that of span 0 is 5; expected a str"),
        ({"entities": 5}, "found 5 for 2 spans"),
        ({"entities": []}, "found 0 titles for 2 spans"),
        ({"languages": 5}, "found 5 for 2 spans"),
        ({"languages": ["en"]}, "found 1 languages for 2 spans"),
        ({"languages": ["en", b"de"]}, "languages: that of span 1 is b'de'"),
        ({"types": [0, "a"]}, "types: that of span 1 is 'a'"),
        ({"types": [1.5, 0]}, "types: that of span 0 is 1.5; expected the number of a row"),
        ({"types": [True, 0]}, "types: that of span 0 is True"),
        ({"types": [-1, 0]}, "types: that of span 0 is -1"),
        ({"types": [0, 1 << 40]}, "types: that of span 1 is 1099511627776"),
        ({"types": "01"}, "found '01' for 2 spans"),
        ({"types": ["3", 0]}, "types: that of span 0 is '3'"),
        ({"types": {0, 1}}, r"found \{0, 1\} for 2 spans"),
        ({"types": np.array(3)}, r"found array\(3\) for 2 spans"),
        ({"languages": ["en", "de"]}, "found languages of titles but no titles"),
    ],
)
def test_what_is_said_of_mentions_is_checked(details, message) -> None:
    with pytest.raises(DataError, match=f"^text 1: {message}"):
        read_passages(
            [Passage(text="fine"), Passage(text=TEXT, spans=[(0, 3), (4, 12)], **details)]
        )


def test_numbers_and_names_of_numpy_serve() -> None:
    read_passages(
        [
            Passage(
                text=TEXT,
                spans=[(0, 3), (4, 12)],
                entities=np.array(["a", "b"]),
                types=np.array([0, 1], dtype=np.int8),
            )
        ]
    )
