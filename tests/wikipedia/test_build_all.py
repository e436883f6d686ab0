"""A build of all stages is the same however often it is killed, and nobody else's meanwhile."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openluke.artifacts import fingerprint
from openluke.entities.candidates import CandidateTable
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, ConfigError, DataError, MissingExtraError
from openluke.file_lock import locked
from openluke.wikipedia import reductions
from openluke.wikipedia.build_all import (
    CANDIDATES,
    INTERWIKI,
    PAGES,
    VOCAB,
    BuildOptions,
    BuildSources,
    build_all,
)
from openluke.wikipedia.build_candidates import Workforce
from openluke.wikipedia.candidate_options import CandidateOptions
from openluke.wikipedia.interwiki import Interwiki
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.parse_dump import ParseOptions
from openluke.wikipedia.vocab_choice import VocabOptions
from tests.architecture.rules import ROOT
from tests.wikipedia.dump.small_dumps import SmallPage, many_streams

STAGES = (PAGES, VOCAB, INTERWIKI, CANDIDATES)
DUMP = [
    SmallPage("Nil", "Der '''Nil''', durch [[Ägypten]]s [[Kairo|Stadt]].\n[[en:Nile]]"),
    SmallPage("Nilstrom", "#WEITERLEITUNG [[Nil]]", redirect="Nil"),
    SmallPage("Kairo", "[[Nilstrom|Am Nil]] in [[Ägypten]].\n[[en:Cairo]]"),
    *[SmallPage(f"Ort {n}", f"[[Ort {n * 7}]] liegt am [[Nil]]. " * (n % 5)) for n in range(60)],
]
OPTIONS = BuildOptions(parse=ParseOptions(part_size=500), vocab=VocabOptions(size=10))


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dewiki.xml.bz2"
    path.write_bytes(many_streams(DUMP, pages_a_stream=10))
    return path


def build(dump: Path, output: Path, *, options: BuildOptions = OPTIONS, **more):
    sources = BuildSources(dump=[dump])
    return build_all(
        sources, output=output, options=options, workforce=Workforce(workers=1), **more
    )


def contents(output: Path) -> dict[str, str]:
    return {stage: fingerprint(output / stage) for stage in STAGES}


def test_all_stages_are_made(dump: Path, tmp_path: Path) -> None:
    counts = build(dump, tmp_path / "out")
    out = tmp_path / "out"

    assert list(counts) == list(STAGES)
    assert counts[PAGES]["pages"] == len(DUMP) - 1
    assert PageStore.open(out / PAGES).has("Kairo")
    vocab = EntityVocab.read(out / VOCAB)
    assert vocab.title(3) == "Nil"
    assert vocab.n_ids == 10
    assert Interwiki.open(out / INTERWIKI).find("Nile", language="en") is not None
    found = CandidateTable.open(out / CANDIDATES).find("Am Nil")
    assert found is not None
    assert [one.title for one in found.candidates] == ["Nil"]


def test_what_is_finished_is_taken_as_it_is(dump: Path, tmp_path: Path) -> None:
    counts = build(dump, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("manifest.json")}

    assert build(dump, tmp_path / "out") == counts
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_another_option_needs_to_be_meant(dump: Path, tmp_path: Path) -> None:
    build(dump, tmp_path / "out")
    fewer = BuildOptions(parse=OPTIONS.parse, vocab=VocabOptions(size=5))

    with pytest.raises(CheckpointError, match=r"vocab: is .* \(size: 10 → 5\); .*--replace"):
        build(dump, tmp_path / "out", options=fewer)
    build(dump, tmp_path / "out", options=fewer, replace=True)

    assert EntityVocab.read(tmp_path / "out" / VOCAB).n_ids == 5


def test_unfinished_work_with_other_options_is_told_before_the_first_stage(
    dump: Path, tmp_path: Path, monkeypatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("openluke.wikipedia.build_candidates.choose_candidates", stop)
        with pytest.raises(KeyboardInterrupt):
            build(dump, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / PAGES)
    other = BuildOptions(
        parse=OPTIONS.parse, vocab=OPTIONS.vocab, candidates=CandidateOptions(sample=0.5)
    )

    with pytest.raises(CheckpointError, match=r"candidates: .* \(sample: 1.0 → 0.5\); .*--replace"):
        build(dump, tmp_path / "out", options=other)
    assert not (tmp_path / "out" / PAGES).exists()
    build(dump, tmp_path / "out", options=other, replace=True)


def test_a_language_by_another_code_is_the_same(dump: Path, tmp_path: Path) -> None:
    options = BuildOptions(parse=OPTIONS.parse, vocab=VocabOptions(language="nb"))
    counts = build(dump, tmp_path / "out", options=options)
    assert build(dump, tmp_path / "out", options=options) == counts


@pytest.mark.parametrize("missing", ["page_props", "langlinks", "white_lists"])
def test_a_missing_file_is_told_before_the_first_stage(
    dump: Path, tmp_path: Path, missing: str
) -> None:
    file = tmp_path / "none.gz"
    sources = BuildSources(dump=[dump], **{missing: [file] if missing[-5:] == "lists" else file})

    with pytest.raises(DataError, match=f"none.gz: no such file; expected the {missing}"):
        build_all(sources, output=tmp_path / "out", options=OPTIONS)
    assert not (tmp_path / "out").exists()


def test_a_white_list_that_is_no_text_is_told_before_the_first_stage(
    dump: Path, tmp_path: Path
) -> None:
    (tmp_path / "white.txt").write_bytes(b"Nil\nK\xf6ln\n")
    sources = BuildSources(dump=[dump], white_lists=[tmp_path / "white.txt"])

    with pytest.raises(DataError, match=r"white\.txt:2: not UTF-8: .*; save it as UTF-8"):
        build_all(sources, output=tmp_path / "out", options=OPTIONS)
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_told_before_the_first_stage(dump: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(reductions, "duckdb", None)

    with pytest.raises(MissingExtraError, match=r"openluke\[wikipedia\]"):
        build(dump, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name != "posix", reason="names cannot have it elsewhere")
def test_a_place_that_duckdb_cannot_name_is_told_before_the_first_stage(
    dump: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"out\?: has \? in its name"):
        build(dump, tmp_path / "out?")
    assert not (tmp_path / "out?").exists()


def test_a_file_in_place_of_the_directory_is_told(dump: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"dewiki\.xml\.bz2: cannot be written: File exists"):
        build(dump, dump)


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_in_the_way_is_told_before_the_first_stage(
    dump: Path, tmp_path: Path, stage: str
) -> None:
    (tmp_path / "out" / stage).mkdir(parents=True)
    (tmp_path / "out" / stage / "letter.txt").write_text("Dear")

    with pytest.raises(CheckpointError, match=f"{stage}: exists and is no openluke artefact"):
        build(dump, tmp_path / "out")
    left = [path.name for path in (tmp_path / "out").iterdir() if not path.name.startswith(".")]
    assert left == [stage]


def test_a_second_build_into_one_directory_is_refused(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with (
        locked(tmp_path / "out" / ".build.lock", what="out"),
        pytest.raises(ConfigError, match="another process is writing it"),
    ):
        build(dump, tmp_path / "out")


def test_a_dump_that_ends_in_the_middle(dump: Path, tmp_path: Path) -> None:
    dump.write_bytes(dump.read_bytes()[: -dump.stat().st_size // 3])

    with pytest.raises(DataError, match="byte"):
        build(dump, tmp_path / "out")
    lenient = BuildOptions(parse=OPTIONS.parse, vocab=OPTIONS.vocab, lenient=True)
    counts = build(dump, tmp_path / "out", options=lenient)

    assert 10 < counts[PAGES]["pages"] < len(DUMP) - 1
    assert sum(n for name, n in counts[PAGES].items() if name.startswith("damaged")) == 1


@pytest.mark.parametrize("links", [60_000, pytest.param(1_050_000, marks=pytest.mark.slow)])
def test_a_page_of_many_megabytes(tmp_path: Path, links: int) -> None:
    text = "[[Nil]] und {{x|[[y]]}} '''mehr''' <ref>z</ref>.\n\n" * links
    path = tmp_path / "dewiki.xml.bz2"
    path.write_bytes(many_streams([SmallPage("Groß", text)], pages_a_stream=1))

    counts = build(path, tmp_path / "out")

    assert counts[PAGES]["links"] == links


def test_redirects_in_a_loop(tmp_path: Path) -> None:
    loop = [
        SmallPage(f"R{n}", f"#WEITERLEITUNG [[R{(n + 1) % 500}]]", redirect=f"R{(n + 1) % 500}")
        for n in range(500)
    ]
    path = tmp_path / "dewiki.xml.bz2"
    pages = [SmallPage("Nil", "[[R1]] [[Nil]]"), *loop]
    path.write_bytes(many_streams(pages, pages_a_stream=50))

    counts = build(path, tmp_path / "out")

    assert counts[PAGES]["redirects"] == 500
    assert EntityVocab.read(tmp_path / "out" / VOCAB).title(3) == "Nil"


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_a_build_that_is_killed_makes_the_same(dump: Path, tmp_path: Path, kills: int) -> None:
    started = time.monotonic()
    command = [sys.executable, "-m", "openluke", "wikipedia", "build", str(dump)]
    options = ["--size", "10", "--workers", "2"]
    subprocess.run([*command, str(tmp_path / "whole"), *options], check=True, cwd=ROOT)
    seconds = time.monotonic() - started
    rng = random.Random(kills)
    for kill in range(kills):
        output = tmp_path / ("killed" if kills < 20 else f"killed-{kill}")
        process = subprocess.Popen([*command, str(output), *options], cwd=ROOT)
        time.sleep(seconds * rng.uniform(0.1, 0.95))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if kills == 20:
            subprocess.run([*command, str(output), *options], check=True, cwd=ROOT)
            assert contents(output) == contents(tmp_path / "whole")
    subprocess.run([*command, str(output), *options], check=True, cwd=ROOT)

    assert contents(output) == contents(tmp_path / "whole")
    left = {path.name for path in output.iterdir()} - {*STAGES, ".build.lock"}
    assert {name for name in left if not name.endswith((".lock", ".unfinished"))} == set()
