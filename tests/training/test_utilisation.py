"""How much of a device a run makes use of."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from openluke.instances import TaskBatch
from openluke.model.flops import encoder_flops
from openluke.model.model import Model
from openluke.training import peak
from openluke.training.distributed import World
from openluke.training.mixture import MixedObjective, Part
from openluke.training.pace import Pace
from openluke.training.peak import matmul_peak
from openluke.training.step import StepReport
from openluke.training.utilisation import flops_of, peak_of
from tests.training import toy

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A peak that is measured in no time, and again in each test."""
    monkeypatch.setattr(peak, "_SECONDS", 0.01)
    monkeypatch.setattr(peak, "_CPU_SIZE", 128)
    peak._measured.cache_clear()
    yield
    peak._measured.cache_clear()


class Counting(toy.ToyObjective):
    """An objective that knows its work."""

    def flops(self, inputs: TaskBatch, *, model: Model) -> float:  # noqa: ARG002
        return 1000.0 * len(inputs.instances)


def report(*, flops: float) -> StepReport:
    return StepReport(
        losses={}, measures={}, n_instances=2, n_rows=40, n_words=30, flops=flops, loss=1.0
    )


def logged(run_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_peak_is_measured_once(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch):
    found = matmul_peak(CPU, dtype=dtype)
    assert 1e7 < found < 1e15
    monkeypatch.setattr(torch, "mm", None)
    assert matmul_peak(CPU, dtype=dtype) == found


def test_the_random_numbers_of_a_run_are_not_touched():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    matmul_peak(CPU, dtype=torch.float32)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_run_is_compared_with_the_peaks_of_all_its_devices(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(World, "gather", lambda _, value: [value, value / 2])
    assert peak_of(World(), dtype=torch.float32) == 1.5 * matmul_peak(CPU, dtype=torch.float32)


def test_pace_is_told_for_the_time_since_the_last_report():
    pace = Pace(peak=1e6)
    pace.add(report(flops=3e5), seconds=1.0)
    pace.add(report(flops=5e5), seconds=3.0)
    assert pace.take() == {
        "instances_per_second": 1.0,
        "rows_per_second": 20.0,
        "words_per_second": 15.0,
        "utilisation": 0.2,
    }
    pace.add(report(flops=1e6), seconds=2.0)
    assert pace.take()["utilisation"] == 0.5


def test_the_work_is_that_of_the_encoder_unless_the_objective_counts_it():
    model, objective = toy.make_model(), toy.ToyObjective()
    inputs = objective.collate(toy.make_instances(n=3), rng=None)  # type: ignore[arg-type]
    expected = encoder_flops(model.encoder, layout=inputs.batch.layout)
    assert flops_of(inputs, objective=objective, model=model) == expected
    assert flops_of(inputs, objective=Counting(), model=model) == 3000


def test_tasks_of_a_mixture_count_their_own_work():
    model, rng = toy.make_model(), torch.Generator()
    heads = {"main": "main", "text": "text"}
    data = toy.InstanceData(toy.make_instances(n=3))
    parts = {"a": Part(objective=Counting(), data=data, heads=heads)}
    objective = MixedObjective(parts)
    inputs = toy.ToyObjective().collate(toy.make_instances(n=3), rng=rng)  # type: ignore[arg-type]
    mine = TaskBatch(batch=inputs.batch, instances=inputs.instances, part="a")
    assert flops_of(mine, objective=objective, model=model) == 3000


def test_lines_say_the_utilisation_where_it_is_asked_for(tmp_path: Path):
    toy.make_trainer(
        tmp_path, objective=Counting(), max_steps=2, accumulation=2, measure_utilisation=True
    ).run()
    found = matmul_peak(CPU, dtype=torch.float32)
    for line in logged(tmp_path):
        # six inputs a step, of 1000 each
        assert line["utilisation"] == pytest.approx(
            1000 * line["instances_per_second"] / found, rel=1e-6
        )
        assert 0 < line["words_per_second"] < line["rows_per_second"]
    toy.make_trainer(tmp_path / "other", max_steps=1).run()
    assert "utilisation" not in logged(tmp_path / "other")[0]


def test_a_run_may_go_on_with_or_without_it(tmp_path: Path):
    data = toy.StoppingData(toy.make_instances(), batch_size=3, stop=2)
    with pytest.raises(toy.StoppedError):
        toy.make_trainer(tmp_path, data=data, max_steps=3, checkpoint_every=1).run()
    toy.make_trainer(tmp_path, max_steps=3, checkpoint_every=1, measure_utilisation=True).run()
    assert ["utilisation" in line for line in logged(tmp_path)] == [False, False, True]
