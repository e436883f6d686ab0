"""One's own documents become a page store as a dump does, and everything after it works."""

import gzip
import json
import logging
from pathlib import Path

import pyarrow as pa
import pytest

from openluke.artifacts import fingerprint
from openluke.entities.candidates import CandidateTable
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, ConfigError, DataError
from openluke.records.pages import Redirect
from openluke.wikipedia.build_candidates import build_candidates
from openluke.wikipedia.build_vocab import build_vocab
from openluke.wikipedia.import_pages import ImportOptions, import_pages
from openluke.wikipedia.own_data.title_rule import TitleRule
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.parse_dump import ParseProgress, parse_dump
from tests.wikipedia.dump.small_dumps import SmallPage, dump_xml, page_xml, write_packed


def linked(text: str, **links: str) -> dict[str, object]:
    """The fields of a text whose first occurrences of words are links."""
    found = [
        {"start": text.index(word), "end": text.index(word) + len(word), "title": title}
        for word, title in links.items()
    ]
    return {"text": text, "links": found}


DOCUMENTS = [
    {"title": "iGadget", **linked("The gadget is made by Acme.\nAcme", Acme="Acme: Ltd.")},
    {"title": "Acme: Ltd.", **linked("Acme makes the gadget.", gadget="iGadget")},
    {"title": "Sheet", **linked("The gadget of ACME.", ACME="ACME", gadget="iGadget")},
    {"title": "ACME", "redirect": "Acme: Ltd."},
    *[{"title": f"Doc {n}", "text": "x " * (n % 7), "redirects": [f"D{n}"]} for n in range(60)],
]


def write_lines(path: Path, *, documents=DOCUMENTS, pack=bytes) -> Path:
    lines = [json.dumps(document, ensure_ascii=False) + "\n" for document in documents]
    path.write_bytes(pack("".join(lines).encode()))
    return path


def test_documents_go_on_to_vocabulary_and_candidates(tmp_path) -> None:
    told: list[ParseProgress] = []
    lines = write_lines(tmp_path / "docs.jsonl")
    store = import_pages(lines, output=tmp_path / "s", on_progress=told.append, workers=1)
    assert isinstance(store, PageStore)
    assert len(store) == 63
    assert next(store.redirects()) == Redirect("ACME", "Acme: Ltd.")
    wanted = {"pages": 63, "redirects": 61, "links": 4, "lines": 64, "empty_pages": 9}
    assert {name: store.counts[name] for name in wanted} == wanted
    assert (told[-1].parts, told[-1].bytes) == (1, lines.stat().st_size)
    build_vocab(store.path, output=tmp_path / "vocab")
    vocab = EntityVocab.read(tmp_path / "vocab")
    titles = [(row.names[0].title, row.links) for row in vocab.rows()]
    assert titles[3:] == [("Acme: Ltd.", 2), ("iGadget", 2)]
    build_candidates(store.path, output=tmp_path / "candidates")
    table = CandidateTable.open(tmp_path / "candidates")
    gadget = table.find("gadget")
    assert gadget is not None
    assert [(one.title, one.probability) for one in gadget] == [("iGadget", 1.0)]
    assert gadget.link_probability == pytest.approx(2 / 3)
    acme = table.find("ACME")
    assert acme is not None
    assert [one.title for one in acme] == ["Acme: Ltd."]


def test_any_way_of_doing_it_makes_the_same_bytes(tmp_path) -> None:
    lines = write_lines(tmp_path / "docs.jsonl")
    options = ImportOptions(part_size=700)
    one = import_pages(lines, output=tmp_path / "one", options=options, workers=1)
    assert one.n_parts > 3
    two = import_pages(lines, output=tmp_path / "two", options=options, workers=2)
    assert fingerprint(two.path) == fingerprint(one.path)
    whole = import_pages(lines, output=tmp_path / "whole", workers=1)
    assert list(whole.pages()) == list(one.pages())
    assert list(whole.redirects()) == list(one.redirects())


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda data: pa.compress(data, "zstd").to_pybytes()]
)
def test_packed_files_are_parts_of_their_own(tmp_path, pack) -> None:
    lines = write_lines(tmp_path / "a.txt")
    packed = write_lines(tmp_path / "b.txt", documents=[{"title": "New", "text": "n"}], pack=pack)
    store = import_pages([packed, lines], output=tmp_path / "s", workers=1)
    assert next(store.pages()).title == "New"
    assert (len(store), store.n_parts) == (64, 2)
    assert set(store.manifest.inputs) == {"documents/0/b.txt", "documents/1/a.txt"}


def test_a_bad_line_is_named_or_left_out(tmp_path, caplog) -> None:
    documents = [*DOCUMENTS[:40], {"title": "Bad", "text": 5}, *DOCUMENTS[40:], {"text": "x"}]
    lines = write_lines(tmp_path / "docs.jsonl", documents=documents)
    options = ImportOptions(part_size=1000)
    with pytest.raises(DataError, match=r"docs\.jsonl:41: text: found 5, expected text"):
        import_pages(lines, output=tmp_path / "s", options=options, workers=1)
    with caplog.at_level(logging.WARNING):
        store = import_pages(lines, output=tmp_path / "s", options=options, workers=1, lenient=True)
    assert store.counts["damaged_lines"] == 2
    assert f"{lines}:66: title: missing, expected a title; left out" in caplog.messages
    assert "left out (damaged_lines: 2)" in caplog.messages[-1]
    assert len(store) == 63
    with pytest.raises(DataError, match=r"were read leniently before \(damaged_lines: 2\)"):
        import_pages(lines, output=tmp_path / "s", options=options, workers=1, reuse=True)


def test_what_was_done_before_a_bad_line_is_not_done_again(tmp_path) -> None:
    documents = [*DOCUMENTS, {"text": "x"}]
    lines = write_lines(tmp_path / "docs.jsonl", documents=documents)
    options = ImportOptions(part_size=1000)
    with pytest.raises(DataError, match=r"docs\.jsonl:65: title: missing"):
        import_pages(lines, output=tmp_path / "s", options=options, workers=1)
    told: list[ParseProgress] = []
    import_pages(
        lines,
        output=tmp_path / "s",
        options=options,
        workers=1,
        lenient=True,
        on_progress=told.append,
    )
    assert told[-1].counts_before["pages"] > 0


def test_options_decide_what_is_read(tmp_path) -> None:
    document = {"title": "iPod_x", "text": "x", "url": "u", "language": "de-x"}
    lines = write_lines(tmp_path / "d", documents=[document])
    options = ImportOptions(
        language="de-x",
        name="Ours",
        ignored=("url",),
        titles=TitleRule(spelling="mediawiki", capitalise=True),
    )
    store = import_pages(lines, output=tmp_path / "s", options=options, workers=1)
    assert [page.title for page in store.pages()] == ["IPod x"]
    site = store.site
    assert (site.language, site.name, site.capitalises, site.namespaces) == (
        "de-x",
        "Ours",
        True,
        {},
    )


def test_what_is_finished_stays_and_may_be_used_again(tmp_path) -> None:
    lines = write_lines(tmp_path / "d")
    store = import_pages(lines, output=tmp_path / "s", workers=1)
    with pytest.raises(CheckpointError, match="is finished already"):
        import_pages(lines, output=tmp_path / "s", workers=1)
    again = import_pages(lines, output=tmp_path / "s", workers=1, reuse=True)
    assert again.manifest == store.manifest
    write_lines(lines, documents=DOCUMENTS[:2])
    assert len(import_pages(lines, output=tmp_path / "s", workers=1, replace=True)) == 2


def test_sources_in_another_order_are_others(tmp_path) -> None:
    lines = write_lines(tmp_path / "d")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "New.md").write_text("n", encoding="utf-8")
    sources = [lines, tmp_path / "notes"]
    store = import_pages(sources, output=tmp_path / "s", workers=1)
    assert set(store.manifest.inputs) == {"documents/0/d", "notes/1/notes"}
    with pytest.raises(CheckpointError, match="is finished already, and made otherwise"):
        import_pages(sources[::-1], output=tmp_path / "s", workers=1, reuse=True)


def test_what_cannot_be_imported_is_said(tmp_path) -> None:
    with pytest.raises(DataError, match=r"x: no such file; expected documents"):
        import_pages(tmp_path / "x", output=tmp_path / "s")
    dump = write_packed(tmp_path / "dump.xml.bz2", xml=dump_xml([]))
    with pytest.raises(DataError, match="is the dump of a wiki, expected documents; openl"):
        import_pages(dump, output=tmp_path / "s")
    store = import_pages(write_lines(tmp_path / "d"), output=tmp_path / "s", workers=1)
    with pytest.raises(DataError, match="is a page store, expected documents; give JSON lines"):
        import_pages(store.path, output=tmp_path / "again")
    with pytest.raises(ConfigError, match="found no files to import"):
        import_pages([], output=tmp_path / "s")
    with pytest.raises(ConfigError, match="found language='x'"):
        ImportOptions(language="x")
    with pytest.raises(ConfigError, match="found part_size=0"):
        ImportOptions(part_size=0)


def test_a_folder_of_notes_is_a_wiki(tmp_path) -> None:
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "Hub.md").write_text("---\naliases: [Home]\n---\nSee [[a note|it]] and [[Home]].")
    (folder / "A note.md").write_text("# A note\nBack to [hub](Hub.md).")
    (folder / "bad.md").write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"bad\.md: not UTF-8"):
        import_pages(folder, output=tmp_path / "s", workers=1)
    more = write_lines(tmp_path / "more", documents=DOCUMENTS[:1])
    store = import_pages(
        [folder, more],
        output=tmp_path / "s",
        options=ImportOptions(part_size=40),
        workers=1,
        lenient=True,
    )
    assert store.n_parts > 3
    assert [page.title for page in store.pages()] == ["A note", "Hub", "iGadget"]
    assert store.counts["damaged_notes"] == 1
    assert list(store.redirects()) == [Redirect("Home", "Hub")]
    build_vocab(store.path, output=tmp_path / "vocab")
    titles = [row.names[0].title for row in EntityVocab.read(tmp_path / "vocab").rows()]
    assert titles[3:] == ["Hub", "A note"]


HEAD = """\
<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="tlh">
  <siteinfo>
    <sitename>Memory Bank</sitename>
    <dbname>mb_wiki_1</dbname>
    <base>https://memory.example.org/wiki/Portal:Main</base>
    <case>case-sensitive</case>
    <namespaces>
      <namespace key="0" case="case-sensitive" />
      <namespace key="4" case="case-sensitive">Memory Bank</namespace>
      <namespace key="6" case="case-sensitive">nagh beQ</namespace>
      <namespace key="14" case="case-sensitive">Segh</namespace>
      <namespace key="110" case="case-sensitive">Forum</namespace>
    </namespaces>
  </siteinfo>
"""


def test_a_wiki_that_is_no_wikipedia_is_parsed(tmp_path) -> None:
    pages = [
        SmallPage(
            "worf", "[[Qo'noS]] [[nagh beQ:x.png|text]] [[Segh:tlhIngan]]\n\n[[Forum:a]] [[Worf]]"
        ),
        SmallPage("Forum:a", "[[worf]]", namespace=110),
        SmallPage("old", "#REDIRECT [[worf]]", redirect="worf"),
        SmallPage("mara", "[[old|he]] [[worf]]"),
    ]
    xml = "".join(page_xml(page, number=number) for number, page in enumerate(pages, start=1))
    dump = tmp_path / "mb.xml"
    dump.write_text(f"{HEAD}{xml}</mediawiki>\n", encoding="utf-8")
    store = parse_dump(dump, output=tmp_path / "s", workers=1)
    assert (store.site.language, store.site.name) == ("tlh", "Memory Bank")
    found = {
        page.title: [link.title for one in page.paragraphs for link in one.links]
        for page in store.pages()
    }
    assert found == {"worf": ["Qo'noS", "Worf"], "mara": ["old", "worf"]}
    assert not store.has("Worf")
    build_vocab(store.path, output=tmp_path / "vocab")
    rows = list(EntityVocab.read(tmp_path / "vocab").rows())[3:]
    assert [(row.names[0].title, row.links) for row in rows] == [("worf", 2)]
