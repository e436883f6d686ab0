"""A dump becomes the same page store from any number of processes, whole or not at all."""

import gzip
import logging
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openluke.artifacts import fingerprint
from openluke.entities.candidates import CandidateTable
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, ConfigError, DataError
from openluke.records.pages import Redirect
from openluke.wikipedia.build_candidates import Workforce, build_candidates
from openluke.wikipedia.build_vocab import build_vocab
from openluke.wikipedia.input_identity import identify_inputs
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.parse_dump import ParseOptions, ParseProgress, parse_dump
from tests.architecture.rules import ROOT
from tests.wikipedia.dump.small_dumps import (
    SmallPage,
    dump_pieces,
    dump_xml,
    many_streams,
    write_packed,
)
from tests.wikipedia.sql_dumps import sql_dump

PAGES = [
    SmallPage("Nil", "Der '''Nil''', durch [[Ägypten]]s [[Kairo|Stadt]].\n\n== X ==\n* [[nil]]"),
    SmallPage("Datei:Nil.jpg", "Ein Bild", namespace=6),
    SmallPage("Nilstrom", "#WEITERLEITUNG [[Nil#Der_Lauf]]", redirect="Nil"),
    SmallPage("Bilder", "#WEITERLEITUNG [[Datei:Nil.jpg]]", redirect="Datei:Nil.jpg"),
    SmallPage("Nil (Begriffsklärung)", "* [[Nil]]\n* [[Nil (Gott)]]"),
    SmallPage("Leer", ""),
    *[SmallPage(f"Ort {n}", f"[[Ort {n * 7}]] liegt am [[Nil]]. " * (n % 9)) for n in range(150)],
]  # fmt: skip
OPTIONS = ParseOptions(part_size=500)


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / "dewiki.xml.bz2"
    path.write_bytes(many_streams(PAGES, pages_a_stream=10))
    return path


def parse(dump, output: Path, *, workers: int = 1, **more) -> PageStore:
    return parse_dump(dump, output=output, workers=workers, **({"options": OPTIONS} | more))


def test_pages_and_redirects_are_kept_and_what_is_not_is_counted(tmp_path, dump) -> None:
    told: list[ParseProgress] = []
    store = parse(dump, tmp_path / "s", on_progress=told.append)
    assert len(store) == 153
    assert store.n_parts > 3
    assert store.site.language == "de"
    nile = store.page("Nil")
    assert nile is not None
    assert (nile.id, nile.n_lead, nile.wikidata, nile.is_disambiguation) == (1, 1, None, False)
    assert [one.text for one in nile.paragraphs] == [
        "Der Nil, durch Ägyptens Stadt.",
        "X",
        "nil",
    ]
    assert [link.title for one in nile.paragraphs for link in one.links] == [
        "Ägypten",
        "Kairo",
        "Nil",
    ]
    assert list(store.redirects()) == [Redirect("Nilstrom", "Nil", "Der Lauf")]
    other = store.page("Nil (Begriffsklärung)")
    assert other is not None
    assert other.is_disambiguation
    wanted = {
        "pages": 153,
        "redirects": 1,
        "dropped_redirects_to_no_article": 1,
        "dropped_pages_of_other_namespaces": 1,
        "disambiguation_pages": 1,
        "empty_pages": 1 + 17,
        "repeated_titles": 0,
        "links": sum(len(one.links) for page in store.pages() for one in page.paragraphs),
    }
    assert {name: store.counts[name] for name in wanted} == wanted
    assert (told[-1].parts, told[-1].bytes) == (store.n_parts, dump.stat().st_size)
    assert (told[-1].n_parts, told[-1].n_bytes) == (told[-1].parts, told[-1].bytes)
    assert told[-1].counts["pages"] == 153
    assert told[-1].counts_before == {}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_any_way_of_doing_it_makes_the_same_bytes(tmp_path, dump) -> None:
    wanted = fingerprint(parse(dump, tmp_path / "one").path)
    assert fingerprint(parse(dump, tmp_path / "two", workers=2).path) == wanted
    store = parse(dump, tmp_path / "three", workers=2, executor="datatrove-local")
    assert fingerprint(store.path) == wanted


@pytest.mark.parametrize("name", ["d.xml", "d.xml.gz", "d.xml.xz", "d.xml.zst", "d.xml.bz2"])
def test_every_packing_gives_the_same_pages(tmp_path, dump, name) -> None:
    path = write_packed(tmp_path / name, xml=dump_xml(PAGES))
    store = parse(path, tmp_path / "s")
    wanted = parse(dump, tmp_path / "wanted")
    assert list(store.pages()) == list(wanted.pages())
    assert list(store.redirects()) == list(wanted.redirects())


def test_page_props_tell_items_and_disambiguations(tmp_path, dump) -> None:
    rows = [(1, b"wikibase_item", b"Q3392"), (1, b"disambiguation", b"")]
    columns = {"pp_page": "int", "pp_propname": "varbinary(60)", "pp_value": "blob"}
    props = tmp_path / "p.sql.gz"
    props.write_bytes(gzip.compress(sql_dump("page_props", columns=columns, rows=rows)))
    store = parse(dump, tmp_path / "s", page_props=props, workers=2)
    told = {page.title: (page.wikidata, page.is_disambiguation) for page in store.pages()}
    assert told["Nil"] == ("Q3392", True)
    assert told["Nil (Begriffsklärung)"] == (None, False)
    assert set(store.manifest.inputs) == {"dump/dewiki.xml.bz2", "page_props/p.sql.gz"}
    assert store.counts["pages_with_item"] == 1


def test_page_props_of_another_wiki_are_told(tmp_path, dump, caplog) -> None:
    columns = {"pp_page": "int", "pp_propname": "varbinary(60)", "pp_value": "blob"}
    rows = [(70_001, b"wikibase_item", b"Q3392"), (70_001, b"disambiguation", b"")]
    props = tmp_path / "p.sql"
    props.write_bytes(sql_dump("page_props", columns=columns, rows=rows))
    parse(dump, tmp_path / "s", page_props=props)
    assert f"{props}: says nothing of any page that is kept; expected page_props" in caplog.text


def test_options_decide_what_is_kept(tmp_path, dump) -> None:
    store = parse(dump, tmp_path / "s", options=ParseOptions(namespaces=(6,), language="en"))
    assert [page.title for page in store.pages()] == ["Datei:Nil.jpg"]
    assert store.site.language == "en"
    assert store.manifest.options == {
        "namespaces": [6],
        "language": "en",
        "templates": {},
        "part_size": None,
    }


def test_namespaces_that_are_kept_are_linked_and_counted(tmp_path) -> None:
    pages = [
        SmallPage(
            "Nil", "[[portal:wissen|Wissen]] [[Portal:Wissen]] [[Portal:Neu]] [[Datei:x.jpg|y]]"
        ),
        SmallPage("Portal:Wissen", "[[nil]]", namespace=100),
        SmallPage("Portal:Alt", "#WEITERLEITUNG [[Portal:Wissen]]", 100, "Portal:Wissen"),
        SmallPage("Wissen", "#WEITERLEITUNG [[Portal:wissen]]", redirect="Portal:Wissen"),
    ]
    path = write_packed(tmp_path / "d.xml", xml=dump_xml(pages))
    store = parse(path, tmp_path / "s", options=ParseOptions(namespaces=(0, 100)))
    found = {
        page.title: [link.title for one in page.paragraphs for link in one.links]
        for page in store.pages()
    }
    assert found == {
        "Nil": ["Portal:Wissen", "Portal:Wissen", "Portal:Neu"],
        "Portal:Wissen": ["Nil"],
    }
    assert list(store.redirects()) == [
        Redirect("Portal:Alt", "Portal:Wissen"),
        Redirect("Wissen", "Portal:Wissen"),
    ]
    build_vocab(store.path, output=tmp_path / "vocab")
    rows = list(EntityVocab.read(tmp_path / "vocab").rows())[3:]
    assert [(row.names[0].title, row.links) for row in rows] == [("Portal:Wissen", 2), ("Nil", 1)]
    build_candidates(store.path, output=tmp_path / "c", workforce=Workforce(workers=1))
    for name in ("Wissen", "Portal:Wissen"):
        candidates = CandidateTable.open(tmp_path / "c").find(name)
        assert candidates is not None
        assert [one.title for one in candidates] == ["Portal:Wissen"]


def test_a_finished_store_is_taken_as_it_is_if_that_is_asked_for(tmp_path, dump) -> None:
    parse(dump, tmp_path / "s")
    with pytest.raises(CheckpointError, match="is finished already"):
        parse(dump, tmp_path / "s")
    before = (tmp_path / "s" / "manifest.json").stat().st_mtime_ns
    assert len(parse(dump, tmp_path / "s", reuse=True)) == 153
    assert (tmp_path / "s" / "manifest.json").stat().st_mtime_ns == before
    other = r"made otherwise \(namespaces: \[0\] → \[6\]; part_size: 500 → none\)"
    with pytest.raises(CheckpointError, match=f"is finished already, and {other}; choose"):
        parse(dump, tmp_path / "s", reuse=True, options=ParseOptions(namespaces=(6,)))
    parse(dump, tmp_path / "s", replace=True, options=ParseOptions(namespaces=(6,)))
    assert (tmp_path / "s" / "manifest.json").stat().st_mtime_ns != before


def test_a_dump_that_ends_in_the_middle_is_an_error_or_counted(tmp_path, dump, caplog) -> None:
    dump.write_bytes(dump.read_bytes()[:7400])
    options = ParseOptions(part_size=2500)
    with pytest.raises(DataError, match=r"dewiki\.xml\.bz2: byte \d+: .* leniently"):
        parse(dump, tmp_path / "s", options=options)
    told: list[ParseProgress] = []
    with caplog.at_level(logging.WARNING):
        store = parse(dump, tmp_path / "s", lenient=True, options=options, on_progress=told.append)
    assert told[0].counts_before != {}, "the parts before the damage are not parsed again"
    assert 50 < len(store) < 153
    assert "s: parts of its input are damaged and left out (damaged_" in caplog.text
    with pytest.raises(DataError, match=r"were read leniently before \(damaged_"):
        parse(dump, tmp_path / "s", reuse=True, options=options)


def test_a_dump_that_is_not_there_leaves_nothing(tmp_path) -> None:
    with pytest.raises(DataError, match="none: no such file; expected the dump"):
        parse(tmp_path / "none", tmp_path / "s")
    (tmp_path / "text").write_text("no dump")
    with pytest.raises(DataError):
        parse(tmp_path / "text", tmp_path / "s")
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


@pytest.mark.parametrize("name", ["d.xml", "d.xml.gz", "d.xml.bz2"])
@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ("", "</mediawiki>"),
        ("<w:page><w:title>A</w:title></w:page>", "<w:page><w:title>A</w:title>"),
        ("<logitem>\n<id>1</id>\n</logitem>", r"<logitem>\\n<id>1"),
    ],
)
def test_a_dump_without_pages_is_refused(tmp_path, name, inside, told) -> None:
    head, _, foot = dump_pieces([SmallPage("A", "b")])
    path = write_packed(tmp_path / name, xml=f"{head}{inside}{foot}".encode())
    message = rf"{name}: has no page: behind its head stands b'{told}.*; expected <page>"
    with pytest.raises(DataError, match=message):
        parse(path, tmp_path / "s")
    assert "s" not in {path.name for path in tmp_path.iterdir()}


def test_files_are_told_apart_by_every_byte(tmp_path) -> None:
    (tmp_path / "b").mkdir()
    one, two = tmp_path / "a", tmp_path / "b" / "a"
    for path in (one, two):
        with path.open("wb") as file:
            file.truncate(70_000_000)  # a hole, which takes no place
    with two.open("r+b") as file:
        file.seek(100_000)
        file.write(b"x")
    found = identify_inputs(dump=[one, two], other=[one])
    assert found["dump/0/a"] == found["other/a"] == fingerprint(one)
    assert found["dump/1/a"] == fingerprint(two) != fingerprint(one)


def test_files_in_another_order_are_another_dump(tmp_path, dump) -> None:
    xml = dump_xml([SmallPage("Neu", "n")])
    more = write_packed(tmp_path / "more.xml", xml=xml)
    store = parse([dump, more], tmp_path / "s")
    assert set(store.manifest.inputs) == {"dump/0/dewiki.xml.bz2", "dump/1/more.xml"}
    with pytest.raises(CheckpointError, match="is finished already, and made otherwise"):
        parse([more, dump], tmp_path / "s", reuse=True)

    cut = write_packed(tmp_path / "cut.xml", xml=xml[:-20])
    with pytest.raises(DataError, match="expected a whole dump"):
        parse([dump, cut], tmp_path / "cut")
    with pytest.raises(CheckpointError, match="has unfinished work that was begun otherwise"):
        parse([cut, dump], tmp_path / "cut", lenient=True)


def test_a_folder_is_no_dump(tmp_path) -> None:
    with pytest.raises(DataError, match="is a directory; expected the dump"):
        parse(tmp_path, tmp_path / "s")


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_parsing_that_is_killed_goes_on(tmp_path, dump) -> None:
    wanted = fingerprint(parse(dump, tmp_path / "wanted").path)
    rng = random.Random(os.environ.get("CI", time.time()))
    program = (
        "import sys; from pathlib import Path; from tests.wikipedia import test_parse_dump as t\n"
        "if __name__ == '__main__': t.parse(Path(sys.argv[1]), Path(sys.argv[2]), workers=2)"
    )
    out = tmp_path / "out"
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", program, str(dump), str(out)], cwd=ROOT)
        time.sleep(0.5 + 1.5 * rng.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
    if not out.exists():
        parse(dump, out)
    assert fingerprint(out) == wanted


def test_a_second_process_is_refused(tmp_path, dump) -> None:
    def again(_: ParseProgress) -> None:
        with pytest.raises(ConfigError, match="another process is writing it"):
            parse(dump, tmp_path / "s")

    parse(dump, tmp_path / "s", on_progress=again)


@pytest.mark.skipif(sys.platform == "win32", reason="limits are those of POSIX")
def test_a_full_disk_is_told_and_the_same_call_goes_on(tmp_path, dump) -> None:
    wanted = parse(dump, tmp_path / "wanted")
    sizes = [file.stat().st_size for file in wanted.files()]
    assert sizes[0] < max(sizes)
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from tests.wikipedia import test_parse_dump as t\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)\n"
        "t.parse(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-c", program, str(dump), str(out), str(sizes[0])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "out: cannot be written: " in done.stderr
    assert not out.exists()
    told: list[ParseProgress] = []
    store = parse(dump, out, on_progress=told.append)
    assert told[0].counts_before != {}
    assert fingerprint(store.path) == fingerprint(wanted.path)
