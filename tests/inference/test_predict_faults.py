"""A command that is killed, or whose disk is full, ends as one that is left alone."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.saving import save_bundle
from openluke.cli.main import main
from tests import toy_task
from tests.architecture.rules import ROOT
from tests.inference import one_job
from tests.toy_task import ToyConfig, ToyTask

LINES = [f"the Nile flows past town {number}" for number in range(30)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, a file of texts, and the toy installed for this process and for others."""
    one_job.use_small_chunks(monkeypatch)
    toy_task.install_for_processes(monkeypatch, directory=tmp_path / "installed")
    bundle = tiny_model(TEXTS)
    task = ToyTask(ToyConfig(), setup=bundle.task_setup(("city", "river")))
    generator = torch.Generator().manual_seed(1)
    bundle = bundle.with_task("places", task=task, generator=generator)
    save_bundle(bundle, directory=tmp_path / "model")
    (tmp_path / "in.txt").write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    (tmp_path / "out").mkdir()
    return tmp_path


def arguments(folder: Path, *, output: str) -> list[str]:
    files = ["--input", str(folder / "in.txt"), "--output", str(folder / "out" / output)]
    return [str(folder / "model"), *files, "--device", "cpu"]


def in_a_process(how: str, number: int, *, folder: Path) -> Any:
    command = [sys.executable, "-m", "tests.inference.one_job", how, str(number)]
    paths = os.pathsep.join([str(folder / "installed"), str(ROOT)])
    return subprocess.run(
        [*command, *arguments(folder, output="failed.jsonl")],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def assert_the_same_command_completes(folder: Path) -> None:
    output = folder / "out"
    assert not (output / "failed.jsonl").exists()
    assert (output / ".failed.jsonl.progress").exists()
    for name in ("failed.jsonl", "whole.jsonl"):
        with pytest.raises(SystemExit, match="0"):
            main(["predict", *arguments(folder, output=name)])
    assert (output / "failed.jsonl").read_bytes() == (output / "whole.jsonl").read_bytes()
    assert sorted(path.name for path in output.iterdir()) == ["failed.jsonl", "whole.jsonl"]


def test_a_command_that_was_killed_goes_on(folder: Path) -> None:
    killed = in_a_process("killed", 4, folder=folder)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    written = (folder / "out" / ".failed.jsonl.partial").read_text(encoding="utf-8")
    assert len(written.splitlines()) == 12
    assert_the_same_command_completes(folder)


def test_a_command_whose_disk_is_full_says_so_in_a_line_and_goes_on(folder: Path) -> None:
    full = in_a_process("full", 2000, folder=folder)
    assert full.returncode == 1, full.stderr
    output = folder / "out" / "failed.jsonl"
    expected = f"openluke: error: {output}: cannot be written: File too large\n"
    assert full.stderr == expected
    assert full.stdout == ""
    assert_the_same_command_completes(folder)
