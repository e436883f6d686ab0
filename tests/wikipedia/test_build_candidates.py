"""Tables of names of page stores, worked out by hand."""

import subprocess
import sys

import pytest

from openluke.entities.candidates import CandidateTable, Source
from openluke.errors import ConfigError
from openluke.manifests import read_manifest
from openluke.part_runner import PartDone
from openluke.records.pages import Page, PageLink, Paragraph
from openluke.tokenization.candidate_writing import write_table
from openluke.wikipedia.build_candidates import Workforce, build_candidates
from openluke.wikipedia.candidate_options import CandidateOptions
from openluke.wikipedia.page_sample import is_in_sample
from openluke.wikipedia.reductions import Limits
from tests.wikipedia.small_stores import write_store

PLAIN = CandidateOptions(names=())
"""Links alone, as in the original project."""


def paragraph(text, *links, kind="text"):
    """A paragraph in which ``<name>`` is a link to the next of the titles."""
    plain, found, titles = "", [], iter(links)
    for number, piece in enumerate(text.replace(">", "<").split("<")):
        if number % 2:
            found.append(PageLink(len(plain), len(plain) + len(piece), next(titles)))
        plain += piece
    return Paragraph(plain, tuple(found), kind)


def page(title, *paragraphs, **facts):
    return Page(title=title, paragraphs=paragraphs, **facts)


PAGES = [
    page("Mercury (planet)", paragraph("<Mercury> is near the <Sun>.", "Mercury (planet)", "Sun")),
    page("Thermometer", paragraph("It has <mercury> or <Mercury>", "Hg", "Quicksilver")),
    page("Rome", paragraph("A god was <Mercury>.", "Mercury (god)"), paragraph("Mercury, Mercury")),
    page("Sun", paragraph("The Sun. Mercury is small. <Mercury>", "Mercury (planet)")),
    page("Mercury (element)", paragraph("It is a metal.")),
    page("New York", paragraph("In <New York> is <York>.", "New York", "York")),
    page("York", paragraph("New York is no York")),
    page(
        "Mercury (disambiguation)",
        paragraph("Mercury may be:"),
        paragraph("<Mercury (planet)>, in <space>", "Mercury (planet)", "Space", kind="item"),
        paragraph("Freddie <Mercury>", "Freddie Mercury", kind="item"),
        is_disambiguation=True,
    ),
]
REDIRECTS = [("Hg", "Quicksilver"), ("Quicksilver", "Mercury (element)"), ("Sol (star)", "Sun")]


def build(
    tmp_path, *, options=PLAIN, pages=PAGES, redirects=REDIRECTS, n_parts=2, name="t", **more
):
    store = tmp_path / f"store{n_parts}"
    if not store.exists():
        write_store(store, pages=pages, redirects=redirects, n_parts=n_parts)
    more = {"workforce": Workforce(workers=1), "limits": Limits(workers=1)} | more
    build_candidates(store, output=tmp_path / name, options=options, **more)
    return CandidateTable.open(tmp_path / name)


def shares(candidates):
    return [(each.title, each.links, pytest.approx(each.probability)) for each in candidates]


def test_links_of_a_name_are_shared_among_where_they_lead_in_the_end(tmp_path):
    found = build(tmp_path).find("Mercury")
    assert found is not None
    # planet twice; element by two redirects; god and Freddie, which have no page, once each
    assert found.links == 5
    assert [tuple(each) for each in found] == [
        ("Mercury (planet)", 2, 2 / 5, Source.LINK),
        ("Freddie Mercury", 1, 1 / 5, Source.LINK),
        ("Mercury (element)", 1, 1 / 5, Source.LINK),
        ("Mercury (god)", 1, 1 / 5, Source.LINK),
    ]


def test_link_probability_is_links_by_pages_that_have_the_name(tmp_path):
    table = build(tmp_path)
    mercury, york = table.find("Mercury"), table.find("York")
    # planet, thermometer, Rome, Sun and the disambiguation page: 5 links on 5 pages
    assert (mercury.occurrences, mercury.link_probability) == (5, 1.0)
    # once a link; "New York" has it inside, on the same page and on another
    assert (york.links, york.occurrences, york.link_probability) == (1, 2, 0.5)


def test_link_probability_may_be_the_share_of_occurrences_that_are_links(tmp_path):
    table = build(tmp_path, options=CandidateOptions(names=(), frequency="occurrences"))
    mercury, york = table.find("Mercury"), table.find("York")
    assert (mercury.links, mercury.occurrences) == (5, 10)
    assert (york.links, york.occurrences, york.link_probability) == (1, 4, 0.25)


def test_without_case_names_fall_together(tmp_path):
    table = build(tmp_path, options=CandidateOptions(names=(), form="folded"))
    found = table.find("MERCURY")
    assert found == table.find("mercury")
    assert (found.mention, found.links) == ("mercury", 6)
    assert found.candidates[0][:2] == ("Mercury (element)", 2)


def test_names_that_are_links_too_seldom_are_left_out(tmp_path):
    table = build(tmp_path, options=CandidateOptions(names=(), min_link_probability=0.6))
    assert table.find("York") is None
    assert table.find("mercury") is not None
    assert read_manifest(tmp_path / "t").counts["mentions_dropped_seldom_links"] == 3


def test_entities_with_few_links_and_beyond_the_most_are_left_out(tmp_path):
    table = build(tmp_path, options=CandidateOptions(names=(), min_links=2))
    found = table.find("Mercury")
    assert (found.links, shares(found)) == (5, [("Mercury (planet)", 2, 0.4)])
    table = build(tmp_path, options=CandidateOptions(names=(), max_candidates=2), name="u")
    assert [each.title for each in table.find("Mercury")] == ["Mercury (planet)", "Freddie Mercury"]


def test_entities_may_have_to_be_pages(tmp_path):
    table = build(tmp_path, options=CandidateOptions(names=(), existing_only=True))
    assert [e.title for e in table.find("Mercury")] == ["Mercury (planet)", "Mercury (element)"]


def test_titles_redirects_and_disambiguations_give_names(tmp_path):
    table = build(tmp_path, options=CandidateOptions())
    link, title, redirect, listed = (
        Source.LINK,
        Source.TITLE,
        Source.REDIRECT,
        Source.DISAMBIGUATION,
    )
    assert {each.title: each.source for each in table.find("Mercury")} == {
        "Mercury (planet)": link | title | listed,
        "Mercury (element)": link | title,
        "Freddie Mercury": link | listed,
        "Mercury (god)": link,
    }
    assert shares(table.find("Sol")) == [("Sun", 0, 1.0)]
    assert table.find("Sol").candidates[0].source == redirect
    assert table.find("Thermometer").link_probability == 0.0
    assert table.find("Mercury (disambiguation)") is None


def test_a_redirect_does_not_make_a_disambiguation_page_a_candidate(tmp_path):
    listed = paragraph("<Java (island)>", "Java (island)", kind="item")
    pages = [
        page("Java", listed, is_disambiguation=True),
        page("Java (island)", paragraph("Java is large.")),
    ]
    redirects = [("Java (disambiguation)", "Java"), ("Jawa", "Java (island)")]
    table = build(tmp_path, pages=pages, redirects=redirects, options=CandidateOptions())
    assert [each.title for each in table.find("Java")] == ["Java (island)"]
    assert [each.title for each in table.find("Jawa")] == ["Java (island)"]
    assert table.find("Java (disambiguation)") is None


def test_names_that_are_too_long_are_counted_and_left_out(tmp_path):
    table = build(tmp_path, options=CandidateOptions(names=(), max_words=1))
    assert table.find("New York") is None
    assert read_manifest(tmp_path / "t").counts["links_dropped_long_name"] == 2


def test_a_sample_is_scaled_up(tmp_path):
    pages = [page(f"P{i}", paragraph("<name> here", "P1")) for i in range(400)]
    options = CandidateOptions(names=(), sample=0.25)
    table = build(tmp_path, pages=pages, options=options)
    assert table.find("name").links == 400
    assert 300 < table.find("name").occurrences < 500
    assert table.find("name").occurrences % 4 == 0


def test_link_probability_is_that_of_the_sample(tmp_path):
    sampled = [f"S{i}" for i in range(2000) if is_in_sample(f"S{i}", sample=0.1)][:20]
    others = [f"O{i}" for i in range(2000) if not is_in_sample(f"O{i}", sample=0.1)][:60]
    pages = [page(title, paragraph("a <may>", "May")) for title in others[:30]]
    pages += [page(title, paragraph("<rare> here", "Rare")) for title in others[30:33]]
    pages += [page(title, paragraph("rare here")) for title in others[33:]]
    pages += [page(title, paragraph("may")) for title in sampled[:19]]
    pages += [page(sampled[19], paragraph("<may>", "May"))]
    options = CandidateOptions(names=(), sample=0.1)
    table = build(tmp_path, pages=pages, redirects=[], options=options)
    may = table.find("may")
    assert (may.links, may.occurrences, may.link_probability) == (31, 200, 1 / 20)
    assert may.candidates[0][:3] == ("May", 31, 1.0)
    assert table.find("rare") is None  # no page of the sample has it
    assert read_manifest(tmp_path / "t").counts["mentions_dropped_not_in_texts"] == 1


def test_a_name_that_the_sample_lacks_is_not_held_for_a_link(tmp_path):
    other = next(f"O{i}" for i in range(99) if not is_in_sample(f"O{i}", sample=0.1))
    pages = [page(other, paragraph(f"<{other}> it", other))]
    options = CandidateOptions(names=("titles",), sample=0.1)
    found = build(tmp_path, pages=pages, redirects=[], options=options).find(other)
    assert (found.links, found.occurrences, found.link_probability) == (1, 0, 0.0)


def test_parts_workers_and_hashes_do_not_matter(tmp_path):
    digests = {
        n: (build(tmp_path, options=CandidateOptions(), n_parts=n, name=f"t{n}"),
            read_manifest(tmp_path / f"t{n}").content)[1]
        for n in (1, 3)
    }  # fmt: skip
    build(tmp_path, options=CandidateOptions(), n_parts=3, name="w", workforce=Workforce(workers=2))
    code = (
        "import sys; from openluke.wikipedia.build_candidates import build_candidates;"
        "build_candidates(sys.argv[1], output=sys.argv[2])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "store3"), str(tmp_path / "h")]
    subprocess.run(command, check=True, env={"PYTHONHASHSEED": "7"})
    digests |= {name: read_manifest(tmp_path / name).content for name in ("w", "h")}
    assert len(set(digests.values())) == 1


def test_what_was_begun_is_taken_up(tmp_path):
    write_store(tmp_path / "store2", pages=PAGES, redirects=REDIRECTS)
    told: list[tuple[str, PartDone]] = []

    def stop(step, done):
        told.append((step, done))
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, workforce=Workforce(workers=1, on_done=stop))
    assert not (tmp_path / "t").exists()
    again: list[tuple[str, bool]] = []
    build(
        tmp_path,
        workforce=Workforce(
            workers=1, on_done=lambda step, done: again.append((step, done.was_done))
        ),
    )
    assert again == [("links", True)] * 2 + [("occurrences", True), ("occurrences", False)]
    build(tmp_path, name="whole")
    contents = {read_manifest(tmp_path / name).content for name in ("t", "whole")}
    assert len(contents) == 1
    assert sorted(file.name for file in tmp_path.iterdir() if ".unfinished" in file.name) == []


def test_files_are_written_when_the_tables_are_closed(tmp_path, monkeypatch):
    hidden: list[list[str]] = []

    def look(directory, **more):
        hidden.append([file.name for file in tmp_path.rglob(".*.tables")])
        return write_table(directory, **more)

    monkeypatch.setattr("openluke.wikipedia.build_candidates.write_table", look)
    build(tmp_path)
    assert hidden == [[], []]  # of the names, and of the whole


def test_a_store_without_pages_makes_an_empty_table(tmp_path):
    table = build(tmp_path, pages=[], redirects=[])
    assert len(table) == 0
    assert table.find("x") is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"max_words": 0}, "found max_words=0, expected at least 1"),
        ({"min_links": -1}, "found min_links=-1"),
        ({"min_link_probability": 2}, "found min_link_probability=2, expected 0 to 1"),
        ({"sample": 0}, "found sample=0, expected more than 0"),
        ({"names": ("titles", "foo")}, "found 'foo' for names, expected one of 'titles', 'redir"),
        ({"frequency": "zzz"}, "found 'zzz' for frequency, expected one of 'documents', 'occurr"),
        ({"form": "x"}, "found 'x' for form, expected one of 'written', 'folded'"),
    ],
)
def test_options_that_cannot_be_are_named(values, message):
    with pytest.raises(ConfigError, match=message):
        CandidateOptions(**values)
