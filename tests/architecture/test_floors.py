"""Rule 1: the floors are kept by import-linter, which does report an import that goes upwards."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.rules import ROOT

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports({}))"


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    options = f"config_filename={str(root / 'pyproject.toml')!r}, no_cache=True"
    return subprocess.run(
        [sys.executable, "-c", LINT.format(options)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root / "src"), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def copy(tmp_path):
    """A copy of the package in which something may be planted."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(root: Path, *, path: str, text: str) -> None:
    file = root / "src" / "openluke" / path
    before = file.read_text(encoding="utf-8") if file.exists() else '"""Planted."""\n'
    file.write_text(f"{before}\n{text}\n", encoding="utf-8")


def test_the_floors_are_kept(copy):
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("path", "text", "contract"),
    [
        ("records/spans.py", "import openluke.tokenization", "only from floors below"),
        ("errors.py", "def f():\n    from openluke import config", "only from floors below"),
        ("features.py", "from openluke import config", "only from floors below"),
        (
            "entities/__init__.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import openluke.inference",
            "only from floors below",
        ),
        ("surprise.py", "", "only from floors below"),
        ("tokenization/__init__.py", "import torch", "text side never imports torch"),
        ("model/__init__.py", "import transformers", "never what it is made of"),
        ("entities/__init__.py", "import rich", "Only the command line and"),
    ],
    ids=[
        "upwards",
        "upwards inside a function",
        "sideways on one floor",
        "upwards for type checking",
        "a module without a floor",
        "torch on the text side",
        "transformers",
        "the terminal",
    ],
)
def test_a_planted_import_is_reported(copy, path, text, contract):
    plant(copy, path=path, text=text)
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert any(contract in line for line in broken), result.stdout


def test_no_room_is_forgotten_where_the_terminal_is_kept_out():
    """Import-linter takes a list of them, which is as exhaustive as the floors are."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {one["id"]: one for one in settings["tool"]["importlinter"]["contracts"]}
    rooms = {f"openluke.{path.stem}" for path in (ROOT / "src" / "openluke").iterdir()}
    rooms -= {f"openluke.{name}" for name in ("cli", "__init__", "__main__", "__pycache__", "py")}
    assert set(contracts["terminal"]["source_modules"]) == rooms


def test_tasks_that_know_each_other_are_reported(copy):
    (copy / "src" / "openluke" / "tasks").mkdir(exist_ok=True)
    for path, text in (
        ("tasks/__init__.py", ""),
        ("tasks/planted_one.py", "import openluke.tasks.planted_two"),
        ("tasks/planted_two.py", ""),
    ):
        plant(copy, path=path, text=text)
    result = lint(copy)
    assert result.returncode == 1
    assert "Tasks do not know each other BROKEN" in result.stdout
