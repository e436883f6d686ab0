"""Models are pretrained on the command line: first what it would take, then the run."""

import json
from pathlib import Path

import pytest

from openluke.cli.main import main
from tests.architecture.rules import ROOT
from tests.pretraining.corpus.small_corpora import build, write_sources

RECIPE = ROOT / "recipes" / "pretraining" / "tiny.toml"


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, corpus: Path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENLUKE_CORPORA", str(tmp_path))

    def call(*arguments: str, status: int = 0) -> str:
        code = 0
        try:
            main(["pretrain", "run", str(RECIPE), "--corpus", str(corpus), *arguments])
        except SystemExit as ended:
            code = ended.code
        out, err = capsys.readouterr()
        assert code == status, err
        return err if status else out

    return call


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sources")
    build(write_sources(directory), directory / "corpus")
    return directory / "corpus"


def test_a_dry_run_says_what_a_run_takes_and_writes_nothing(run, tmp_path: Path) -> None:
    found = json.loads(run("--dry-run", "--json"))
    assert list(found["phases"]) == ["entities", "all"]
    assert found["phases"]["entities"]["steps"] == 20
    assert found["phases"]["entities"]["parameters frozen"] > 0
    assert found["phases"]["all"]["parameters frozen"] == 0
    told = run("--dry-run")
    for words in ("made from", "share of what is read", "one micro-batch", "time in all"):
        assert words in told
    assert not list(tmp_path.iterdir())


def test_a_model_is_pretrained_and_told(run) -> None:
    told = run("--output", "luke", "--set", "training.max_steps=4")
    assert "on what was held out" in told
    assert "luke/model: the model, with its card" in told
    assert (Path("luke") / "model" / "model.safetensors").exists()
    assert "Scores on pages that were held out" in Path("luke/model/README.md").read_text()


def test_what_is_missing_or_wrong_is_told(run) -> None:
    assert "nothing says where the run goes; give --output" in run(status=1)
    err = run("--output", "luke", "--set", "training.step_inputz=4", status=1)
    assert "step_inputz" in err
    err = run("--output", "luke", "--corpus", "nowhere", status=1)
    assert "nowhere" in err
