"""Documents as JSON become pages; what is wrong with one is said by its field."""

import json

import pytest

from openluke.errors import DataError
from openluke.records.pages import Page, PageLink, Paragraph, Redirect
from openluke.wikipedia.own_data.json_pages import Entry, EntryReader
from openluke.wikipedia.own_data.title_rule import TitleRule


def read(values, **options) -> Entry:
    data = values if isinstance(values, bytes) else json.dumps(values).encode()
    return EntryReader(**({"language": "en", "titles": TitleRule()} | options)).read(data)


def test_all_fields_are_read() -> None:
    entry = read(
        {
            "title": " Widget\u00a0 X ",
            "text": "A widget.\nMade by 🏭 Acme.",
            "links": [{"start": 20, "end": 24, "title": "Acme  Inc.", "text": "Acme"}],
            "id": 7,
            "redirects": ["WX", "Widget X", "WX"],
            "wikidata": "Q42",
            "is_disambiguation": True,
            "is_list": True,
            "language": "en",
            "interlanguage": ["de:Dings  X"],
        }
    )
    assert entry.page == Page(
        title="Widget X",
        id=7,
        paragraphs=(
            Paragraph("A widget."),
            Paragraph("Made by 🏭 Acme.", (PageLink(10, 14, "Acme Inc."),)),
        ),
        n_lead=2,
        is_disambiguation=True,
        is_list=True,
        wikidata="Q42",
        interlanguage=("de:Dings X",),
    )
    assert entry.redirects == (Redirect("WX", "Widget X"),)


def test_paragraphs_have_kinds_and_redirects_targets() -> None:
    paragraphs = [
        {"text": "One\n two ", "links": [{"start": 5, "end": 8, "title": "2"}]},
        {"text": "Head", "kind": "heading"},
        {"text": " ", "kind": "item", "links": None},
        {"text": "Item", "kind": "item"},
    ]
    page = read({"title": "T", "paragraphs": paragraphs}).page
    assert page is not None
    assert page.paragraphs == (
        Paragraph("One"),
        Paragraph("two", (PageLink(0, 3, "2"),)),
        Paragraph("Head", (), "heading"),
        Paragraph("Item", (), "item"),
    )
    assert page.n_lead == 2
    entry = read({"title": "a", "redirect": "b", "section": " c  d"})
    assert entry == Entry(None, (Redirect("a", "b", "c d"),))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (b"[1]", "found [1], expected a JSON object"),
        (b"{", "no JSON: "),
        (b"[" * 100_000, "no JSON: "),
        (b'{"title": "\xff"}', "not UTF-8: invalid start byte at byte 11 of the line"),
        ({"text": "x"}, "title: missing, expected a title"),
        ({"title": 3, "text": "x"}, "title: found 3, expected a title"),
        ({"title": " ", "text": "x"}, "title: found ' ', expected a title"),
        ({"title": "a\0b", "text": ""}, "title: found 'a\\x00b', expected a title without control"),
        ({"title": "T"}, "expected one of the fields text, paragraphs and redirect, found none"),
        ({"title": "T", "text": "", "paragraphs": []}, "found two of them"),
        ({"title": "T", "paragraphs": [], "links": []}, "links: found beside paragraphs"),
        ({"title": "T", "text": 5}, "text: found 5, expected text"),
        ({"title": "T", "text": "", "link": []}, 'found the field "link", expected id, '),
        ({"title": "T", "text": "", "links": {}}, "links: found {}, expected a list"),
        ({"title": "T", "text": "", "links": [3]}, "links[0]: found 3, expected a JSON object"),
        ({"title": "T", "text": "", "id": True}, "id: found true, expected a whole number"),
        ({"title": "T", "text": "", "id": 2**63}, "expected a whole number"),
        ({"title": "T", "text": "", "is_list": 1}, "is_list: found 1, expected true or false"),
        ({"title": "T", "text": "", "wikidata": "42"}, 'wikidata: found "42", expected an item'),
        ({"title": "T", "text": "", "language": "de"}, 'language: found "de", expected "en"'),
        ({"title": "T", "text": "", "redirects": [""]}, "redirects[0]: found '', expected a title"),
        ({"title": "T", "text": "", "interlanguage": ["Hund"]}, "interlanguage[0]: found "),
        ({"title": "T", "text": "a\ud800b"}, "text: found a lone surrogate in "),
        ({"title": "T", "paragraphs": [{}]}, "paragraphs[0]: found no text, expected one"),
        ({"title": "T", "paragraphs": [{"text": "", "kind": "p"}]}, 'paragraphs[0].kind: found "p'),
        ({"title": "a", "redirect": "b", "text": "c"}, 'found the field "text", expected language'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(values, message) -> None:
    with pytest.raises(DataError) as caught:
        read(values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ({"end": 2, "title": "X"}, "links[1].start: missing, expected a character of the text"),
        ({"start": 0, "end": "2", "title": "X"}, 'links[1].end: found "2", expected a whole'),
        ({"start": 0, "end": 2}, "links[1].title: missing, expected a title"),
        ({"start": 0, "end": 99, "title": "X"}, "links[1]: found characters 0 to 99 of a text of"),
        (
            {"start": 0, "end": 2, "title": "X", "text": "cd"},
            'links[1].text: characters 0 to 2 are "ab", expected "cd"; count characters',
        ),
        ({"start": 0, "end": 2, "title": "X", "label": 1}, 'links[1]: found the field "label"'),
    ],
)  # fmt: skip
def test_bad_links_are_errors_or_left_out(link, message) -> None:
    values = {"title": "T", "text": "ab cd", "links": [{"start": 3, "end": 5, "title": "Y"}, link]}
    with pytest.raises(DataError) as caught:
        read(values)
    assert message in str(caught.value)
    reader = EntryReader(language="en", titles=TitleRule(), lenient=True)
    page = reader.read(json.dumps(values).encode()).page
    assert page is not None
    assert page.paragraphs[0].links == (PageLink(3, 5, "Y"),)
    assert reader.counts == {"damaged_links": 1}


def test_fields_that_are_ignored_may_be_anything() -> None:
    assert read({"title": "T", "text": "", "url": 5}, ignored=("url",)).page == Page(title="T")


@pytest.mark.parametrize(
    ("rule", "written", "title"),
    [
        (TitleRule(), " iPod\tC#_2 ", "iPod C#_2"),
        (TitleRule(), "Cafe\u0301", "Café"),
        (TitleRule(capitalise=True), "über", "Über"),
        (TitleRule(spelling="mediawiki"), "iPod_2#x", "iPod 2"),
        (TitleRule(spelling="mediawiki", capitalise=True), "iPod_2#x", "IPod 2"),
    ],
)
def test_titles_are_spelt_by_a_rule(rule, written, title) -> None:
    assert rule.spell(written) == title
    assert rule.spell(title) == title
