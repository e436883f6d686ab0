"""What a run's model is worth in the end: scores and predictions of every file of the recipe."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from openluke.artifacts import atomic_file, fingerprint
from openluke.checkpoints.bundle import Bundle
from openluke.config import to_mapping
from openluke.finetuning.checking import check_targets
from openluke.finetuning.data import (
    File,
    Splits,
    path_of,
    placing_of,
    read_data,
    read_scored,
    test_files,
)
from openluke.finetuning.evaluation import Scored, score_task
from openluke.finetuning.origin import PREDICTIONS
from openluke.finetuning.recipe import FinetuneConfig, TaskConfig
from openluke.inference.gold import check_gold
from openluke.inference.prediction_json import prediction_line
from openluke.task import Task, load_task

logger = logging.getLogger(__name__)


def score_all(
    config: FinetuneConfig,
    *,
    bundle: Bundle,
    tasks: Mapping[str, Task[Any, Any]],
    splits: Mapping[str, Splits],
    known: Mapping[str, Scored],
    read: Mapping[str, Mapping[str, str]],
    directory: Path,
    device: torch.device,
) -> dict[str, Any]:
    """Score every head on its dev data and its tests, and write what is predicted of them.

    Args:
        config: The recipe.
        bundle: The trained model.
        tasks: The tasks by the names of their heads.
        splits: What was learnt from and chosen by, in the same way.
        known: What this model was already found to do on dev, in the same way.
        read: Hashes of the files that were learnt from and chosen by, by head and split.
        directory: The directory of the run.
        device: Where to compute.
    """
    scores: dict[str, Any] = {}
    data: dict[str, Any] = {}
    n_examples, seconds = 0, 0.0
    for part in config.parts:
        mine, task = splits[part.head], tasks[part.head]
        model = bundle.model_of(part.head).to(device).eval()
        scores[part.head] = {}
        hashes = read[part.head]
        data[part.head] = {
            "train": _described(part.data.train, examples=mine.train, content=hashes["train"])
        }
        for name, file, examples in _to_score(part, splits=mine):
            found = known.get(part.head) if name == "dev" else None
            found = found or score_task(task, model=model, examples=examples, device=device)
            seconds += found.seconds
            n_examples += len(examples)
            scores[part.head][name] = to_mapping(found.scores)
            is_read = hashes["train" if mine.held_out else "dev"] if name == "dev" else None
            content = is_read or fingerprint(path_of(file))
            data[part.head][name] = _described(file, examples=examples, content=content)
            path = directory / PREDICTIONS / f"{part.head}-{name}.jsonl"
            _write_predictions(found.predicted, task=task, path=path)
            if name == "dev":
                _warn_of_nothing(found, part=part, task=task, config=config)
    rate = n_examples / seconds if seconds else 0.0
    return {"scores": scores, "data": data, "examples_per_second": round(rate, 2)}


def check_scored(
    config: FinetuneConfig, *, tasks: Mapping[str, Task[Any, Any]], splits: Mapping[str, Splits]
) -> None:
    """See whether the model can be scored on the files that it will be, before it is trained.

    Args:
        config: The recipe.
        tasks: The tasks by the names of their heads.
        splits: What is learnt from and chosen by, in the same way.
    """
    for part in config.parts:
        kind, task, mine = load_task(part.task), tasks[part.head], splits[part.head]
        for file, examples in _files_to_score(part, splits=mine):
            check_gold(examples, task=task, file=path_of(file))
            with placing_of(file, data=part.data, task=kind):
                check_targets(examples, task=task)


def _files_to_score(part: TaskConfig, *, splits: Splits) -> Iterable[tuple[File, list[Any]]]:
    if part.data.dev is not None:
        yield part.data.dev, splits.dev
    kind = load_task(part.task)
    for file in test_files(part.data).values():
        yield file, read_scored(file, data=part.data, task=kind, options=splits.options)


def _to_score(part: TaskConfig, *, splits: Splits) -> Iterable[tuple[str, File, list[Any]]]:
    if splits.dev:
        file = part.data.train if splits.held_out else part.data.dev
        assert file is not None
        yield "dev", file, splits.dev
    for name, file in test_files(part.data).items():
        yield name, file, list(read_data(file, data=part.data, task=load_task(part.task)))


def _warn_of_nothing(
    found: Scored, *, part: TaskConfig, task: Task[Any, Any], config: FinetuneConfig
) -> None:
    """Say what to do about a model that has learnt nothing that can be seen."""
    score = found.scores[task.primary_metric]
    if score <= 0:
        training = config.training
        is_silent = found.scores.counts.get("predicted") == 0
        logger.warning(
            "%s: %s (%s %.1f). Probably it has learnt too little: try more epochs (now %d) or a "
            "higher learning rate (now %g); see also whether train and dev are alike",
            part.head,
            "the model finds nothing in dev" if is_silent else "nothing found in dev is right",
            task.primary_metric,
            score,
            training.epochs,
            training.optimizer.learning_rate,
        )


def _described(file: File, *, examples: Sequence[Any], content: str) -> dict[str, Any]:
    return {"file": path_of(file).name, "examples": len(examples), "fingerprint": content}


def _write_predictions(predicted: Sequence[Any], *, task: Task[Any, Any], path: Path) -> None:
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.writelines(prediction_line(one, task=task) for one in predicted)
