"""The Python in README.md runs as it stands there."""

import re

import pytest

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.saving import save_bundle
from tests.architecture.rules import ROOT

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)


def test_there_is_code_to_run():
    assert BLOCKS


@pytest.mark.parametrize("code", BLOCKS)
def test_a_block_runs(code, tmp_path, monkeypatch, capsys):
    save_bundle(tiny_model(TEXTS), directory=tmp_path / "tiny-luke")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert "London (32,)" in capsys.readouterr().out
