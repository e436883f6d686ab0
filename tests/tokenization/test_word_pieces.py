"""Which pieces words have, with the spacing of the published experiments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.records import Span
from openluke.tokenization.word_pieces import read_words

WORDS = ["Ana", "'s", "luck", ",", "don't", "(", "Tokyo", ")", "…"]


def of_words(words: list[str]) -> tuple[str, list[Span]]:
    """Words joined by single spaces, and their places."""
    spans, place = [], 0
    for word in words:
        spans.append(Span(place, place + len(word)))
        place += len(word) + 1
    return " ".join(words), spans


def pieces_of_words(read, *, tokenizer) -> list[list[str]]:
    (words,) = read.words
    tokens = [tokenizer.token(row) for row in read.pieces.ids.tolist()]
    return [tokens[start:end] for start, end in zip(words.starts, words.ends, strict=True)]


def alone(text: str, *, tokenizer) -> list[str]:
    """The pieces of a text that stands alone."""
    (encoding,) = tokenizer.encode([[text]], offsets=True)
    return encoding.tokens


def covered(text: str, offsets) -> str:
    """The characters that pieces touch; a space of its own before them does not count."""
    places = sorted({place for start, end in offsets for place in range(start, end)})
    return "".join(text[place] for place in places).lstrip(" ")


@pytest.mark.parametrize("spacing", ["text", "always", "legacy"])
def test_each_word_is_tokenised_by_itself(luke, spacing):
    text, spans = of_words(WORDS)
    read = read_words([text], words=[spans], tokenizer=luke, spacing=spacing)
    spaced = {
        "text": [" " * (number > 0) + word for number, word in enumerate(WORDS)],
        "always": [" " + word for word in WORDS],
        "legacy": [" Ana", "'s", " luck", ",", " don't", "(", " Tokyo", ")", "…"],
    }
    expected = [alone(word, tokenizer=luke) for word in spaced[spacing]]
    assert pieces_of_words(read, tokenizer=luke) == expected


def test_a_first_word_that_is_punctuation_has_no_space_before_it(luke):
    text, spans = of_words(["(", "Tokyo"])
    read = read_words([text], words=[spans], tokenizer=luke, spacing="legacy", prefix_space=True)
    expected = [alone("(", tokenizer=luke), alone(" Tokyo", tokenizer=luke)]
    assert pieces_of_words(read, tokenizer=luke) == expected


@pytest.mark.parametrize("spacing", ["text", "always", "legacy"])
def test_offsets_are_those_of_the_text_given(tokenizer, spacing):
    text = "Ana\n 's luck,Tokyo  (Japan)"
    words = ["Ana", "'s", "luck", ",", "Tokyo", "(", "Japan", ")"]
    spans, place = [], 0
    for word in words:
        place = text.index(word, place)
        spans.append(Span(place, place + len(word)))
        place += len(word)
    read = read_words([text], words=[spans], tokenizer=tokenizer, spacing=spacing)
    (found,) = read.words
    for word, span, start, end in zip(words, spans, found.starts, found.ends, strict=True):
        offsets = read.pieces.offsets[start:end]
        assert offsets[-1, 1] == span.end
        assert covered(text, offsets) == word


def test_texts_without_words_are_tokenised_as_they_are(tokenizer):
    text = "Ana's luck in Tokyo(東京)."
    read = read_words([text, text], words=[None, None], tokenizer=tokenizer)
    length = len(read.pieces.ids) // 2
    assert read.pieces.ids[:length].tolist() == read.pieces.ids[length:].tolist()
    found = read.words[1]
    names = [text[start:end] for start, end in found.spans]
    assert names == ["Ana", "'", "s", "luck", "in", "Tokyo", "(", "東", "京", ")", "."]
    offsets = read.pieces.offsets[length:]
    for (start, end), first, last, can_begin, can_end in zip(
        found.spans, found.starts, found.ends, found.can_begin, found.can_end, strict=True
    ):
        if can_begin and can_end:
            assert covered(text, offsets[first:last]) == text[start:end]


def test_a_word_inside_a_piece_cannot_begin_or_end_a_span(luke):
    # The pre-tokenizer keeps neighbouring punctuation together, and a piece may hold two marks.
    text = 'He left ."'
    read = read_words([text], words=[None], tokenizer=luke)
    (found,) = read.words
    pieces = [text[a:b] for a, b in read.pieces.offsets]
    assert ("." in pieces) == bool(found.can_end[-2])


@given(st.text(st.sampled_from(" ab1.,'(東é😀\u0301\n"), max_size=20), st.booleans())
def test_pieces_of_words_follow_each_other(luke, text, prefix_space):
    read = read_words([text], words=[None], tokenizer=luke, prefix_space=prefix_space)
    (found,) = read.words
    assert (np.diff(found.starts) >= 0).all()
    assert (np.diff(found.ends) >= 0).all()
    offsets = read.pieces.offsets
    for (start, end), first, last, can_begin, can_end in zip(
        found.spans, found.starts, found.ends, found.can_begin, found.can_end, strict=True
    ):
        assert 0 <= first <= last <= len(offsets)
        if can_begin:
            assert offsets[first, 0] == start or text[offsets[first, 0] : start] == " "
        if can_end:
            assert offsets[last - 1, 1] == end


def test_no_texts_and_no_words(luke):
    assert read_words([], words=[], tokenizer=luke).words == []
    read = read_words(["", " "], words=[None, ()], tokenizer=luke, spacing="always")
    assert [len(words.spans) for words in read.words] == [0, 0]
