"""Two processes learn what one learns, whether each has the model or a share of it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from openluke.errors import ConfigError
from openluke.training.distributed import Losses, World, joined, spread
from tests.architecture.rules import ROOT
from tests.training import processes, toy

TOGETHER = ("ddp", "fsdp", "ddp-dropout", "fsdp-checkpointing", "ddp-lazy", "fsdp-lazy")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Where one process and where two have left each case."""
    alone, two = tmp_path_factory.mktemp("alone"), tmp_path_factory.mktemp("two")
    # a run that is interrupted in one process, and goes on in two
    run_alone("fsdp-continued", directory=alone, stop=processes.STOP)
    for name in ("fsdp-continued", "ddp-continued"):
        shutil.copytree(alone / "fsdp-continued", two / name)
    with in_two_processes(*processes.CASES, directory=two):
        for name in (*TOGETHER, "ddp-continued"):
            run_alone(name, directory=alone)
    # and one that is interrupted in two, and goes on in one
    shutil.copytree(two / "fsdp-stopped", alone / "fsdp-stopped")
    run_alone("fsdp-stopped", directory=alone, stop=None)
    return alone, two


def run_alone(name: str, *, directory: Path, **options: Any) -> None:
    processes.run_case(name, directory=directory, world=World(), strategy="ddp", **options)


@contextmanager
def in_two_processes(*names: str, directory: Path) -> Iterator[None]:
    """Run cases in two processes while the block runs, and wait for them."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "tests.training.processes", str(directory)]
    started = subprocess.Popen(
        [*command, *names],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield
        said, _ = started.communicate(timeout=240)
    finally:
        started.terminate()  # torchrun ends those that it started
        started.communicate()
    assert started.returncode == 0, said


def reported(run_dir: Path, name: str) -> list[float]:
    lines = (run_dir / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [values[name] for values in map(json.loads, lines) if name in values]


def distance(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    """The length of the difference, as a share of the length."""
    assert set(a) == set(b)
    square = sum((a[name] - b[name]).double().square().sum() for name in a)
    return float((square / sum(x.double().square().sum() for x in a.values())) ** 0.5)


@pytest.mark.parametrize("name", TOGETHER)
def test_first_gradients_are_those_of_one_process(name: str, runs: tuple[Path, Path]):
    alone, two = (load_file(path / f"{name}.gradients") for path in runs)
    # a share of the model that no process used has a gradient of zeros
    two = {key: value for key, value in two.items() if key in alone or value.any()}
    assert distance(alone, two) < 1e-6


@pytest.mark.parametrize("name", TOGETHER)
def test_losses_are_those_of_one_process(name: str, runs: tuple[Path, Path]):
    alone, two = (reported(path / name, "loss") for path in runs)
    assert len(alone) == processes.CASES[name].get("max_steps", 20)
    assert two == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("name", ["ddp", "fsdp"])
def test_measures_are_those_of_one_process(name: str, runs: tuple[Path, Path]):
    alone, two = (reported(path / name, "measure/entities/right") for path in runs)
    assert len(alone) == 20
    assert two == pytest.approx(alone, abs=1e-5)


def test_the_utilisation_of_all_devices_is_told(runs: tuple[Path, Path]):
    for path in runs:
        shares = reported(path / "fsdp-checkpointing", "utilisation")
        assert len(shares) == 6
        assert all(0 < share < 1 for share in shares)


@pytest.mark.parametrize("name", TOGETHER)
def test_weights_are_those_of_one_process(name: str, runs: tuple[Path, Path]):
    alone, two = (load_file(path / f"{name}.weights") for path in runs)
    assert distance(alone, two) < 1e-5


@pytest.mark.parametrize("name", ["ddp", "fsdp"])
def test_scores_are_those_of_one_process(name: str, runs: tuple[Path, Path]):
    alone, two = (reported(path / name, "score/accuracy") for path in runs)
    assert len(alone) == 3
    assert two == pytest.approx(alone, abs=0.05)


def test_shares_of_a_model_learn_what_whole_ones_learn(runs: tuple[Path, Path]):
    _, two = runs
    assert reported(two / "fsdp", "loss") == pytest.approx(reported(two / "ddp", "loss"), abs=1e-5)


@pytest.mark.parametrize("name", ["fsdp-continued", "ddp-continued"])
def test_a_run_of_one_process_goes_on_in_two(name: str, runs: tuple[Path, Path]):
    alone, two = runs
    whole = load_file(alone / "ddp-continued.weights")
    assert distance(whole, load_file(two / f"{name}.weights")) < 1e-5
    assert len(reported(two / name, "loss")) == 12


def test_a_run_of_two_processes_goes_on_in_one(runs: tuple[Path, Path]):
    alone, _ = runs
    whole = load_file(alone / "ddp-continued.weights")
    assert distance(whole, load_file(alone / "fsdp-stopped.weights")) < 1e-5
    assert len(reported(alone / "fsdp-stopped", "loss")) == 12


def test_a_process_without_torchrun_is_alone():
    with joined("cpu") as world:
        assert (world.rank, world.size, world.is_first) == (0, 1, True)
        assert world.gather("what I say") == ["what I say"]


def test_a_model_cannot_be_shared_by_one_process():
    losses = Losses(toy.make_model(), objective=toy.ToyObjective())
    with pytest.raises(ConfigError, match="there is one; start several with torchrun"):
        spread(losses, strategy="fsdp", world=World())
