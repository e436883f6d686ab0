"""Threads that read ahead: the same is learnt whatever their number, and they end with the run."""

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from openluke.errors import DataError
from openluke.instances import TaskBatch
from openluke.training.data import InstanceData
from openluke.training.workers import Workers
from tests.training import toy

OPTIONS: dict[str, Any] = {"max_steps": 9, "checkpoint_every": 2, "accumulation": 2}
TIMEOUT = 20.0


def learnt(run_dir: Path, *, workers: int, data: Any = None) -> dict[str, torch.Tensor]:
    model = toy.make_model(dropout=0.3)
    objective = toy.ToyObjective(draws=True)
    toy.make_trainer(
        run_dir, model=model, objective=objective, data=data, data_workers=workers, **OPTIONS
    ).run()
    return toy.weights(model)


def running() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("openluke-data")]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """What is learnt without threads."""
    return learnt(tmp_path_factory.mktemp("alone"), workers=0)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_same_is_learnt_whatever_the_number_of_threads(
    workers: int, alone: dict[str, torch.Tensor], tmp_path: Path
):
    assert toy.same_weights(learnt(tmp_path, workers=workers), alone)
    assert running() == []


@pytest.mark.parametrize(("before", "after"), [(0, 3), (3, 1), (1, 0)])
def test_a_run_goes_on_with_another_number_of_threads(
    before: int, after: int, alone: dict[str, torch.Tensor], tmp_path: Path
):
    data = toy.StoppingData(toy.make_instances(), batch_size=3, stop=9)
    with pytest.raises(toy.StoppedError):
        learnt(tmp_path, workers=before, data=data)
    assert running() == []
    assert toy.same_weights(learnt(tmp_path, workers=after), alone)


@pytest.mark.parametrize("workers", [1, 3])
def test_what_cannot_be_read_is_an_error_of_the_step_that_needs_it(workers: int, tmp_path: Path):
    class Damaged(InstanceData):
        def batch(self, position: int) -> Any:
            if position == 7:
                raise DataError("a page is damaged")
            return super().batch(position)

    data = Damaged(toy.make_instances(), batch_size=3)
    with pytest.raises(DataError, match="a page is damaged"):
        learnt(tmp_path, workers=workers, data=data)
    # three steps of two micro-batches each were made
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 3
    assert running() == []


def made_of(position: int) -> Any:
    return SimpleNamespace(position=position)


def places(batches: list[Any]) -> list[int]:
    return [batch.position for batch in batches]


@pytest.mark.parametrize(("n", "n_first", "n_second"), [(1, 4, 6), (3, 5, 7)])
def test_what_is_read_ahead_is_bounded(n: int, n_first: int, n_second: int):
    read: list[int] = []

    def make(position: int) -> Any:
        read.append(position)
        return made_of(position)

    with Workers(n) as workers:
        for positions, expected in ((range(1, 4, 2), n_first), (range(5, 8, 2), n_second)):
            assert places(workers.take(positions, read=make)) == list(positions)
            # more would be begun at once, if more was ever begun
            deadline = time.monotonic() + TIMEOUT
            while len(read) < expected and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.1)
            assert sorted(read) == list(range(1, 2 * expected, 2))


def test_nothing_is_read_beyond_the_end_of_the_run():
    read: list[int] = []

    def make(position: int) -> Any:
        read.append(position)
        return made_of(position)

    with Workers(2, end=6) as workers:
        for first in (0, 2, 4):
            workers.take(range(first, first + 2), read=make)
    assert sorted(read) == list(range(6))


def test_micro_batches_are_read_while_a_step_computes():
    begun = threading.Event()

    def make(position: int) -> Any:
        if position == 1:
            begun.set()
        return made_of(position)

    with Workers(1) as workers:
        workers.take(range(1), read=make)
        assert begun.wait(TIMEOUT)


def test_batches_for_an_accelerator_are_put_into_pinned_memory(monkeypatch: pytest.MonkeyPatch):
    chosen: list[int] = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)

    class Batch:
        pinned = False

        def pin_memory(self) -> Any:
            assert threading.current_thread() is not threading.main_thread()
            self.pinned = True
            return self

    def make(position: int) -> Any:
        return Batch()

    with Workers(1, device=torch.device("cuda", 5)) as workers:
        (batch,) = workers.take(range(1), read=make)
    assert batch.pinned
    assert chosen == [5]


@pytest.mark.gpu
def test_a_whole_batch_is_pinned_and_learnt_from(tmp_path: Path):
    device = torch.device("cuda")
    objective = toy.ToyObjective()

    def make(position: int) -> TaskBatch:
        return objective.collate(toy.make_instances(n=3), rng=None)  # type: ignore[arg-type]

    with Workers(2, device=device) as workers:
        (batch,) = workers.take(range(1), read=make)
        assert batch.batch.word_ids.is_pinned()
        assert batch.to(device, non_blocking=True).batch.device.type == "cuda"
