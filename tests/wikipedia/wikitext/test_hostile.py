"""Whatever the wikitext is, it is read in linear time and links are where they say."""

import gc
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.records import Paragraph
from openluke.wikipedia.site import make_site
from openluke.wikipedia.wikitext import WikitextReader

READER = WikitextReader(make_site("en", database="enwiki", name="Wikipedia"))
MARKUP = """
    [[ ]] [ ] | {{ }} {{{ }}} {| |} |- <!-- --> <ref> </ref> <ref/> <nowiki> </nowiki> <table>
    </table> <br> <b> </b> < > '' ''' ''''' == = * # : ; ---- & &amp; &nbsp; &#91; __TOC__ -{ }-
    http://a.b # File: Category: de: wikt: : lang nowrap convert ( ) , a b Dog é 日本 \U0001f600
    \u200f \u0301
""".split()
PIECES = st.sampled_from([*MARKUP, "\n", "\n\n", " ", "  ", "\t", "\r\n", "\x01", "\x00"])


def check(paragraphs: tuple[Paragraph, ...]) -> None:
    for text, links, kind in paragraphs:
        assert text == text.strip()
        assert text
        assert "\n" not in text
        assert "\r" not in text
        assert "  " not in text
        assert kind in ("text", "item", "heading")
        end = 0
        for link in links:
            assert end <= link.start < link.end <= len(text)
            anchor = text[link.start : link.end]
            assert anchor == anchor.strip()
            assert link.title
            assert not set(link.title) & set("[]{}|<>\n")
            end = link.end


def seconds(text: str) -> float:
    """What reading takes, without looking for the garbage of other tests."""
    gc.disable()
    try:
        start = time.process_time()
        check(READER.read(text, title="x").paragraphs)
        return time.process_time() - start
    finally:
        gc.enable()


@given(st.lists(PIECES, max_size=60))
def test_any_mixture_of_markup_is_read(pieces: list[str]) -> None:
    check(READER.read("".join(pieces), title="x").paragraphs)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    check(READER.read(text, title="x").paragraphs)


@given(
    st.lists(st.sampled_from(["a", "b c", "[[Dog]]", "[[Dog|hound]]s", ", ", "é "]), max_size=20)
)
def test_reading_what_was_read_changes_nothing(pieces: list[str]) -> None:
    first = READER.read("".join(pieces), title="x").paragraphs
    again = READER.read("\n\n".join(one.text for one in first), title="x").paragraphs

    assert [one.text for one in again] == [one.text for one in first]


UNITS = """
    [[ ]] [ ] {{ }} {{{ { } {| <!-- --> <ref> </ref> <ref>a</ref> <table> </table> < <a <nowiki>
    '' ''' ' '''''' = == & &# &amp ( ({{x}} {{x}} {{x}}; {{nowrap| {{nowrap|a}} [[File: [[File:a|
    [[File:a|b]] [[a| [[a|[ [[a|[b] [http:// [// -{ -{a}- -{| {{a|[[ __ __A__ __A [[a]] [[a|b]]c
    http://
""".split()
SPACED_UNITS = (
    "\n",
    "\n*",
    "\n|",
    "\n==",
    "\n{|",
    "\n|}",
    " ",
    "\t",
    "a ",
    "( ; ",
    "[http://a ",
    "\x01",
)


@pytest.mark.parametrize("unit", [*UNITS, *SPACED_UNITS])
def test_time_goes_with_length(unit: str) -> None:
    short = max(min(seconds(unit * (20_000 // len(unit))) for _ in range(3)), 0.002)
    assert seconds(unit * (160_000 // len(unit))) < 8 * 5 * short


@pytest.mark.parametrize(
    "inside",
    [
        "{{nowrap|%sx}}",
        "{{convert|%s}}",
        "<%s",
        "</%s",
        "[[%s",
        "[[a|%s",
        "&%s",
        "[http://%s",
        "__%s",
        "-{%s",
        "==%s",
        "{{%s",
        "(%s",
    ],
)
@pytest.mark.parametrize("run", [" ", "\n", "a", "0", "=", "&", ";", "'", "_"])
def test_long_runs_within_markup_take_linear_time(inside: str, run: str) -> None:
    short = max(min(seconds(inside % (run * 10_000)) for _ in range(2)), 0.002)
    assert seconds(inside % (run * 80_000)) < 8 * 5 * short


def test_deep_nesting_is_read() -> None:
    pairs = ("[[ ]]", "{{ }}", "{{nowrap| }}", "<table> </table>", "\n{| \n|}", "[[File:a| ]]")
    for opening, closing in (pair.split(" ") for pair in pairs):
        source = f"Start {opening * 10_000}x{closing * 10_000} [[end]]"

        paragraphs = READER.read(source, title="x").paragraphs

        check(paragraphs)
        assert paragraphs[0].text.startswith("Start")
        assert paragraphs[-1].links[-1].title == "End"


def test_a_broken_page_is_read_to_its_end() -> None:
    source = "{{Infobox\n| a = [[b]]\n\nDogs [[bark]].\n\n{|\n| [[c]]\n\nCats [[meow|purr]]."

    paragraphs = READER.read(source, title="x").paragraphs

    assert [one.text for one in paragraphs] == ["Infobox", "Dogs bark.", "Cats purr."]


def test_mutations_of_a_page_are_read() -> None:
    page = (
        "{{Infobox|a=[[b]]}}\n'''Dogs''' ({{lang|la|canis}}) are [[animal]]s.<ref>[[y]]</ref>\n"
        "[[File:dog.jpg|thumb|A [[dog]]]]\n* [[bark|barking]] &amp; more\n{| \n| x\n|}\n"
        "== See ==\n[http://a.b c]"
    )
    rng = random.Random(0)
    for _ in range(300):
        characters = list(page)
        for _ in range(rng.randint(1, 8)):
            place = rng.randrange(len(characters))
            action = rng.random()
            if action < 0.4:
                del characters[place : place + rng.randint(1, 4)]
            elif action < 0.8:
                characters.insert(place, rng.choice(MARKUP))
            else:
                characters[place:place] = characters[rng.randrange(len(characters)) :][:20]
        check(READER.read("".join(characters), title="x").paragraphs)
