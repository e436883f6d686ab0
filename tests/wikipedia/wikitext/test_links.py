"""Which links a line has, what they show and where they lead.

Most cases restate what MediaWiki's own parser is expected to do.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.records import PageLink, Paragraph
from openluke.wikipedia.site import make_site
from openluke.wikipedia.wikitext import WikitextReader
from openluke.wikipedia.wikitext.link_targets import LinkTargets

ENGLISH = WikitextReader(make_site("en", database="enwiki", name="Wikipedia"))


def shown(source: str, *, reader: WikitextReader = ENGLISH) -> tuple[str, list[tuple[str, str]]]:
    """The text of the only paragraph, and text and title of its links."""
    paragraphs = reader.read(source, title="Here").paragraphs
    if not paragraphs:
        return "", []
    (paragraph,) = paragraphs
    return paragraph.text, [
        (paragraph.text[link.start : link.end], link.title) for link in paragraph.links
    ]


@pytest.mark.parametrize(
    ("source", "text", "links"),
    [
        ("[[Dog]]", "Dog", [("Dog", "Dog")]),
        ("[[dog]]", "dog", [("dog", "Dog")]),
        ("[[Dog|hound]]", "hound", [("hound", "Dog")]),
        ("[[ Dog | hound ]]", "hound", [("hound", "Dog")]),
        ("a [[Dog| hound ]] b", "a hound b", [("hound", "Dog")]),
        ("the [[dog]]s bark", "the dogs bark", [("dogs", "Dog")]),
        ("[[Dog|hound]]s", "hounds", [("hounds", "Dog")]),
        ("[[dog]]'s", "dog's", [("dog", "Dog")]),
        ("[[Berlin]]3", "Berlin3", [("Berlin", "Berlin")]),
        ("[[New_York]]", "New_York", [("New_York", "New York")]),
        ("[[New   York|it]]", "it", [("it", "New York")]),
        ("[[Dog#Breeds|kinds]]", "kinds", [("kinds", "Dog")]),
        ("[[Dog#Breeds]]", "Dog#Breeds", [("Dog#Breeds", "Dog")]),
        ("[[#Breeds|below]]", "below", []),
        ("[[Caf%C3%A9]]", "Caf%C3%A9", [("Caf%C3%A9", "Café")]),
        ("[[AT&amp;T]]", "AT&T", [("AT&T", "AT&T")]),
        ("[[100%]]", "100%", [("100%", "100%")]),
        ("[[Star Wars: A New Hope|film]]", "film", [("film", "Star Wars: A New Hope")]),
        ("[[:Dog]]", "Dog", [("Dog", "Dog")]),
        ("[[Category:Dogs]]", "", []),
        ("a [[category:Dogs|*]] b", "a b", []),
        ("[[:Category:Dogs]]", "Category:Dogs", []),
        ("[[:Category:Dogs|kinds]]", "kinds", []),
        ("[[Talk:Dog|talk]]", "talk", []),
        ("[[Wikipedia:About|us]]", "us", []),
        ("[[de:Hund]]", "", []),
        ("[[:de:Hund|Hund]]", "Hund", []),
        ("[[wikt:dog|word]]", "word", []),
        ("[[Media:Dog.ogg|bark]]", "bark", []),
        ("[[File:Dog.jpg]] x", "x", []),
        ("[[image:Dog.jpg|thumb|A [[dog]] ([http://a.b see])]] x", "x", []),
        ("[[:File:Dog.jpg|photo]]", "photo", []),
        ("[[File:Dog.jpg|thumb|not closed\n\nx [[Cat]]", "x Cat", [("Cat", "Cat")]),
        ("[[Dog|a [[Cat]] b]]", "Dog|a Cat b", [("Cat", "Cat")]),
        ("[[Dog", "Dog", []),
        ("Dog]] x", "Dog x", []),
        ("[[]] x", "x", []),
        ("[[|x]]", "x", []),
        ("[[Dog|]]", "Dog", [("Dog", "Dog")]),
        ("[[Paris, Texas|]]", "Paris", [("Paris", "Paris, Texas")]),
        ("[[Mercury (planet)|]]", "Mercury", [("Mercury", "Mercury (planet)")]),
        ("[[Dog|&nbsp;]] x", "x", []),
        ("[[Dog|''hound'']]", "hound", [("hound", "Dog")]),
        ("''[[Dog]]s''", "dogs".capitalize(), [("Dogs", "Dog")]),
        ("[[Dog|[a] b]]", "[a] b", [("[a] b", "Dog")]),
        ("[[Dog|a [b]]]", "a [b]", [("a [b]", "Dog")]),
        ("[[Dog|a|b]]", "a|b", [("a|b", "Dog")]),
        ("[[Dog\n|hound]]", "Dog", []),
        ("[[Dog|a\nb]] c", "a b c", [("a b", "Dog")]),
        ("[[A<b]]", "A<b", []),
        ("[[../Dog|x]]", "x", []),
        ("[[http://a.b|x]]", "x", []),
        ("[http://a.b]", "", []),
        ("[http://a.b label] x", "label x", []),
        ("[//a.b label]", "label", []),
        ("[mailto:x@a.b mail me]", "mail me", []),
        ("[http://a.b see [[Dog]] here] x", "see Dog here x", [("Dog", "Dog")]),
        ("[1] and [x]", "[1] and [x]", []),
        ("http://a.b/c", "http://a.b/c", []),
        ("<nowiki>[[Dog]]</nowiki>", "[[Dog]]", []),
        ("[[dog]]<nowiki/>s", "dogs", [("dog", "Dog")]),
        ("[[dog]]<!-- c -->s", "dogs", [("dogs", "Dog")]),
        ("[[do<!-- c -->g]]", "dog", [("dog", "Dog")]),
        ("{{lang|fr|[[Paris]]}}", "Paris", [("Paris", "Paris")]),
        ("[[Dog|{{nowrap|a b}}]]", "a b", [("a b", "Dog")]),
        ("[[Dog|{{unknown}}]] x", "x", []),
        ("[[Dog]][[Cat]]", "DogCat", [("Dog", "Dog"), ("Cat", "Cat")]),
        (
            "[[\U0001d7d8|\U0001f600]] [[Dog]]",
            "\U0001f600 Dog",
            [("\U0001f600", "\U0001d7d8"), ("Dog", "Dog")],
        ),
    ],
)
def test_a_line_shows_its_links(source: str, text: str, links: list[tuple[str, str]]) -> None:
    assert shown(source) == (text, links)


def test_the_trail_is_that_of_the_language() -> None:
    german = WikitextReader(make_site("de", database="dewiki", name="Wikipedia"))
    russian = WikitextReader(make_site("ru", database="ruwiki", name="Википедия"))
    japanese = WikitextReader(make_site("ja", database="jawiki", name="Wikipedia"))

    assert shown("[[Größ]]ße", reader=german)[1] == [("Größße", "Größ")]
    assert shown("[[Größ]]ße")[1] == [("Größ", "Größ")]
    assert shown("[[Москв]]ой", reader=russian)[1] == [("Москвой", "Москв")]
    assert shown("[[犬]]s", reader=japanese)[1][0][1] == "犬"


def test_what_joins_a_link_from_before() -> None:
    arabic = WikitextReader(make_site("ar", database="arwiki", name="ويكيبيديا"))

    assert shown("هذا ال[[كتاب]] جيد", reader=arabic)[1] == [("الكتاب", "كتاب")]
    assert shown("x[[dog]]")[1] == [("dog", "Dog")]


def test_namespaces_are_those_of_the_wiki() -> None:
    german = WikitextReader(make_site("de", database="dewiki", name="Wikipedia"))

    assert shown("[[Datei:Hund.jpg|mini|Ein [[Hund]]]] [[Kategorie:Tier]]x", reader=german) == (
        "x",
        [],
    )
    assert shown("[[Bild:Hund.jpg]] [[Category:Tier]]x", reader=german) == ("x", [])


def test_a_wiki_without_capitals_keeps_small_letters() -> None:
    site = make_site("en", database="enwiktionary", name="Wiktionary", capitalises=False)

    assert shown("[[dog]] [[Dog]]", reader=WikitextReader(site))[1] == [
        ("dog", "dog"),
        ("Dog", "Dog"),
    ]


def test_the_capital_of_i_has_a_dot_where_the_language_says_so() -> None:
    source = "[[istanbul]] [[ırmak]] [[ iyi_gün#x]] [[Irak]]"
    for language, i in (("tr", "İ"), ("az", "İ"), ("kaa", "İ"), ("en", "I")):
        reader = WikitextReader(make_site(language, database=f"{language}wiki"))
        titles = [title for _, title in shown(source, reader=reader)[1]]
        assert titles == [f"{i}stanbul", "Irmak", f"{i}yi gün", "Irak"]
    targets = LinkTargets(make_site("en", database="enwiki"))
    assert [targets[one].title for one in ("tr:ilk", "tr: ilk_", "en:ilk")] == ["tr:İlk"] * 2 + [""]
    assert targets["de:ilk"].title == "de:Ilk"


def test_pages_in_other_languages_are_told() -> None:
    reading = ENGLISH.read(
        "x [[de:Hund]]\n[[zh-min-nan:Káu]] [[:fr:Chien]] [[de:Hund]]", title="Dog"
    )

    assert reading.interlanguage == ("de:Hund", "zh-min-nan:Káu")


def test_what_is_dropped_is_counted() -> None:
    source = (
        "{{box}}<ref>a</ref>[[File:a.jpg]] [[Category:b]] [[wikt:c]] [[#d|d]] [[User:e]] [[Dog| ]]"
    )

    assert ENGLISH.read(source, title="x").dropped == {
        "templates": 1,
        "references": 1,
        "pictures": 1,
        "categories and files": 1,
        "links to other wikis": 1,
        "links within a page": 1,
        "links to other namespaces": 1,
        "links without text": 1,
    }


def test_paragraphs_are_plain_tuples() -> None:
    assert ENGLISH.read("a [[dog]]", title="x").paragraphs == (
        Paragraph("a dog", (PageLink(2, 5, "Dog"),), "text"),
    )


PIECES = st.sampled_from(
    [
        *(
            "[[Dog]]",
            "[[dog]]s",
            "[[Dog|hound]]",
            "[[Dog| a ]]x",
            "[[Dog|]]",
            "[[(x)|]]",
            "[[:Dog]]",
        ),
        *("[[de:Hund]]y", "[[Category:X]]", "[[#a|b]]", "[[wikt:a]]", "[[Dog| ]]"),
        *("[[A&amp;B|&nbsp;c]]", "a", " ", "é, ", "&amp;"),
    ]
)


@given(st.lists(PIECES, max_size=12))
def test_lines_of_plain_links_are_read_as_lines_with_all_brackets(pieces: list[str]) -> None:
    source = "".join(pieces)
    plain = shown(source)
    text, links = shown(f"{source} ]")

    assert (text.removesuffix("]").rstrip(), links) == plain


@pytest.mark.parametrize(
    ("source", "links"),
    [
        ("[[Portal:Science]]", [("Portal:Science", "Portal:Science")]),
        ("[[portal:science#Maths|it]]s", [("its", "Portal:Science")]),
        ("[[:PORTAL : science_today]]", [("PORTAL : science_today", "Portal:Science today")]),
        ("[[P:science]]", [("P:science", "Portal:Science")]),
        ("[[Portal:]]", []),
        ("[[Help:Science]] [[Category:Science]]", []),
        ("[[:Category:science]]", [("Category:science", "Category:Science")]),
    ],
)
def test_links_to_other_namespaces_that_are_kept(source: str, links: list) -> None:
    site = make_site("en", namespaces={"Portal": 100, "P": 100, "Category": 14, "Help": 12})
    reader = WikitextReader(site, kept={100: "Portal", 14: "Category"})
    assert shown(source, reader=reader)[1] == links
    assert shown(source, reader=WikitextReader(site))[1] == []


PREFIXES = ("", "de:", "DE:", "en:", "zh-yue:", "zh_yue:", "no:", "talk:", "File:", "wikt:", "x:")


@given(
    st.sampled_from(PREFIXES),
    st.text(st.sampled_from("aZéße\u0301ǆგ1 (:#%&_'"), min_size=1, max_size=8),
)
def test_targets_that_are_spelt_plainly_are_those_of_any_spelling(prefix: str, title: str) -> None:
    targets = LinkTargets(make_site("en", database="enwiki", name="Wikipedia"))

    kind, found, _ = targets[f"{prefix}{title}"]

    assert (kind, found) == targets[f" {prefix}{title}"][:2]  # the space is not plain
