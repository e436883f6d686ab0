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


def test_characters_beyond_the_basic_plane_count_as_one():
    first, second = (
        "This is an English sentence.",
        "The non-BMP characters \U0001f929 should be handled properly.",
    )
    spans = split_sentences(f"{first} {second}")
    assert [(span.start, span.end) for span in spans] == [(0, 28), (29, 81)]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["It was at 5 p.m. on Monday.", "Mr. J. R. Jones came, e.g. by train."]),
        ("de", ["Er wurde am 3. Mai geboren.", "Z. B. ist das gut."]),
        ("fr", ["M. Dupont est venu.", "Il a dit oui."]),
        ("ru", ["Он родился в 1900 г. в Москве.", "Это было давно."]),
        ("hi", ["यह एक वाक्य है।", "यह दूसरा है।"]),
        ("bn", ["এটি একটি বাক্য।", "এটি দ্বিতীয়।"]),
        ("hy", ["Սա նախադասություն է։", "Սա երկրորդն է։"]),
        ("am", ["ይህ ዓረፍተ ነገር ነው።", "ሁለተኛ።"]),
        ("ar", ["هذا جملة.", "هل هذا سؤال؟", "نعم."]),
        ("el", ["Είναι καλά;", "Ναι."]),
    ],
)
def test_sentences_end_as_the_language_writes_it(language, sentences):
    assert found(" ".join(sentences), language=language) == sentences


def test_chinese_needs_no_spaces():
    assert found("你好。我是学生！真的？", language="zh") == ["你好。", "我是学生！", "真的？"]


def test_thai_has_no_mark_for_the_end_and_is_not_split():
    text = "วันนี้อากาศดีมาก เราไปเที่ยวทะเลกัน ฉันชอบกินข้าวผัด"
    assert found(text, language="th") == [text]


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
