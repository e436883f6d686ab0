"""Pages of wikitext to paragraphs."""

import pytest

from openluke.wikipedia.site import make_site
from openluke.wikipedia.wikitext import WikitextReader, read_wikitext

ENGLISH = WikitextReader(make_site("en", database="enwiki", name="Wikipedia"))


def texts(source: str, *, language: str = "en") -> list[str]:
    site = make_site(language, database=f"{language}wiki", name="Wikipedia")
    return [one.text for one in read_wikitext(source, site=site, title="Here").paragraphs]


def text(source: str, *, language: str = "en") -> str:
    return "\n".join(texts(source, language=language))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\nb\n\nc", ["a b", "c"]),
        ("* a\n** b\n# c\n:d\n;e : f", ["a", "b", "c", "d", "e : f"]),
        ("a\n* b\nc", ["a", "b", "c"]),
        ("a\n== H ==\nb", ["a", "H", "b"]),
        ("===H===", ["H"]),
        ("== ''H'' [[x]] == <!-- c -->", ["H x"]),
        ("a = b", ["a = b"]),
        ("=", []),
        ("a\n----\nb", ["a", "b"]),
        (" code\n more", ["code more"]),
        ("...", []),
        ("", []),
        ("a<br>b<br />c", ["a b c"]),
        ("a<p>b</p>c", ["a", "b", "c"]),
        ("<ul><li>a</li><li>b</li></ul>", ["a", "b"]),
        ("<blockquote>a</blockquote>b", ["a", "b"]),
        ("a<!-- b -->c", ["ac"]),
        ("a\n<!-- b -->\nc", ["a c"]),
        ("a <!-- b", ["a"]),
        ("a\r\n\r\nb", ["a", "b"]),
        ("a\n{| class=x\n|-\n| b || [[c]]\n{|\n| d\n|}\n|}\ne", ["a", "e"]),
        ("a\n:{|\n| b\n|}\nc", ["a", "c"]),
        ("a <table><tr><td>b<table><tr><td>c</table></table> d", ["a", "d"]),
        ("{|\n| b\n\nc", ["c"]),
        ("a {{b|{{c}}|[[d]]}} e", ["a e"]),
        ("{{Infobox\n| a = [[b]]\n|}}\nc", ["c"]),
        ("{{a\n|b={|\n|c\n|}\n}}\nd", ["d"]),
        ("a {{b", ["a b"]),
        ("a }} b", ["a b"]),
        ("a {b} c", ["a {b} c"]),
        ("a {{{b|c}}} d", ["a d"]),
        ("{|\n| [[a]]\n<!-- c -->\n|}\n\nB.\n\n<!-- t -->\n{|\n| b\n|}\nC", ["B.", "C"]),
        ("a\n<!-- t -->\n{|\n! A !! B\n|}\nb", ["a", "b"]),
        ("{| \n! a <b>x</b>\n! c\n\nd", ["d"]),
        ("F <ref>x</ref>. B <math>x</math>, z ( <ref>a</ref> ) q", ["F. B, z q"]),
        ("a&lrm;b&shy;c&ZeroWidthSpace;d", ["abcd"]),
        ("__NICHT_INDEXIEREN__ a __kein_wort__", ["a __kein_wort__"]),
        ("a<ref>b</ref>c<ref name=d/>e<ref name='f'>{{g</ref>h", ["aceh"]),
        ("a<REF>b</Ref >c", ["ac"]),
        ("a<ref>b", ["ab"]),
        ("a<math>\\frac{b}{c}</math>d", ["ad"]),
        ("a <gallery>\nFile:b.jpg|[[c]]\n</gallery> d", ["a d"]),
        ("<nowiki>'''a''' [[b]] {{c}}</nowiki>", ["'''a''' [[b]] {{c}}"]),
        ("<nowiki>a", ["a"]),
        ("a<sup>2</sup> <small>b</small> <span class=x>c</span>", ["a2 b c"]),
        ("1 < 2 <b>x</b> <foo> <y and z>", ["1 < 2 x <foo> <y and z>"]),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>", ["漢"]),
        ("a &amp;amp; b &lt;i&gt; &#65;&#x42; &unknown; &", ["a &amp; b <i> AB &unknown; &"]),
        ("a&nbsp;b \u00a0 \t c\u200e\u00ad", ["a b c"]),
        ("__NOTOC__ a __DISAMBIG__ b__init__", ["a b__init__"]),
        ("__notoc__ a __Toc__ b __noEditSection__ __უგალერეო__", ["a b"]),
        (
            "__index__ __БЕЗ_ОГЛ__ __без_огл__ __main__ __New__",
            ["__index__ __без_огл__ __main__ __New__"],
        ),
        ("'''a''' ''b'' '''''c'''''", ["a b c"]),
        ("l'''Iliade'' x", ["l'Iliade x"]),
        ("a'b ''c''' d", ["a'b c' d"]),
        ("''''a''''", ["'a'"]),
    ],
)
def test_a_page_is_read(source: str, expected: list[str]) -> None:
    assert texts(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a ({{x}}; 1879) b", "a (1879) b"),
        ("a ({{x}}) b", "a b"),
        ("a ({{x}}), b", "a, b"),
        ("a ({{x}}, {{y}}; {{z}}) b", "a b"),
        ("a (b; {{x}}) c", "a (b) c"),
        ("a {{x}}, b", "a, b"),
        ("a {{x}} {{y}} b", "a b"),
        ("a{{x}} b", "a b"),
        ("a（{{x}}）b", "ab"),
        ("f(x) ( ) {{x}}", "f(x) ( )"),
    ],
)
def test_templates_leave_no_holes(source: str, expected: str) -> None:
    assert text(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{convert|5|km|mi}}", "5 km"),
        ("{{convert|5|to|10|km|mi|abbr=on}}", "5 to 10 km"),
        ("{{cvt|1,200|-|1,300|ft|m}}", "1,200–1,300 ft"),
        ("{{convert|5|ft|11|in|m}}", "5 ft 11 in"),
        ("{{As of|2006}}", "As of 2006"),
        ("{{as of|2006|5|lc=y}}", "as of May 2006"),
        ("{{lang|fr|Bonjour}}", "Bonjour"),
        ("{{Lang-fr|Bonjour}}", "Bonjour"),
        ("{{ nowrap | 1 = a b }}", "a b"),
        ("a{{mdash}}b", "a—b"),
        ("{{nihongo|Tokyo|東京|Tōkyō}}", "Tokyo (東京)"),
        ("{{ill|A|de|B|lt=c}}", "c"),
        ("{{ill|de|Foo}}", "Foo"),
        ("{{unité|892|km|2}} {{unité|10000 habitants}}.", "892 km2 10000 habitants."),
        ("{{circa|1500}}", "c. 1500"),
        ("{{chem|H|2|O}}", "H2O"),
        ("{{frac|2|1|3}}", "2 1/3"),
        ("{{val|5|u=km}}", "5 km"),
        ("{{formatnum:1234}}", "1234"),
        ("{{PAGENAME}}", "Here"),
        ("{{lang|fr|{{nowrap|a}} [[b|c]]}}", "a c"),
        ("{{nowrap|[[a|b]]}}", "b"),
        ("{{nowrap|a|b}}", "a"),
        ("{{#if:a|b|c}}x", "x"),
    ],
)
def test_some_templates_carry_words(source: str, expected: str) -> None:
    assert text(source) == expected


def test_templates_are_those_of_the_language() -> None:
    assert text("{{仮リンク|甲|en|A}}は", language="ja") == "甲は"
    assert text("{{仮リンク|甲|en|A}}は") == "は"


def test_more_templates_can_be_named() -> None:
    site = make_site("en", database="x", name="X")
    reader = WikitextReader(site, templates={"Person": "[[{1}|{2|1}]]< ({born})>"})

    (first,) = reader.read("{{person|Ada Lovelace|Ada|born=1815}}", title="x").paragraphs
    (second,) = reader.read("{{person|Ada Lovelace}}", title="x").paragraphs

    assert first.text == "Ada (1815)"
    assert first.links[0].title == "Ada Lovelace"
    assert second.text == "Ada Lovelace"


def test_lines_of_chinese_are_joined_without_a_space() -> None:
    assert texts("甲\n乙", language="ja") == ["甲乙"]


def test_one_way_of_writing_is_read() -> None:
    assert text("a-{zh-hans:甲;zh-hant:乙}-b-{T|x}-c-{d}-", language="zh") == "a甲bcd"


def test_kinds_and_lead() -> None:
    reading = ENGLISH.read("a\n* b\n== c ==\nd", title="x")

    assert [one.kind for one in reading.paragraphs] == ["text", "item", "heading", "text"]
    assert reading.n_lead == 2


@pytest.mark.parametrize(
    ("source", "title", "is_disambiguation", "is_list"),
    [
        ("a", "A", False, False),
        ("a {{disambig}}", "A", True, False),
        ("a {{Disambiguation|geo}}", "A", True, False),
        ("__DISAMBIG__", "A", True, False),
        ("a", "A (disambiguation)", True, False),
        ("a", "List of dogs", False, True),
        ("a", "Listing", False, False),
    ],
)
def test_pages_that_name_others(
    source: str, title: str, is_disambiguation: bool, is_list: bool
) -> None:
    reading = ENGLISH.read(source, title=title)

    assert (reading.is_disambiguation, reading.is_list) == (is_disambiguation, is_list)
