"""What docs/wikipedia.md shows, done in its order."""

import re
from pathlib import Path

import duckdb
import pytest

from openluke.cli.main import main
from tests.architecture.rules import ROOT
from tests.wikipedia.dump.small_dumps import SmallPage, many_streams

TEXT = (ROOT / "docs" / "wikipedia.md").read_text(encoding="utf-8")
DUMP = "elwiki-latest-pages-articles-multistream.xml.bz2"
PAGES = [
    SmallPage("Αθήνα", "Η '''Αθήνα''' είναι πόλη της [[Ελλάδα|Ελλάδας]]."),
    SmallPage("Ελλάδα", "Πρωτεύουσα είναι η [[Αθήνα]]."),
]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    lines = "".join(blocks("console")).splitlines()
    return [line.split()[2:] for line in lines if line.startswith("$ openluke ")]


def run(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert not ended.value.code, arguments


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_dump_is_made_and_read(capsys: pytest.CaptureFixture) -> None:
    Path(DUMP).write_bytes(many_streams(PAGES, pages_a_stream=1))
    (build,) = [one for one in commands() if "build" in one]
    run([*build, "--workers", "1"])
    capsys.readouterr()
    for block in blocks("python"):
        exec(compile(block, "docs/wikipedia.md", "exec"), {})
    told = capsys.readouterr().out
    assert "('Ελλάδας', 'Ελλάδα')" in told
    assert "title='Αθήνα'" in told
    (query,) = blocks("sql")
    assert sorted(duckdb.sql(query).fetchall()) == [("Αθήνα", 1), ("Ελλάδα", 1)]


def test_documents_of_ones_own() -> None:
    Path("plant.jsonl").write_text(blocks("json")[0], encoding="utf-8")
    for command in commands():
        if command[1] in ("import", "candidates") or command[2:] == ["pages", "vocab"]:
            run([*command, "--workers", "1"])
    assert Path("candidates").is_dir()


def test_several_languages() -> None:
    for language in ("el", "ja"):
        Path(f"{language}wiki.xml.bz2").write_bytes(
            many_streams([SmallPage("A", "[[A]] [[de:A]]")], pages_a_stream=1)
        )
        parse = ["parse", f"{language}wiki.xml.bz2", f"{language}/pages", "--language", language]
        run(["wikipedia", *parse, "--workers", "1"])
    for command in commands():
        if any("/" in argument and "greek" not in argument for argument in command):
            run(command)
    assert Path("all").is_dir()


def test_templates_of_ones_own_are_rules() -> None:
    Path("rules.toml").write_text(blocks("toml")[0], encoding="utf-8")
    Path(DUMP).write_bytes(many_streams(PAGES, pages_a_stream=1))
    parse = ["parse", DUMP, "pages", "--templates", "rules.toml", "--language", "de"]
    run(["wikipedia", *parse, "--workers", "1"])
