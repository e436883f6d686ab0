"""Texts of several lines become paragraphs, and links stay where they are."""

from hypothesis import given
from hypothesis import strategies as st

from openluke.records.pages import PageLink, Paragraph
from openluke.wikipedia.own_data.line_breaking import break_lines

TEXT = st.text(st.sampled_from("ab \t\n\r\u2028\x85é😀"), max_size=40)


def test_lines_lose_space_and_links_move_with_them() -> None:
    text = "  Berlin is \n\n\t the capital.\r\nX"
    links = [PageLink(13, 19, "Capital city"), PageLink(2, 9, "Berlin")]
    assert break_lines(text, links=links, kind="item").paragraphs == [
        Paragraph("Berlin is", (PageLink(0, 6, "Berlin"),), "item"),
        Paragraph("the capital.", (PageLink(0, 3, "Capital city"),), "item"),
        Paragraph("X", (), "item"),
    ]


def test_links_that_cannot_be_kept_are_told() -> None:
    text = "one two\nthree   "
    links = [(0, 5), (2, 3), (4, 9), (4, 4), (-1, 2), (8, 99), (13, 16), (8, 13)]
    broken = break_lines(text, links=[PageLink(*link, "T") for link in links])
    assert [len(paragraph.links) for paragraph in broken.paragraphs] == [1, 1]
    told = {one.number: one.reason for one in broken.bad}
    assert sorted(told) == [1, 2, 3, 4, 5, 6]
    assert told[1].startswith("found characters 2 to 3 after a link up to 5")
    assert told[5] == (
        "found characters 8 to 99 of a text of 16, expected a start before its end, and both inside"
    )
    assert told[6] == "found '   ', expected a link with a text"
    crossing = break_lines(text, links=[PageLink(4, 9, "T")]).bad
    assert crossing[0].reason == "found 'two\\nt', expected a link on one line"


@given(TEXT, st.data())
def test_every_link_is_kept_to_the_character_or_told(text, data) -> None:
    places = st.integers(-1, len(text) + 1)
    pairs = data.draw(st.lists(st.tuples(places, places), max_size=6))
    links = [PageLink(start, end, f"T{number}") for number, (start, end) in enumerate(pairs)]
    paragraphs, bad = break_lines(text, links=links)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert [paragraph.text for paragraph in paragraphs] == lines
    kept = {
        title: paragraph.text[start:end]
        for paragraph in paragraphs
        for start, end, title in paragraph.links
    }
    assert len(kept) + len(bad) == len(links)
    for title, anchor in kept.items():
        start, end, _ = links[int(title[1:])]
        assert anchor == text[start:end].strip() != ""
    for paragraph in paragraphs:
        ends = [0, *(link.end for link in paragraph.links)]
        assert all(
            before <= link.start for before, link in zip(ends, paragraph.links, strict=False)
        )


def test_long_links_that_overlap_take_linear_time() -> None:
    text = "x" * 60_000
    links = [PageLink(n, len(text), "T") for n in range(0, len(text), 3)]
    assert len(break_lines(text, links=links).bad) == len(links) - 1
