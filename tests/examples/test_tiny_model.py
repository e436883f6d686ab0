"""The example that makes a tiny model: it runs, and the texts beside it suit it."""

import json
import subprocess
import sys

import pytest

from openluke.checkpoints.loading import load_bundle
from openluke.records import Span, check_span
from tests.architecture.rules import ROOT

PROGRAM = ROOT / "examples" / "tiny_model.py"
ROWS = [
    json.loads(line)
    for line in (ROOT / "examples" / "texts.jsonl").read_text(encoding="utf-8").splitlines()
]


def run(*arguments):
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    path = tmp_path_factory.mktemp("example") / "tiny-luke"
    done = run(path)
    assert done.returncode == 0, done.stderr
    return path


def test_the_model_loads_and_knows_the_titles_of_the_texts(directory):
    bundle = load_bundle(directory)
    assert bundle.encoder.config.entity_aware
    assert bundle.tokenizer.has_markers
    titles = {title for row in ROWS for title in row.get("entities", ())}
    assert titles
    assert all(bundle.entities.find(title) is not None for title in titles)


def test_the_model_may_be_made_again_in_the_same_place(directory):
    before = (directory / "model.safetensors").read_bytes()
    assert run(directory).returncode == 0
    assert (directory / "model.safetensors").read_bytes() == before


def test_a_call_without_a_directory_says_how_to_call_it():
    done = run()
    assert done.returncode == 1
    assert done.stderr.startswith("usage:")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:12])
def test_spans_of_the_texts_lie_in_them(row):
    for start, end in row["spans"]:
        check_span(Span(start, end), text=row["text"])
    assert len(row.get("entities", row["spans"])) == len(row["spans"])
