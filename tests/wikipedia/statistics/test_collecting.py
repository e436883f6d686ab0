"""Statistics of every artefact are the numbers that are counted by hand."""

import json

import pytest

from openluke.artifacts import write_artifact
from openluke.entities.candidate_files import UNCOUNTED, CandidateRow
from openluke.entities.candidates import Source
from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, ConfigError
from openluke.tokenization.candidate_writing import write_candidates
from openluke.wikipedia.build_interwiki import build_interwiki
from openluke.wikipedia.build_vocab import build_vocab
from openluke.wikipedia.interwiki_sources import InterwikiSources
from openluke.wikipedia.reductions import Limits
from openluke.wikipedia.statistics import collect_statistics
from tests.wikipedia.small_stores import linking, write_store


def figures(statistics) -> dict[str, object]:
    return {figure.name: figure.value for figure in statistics.figures}


@pytest.fixture
def store(tmp_path):
    pages = [
        linking("A", ["B", "B2", "Gone"], is_list=True, interlanguage=("de:A", "fr:A")),
        linking("B", ["A", "B", "Lost", "Gone"], wikidata="Q1", interlanguage=("de:B",)),
        linking("C", is_disambiguation=True),
    ]
    return write_store(tmp_path / "pages", pages=pages, redirects=[("B2", "B"), ("L", "M")])


def test_of_pages(store) -> None:
    statistics = collect_statistics(store, limits=Limits(workers=1))
    assert statistics.kind == "wikipedia-pages"
    wanted = {
        "pages": 3,
        "redirects": 2,
        "paragraphs": 3,
        "characters": 9 + 13 + 1,
        "links": 7,
        "links to pages": 0.571429,
        "linked titles": 4,
        "disambiguations": 1,
        "lists": 1,
        "pages without text": 0,
        "Wikidata items": 1,
    }
    found = figures(statistics)
    assert {name: found[name] for name in wanted} == wanted
    rows = {section.key: section.rows for section in statistics.sections}
    assert rows["links"] == (
        ("to pages", 3, 0.428571),
        ("over redirects to pages", 1, 0.142857),
        ("to no page", 3, 0.428571),
    )
    assert rows["per_page"][2] == ("links", 2.333333, 0, 0, 0, 3, 4, 4, 4, 4)
    assert rows["links_to_pages"] == (("0", 1, 0), ("1", 1, 1), ("2–4", 1, 3))
    assert rows["coverage"] == ((2, 0.571429, 4),)
    assert rows["most_linked"] == (("B", 3), ("A", 1))
    assert rows["most_missed"] == (("Gone", 2), ("Lost", 1))
    assert rows["interlanguage"] == (("de", 2), ("fr", 1))
    assert rows["paragraphs"] == (("text", 3, 1.0),)
    assert "dropped" not in rows
    again = collect_statistics(store, limits=Limits(workers=2))
    assert json.dumps(again.to_mapping()) == json.dumps(statistics.to_mapping())


def test_of_an_empty_store(tmp_path) -> None:
    for number in (0, 1):
        store = write_store(tmp_path / f"{number}", n_parts=number)
        statistics = collect_statistics(store)
        assert figures(statistics)["links to pages"] is None
        json.dumps(statistics.to_mapping())


def test_of_a_vocabulary_of_pages(tmp_path, store) -> None:
    build_vocab(store, output=tmp_path / "vocab")
    statistics = collect_statistics(tmp_path / "vocab")
    found = figures(statistics)
    assert (found["entities"], found["links to entities"]) == (5, 4)
    assert found["share of all links"] == 0.571429
    assert statistics.section("coverage").rows == ((2, 0.571429, 4),)
    assert statistics.section("most_linked").rows == (("B", 3), ("A", 1))
    assert ("titles dropped not a page", 2) in statistics.section("dropped").rows


def test_of_a_vocabulary_of_many_languages(tmp_path) -> None:
    rows = [
        VocabRow([Name("Hund", "de"), Name("Dog", "en")], 5),
        VocabRow([Name("Chat", "fr")], 1),
    ]
    path = tmp_path / "vocab.jsonl"
    EntityVocab.build(rows).write(path, form="jsonl")
    statistics = collect_statistics(path)
    assert figures(statistics)["languages"] == 3
    found = {section.key: section.rows for section in statistics.sections}
    assert found["most_linked"] == (("Dog (en)", 5), ("Chat (fr)", 1))
    assert found["languages_of_entities"] == (("1", 1, 1), ("2–4", 1, 2))
    assert [row[:2] for row in found["languages"]] == [("de", 1), ("en", 1), ("fr", 1)]


def test_of_a_vocabulary_without_counts(tmp_path) -> None:
    path = tmp_path / "entity_vocab.json"
    EntityVocab.build([VocabRow([Name("Dog")])]).write(path, form="huggingface")
    statistics = collect_statistics(path)
    assert figures(statistics)["entities without a count"] == 1
    assert statistics.sections == ()


def test_of_an_interwiki_table(tmp_path) -> None:
    table = tmp_path / "links.tsv"
    table.write_text("Q1\ten\tDog\nQ1\tde\tHund\nQ2\tfr\tChat\n", encoding="utf-8")
    build_interwiki(tmp_path / "interwiki", sources=InterwikiSources(tables=[table]))
    statistics = collect_statistics(tmp_path / "interwiki")
    wanted = {"items": 2, "titles": 3, "languages": 3, "titles per item": 1.5}
    assert {name: figures(statistics)[name] for name in wanted} == wanted
    assert statistics.section("titles_of_items").rows == (
        ("1", 1, 1),
        ("2–4", 1, 2),
    )
    assert statistics.section("most_titles").rows == (("Q1", "Dog (en)", 2), ("Q2", "Chat (fr)", 1))


CANDIDATES = [
    CandidateRow("jaguar", 10, 20, [("Car", 6, 3), ("Cat", 3, 1)]),
    CandidateRow("cat", 2, 0, [("Cat", 2, 1)]),
    CandidateRow("big cat", 0, UNCOUNTED, [("Cat", 0, Source.REDIRECT)]),
]


def test_of_a_table_of_candidates(tmp_path) -> None:
    path = tmp_path / "candidates"
    write_candidates(path, rows=lambda: CANDIDATES, form="written")
    statistics = collect_statistics(path)
    assert figures(statistics) == {
        "names": 3,
        "candidates": 4,
        "entities": 2,
        "candidates per name": 1.333333,
        "links": 12,
        "ambiguous names": 1,
        "links with ambiguous names": 0.833333,
        "links to the first candidate": 0.666667,
        "names that were counted in texts": 2,
    }
    found = {section.key: section.rows for section in statistics.sections}
    assert found["candidates_of_names"] == (("1", 2, 2), ("2–4", 1, 2))
    shares = {row[0]: row[1:] for row in found["link_probability"] if row[1]}
    assert shares == {"50–55 %": (1, 10), "95–100 %": (1, 2)}
    assert [row[:2] for row in found["sources"]] == [
        ("links with this text", 3),
        ("its title", 1),
        ("a redirect", 1),
        ("a disambiguation page", 0),
    ]
    assert found["most_linked"][0] == ("jaguar", 10, 2, 0.5, "Car", 0.6)
    assert [row[0] for row in found["most_ambiguous"]] == ["jaguar", "cat", "big cat"]


def test_of_anything_else(tmp_path) -> None:
    with write_artifact(tmp_path / "a", kind="other", format_version=1):
        pass
    with pytest.raises(ConfigError, match="found an artefact of kind 'other', expected one of "):
        collect_statistics(tmp_path / "a")
    with pytest.raises(CheckpointError, match=r"no manifest\.json"):
        collect_statistics(tmp_path)
    with pytest.raises(CheckpointError, match="cannot be read"):
        collect_statistics(tmp_path / "nothing")
