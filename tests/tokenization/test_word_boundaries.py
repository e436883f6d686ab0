"""Words of raw texts, in all scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.tokenization.word_boundaries import split_words


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in split_words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("John's U.S. visa", ["John", "'", "s", "U", ".", "S", ".", "visa"]),
        ("Covid-19 in Café1", ["Covid", "-", "19", "in", "Café1"]),
        ("Cafe\u0301 e\u0301", ["Cafe\u0301", "e\u0301"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("می‌خواهم", ["می‌خواهم"]),
        ("東京タワー 3", ["東", "京", "タ", "ワ", "ー", "3"]),
        ("กิน", ["กิ", "น"]),
        ("서울 시", ["서울", "시"]),
        ("👍🏽 ok", ["👍", "🏽", "ok"]),
        (" \n\u3000", []),
        ("", []),
    ],
)
def test_words_of_many_scripts(text, expected):
    assert words(text) == expected


@given(st.text(max_size=30))
def test_each_character_that_is_no_space_is_in_one_word(text):
    before, outside = 0, ""
    for start, end in split_words(text):
        assert before <= start < end
        assert not any(character.isspace() for character in text[start:end])
        outside += text[before:start]
        before = end
    assert not (outside + text[before:]).strip()
