"""What a page's XML says."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.wikipedia.dump.page_xml import PageReader, RawPage
from openluke.wikipedia.site import make_site

READER = PageReader(make_site("de", namespaces={"Portal": 100}), namespaces=None)

OLD = """
    <title>Datei:Hund.jpg</title>
    <id>12</id>
    <restrictions>edit=sysop</restrictions>
    <revision>
      <id>99</id>
      <text xml:space="preserve">Ein Hund</text>
    </revision>
"""
TWO_REVISIONS = """
    <title>Hund</title><ns>0</ns><id>12</id>
    <revision><id>1</id><text bytes="3">alt</text></revision>
    <revision><id>2</id><text bytes="3">neu</text>
      <content><role>mediainfo</role><text bytes="9">anderes</text></content></revision>
"""


def read(text: str) -> RawPage:
    page = READER.read(text.encode())
    assert page is not None
    return page


def with_text(element: str) -> str:
    return f"<title>A</title><ns>0</ns><id>1</id><revision><id>2</id>{element}</revision>"


def test_an_old_format_has_its_namespace_in_the_title() -> None:
    assert read(OLD) == RawPage("Datei:Hund.jpg", 6, 12, None, "Ein Hund")


def test_the_last_revision_counts_and_of_it_the_first_text() -> None:
    assert read(TWO_REVISIONS).text == "neu"


def test_elements_may_stand_in_another_order() -> None:
    head = '<id>4</id><redirect title="B" /><title>A</title><ns>100</ns>'
    assert read(f"{head}<revision><id>9</id></revision>") == RawPage("A", 100, 4, "B", "")


@pytest.mark.parametrize(
    "element",
    [
        "",
        "<text />",
        '<text bytes="4" xml:space="preserve" />',
        '<text bytes="4" deleted="deleted" />',
        "<text></text>",
    ],
)
def test_a_page_without_text_has_empty_text(element: str) -> None:
    assert read(with_text(element)).text == ""


@pytest.mark.parametrize(
    ("written", "decoded"),
    [
        ("&lt;ref&gt; &quot;a&quot; &amp; &apos;b&apos;", "<ref> \"a\" & 'b'"),
        ("&amp;nbsp; &amp;amp; &amp;lt;", "&nbsp; &amp; &lt;"),
        ("&#65;&#x42;&#x1F600;&#039;", "AB\U0001f600'"),
        ("&#38;lt; &#x26;#65;", "&lt; &#65;"),
        ("&amp;#65;", "&#65;"),
        ("&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"),
        ("a\r\nb\rc&#13;", "a\nb\nc\r"),
        ("&unknown; & &#; &#xZ;", "&unknown; & &#; &#xZ;"),
    ],
)
def test_references_are_decoded_once(written: str, decoded: str) -> None:
    assert read(with_text(f"<text>{written}</text>")).text == decoded


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")))
def test_any_text_comes_back(text: str) -> None:
    assert read(with_text(f"<text>{escape(text)}</text>")).text == text


@pytest.mark.parametrize(
    ("element", "text", "target"),
    [
        ('<redirect title="B" />', "#REDIRECT [[B]]", "B"),
        ('<redirect title="B &amp; C" />', "#WEITERLEITUNG [[b & C#Teil 1|x]]", "B & C#Teil 1"),
        ("<redirect />", "#redirect: [[ :B_c ]] {{R}}", "B c"),
        ("<redirect />", "verloren", ""),
        ("", "\n #Weiterleitung [[B#C]]", "B#C"),
        ("", "#REDIRECT B", None),
        ("", "#REDIRECTED [[B]]", None),
        ("", "# Hund [[B]]", None),
        ("", "See #REDIRECT [[B]]", None),
    ],
)
def test_where_redirects_lead(element: str, text: str, target: str | None) -> None:
    head = f"<title>A</title><ns>0</ns><id>1</id>{element}"
    page = read(f"{head}<revision><id>2</id><text>{escape(text)}</text></revision>")
    assert page.redirect == target


@pytest.mark.parametrize(
    ("language", "text", "target"),
    [("ja", "＃転送 [[犬]]", "犬"), ("tr", "#YÖNLENDİRME [[Köpek]]", "Köpek")],
)
def test_redirects_in_other_languages(language: str, text: str, target: str) -> None:
    reader = PageReader(make_site(language), namespaces=None)
    page = reader.read(with_text(f"<text>{text}</text>").encode())
    assert page is not None
    assert page.redirect == target


def test_other_namespaces_are_not_read() -> None:
    reader = PageReader(make_site("de"), namespaces=frozenset({0}))
    assert reader.read(OLD.encode()) is None
    assert reader.read(TWO_REVISIONS.encode()) is not None


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (b"<ns>0</ns><id>1</id>", "no <title> or no <id>"),
        (b"<title>A</title><id>1</id><revision><text>abc", "the text of a page does not end"),
        (b"<title>\xff</title><ns>0</ns><id>1</id>", "not UTF-8"),
    ],
)
def test_what_is_no_page(xml: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        READER.read(xml)
