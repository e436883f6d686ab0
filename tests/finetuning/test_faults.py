"""A run that is killed, shared or out of space ends as one that is left alone in one process."""

import errno
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from openluke.checkpoints import saving
from openluke.checkpoints.loading import load_bundle
from openluke.errors import CheckpointError, TrainingError
from openluke.training import run_directory
from openluke.training.trackers.console import ConsoleTracker
from tests.architecture.rules import ROOT
from tests.finetuning import one_run

TIMED = {"seconds", "instances_per_second", "examples_per_second", "peak_memory", "device"}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in the other processes: sums in another order are other sums."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("inputs")
    one_run.write_inputs(directory)
    return directory


@pytest.fixture(scope="module")
def whole(inputs: Path) -> Path:
    """A run that was left alone."""
    result = one_run.run(inputs, output=inputs / "whole")
    assert result.report["steps"] == one_run.STEPS
    return result.directory


def in_a_process(*arguments: object, launcher: tuple[str, ...] = ()) -> Any:
    command = [sys.executable, *launcher, "-m", "tests.finetuning.one_run", *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240
    )


def weights(run: Path) -> dict[str, torch.Tensor]:
    bundle = load_bundle(run / "model")
    return dict(bundle.encoder.state_dict()) | dict(bundle.heads[0].module.state_dict())


def assert_same(run: Path, *, whole: Path) -> None:
    first, second = weights(whole), weights(run)
    assert all(torch.equal(first[name], second[name]) for name in first)
    reports = [run_directory.read_scores(one) or {} for one in (whole, run)]
    first, second = ({k: v for k, v in one.items() if k not in TIMED} for one in reports)
    assert first == second
    hidden = [file for file in run.rglob(".*") if file.name != ".lock"]
    assert not hidden


def test_a_run_that_was_killed_goes_on_and_says_so(inputs: Path, whole: Path, tmp_path: Path):
    killed = in_a_process(inputs, tmp_path / "run", 7)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "run" / "scores.json").exists()
    shown = io.StringIO()
    tracker = ConsoleTracker(Console(file=shown, width=200))
    one_run.run(inputs, output=tmp_path / "run", trackers=[tracker])
    assert "goes on after step 6 of 12" in shown.getvalue()
    assert_same(tmp_path / "run", whole=whole)


def test_two_processes_learn_what_one_learns(inputs: Path, whole: Path, tmp_path: Path):
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = in_a_process(inputs, tmp_path / "run", launcher=launcher)
    assert done.returncode == 0, done.stderr
    first, second = weights(whole), weights(tmp_path / "run")
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, atol=1e-5, rtol=1e-4)
    reports = [run_directory.read_scores(one) or {} for one in (whole, tmp_path / "run")]
    assert reports[0]["scores"] == reports[1]["scores"]
    assert reports[1]["device"] == "cpu, 2 processes"


def test_a_second_process_is_refused_while_the_first_goes_on(
    inputs: Path, whole: Path, tmp_path: Path
):
    said: list[str] = []

    def start_another() -> None:
        other = in_a_process(inputs, tmp_path / "run")
        assert other.returncode == 1
        said.append(other.stderr)

    one_run.run(inputs, output=tmp_path / "run", trackers=[one_run.At(3, do=start_another)])
    assert "another process is writing it at this moment" in said[0]
    assert_same(tmp_path / "run", whole=whole)


def test_a_loss_that_is_no_number_names_its_examples(inputs: Path, whole: Path, tmp_path: Path):
    fast = {"training": {"optimizer": {"learning_rate": 1e38, "warmup": 0.0}}}
    with pytest.raises(TrainingError, match=r"from sequence_classification example \d+, "):
        one_run.run(inputs, output=tmp_path / "run", **fast)
    # no step was kept, so it may be started otherwise
    one_run.run(inputs, output=tmp_path / "run")
    assert_same(tmp_path / "run", whole=whole)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond a size while the block runs, as on a disk that is full."""
    resource = pytest.importorskip("resource", reason="limits are those of POSIX")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [1000, 20_000])
def test_files_that_cannot_be_written_are_named_and_nothing_is_broken(
    size: int, inputs: Path, whole: Path, tmp_path: Path
):
    with largest_file(size), pytest.raises(CheckpointError, match=rf"{tmp_path}.*File too large"):
        one_run.run(inputs, output=tmp_path / "run")
    assert not list(tmp_path.rglob("*.safetensors"))
    one_run.run(inputs, output=tmp_path / "run")
    assert_same(tmp_path / "run", whole=whole)


@pytest.mark.parametrize(
    ("module", "function"), [(saving, "write_weights"), (run_directory, "_write")]
)
def test_a_disk_that_is_full_at_the_end_costs_no_step(
    module: Any,
    function: str,
    inputs: Path,
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    real, calls = getattr(module, function), []

    def fail(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        # the recipe is written before anything is trained
        if function == "_write" and len(calls) == 1:
            return real(*arguments, **options)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, function, fail)
        with pytest.raises((CheckpointError, OSError), match="No space left on device"):
            one_run.run(inputs, output=tmp_path / "run")
    assert (tmp_path / "run" / "model").exists() == (function == "_write")
    steps: list[int] = []
    tracker = one_run.At(one_run.STEPS, do=lambda: steps.append(one_run.STEPS))
    one_run.run(inputs, output=tmp_path / "run", trackers=[tracker])
    assert not steps
    assert_same(tmp_path / "run", whole=whole)
