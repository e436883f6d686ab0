"""The loop: what it learns, when it stops, what it keeps, and what it refuses."""

import errno
import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.distributed.checkpoint.filesystem import FileSystem

from openluke.errors import CheckpointError, ConfigError, TrainingError
from openluke.file_lock import locked
from openluke.model.model import Model
from openluke.records import Scores
from openluke.training.data import InstanceData
from openluke.training.progress import Progress
from openluke.training.trackers.tracker import RunFacts
from tests.training import toy


class Recorder:
    """A tracker that remembers what it is told."""

    def __init__(self) -> None:
        self.logged: list[tuple[int, dict[str, float]]] = []
        self.steps: list[int] = []
        self.facts: RunFacts | None = None
        self.finished = 0

    def start(self, facts: RunFacts) -> None:
        self.facts = facts

    def log(self, values: Any, *, step: int) -> None:
        self.logged.append((step, dict(values)))

    def advance(self, step: int) -> None:
        self.steps.append(step)

    def finish(self) -> None:
        self.finished += 1

    def values(self, name: str) -> list[float]:
        return [values[name] for _, values in self.logged if name in values]


def stopping(*, stop: int) -> InstanceData:
    return toy.StoppingData(toy.make_instances(), batch_size=3, stop=stop)


def test_it_learns(tmp_path: Path):
    recorder = Recorder()
    result = toy.make_trainer(tmp_path, trackers=[recorder], epochs=5).run()
    losses = recorder.values("loss")
    assert (result.steps, result.why, result.best_step) == (40, "all steps were made", None)
    assert result.n_instances == 5 * 24
    assert sum(losses[-8:]) < 0.5 * sum(losses[:8])
    assert recorder.steps == list(range(1, 41))
    assert recorder.finished == 1
    assert recorder.logged[-1][1]["epoch"] == 5


def test_how_a_step_is_cut_does_not_matter(tmp_path: Path):
    runs = []
    for size, accumulation in ((12, 1), (3, 4), (1, 12)):
        recorder = Recorder()
        toy.make_trainer(
            tmp_path / str(size),
            batch_size=size,
            accumulation=accumulation,
            trackers=[recorder],
            max_steps=10,
            epochs=5,
        ).run()
        runs.append(recorder.values("loss"))
    assert len(runs[0]) == 10
    assert runs[1] == pytest.approx(runs[0], abs=1e-5)
    assert runs[2] == pytest.approx(runs[0], abs=1e-5)


def test_computing_layers_twice_changes_nothing(tmp_path: Path):
    weights = []
    for again in (False, True):
        model = toy.make_model(dropout=0.2)
        toy.make_trainer(
            tmp_path / str(again), model=model, max_steps=3, gradient_checkpointing=again
        ).run()
        weights.append(toy.weights(model))
    assert toy.same_weights(*weights)


def test_half_the_precision_learns_about_the_same(tmp_path: Path):
    losses = []
    for dtype in ("float32", "bfloat16"):
        recorder = Recorder()
        model = toy.make_model()
        toy.make_trainer(
            tmp_path / dtype, model=model, trackers=[recorder], max_steps=5, dtype=dtype
        ).run()
        losses.append(recorder.values("loss"))
        assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.1)


@pytest.mark.parametrize(("last", "best"), [(0.3, 1), (0.5, 3)])
def test_the_best_weights_are_kept_and_worse_ones_end_the_run(
    last: float, best: int, tmp_path: Path
):
    scores = iter([0.2, 0.5, 0.4, last, 0.9])  # of equally good ones the last are kept
    seen = []

    def evaluate(model: Model) -> Scores:
        assert not model.training
        assert not torch.is_grad_enabled()
        seen.append(toy.weights(model))
        return Scores(values={"loss": 9.0, "f1": next(scores)})

    trainer = toy.make_trainer(tmp_path, evaluate=evaluate, epochs=9, patience=2, metric="f1")
    result = trainer.run()
    assert (result.steps, result.best_step) == (32, 8 * (best + 1))
    assert result.why == "f1 was no better in 2 evaluations"
    assert result.scores == Scores(values={"loss": 9.0, "f1": 0.5})
    assert toy.same_weights(toy.weights(trainer.model), seen[best])
    kept = [entry.name for entry in sorted((tmp_path / "checkpoints").iterdir())]
    assert kept == [f"step-{step:08}" for step in sorted({8 * (best + 1), 32})]


def test_the_last_weights_are_kept_where_it_is_said(tmp_path: Path):
    scores = iter([0.2, 0.5, 0.4])
    seen = []

    def evaluate(model: Model) -> Scores:
        seen.append(toy.weights(model))
        return Scores(values={"f1": next(scores)})

    trainer = toy.make_trainer(tmp_path, evaluate=evaluate, epochs=3, keep="last")
    result = trainer.run()
    assert (result.steps, result.best_step) == (24, 24)
    assert result.scores == Scores(values={"f1": 0.4})
    assert toy.same_weights(toy.weights(trainer.model), seen[2])
    kept = [entry.name for entry in sorted((tmp_path / "checkpoints").iterdir())]
    assert kept == ["step-00000016", "step-00000024"]
    again = toy.make_trainer(tmp_path, evaluate=evaluate, epochs=3, keep="last")
    assert again.run() == result
    assert toy.same_weights(toy.weights(again.model), seen[2])


def test_evaluations_are_made_when_they_are_due(tmp_path: Path):
    recorder = Recorder()
    toy.make_trainer(
        tmp_path, evaluate=toy.accuracy, evaluate_every=5, trackers=[recorder], max_steps=12
    ).run()
    scored = [step for step, values in recorder.logged if "score/accuracy" in values]
    assert scored == [5, 10, 12]


@pytest.mark.parametrize("stop", [7, 12])
def test_a_run_that_was_interrupted_ends_as_if_it_had_not_been(stop: int, tmp_path: Path):
    options: dict[str, Any] = {"max_steps": 14, "checkpoint_every": 3, "evaluate": toy.accuracy}
    models = [toy.make_model(dropout=0.3) for _ in range(3)]
    whole = toy.make_trainer(tmp_path / "whole", model=models[0], **options).run()
    broken = tmp_path / "broken"
    with pytest.raises(toy.StoppedError):
        toy.make_trainer(broken, model=models[1], data=stopping(stop=stop), **options).run()
    with (broken / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 99, "lo')
    result = toy.make_trainer(broken, model=models[2], **options).run()
    assert (result.steps, result.scores) == (whole.steps, whole.scores)
    assert toy.same_weights(toy.weights(models[0]), toy.weights(models[2]))
    lines = [(tmp_path / name / "metrics.jsonl").read_text() for name in ("whole", "broken")]
    first, second = ([json.loads(line) for line in text.splitlines()] for text in lines)
    timed = {"instances_per_second", "rows_per_second", "words_per_second"}
    assert [{k: v for k, v in line.items() if k not in timed} for line in first] == [
        {k: v for k, v in line.items() if k not in timed} for line in second
    ]


def test_a_run_that_is_over_gives_its_result_again(tmp_path: Path):
    models = [toy.make_model(), toy.make_model()]
    results = [
        toy.make_trainer(tmp_path, model=model, evaluate=toy.accuracy).run() for model in models
    ]
    assert results[0] == results[1]
    assert toy.same_weights(*map(toy.weights, models))


def test_a_run_does_not_go_on_with_other_options_or_data(tmp_path: Path):
    toy.make_trainer(tmp_path, max_steps=2).run()
    with pytest.raises(ConfigError, match=r"options.seed: 0 before, 3 now"):
        toy.make_trainer(tmp_path, max_steps=2, seed=3).run()
    with pytest.raises(ConfigError, match="the training examples are others"):
        toy.make_trainer(tmp_path, max_steps=2, batch_size=4).run()
    toy.make_trainer(tmp_path, max_steps=2, keep_checkpoints=5).run()


def test_a_run_does_not_go_on_from_other_frozen_weights(tmp_path: Path):
    frozen = {"optimizer": {"frozen": ("encoder.layers",)}, "max_steps": 2}
    toy.make_trainer(tmp_path, **frozen).run()
    with pytest.raises(ConfigError, match="the weights that are not trained are others"):
        toy.make_trainer(tmp_path, model=toy.make_model(seed=2), **frozen).run()


@pytest.mark.parametrize(("size", "shared"), [(1, True), (2, True), (4, False), (6, True)])
def test_a_step_keeps_its_size_whoever_shares_it(size: int, shared: bool):
    progress = Progress(step_size=6, world_size=1)
    if not shared:
        with pytest.raises(ConfigError, match="6 micro-batches, which 4 processes cannot share"):
            progress.share(size)
    else:
        progress.share(size)
        assert (progress.step_size, progress.world_size) == (6, size)


def test_two_runs_do_not_write_one_directory(tmp_path: Path):
    with (
        locked(tmp_path / ".lock", what="it"),
        pytest.raises(ConfigError, match="another process is writing it"),
    ):
        toy.make_trainer(tmp_path).run()
    assert not (tmp_path / "metrics.jsonl").exists()


def test_a_loss_that_is_no_number_stops_and_names_the_examples(tmp_path: Path):
    instances = toy.make_instances()
    names = [f"train.tsv:{i + 1}" for i in range(len(instances))]
    trainer = toy.make_trainer(
        tmp_path,
        objective=toy.ToyObjective(spoiled=8),
        data=InstanceData(instances, batch_size=1, names=names),
    )
    with pytest.raises(TrainingError, match="the loss texts is nan") as caught:
        trainer.run()
    step, position = map(int, re.findall(r"step (\d+), micro-batch (\d+)", str(caught.value))[0])
    assert position == step - 1
    spoiled = [i for i, one in enumerate(instances) if len(one.features[0]) == 8]
    assert any(f"from {names[i]}." in str(caught.value) for i in spoiled)


def test_gradients_that_are_no_numbers_stop(tmp_path: Path):
    model = toy.make_model()
    model.encoder.layers[0].attention.value.weight.register_hook(lambda grad: grad * float("inf"))
    with pytest.raises(TrainingError, match="step 1, micro-batches 0 to 0: the gradients are"):
        toy.make_trainer(tmp_path, model=model).run()


def test_an_evaluation_without_its_metric_stops(tmp_path: Path):
    with pytest.raises(TrainingError, match="expected a number named 'f1'"):
        toy.make_trainer(tmp_path, evaluate=toy.accuracy, metric="f1").run()


def test_what_is_frozen_or_never_read_does_not_change(tmp_path: Path):
    model = toy.make_model(masked=True)
    before = toy.weights(model)
    toy.make_trainer(
        tmp_path, model=model, max_steps=6, optimizer={"frozen": ("encoder.layers.0",)}
    ).run()
    changed = {name for name, x in toy.weights(model).items() if not torch.equal(x, before[name])}
    assert not any(name.startswith("encoder.layers.0.") for name in changed)
    # the objective leaves this head alone
    assert not any(name.startswith("heads.masked.") for name in changed)
    table = "encoder.entities.table.weight"
    assert table in changed
    assert torch.equal(model.state_dict()[table][0], before[table][0])


def test_a_full_disk_is_explained_and_the_run_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    options: dict[str, Any] = {"max_steps": 9, "checkpoint_every": 3}
    whole, model = toy.make_model(), toy.make_model()
    toy.make_trainer(tmp_path / "whole", model=whole, **options).run()
    real = FileSystem.create_stream

    def create_stream(self: FileSystem, path: Any, mode: str) -> Any:
        if "step-00000006" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, path, mode)

    run_dir = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(FileSystem, "create_stream", create_stream)
        with pytest.raises(CheckpointError, match=r"No space left on device; .* free some space"):
            toy.make_trainer(run_dir, **options).run()
    assert [entry.name for entry in (run_dir / "checkpoints").iterdir()] == ["step-00000003"]
    toy.make_trainer(run_dir, model=model, **options).run()
    assert toy.same_weights(toy.weights(whole), toy.weights(model))
