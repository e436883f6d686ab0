"""Scores of a model while it is trained, and at the end on every file of a recipe."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from openluke.errors import DataError
from openluke.inference.pipeline import rows_of
from openluke.inference.task_pipeline import TaskPipeline
from openluke.model.model import Model
from openluke.records import Scores
from openluke.task import Task
from openluke.training.mixture import view_of

MEAN = "mean"
"""The score by which the best model of several tasks is chosen: the mean of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What a model predicts of examples, and how good it is."""

    predicted: list[Any]
    scores: Scores
    seconds: float
    """How long predicting and scoring took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """Scores a model on the examples that the best one is chosen by."""

    tasks: Mapping[str, Task[Any, Any]]
    dev: Mapping[str, Sequence[Any]]
    """The examples of each task, by the name of its head."""
    heads: Mapping[str, Mapping[str, str]]
    """The names of each task's heads by role, where several tasks are in one model."""
    device: torch.device
    last: dict[str, Scored] = field(default_factory=dict[str, Scored])
    """What the last evaluation found of each task; empty before the first."""

    @property
    def metric(self) -> str:
        """The score that counts."""
        if len(self.tasks) > 1:
            return MEAN
        (task,) = self.tasks.values()
        return task.primary_metric

    def __call__(self, model: Model) -> Scores:
        """Scores of the model in training, all tasks together."""
        for name, task, part in self._parts(model):
            self.last[name] = score_task(
                task, model=part, examples=self.dev[name], device=self.device
            )
        found = {name: scored.scores for name, scored in self.last.items()}
        if len(found) == 1:
            return next(iter(found.values()))
        mine = {name: found[name][self.tasks[name].primary_metric] for name in found}
        values = {MEAN: sum(mine.values()) / len(mine)}
        for name, scores in found.items():
            values |= {f"{name}.{key}": value for key, value in scores.values.items()}
        return Scores(values=values)

    def _parts(self, model: Model) -> list[tuple[str, Task[Any, Any], Model]]:
        if len(self.tasks) == 1:
            ((name, task),) = self.tasks.items()
            return [(name, task, model)]
        return [
            (name, task, view_of(model, heads=self.heads[name]))
            for name, task in self.tasks.items()
        ]


def score_task(
    task: Task[Any, Any], *, model: Model, examples: Sequence[Any], device: torch.device
) -> Scored:
    """What a model predicts of examples, and how good it is."""
    began = time.perf_counter()
    pipeline = TaskPipeline(task=task, model=model, device=device, max_rows=rows_of(device))
    predicted = [one for chunk in pipeline.predict_chunks(examples) for one in chunk]
    scores = task.score(examples, predicted=predicted)
    if task.primary_metric not in scores.values:
        raise DataError(
            f"the scores of {task.name} are {', '.join(scores.values)}; its primary metric "
            f"{task.primary_metric!r} is not among them: the examples have no gold answers"
        )
    return Scored(predicted=predicted, scores=scores, seconds=time.perf_counter() - began)
