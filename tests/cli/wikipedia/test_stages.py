"""The stages on the command line, as a newcomer goes through them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from openluke.cli.main import main
from openluke.wikipedia.pages import PageStore
from tests.wikipedia.dump.small_dumps import SmallPage, dump_xml, many_streams

PAGES = [
    SmallPage("Nil", "Der '''Nil''' ist ein {{Wort|[[Fluss]]}} in [[Ägypten]].\n[[en:Nile]]"),
    SmallPage("Ägypten", "[[Nil|Der Strom]] und [[Kairo]] {{x}}."),
    SmallPage("Nilstrom", "#WEITERLEITUNG [[Nil]]", redirect="Nil"),
    SmallPage("Kairo", "Am [[Nilstrom]]."),
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    (tmp_path / "dewiki.xml.bz2").write_bytes(many_streams(PAGES, pages_a_stream=2))
    monkeypatch.chdir(tmp_path)

    def call(line: str, *, status: int = 0) -> str:
        code = 0
        try:
            main(["wikipedia", *line.split()])
        except SystemExit as ended:
            code = ended.code
        out, err = capsys.readouterr()
        assert code == status, err
        return err if status else out

    return call


def test_stage_by_stage(run) -> None:
    told = run("parse dewiki.xml.bz2 pages --workers 1")
    assert "left out" in told
    assert "templates" in told
    counts = json.loads(run("parse dewiki.xml.bz2 again --workers 1 --json"))
    assert (counts["pages"], counts["redirects"], counts["language"]) == (3, 1, "de")
    assert "below min count" in run("vocab pages vocab --min-count 2")
    run("vocab pages vocab.jsonl --form jsonl --language de")
    run("interwiki interwiki --pages pages")
    run("candidates pages candidates --workers 1")
    run("vocab pages few.jsonl --form jsonl --language de --size 4")
    run("vocab vocab.jsonl all --merge few.jsonl --interwiki interwiki --min-languages 1")


def test_a_stage_that_is_done_is_not_done_again(run, caplog: pytest.LogCaptureFixture) -> None:
    Path("own.jsonl").write_text('{"title": "Nile", "text": "A river."}', encoding="utf-8")
    lines = {
        "pages": "parse dewiki.xml.bz2 pages --workers 1",
        "own": "import own.jsonl own --workers 1",
        "vocab": "vocab pages vocab",
        "one": "vocab pages one --language de",
        "again": "vocab pages again --language de --size 4",
        "interwiki": "interwiki interwiki --pages pages",
        "all": "vocab one all --merge again --interwiki interwiki --min-languages 1",
        "candidates": "candidates pages candidates --workers 1",
        "out/candidates": "build dewiki.xml.bz2 out --workers 1",
    }
    for output, line in lines.items():
        first = run(f"{line} --json")
        manifest = Path(output) / "manifest.json"
        made = manifest.stat().st_mtime_ns
        assert "already there" not in caplog.text
        assert json.loads(run(f"{line} --json")) == json.loads(first)
        assert f"{output}: is already there, made from the same inputs" in caplog.text
        assert manifest.stat().st_mtime_ns == made
        run(f"{line} --replace")
        is_new = manifest.stat().st_mtime_ns != made
        assert is_new == (not line.startswith("build"))  # which replaces what is otherwise
        caplog.clear()
    err = run("vocab pages vocab --min-count 2", status=1)
    assert "vocab: is finished already, and made otherwise (min_count: 0 → 2); choose" in err
    err = run("vocab own vocab", status=1)
    assert re.search(r"\(pages: content \w{8} → content \w{8}\); .*--replace", err)


def test_at_once(run) -> None:
    told = json.loads(run("build dewiki.xml.bz2 out --workers 1 --json"))
    assert told["out/pages"]["pages"] == 3
    assert set(told) == {
        "kind",
        *(f"out/{one}" for one in ("pages", "vocab", "interwiki", "candidates")),
    }


def test_what_is_in_them(run) -> None:
    run("build dewiki.xml.bz2 out --workers 1")
    told = run("stats out/pages")
    assert "Most linked pages" in told
    assert "Nil" in told
    assert json.loads(run("stats out/candidates --json"))["kind"] == "candidates"
    run("stats out/vocab vocab.html")
    assert "<svg" in Path("vocab.html").read_text("utf-8")
    assert "out: is a directory without manifest.json, expected what one stage makes; give " in run(
        "stats out", status=1
    )
    assert "exists already" in run("stats out/vocab vocab.html", status=1)
    run("stats out/vocab vocab.html --replace")


def test_rules_for_templates_of_ones_own(run) -> None:
    Path("rules.toml").write_text('[all]\nwort = "{1}"\n', encoding="utf-8")
    run("parse dewiki.xml.bz2 pages --workers 1 --templates rules.toml")
    page = PageStore.open("pages").page("Nil")
    assert page is not None
    assert page.paragraphs[0].text == "Der Nil ist ein Fluss in Ägypten."
    assert page.paragraphs[0].links[0].title == "Fluss"


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("[all]\nwort = 1\n", r"\[all\] wort: expected"),
        ("wort = '{1}'\n", "expected a table for each language"),
        ("[all\n", "found no TOML"),
        ("[de]\na = 'b'\n[en]\na = 'c'\n", "give --language"),
    ],
)
def test_rules_that_are_none(run, rules: str, message: str) -> None:
    Path("rules.toml").write_text(rules, encoding="utf-8")
    err = run("parse dewiki.xml.bz2 pages --workers 1 --templates rules.toml", status=1)
    assert re.search(message, err)


def test_documents_of_ones_own(run) -> None:
    link = {"start": 0, "end": 3, "title": "Nile"}
    rows = [
        {"title": "Nile", "text": "A river."},
        {"title": "Egypt", "text": "The", "links": [link]},
    ]
    Path("own.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    run("import own.jsonl pages --workers 1")
    run("vocab pages vocab.jsonl --form jsonl")
    assert '["Nile", null]' in Path("vocab.jsonl").read_text("utf-8")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("parse missing.xml.bz2 pages", "missing.xml.bz2: no such file"),
        ("vocab pages vocab --interwiki x", "--interwiki goes with --merge alone"),
        ("vocab a b --merge c", "--merge needs --interwiki"),
        ("vocab a b --merge c --interwiki d --min-count 3", "--min-count goes with page stores"),
        ("vocab a b --merge c --interwiki d", "merge more, or give --min-languages 2"),
        ("candidates missing out", "missing: no manifest.json"),
        ("vocab missing out", "missing: no manifest.json"),
        ("interwiki out", "expected a dump of Wikidata, a table of sitelinks, or page stores"),
        ("vocab a b --memory 0", "--memory is 0 gigabytes, expected at least 0.1"),
        ("build a b --memory -1", "--memory is -1 gigabytes, expected at least 0.1"),
        ("candidates a b --memory nan", "--memory is nan gigabytes, expected at least 0.1"),
        ("parse a b --workers 0", "--workers is 0, expected at least 1"),
        ("stats a --workers -1", "--workers is -1, expected at least 1"),
        ("vocab a b --min-count -2", "min_count=-2, expected at least 0"),
        ("parse a b --partition x", "--partition goes with --executor slurm alone, not with local"),
        ("import a b --executor ray --time 1", "--time goes with --executor slurm alone"),
        ("candidates a b --sbatch c=d", "--sbatch goes with --executor slurm alone"),
        ("build a b --worker-memory 3", "--worker-memory goes with --executor slurm or ray"),
        ("parse a b --executor slurm", "--executor slurm needs --partition"),
        (
            "parse a b --executor slurm --partition c --worker-memory 0",
            "--worker-memory is 0, expected at least 1 gigabyte",
        ),
        (
            "parse a b --executor slurm --partition c --sbatch account",
            "--sbatch is 'account', expected NAME=VALUE",
        ),
        ("parse a b --more ./a", "a: is given twice, expected once"),
        ("build a b --more a", "a: is given twice"),
        ("import a b --more a", "a: is given twice"),
        ("vocab a b --merge a --interwiki i --min-languages 1", "a: is given twice"),
        ("interwiki out --wikidata a --wikidata a", "a: is given twice"),
        ("interwiki out --table a --table a", "a: is given twice"),
        ("interwiki out --pages a --pages a", "a: is given twice"),
        ("interwiki out --table a --languages nb --languages no", "found 'no' twice"),
    ],
)
def test_errors_are_one_line(run, line: str, message: str) -> None:
    err = run(line, status=1)
    assert message in err
    assert err.count("\n") == 1


def test_what_a_stage_is_not_made_of_is_called_by_its_name(run) -> None:
    run("build dewiki.xml.bz2 out --workers 1")
    makes = "expected a page store; openluke wikipedia parse DUMP PAGES (or import"
    for stage in ("vocab", "candidates"):
        given = {
            "dewiki.xml.bz2": f"dewiki.xml.bz2: is the dump of a wiki, {makes}",
            "out/pages/manifest.json": f"manifest.json: is a file, {makes}",
            "out": "out: is a directory without manifest.json, expected a page store; give "
            "out/pages",
            "out/pages/pages": f"pages: is a directory without manifest.json, {makes}",
            "out/vocab": f"out/vocab: is an entity vocabulary, {makes}",
        }
        for path, message in given.items():
            assert message in run(f"{stage} {path} other", status=1)
    merging = "--interwiki out/interwiki --min-languages 1"
    err = run(f"vocab out/pages other --merge out/vocab {merging}", status=1)
    assert "out/pages: is a page store, expected an entity vocabulary; openluke wikipedia" in err
    err = run("vocab out/vocab other --merge x --interwiki out --min-languages 1", status=1)
    assert "out: is a directory without manifest.json, expected an interwiki table; give" in err


def test_what_is_not_finished_yet_is_told(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("openluke.wikipedia.parse_dump.complete_store", stop)
    run("parse dewiki.xml.bz2 pages --workers 1", status=130)
    assert "pages: is not finished; give the command that makes it again" in run(
        "vocab pages vocab", status=1
    )


def test_an_empty_result_is_told(run, caplog: pytest.LogCaptureFixture) -> None:
    run("parse dewiki.xml.bz2 pages --workers 1 --namespaces 99")
    assert "pages: nothing is in it" in caplog.text
    Path("empty.jsonl").touch()
    run("import empty.jsonl none --workers 1")
    assert "none: nothing is in it" in caplog.text
    Path("moved.xml").write_bytes(dump_xml([PAGES[2]]))
    run("build moved.xml out --workers 1")
    assert "out/pages: nothing is in it" in caplog.text
    assert "out/interwiki: nothing" not in caplog.text


def test_torch_is_not_needed() -> None:
    stages = "parse import_documents vocab interwiki candidates stats build".split()
    imports = "; ".join(f"import openluke.cli.wikipedia.{stage}" for stage in stages)
    check = f"import sys; {imports}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)
