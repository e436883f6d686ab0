"""What docs/pretraining.md shows, done in its order."""

import re
import shutil
from pathlib import Path

import pytest

from openluke.cli.main import main
from tests.architecture.rules import ROOT
from tests.pretraining.corpus.small_corpora import write_sources

TEXT = (ROOT / "docs" / "pretraining.md").read_text(encoding="utf-8")
RECIPE = Path("recipes") / "pretraining" / "tiny.toml"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_a_corpus_becomes_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    write_sources(tmp_path / "greek")
    (tmp_path / "greek" / "tokenizer").rename(tmp_path / "xlm-roberta-base")
    (tmp_path / RECIPE).parent.mkdir(parents=True)
    shutil.copyfile(ROOT / RECIPE, tmp_path / RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENLUKE_CORPORA", str(tmp_path))
    commands = [line.split()[2:] for line in "".join(blocks("console")).splitlines()]
    assert [command[:2] for command in commands] == [
        ["pretrain", "build"],
        ["pretrain", "run"],
        ["pretrain", "run"],
        ["inspect", "greek-luke/model"],
    ]
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert not ended.value.code, command
    capsys.readouterr()
    for block in blocks("python"):
        exec(compile(block, "docs/pretraining.md", "exec"), {})
    assert "City 3 → City 3" in capsys.readouterr().out
