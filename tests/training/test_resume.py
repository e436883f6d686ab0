"""A run that is killed, wherever in its work, ends with the same weights bit for bit."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.rules import ROOT

SEEDS = (1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6)))


def train(directory: Path, *, seed: int) -> int:
    """Train in lives; how many there were."""
    command = [sys.executable, "-m", "tests.training.lives", str(directory), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def reports(directory: Path) -> list[dict[str, Any]]:
    lines = (directory / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()
    timed = {"instances_per_second", "rows_per_second", "words_per_second"}
    return [{k: v for k, v in json.loads(line).items() if k not in timed} for line in lines]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody killed."""
    directory = tmp_path_factory.mktemp("whole")
    assert train(directory, seed=0) == 1
    return directory


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_that_was_killed_again_and_again_learns_the_same(
    seed: int, whole: Path, tmp_path: Path
):
    assert train(tmp_path, seed=seed) > 2
    assert (tmp_path / "weights").read_bytes() == (whole / "weights").read_bytes()
    assert reports(tmp_path) == reports(whole)
    kept = sorted(entry.name for entry in (tmp_path / "run/checkpoints").iterdir())
    assert kept == sorted(entry.name for entry in (whole / "run/checkpoints").iterdir())
