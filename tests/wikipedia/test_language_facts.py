"""What is known of the Wikipedias of languages."""

import re

import pytest

from openluke.entities.titles import canonical_title
from openluke.wikipedia.language_facts import (
    INTERWIKI_PREFIXES,
    LANGUAGE_ALIASES,
    WIKIPEDIA_LANGUAGES,
    facts,
    wikipedia_language,
)


@pytest.mark.parametrize(
    ("language", "after", "joined"),
    [
        ("en", "s barked", "s"),
        ("en", "'s", ""),
        ("de", "häuser.", "häuser"),
        ("fr", "é-", "é"),
        ("ru", "ами и", "ами"),
        ("uk", "ю»", "ю"),
        ("el", "ών ", "ών"),
        ("hi", "ों – ", "ों"),
        ("ca", "l'aigua''", "l'aigua"),
        ("br", "c'h", "c'h"),
        ("simple", "s ", "s"),
    ],
)
def test_letters_behind_a_link_join_it(language: str, after: str, joined: str) -> None:
    expression = re.compile(f"(?:{facts(language).link_trail})?")
    match = expression.match(after)
    assert match is not None
    assert match[0] == joined


def test_nothing_joins_a_link_in_chinese() -> None:
    assert facts("zh").link_trail == ""


def test_letters_before_a_link_join_it_in_arabic() -> None:
    assert re.search(f"(?:{facts('ar').link_prefix})$", "قال وال") is not None
    assert facts("en").link_prefix == ""


@pytest.mark.parametrize(
    ("language", "word"), [("en", "#redirect"), ("de", "#weiterleitung"), ("ja", "#転送")]
)
def test_redirect_words(language: str, word: str) -> None:
    assert word in facts(language).redirect_words
    assert "#redirect" in facts(language).redirect_words


@pytest.mark.parametrize(
    ("language", "name", "number"),
    [
        ("en", "image", 6),
        ("en", "category", 14),
        ("de", "bild", 6),
        ("de", "datei", 6),
        ("ja", "ファイル", 6),
        ("ja", "画像", 6),
        ("ru", "категория", 14),
        ("vi", "thể loại", 14),
        ("no", "fil", 6),
        ("als", "kategorie", 14),
        ("zh-yue", "file", 6),
    ],
)
def test_namespaces_by_name(language: str, name: str, number: int) -> None:
    assert facts(language).namespaces[name] == number


@pytest.mark.parametrize(
    ("language", "template"),
    [
        ("en", "disambig"),
        ("de", "Begriffsklärung"),
        ("ja", "aimai"),
        ("mr", "निःसंदिग्धीकरण"),
        ("vi", "trang định hướng"),
        ("vi", "disambiguation"),
    ],
)
def test_disambiguation_templates_are_spelt_as_titles(language: str, template: str) -> None:
    assert canonical_title(template) in facts(language).disambiguation_templates


def test_titles_of_lists_and_disambiguations() -> None:
    assert "List of dogs".startswith(facts("en").list_prefixes)
    assert "犬の一覧".endswith(facts("ja").list_suffixes)
    assert "Bonn (Begriffsklärung)".endswith(facts("de").disambiguation_suffixes)
    assert "Bonn (disambiguation)".endswith(facts("de").disambiguation_suffixes)


def test_an_unknown_language_has_the_english_facts() -> None:
    assert facts("xx").link_trail == "[a-z]+"
    assert facts("xx").namespaces["category"] == 14
    assert facts("xx").list_prefixes == ()


@pytest.mark.parametrize(
    ("prefix", "code"),
    [
        ("de", "de"),
        ("DE ", "de"),
        ("nb", "no"),
        ("zh-tw", "zh"),
        ("be-x-old", "be-tarask"),
        ("be_x_old", "be-tarask"),
        ("simple", "simple"),
        ("yue", "zh-yue"),
        ("commons", None),
        ("wikt", None),
        ("", None),
    ],
)
def test_only_real_wikipedias_are_languages(prefix: str, code: str | None) -> None:
    assert wikipedia_language(prefix) == code


def test_prefixes_are_of_one_kind() -> None:
    assert not WIKIPEDIA_LANGUAGES & set(LANGUAGE_ALIASES)
    assert not WIKIPEDIA_LANGUAGES & INTERWIKI_PREFIXES
    assert set(LANGUAGE_ALIASES.values()) <= WIKIPEDIA_LANGUAGES
    assert {"wikt", "commons", "s", "species", "d"} <= INTERWIKI_PREFIXES


@pytest.mark.parametrize("language", sorted(WIKIPEDIA_LANGUAGES))
def test_the_facts_of_every_wikipedia_can_be_used(language: str) -> None:
    known = facts(language)
    re.compile(known.link_trail)
    re.compile(known.link_prefix)
    assert all(word == word.casefold() for word in known.redirect_words)
    assert all(name == " ".join(name.casefold().split()) for name in known.namespaces)
    assert "" not in (
        *known.disambiguation_templates,
        *known.disambiguation_suffixes,
        *known.list_prefixes,
        *known.list_suffixes,
    )
