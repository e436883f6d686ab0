"""Corpora are built on the command line, as a newcomer does it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from openluke.cli.main import main
from openluke.pretraining.corpus.corpus import Corpus
from tests.pretraining.corpus.small_corpora import write_sources

LINE = "build pages corpus --vocab vocab --tokenizer tokenizer --max-words 40 --workers 1"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    write_sources(tmp_path)
    monkeypatch.chdir(tmp_path)

    def call(line: str, *, status: int = 0) -> str:
        code = 0
        try:
            main(["pretrain", *line.split()])
        except SystemExit as ended:
            code = ended.code
        out, err = capsys.readouterr()
        assert code == status, err
        return err if status else out

    return call


def test_a_corpus_is_built_and_told(run, caplog: pytest.LogCaptureFixture) -> None:
    told = run(LINE)
    for words in ("written to", "mentions", "pieces", "left out", "links to unknown entities"):
        assert words in told
    counts = json.loads(run(f"{LINE} --json"))
    corpus = Corpus.open("corpus")
    assert (counts["kind"], counts["language"], counts["pieces"]) == (
        *("corpus", "en"),
        corpus.info.n_pieces,
    )
    assert "corpus: is already there, made from the same inputs" in caplog.text
    err = run(f"{LINE} --seed 1", status=1)
    assert "corpus: is finished already, and made otherwise (seed: 0 → 1); choose" in err
    run(f"{LINE} --seed 1 --replace --validation 0.5 --no-lists")
    options = Corpus.open("corpus").manifest.options
    assert (options["seed"], options["validation"], options["lists"]) == (1, 0.5, False)


def test_an_empty_corpus_is_told(run, caplog: pytest.LogCaptureFixture) -> None:
    titles = ("[PAD]", "[UNK]", "[MASK]", "Elsewhere")
    Path("few.tsv").write_text("".join(f"{title}\t1\n" for title in titles))
    run(LINE.replace("--vocab vocab", "--vocab few.tsv"))
    assert "corpus: nothing is in it; what was left out says why" in caplog.text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("build x c --vocab vocab --tokenizer tokenizer", "x: no manifest.json"),
        (
            "build pages c --vocab pages --tokenizer tokenizer",
            "pages: is a page store, expected an entity vocabulary; openluke wikipedia vocab",
        ),
        ("build pages c --vocab x --tokenizer tokenizer", "x: cannot be read"),
        ("build pages c --vocab vocab --tokenizer x", "x: no such directory"),
        (f"{LINE} --min-words 39", "min_words is 39, expected 1 to 38"),
        (f"{LINE} --partition x", "--partition goes with --executor slurm alone"),
    ],
)
def test_errors_are_one_line(run, line: str, message: str) -> None:
    err = run(line, status=1)
    assert message in err
    assert err.count("\n") == 1


def test_who_stops_a_build_is_told_that_it_goes_on(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("openluke.pretraining.corpus.build_corpus.run_parts", stop)
    assert "the same command goes on where it was" in run(LINE, status=130)


def test_torch_is_not_needed() -> None:
    check = "import sys, openluke.cli.pretrain.build; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)
