"""The page of statistics is whole, needs nothing, and no title can change it."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.wikipedia.statistics import Column, Figure, Section, Statistics, statistics_page
from openluke.wikipedia.statistics.plots import compact, plot, ticks

VOID = {"meta"}
EVIL = '</td><script>alert(1)</script> & "quoted" \' <b> \u202eabc \x00 \ud800'


class Reader(HTMLParser):
    """Knows whether tags are closed in order, and what there is."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if "td" in self.open:
            self.cells[-1] += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def statistics(title: str, *, plot="none", rows=None) -> Statistics:
    columns = (Column(title, "text"), Column("n"), Column("part", "share"))
    section = Section(
        key="k",
        heading=title,
        note=title,
        columns=columns,
        rows=((title, 1234567, 0.25), ("x", None, None)) if rows is None else rows,
        plot=plot,
    )
    return Statistics(
        kind="kind",
        name=title,
        about=title,
        figures=(Figure(title, 1234), Figure("s", 0.5, "share"), Figure("n", None)),
        sections=(section,),
        options={title: title},
    )


@pytest.mark.parametrize("drawn", ["none", "columns"])
def test_titles_are_text(drawn) -> None:
    page = statistics_page(statistics(EVIL, plot=drawn))
    reader = read(page)
    assert not {"script", "b", "link", "img"} & set(reader.tags)
    assert reader.cells[0] == EVIL.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    assert reader.cells[1:3] == ["1,234,567", "25.0%"]
    assert reader.cells[4:] == ["–", "–"]
    page.encode("utf-8")


def test_the_page_needs_nothing_else() -> None:
    page = statistics_page(statistics("T", plot="columns"))
    names = {name for name, _ in read(page).attributes}
    assert not {"src", "onload", "onclick"} & names
    links = [value for name, value in read(page).attributes if name == "href"]
    assert links == ["#k"]
    assert "url(" not in page
    assert "@import" not in page
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page


@given(st.text(), st.lists(st.tuples(st.integers(1, 10**9), st.floats(0, 1)), max_size=8))
def test_any_values_give_a_whole_page(title, points) -> None:
    rows = tuple((n, value, n) for n, value in sorted(points))
    section = Section(
        key="k",
        heading=title,
        columns=(Column("n"), Column(title, "share"), Column("m")),
        rows=rows,
        plot="curve",
    )
    drawn = plot(section)
    if drawn:
        picture = ElementTree.fromstring(drawn)
        assert len(picture.findall("circle")) == len(rows)
    read(statistics_page(statistics(title, plot="columns")))


def test_columns_are_as_high_as_their_values() -> None:
    rows = (("0", 0), ("1", 50), ("2–4", 100))
    columns = (Column("links", "text"), Column("pages"))
    section = Section(key="k", heading="H", columns=columns, rows=rows, plot="columns")
    picture = ElementTree.fromstring(plot(section))
    heights = [float(mark.attrib["height"]) for mark in picture.findall("rect")]
    assert heights[0] == 0
    assert heights[2] == pytest.approx(2 * heights[1])
    titles = [mark.findtext("title") for mark in picture.findall("rect")]
    assert titles == ["0: 0 (0.0%)", "1: 50 (33.3%)", "2–4: 100 (66.7%)"]
    labels = [text.text for text in picture.findall("text") if text.get("class") == "label"]
    assert labels == ["0", "1", "2"]


def test_a_plot_of_nothing_is_none() -> None:
    columns = (Column("x", "text"), Column("n"))
    for rows in ((), (("a", 0),), (("a", None),)):
        assert not plot(Section(key="k", heading="H", columns=columns, rows=rows, plot="columns"))


@given(st.floats(1e-3, 1e12))
def test_ticks_reach_the_highest_value(highest) -> None:
    found = ticks(highest)
    assert found[0] == 0
    assert found[-1] >= highest * (1 - 1e-9)
    assert 2 <= len(found) <= 7
    assert re.fullmatch(r"[\d.e+-]+[kMG]?", compact(highest))
