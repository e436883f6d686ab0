"""Calibration finds the temperature and thresholds that brute force finds."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.errors import ConfigError, DataError
from openluke.evaluation.calibration import negative_log_likelihood
from openluke.inference.calibration import HeldOut, calibrate
from openluke.inference.pipeline import Pipeline
from openluke.inference.task_pipeline import Computed, TaskPipeline
from openluke.instances import Instance
from openluke.records import ClassifiedText, Document, Label, Mention
from openluke.task import load_task
from tests import toy_task
from tests.toy_task import ToyConfig, ToyTask


def held_out(logits: np.ndarray, labels: list[str], *, monkeypatch) -> HeldOut:
    """Examples of which the model says these logits."""
    toy_task.install(monkeypatch)
    bundle = tiny_model(TEXTS)
    task = ToyTask(ToyConfig(), setup=bundle.task_setup(("a", "b", "c")))
    pipeline = Pipeline(bundle.with_task("toy", task=task), device=torch.device("cpu")).task()
    examples = [ClassifiedText(text=f"text {n}", label=label) for n, label in enumerate(labels)]
    computed = [Computed((), ({"logits": row[None]},)) for row in logits]
    monkeypatch.setattr(TaskPipeline, "compute", lambda *_: computed)
    return HeldOut(pipeline, examples=examples)


def test_the_temperature_is_the_one_that_brute_force_finds(monkeypatch, caplog) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(400, 3)) * 2
    shares = np.exp(truth) / np.exp(truth).sum(1, keepdims=True)
    labels = ["abc"[rng.choice(3, p=row)] for row in shares]
    # as sure as a model that was trained too long
    data = held_out(truth * 3.0, labels, monkeypatch=monkeypatch)
    found = calibrate(data)
    assert not caplog.records
    grid = np.geomspace(0.5, 10, 400)
    losses = [negative_log_likelihood(data.judge(temperature=float(t))) for t in grid]
    assert found.options["temperature"] == pytest.approx(grid[np.argmin(losses)], rel=0.02)
    assert found.options["temperature"] == pytest.approx(3.0, rel=0.25)
    name = "expected_calibration_error"
    assert found.after.values[name] < 0.5 * found.before.values[name]
    assert found.after.values["accuracy"] == found.before.values["accuracy"]


def test_what_little_data_says_is_doubted(monkeypatch, caplog) -> None:
    # the surer it is, the more often it is right: the surest temperature is the best
    logits = np.array([[0.2, 0.0, 0.0]] * 14 + [[0.0001, 0.0, 0.0]])
    data = held_out(logits, ["a"] * 14 + ["b"], monkeypatch=monkeypatch)
    found = calibrate(data)
    assert found.options["temperature"] == pytest.approx(0.05, rel=0.01)
    assert "only 15 predictions could be judged" in caplog.text
    assert "at the edge of those that are tried (0.05 to 20)" in caplog.text
    assert "the model should be more sure" in caplog.text


def test_predictions_that_are_all_right_change_nothing(monkeypatch, caplog) -> None:
    data = held_out(np.array([[5.0, 0.0, 0.0]] * 4), ["a"] * 4, monkeypatch=monkeypatch)
    found = calibrate(data)
    assert found.options == {"temperature": 1.0}
    assert found.after == found.before
    assert "all 4 predictions are right" in caplog.text


def test_what_cannot_be_calibrated_is_said(monkeypatch) -> None:
    data = held_out(np.zeros((1, 3)), ["a"], monkeypatch=monkeypatch)
    with pytest.raises(ConfigError, match="task 'toy' has no option 'thresholds'"):
        calibrate(data, thresholds=True)
    monkeypatch.setattr(ToyTask, "judge", lambda *_, **__: iter(()))
    with pytest.raises(DataError, match="nothing was predicted whose probability"):
        calibrate(data)
    with pytest.raises(DataError, match="no examples"):
        held_out(np.zeros((0, 3)), [], monkeypatch=monkeypatch)


@dataclass(frozen=True)
class _Said:
    """A task pipeline whose model says what is given."""

    task: Any
    computed: list[Computed] = field(default_factory=list)

    def compute(self, _: Any) -> list[Computed]:
        return self.computed


def test_each_label_gets_the_threshold_of_its_best_f1() -> None:
    kind = load_task("sequence_classification")
    bundle = tiny_model(TEXTS)
    config = kind.config_type(problem="multi_label")
    task = kind(config, setup=bundle.task_setup(("x", "y")))
    # x holds above 0.2, y above 0.8
    shares = np.array([[0.1, 0.6], [0.3, 0.7], [0.4, 0.9], [0.15, 0.85], [0.6, 0.1]])
    holds = [[], ["x"], ["x", "y"], ["y"], ["x"]]
    logits = np.log(shares / (1 - shares))
    examples = [
        ClassifiedText(text=f"t{n}", labels=tuple(Label(label=one) for one in labels))
        for n, labels in enumerate(holds)
    ]
    computed = [Computed((), ({"scores": row},)) for row in logits]
    data = HeldOut(_Said(task, computed), examples=examples)
    found = calibrate(data, thresholds=True)
    assert found.scores_after is not None
    assert found.scores_after["f1"] == 1.0 > found.scores_before["f1"]
    thresholds = found.options["thresholds"]
    assert thresholds["x"] < 0.5 < thresholds["y"]


def _multi_label(thresholds: dict[str, float], *, temperature: float = 1.0) -> HeldOut:
    """What a model says that is three times as sure of its labels as it should be."""
    kind = load_task("sequence_classification")
    config = kind.config_type(problem="multi_label", thresholds=thresholds, temperature=temperature)
    task = kind(config, setup=tiny_model(TEXTS).task_setup(("x", "y")))
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(400, 2)) * 2
    holds = rng.random((400, 2)) < 1 / (1 + np.exp(-truth))
    examples = [
        ClassifiedText(
            text=f"t{n}",
            labels=tuple(Label(label=one) for one, there in zip("xy", row, strict=True) if there),
        )
        for n, row in enumerate(holds)
    ]
    computed = [Computed((), ({"scores": row * 3.0 * temperature},)) for row in truth]
    return HeldOut(_Said(task, computed), examples=examples)


def _held(data: HeldOut, **options: Any) -> list[tuple[str, ...]]:
    """The labels of each example; how near to 1 they come may change their order."""
    found = data.predictions(**options)
    return [tuple(sorted(label.label for label in one.labels)) for one in found]


@pytest.mark.parametrize("thresholds", [{"x": 0.9, "y": 0.7}, {"x": 0.95}, {"x": 0.05}, {}])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_thresholds_go_along_with_the_temperature(thresholds, temperature, caplog) -> None:
    data = _multi_label(thresholds, temperature=temperature)
    found = calibrate(data)
    assert not caplog.records
    assert found.options["temperature"] == pytest.approx(3.0 * temperature, rel=0.35)
    assert found.before.counts == found.after.counts
    name = "expected_calibration_error"
    assert found.after.values[name] < found.before.values[name]
    assert found.options.get("thresholds", {}).keys() == thresholds.keys()
    assert found.options_before.get("thresholds", {}) == thresholds
    assert _held(data, **found.options) == _held(data)
    for one in data.temperatures():
        assert _held(data, **data.options_at(one)) == _held(data)


def test_thresholds_can_be_sought_anew() -> None:
    data = _multi_label({"x": 0.95, "y": 0.95})
    found = calibrate(data, thresholds=True)
    assert found.options_before["thresholds"] == {"x": 0.95, "y": 0.95}
    assert found.before.counts == found.after.counts
    assert found.scores_after["f1"] > found.scores_before["f1"]


def test_thresholds_that_are_sought_are_never_worse_than_those_that_are_there() -> None:
    kind = load_task("sequence_classification")
    config = kind.config_type(problem="multi_label", thresholds={"x": 0.52})
    task = kind(config, setup=tiny_model(TEXTS).task_setup(("x",)))
    shares = np.array([0.51, 0.54, 0.51, 0.54])
    logits = np.log(shares / (1 - shares))[:, None]
    rows = [(), ("x",), (), ("x",)]
    examples = [
        ClassifiedText(text="t", labels=tuple(Label(label=one) for one in labels))
        for labels in rows
    ]
    data = HeldOut(
        _Said(task, [Computed((), ({"scores": row},)) for row in logits]), examples=examples
    )
    found = calibrate(data, thresholds=True)
    assert found.scores_after["f1"] == found.scores_before["f1"] == 1.0
    assert found.options["thresholds"] == {"x": 0.52}


def test_temperatures_under_which_thresholds_would_be_one_are_not_tried() -> None:
    assert _multi_label({}).temperatures()[0] == pytest.approx(0.05)
    assert _multi_label({"x": 1.0}).temperatures()[0] == pytest.approx(0.05)
    lowest = _multi_label({"x": 0.95}).temperatures()[0]
    assert 0.1 < lowest < 0.14


def test_the_same_names_are_found_with_thresholds_of_another_temperature() -> None:
    kind = load_task("ner")
    thresholds = {"x": 0.9, "y": 0.2}
    config = kind.config_type(multi_label=True, overlaps="nested", thresholds=thresholds)
    task = kind(config, setup=tiny_model(TEXTS).task_setup(("x", "y")))
    text = "abcdefgh"
    spans = np.array([(i, j) for i in range(8) for j in range(i + 1, 9)])
    instance = Instance(features=(), details=spans)
    rng = np.random.default_rng(0)
    examples, computed = [], []
    for _ in range(40):
        scores = rng.normal(size=(len(spans), 2)) * 3
        there = rng.random(scores.shape) < 1 / (1 + np.exp(-scores / 2))
        mentions = tuple(
            Mention(
                start=start, end=end, labels=tuple(Label(label="xy"[n]) for n in np.nonzero(r)[0])
            )
            for (start, end), r in zip(spans.tolist(), there, strict=True)
            if r.any()
        )
        examples.append(Document(text=text, mentions=mentions))
        outputs = {"rows": np.arange(len(spans)), "scores": scores}
        computed.append(Computed((instance,), (outputs,)))
    data = HeldOut(_Said(task, computed), examples=examples)
    found = calibrate(data)
    assert found.options["temperature"] == pytest.approx(2.0, rel=0.5)
    sizes = {len(data.judge(**data.options_at(one))) for one in data.temperatures()}
    assert sizes == {found.before.counts["predictions"]}
