"""The Python in README.md runs as it stands there."""

import json
import logging
import re
import sys
from types import ModuleType, SimpleNamespace

import pytest

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.saving import save_bundle
from tests.architecture.rules import ROOT

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
EXPECTED = {
    "openluke.load(": "London (32,)",
    "load_dataset(": "'accuracy': ",
    "EntityVocab.read(": " None",
}
"""What a block prints, by something that stands in it."""
CLASSES = ("World", "Sports")


class Split(list):
    """Rows as ``datasets`` has them: classes are numbers, whose names their feature knows."""

    @property
    def features(self):
        return {"text": None, "label": SimpleNamespace(names=CLASSES)}


def news(n: int) -> Split:
    return Split({"text": f"text {i}", "label": i % 2} for i in range(n))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a block where there is a model, and a data set to be loaded."""
    save_bundle(tiny_model(TEXTS), directory=tmp_path / "tiny-luke")
    monkeypatch.chdir(tmp_path)
    datasets = ModuleType("datasets")
    datasets.load_dataset = lambda _: {"train": news(20), "test": news(4)}
    monkeypatch.setitem(sys.modules, "datasets", datasets)
    return lambda code: exec(compile(code, "README.md", "exec"), {})


def test_there_is_code_to_run():
    assert BLOCKS


@pytest.mark.parametrize("code", BLOCKS)
def test_a_block_runs(code, run, capsys):
    run(code)
    (expected,) = (output for call, output in EXPECTED.items() if call in code)
    assert expected in capsys.readouterr().out


def test_a_data_set_is_learnt_from_by_names_and_the_run_is_the_same_again(run, tmp_path, caplog):
    (code,) = (block for block in BLOCKS if "load_dataset(" in block)
    run(code)
    saved = json.loads((tmp_path / "run" / "model" / "openluke.json").read_text())
    assert sorted(CLASSES) == saved["heads"][0]["labels"]
    with caplog.at_level(logging.INFO):
        run(code)
    assert "is finished already" in caplog.text
