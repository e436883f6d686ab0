"""Names and what they may stand for, in files."""

import json
import pickle

import pytest

from openluke.artifacts import write_artifact
from openluke.entities.candidate_files import (
    COUNTS,
    FORM,
    FORMAT_VERSION,
    KIND,
    LINKS,
    MENTIONS,
    UNCOUNTED,
    CandidateRow,
    write_candidate_files,
)
from openluke.entities.candidates import CandidateTable, Source
from openluke.errors import CheckpointError, DataError
from openluke.manifests import read_manifest

ROWS = [
    CandidateRow("paris", 10, 40, [("Paris", 8, 3), ("Paris Hilton", 1, 1)]),
    CandidateRow("aix", 0, 5, [("Aix", 0, 2), ("Aix-la-Chapelle", 0, 8)]),
    CandidateRow("often", 9, 3, [("Often", 9, 1)]),
    CandidateRow("nowhere", 0, 0, [("Nowhere", 0, 4)]),
    CandidateRow("uncounted", 1, UNCOUNTED, [("Paris", 1, 1)]),
]


def write(path, *, rows=ROWS, form="folded"):
    with write_artifact(path, kind=KIND, format_version=FORMAT_VERSION) as draft:
        draft.counts.update(write_candidate_files(draft.path, rows=lambda: rows, form=form))
    return path


@pytest.fixture
def table(tmp_path):
    return CandidateTable.open(write(tmp_path / "t"))


def test_shares_are_of_all_links_of_the_name(table):
    found = table.find("PARIS")
    assert (found.mention, found.links, found.occurrences) == ("paris", 10, 40)
    assert found.link_probability == 0.25
    assert list(found) == [
        ("Paris", 8, 0.8, Source.LINK | Source.TITLE),
        ("Paris Hilton", 1, 0.1, Source.LINK),
    ]
    assert len(found) == 2


def test_names_without_links_share_equally(table):
    found = table.find("aix")
    assert [(each.title, each.probability) for each in found] == [
        ("Aix", 0.5),
        ("Aix-la-Chapelle", 0.5),
    ]
    assert found.link_probability == 0.0


@pytest.mark.parametrize(
    ("mention", "probability"),
    [("often", 1.0), ("nowhere", 0.0), ("uncounted", None)],
)
def test_link_probability_is_at_most_one_and_none_if_uncounted(table, mention, probability):
    assert table.link_probability(table.number(mention)) == probability
    assert table.find(mention).link_probability == probability


def test_what_is_not_there_is_none(table):
    assert table.find("pari") is None
    assert table.find("paris\0") is None
    assert table.find("\ud800") is None
    assert "Paris" in table
    assert "Rome" not in table
    assert 3 not in table
    assert len(table) == 5


def test_the_order_of_rows_does_not_matter(tmp_path):
    for name, rows in [("a", ROWS), ("b", ROWS[::-1])]:
        write(tmp_path / name, rows=rows)
    one, other = (CandidateTable.open(tmp_path / name) for name in "ab")
    names = [row.mention for row in ROWS]
    assert [one.find(name) for name in names] == [other.find(name) for name in names]


def test_the_manifest_says_how_much_there_is(table):
    counts = read_manifest(table.path, kind=KIND).counts
    assert counts == {"mentions": 5, "titles": 6, "candidates": 7}


def test_another_process_opens_the_same_files(table):
    copy = pickle.dumps(table)
    assert len(copy) < 400
    assert pickle.loads(copy).find("paris") == table.find("paris")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:1] * 2, "1 names are given more than once, for example 'paris'"),
        ([CandidateRow("a", 2**31, 1, [])], "found a count above 2,147,483,647"),
        ([CandidateRow("a\0", 1, 1, [])], "has a NUL character"),
    ],
)
def test_rows_that_cannot_be_written_are_named(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        write(tmp_path / "t", rows=rows)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [MENTIONS, COUNTS, LINKS])
def test_damage_is_noticed_before_a_file_is_used(table, name):
    content = bytearray((table.path / name).read_bytes())
    content[len(content) // 2] ^= 0x55
    (table.path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged, make it or copy it again"):
        CandidateTable.open(table.path)


def test_files_that_do_not_fit_are_named(tmp_path, table):
    other = CandidateTable.open(write(tmp_path / "u", rows=ROWS[:2]))
    (other.path / LINKS).write_bytes((table.path / LINKS).read_bytes())
    with pytest.raises(CheckpointError, match=r"found 2 names with \[2, 5\] rows"):
        CandidateTable.map(other.path)
    (other.path / FORM).write_text(json.dumps({"form": "bare"}), encoding="utf-8")
    with pytest.raises(CheckpointError, match="found form 'bare', expected"):
        CandidateTable.map(other.path)
    (other.path / FORM).write_text("[]", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"form\.json: damaged file"):
        CandidateTable.map(other.path)
