"""Sentences are found with exact offsets, in any language and whatever the line breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.tokenization import sentences as module
from openluke.tokenization.sentences import split_sentences


def found(text: str, **options) -> list[str]:
    return [span.of(text) for span in split_sentences(text, **options)]


def test_abbreviations_end_no_sentence():
    text = "Dr. Smith went to Zürich 😀. He said “Hello there.” Then he left!"
    assert found(text) == [
        "Dr. Smith went to Zürich 😀.",
        "He said “Hello there.”",
        "Then he left!",
    ]


def test_japanese_needs_no_spaces():
    assert found("ここは東京です。次の文。", language="ja") == ["ここは東京です。", "次の文。"]


def test_an_empty_line_ends_a_sentence_and_a_single_line_break_does_not():
    text = "A title\n\nIt goes\non here\r\nand here\r\n \r\nThe end"
    assert found(text) == ["A title", "It goes\non here\r\nand here", "The end"]


def test_every_line_can_be_a_sentence():
    assert found("A title\nIt goes\r\non", line_breaks_end=True) == ["A title", "It goes", "on"]


@pytest.mark.parametrize("text", ["", " \n\n ", "\u3000"])
def test_a_text_of_space_has_no_sentence(text):
    assert split_sentences(text) == ()


@given(
    st.text(
        st.sampled_from("Ab1 .!?。…“”()\n\r\t\x85\xa0\u2028\u3000é東😀\u0301\u200b।"), max_size=40
    ),
    st.sampled_from(["en", "ja", "de", "hi", "ar", "xx"]),
    st.booleans(),
)
def test_each_character_that_is_no_space_is_in_one_sentence(text, language, line_breaks_end):
    spans = split_sentences(text, language=language, line_breaks_end=line_breaks_end)
    outside, before = "", 0
    for start, end in spans:
        assert before <= start < end
        assert text[start:end] == text[start:end].strip()
        outside += text[before:start]
        before = end
    assert not (outside + text[before:]).strip()


def test_a_splitter_that_loses_characters_is_found_out(monkeypatch):
    monkeypatch.setattr(module.sentencex, "segment", lambda _, text: [text[1:]])
    with pytest.raises(DataError, match="at characters 0 to 5; expected each character in one"):
        split_sentences("Hello")


def test_half_a_character_is_named_by_its_place():
    with pytest.raises(DataError, match=r"character 6 is U\+D800, half of a surrogate pair"):
        split_sentences("a\n\nbc \ud800 d")
