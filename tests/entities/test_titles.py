"""One spelling per title, and keys of titles and languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.entities.titles import (
    SPECIAL_TITLES,
    Name,
    canonical_title,
    has_prefix,
    is_language,
    join_key,
    split_key,
)

LANGUAGES = ["en", "ja", "zh-yue", "simple", "be-x-old", "roa-rup", "nds-nl", "zh-min-nan"]
messy = st.text(st.sampled_from("aÉßǆიIi̇\u0345é e\u0301_#: \u00a0\u3000\u200e\n\U0001f3efŹ東"))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Tokyo", "Tokyo"),
        ("tokyo_tower", "Tokyo tower"),
        ("  New__York \t\n City_", "New York City"),
        (":Category:Cats", "Category:Cats"),
        (": en", "En"),
        ("Japan#History", "Japan"),
        ("#History", ""),
        ("E\u0301cole", "École"),
        ("école", "École"),
        ("iPhone", "IPhone"),
        ("ßeta", "ßeta"),
        ("\u10d0\u10d1", "\u10d0\u10d1"),
        ("東京", "東京"),
        ("A\u00a0b\u3000c", "A b c"),
        ("\u200eAbba\u202c", "Abba"),
        ("", ""),
    ],
)
def test_a_title_is_spelt_as_mediawiki_stores_it(written, stored):
    assert canonical_title(written) == stored


@pytest.mark.parametrize("title", sorted(SPECIAL_TITLES))
def test_special_tokens_stay_as_they_are(title):
    assert canonical_title(title) == title


@given(st.text() | messy)
def test_spelling_a_title_twice_changes_nothing(title):
    once = canonical_title(title)
    assert canonical_title(once) == once


@given(messy)
def test_underscores_and_spaces_are_the_same(title):
    assert canonical_title(title.replace("_", " ")) == canonical_title(title.replace(" ", "_"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_wikipedia_codes_are_languages(language):
    assert is_language(language)
    assert has_prefix(f"{language}:Title")


@pytest.mark.parametrize("text", ["", "EN", "e", "None", "pt_BR", "en:", "Terminator 2", "日本"])
def test_other_words_are_no_languages(text):
    assert not is_language(text)


@given(st.text(), st.sampled_from(LANGUAGES))
def test_a_key_is_split_where_it_was_joined(title, language):
    assert split_key(join_key(title, language=language)) == Name(title, language)


@given(st.text())
def test_a_title_without_a_language_is_its_own_key(title):
    assert join_key(title, language=None) == title
    if not has_prefix(title):
        assert split_key(title) == Name(title, None)
