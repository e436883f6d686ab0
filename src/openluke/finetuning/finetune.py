"""From a recipe to a model with its scores and its card, in one directory."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from openluke.artifacts import atomic_file
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.hub import resolve
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.config import to_mapping
from openluke.errors import ConfigError
from openluke.finetuning.adapters import add_adapters, merge_adapters
from openluke.finetuning.card import card_notes, name_of_start
from openluke.finetuning.checking import gathered_warnings
from openluke.finetuning.data import (
    File,
    Splits,
    file_fingerprints,
    path_of,
    read_data,
    read_splits,
    test_files,
)
from openluke.finetuning.evaluation import Evaluator, score_task
from openluke.finetuning.learning import Learning, head_names, learning_of
from openluke.finetuning.memory import peak_memory
from openluke.finetuning.recipe import FinetuneConfig, TaskConfig
from openluke.finetuning.run_directory import (
    MODEL,
    PREDICTIONS,
    origin_of,
    owned,
    read_scores,
    write_scores,
)
from openluke.finetuning.start import Start, options_of, prepare
from openluke.finetuning.whole_bundle import whole_bundle
from openluke.inference.devices import choose_device
from openluke.inference.model_identity import model_identity
from openluke.inference.prediction_json import prediction_line
from openluke.task import Task, load_task
from openluke.training.distributed import World, joined
from openluke.training.result import TrainingResult
from openluke.training.trackers.tracker import Tracker
from openluke.training.trainer import Trainer


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneResult:
    """What came of a run."""

    directory: Path
    """The run's directory: the model in ``model``, ``scores.json``, ``metrics.jsonl`` and what was
    predicted of dev and tests in ``predictions``."""
    report: dict[str, Any]
    """What ``scores.json`` says."""

    @property
    def model(self) -> Path:
        """The fine-tuned model."""
        return self.directory / MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What all steps of a run read."""

    config: FinetuneConfig
    directory: Path
    world: World
    splits: Mapping[str, Splits]


def finetune(
    config: FinetuneConfig,
    *,
    output: str | Path,
    device: str = "auto",
    trackers: Sequence[Tracker] = (),
) -> FinetuneResult | None:
    """Fine-tune a model by a recipe.

    The weights that score best on dev are kept; no choice is made by tests, which only these
    weights are scored on, at the end. A run that was killed goes on when it is called again, and
    one that is finished is not made again. Under ``torchrun`` the processes train together.

    Args:
        config: The recipe.
        output: The directory of the run, new or of the same run.
        device: Where to compute: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        trackers: Where the run reports to, besides ``metrics.jsonl``.

    Returns:
        What came of it; ``None`` in the processes of ``torchrun`` that are not the first.
    """
    directory = Path(output)
    with joined(choose_device(device)) as world:
        source = resolve(config.model)
        data = {part.head: file_fingerprints(part.data) for part in config.parts}
        origin = origin_of(config, data=data, model=model_identity(source))
        with owned(directory, origin=origin) if world.is_first else nullcontext():
            finished = world.gather(read_scores(directory))[0]
            if finished is not None:
                found = FinetuneResult(directory=directory, report=finished)
                return found if world.is_first else None
            splits = {part.head: _splits(part, seed=config.seed) for part in config.parts}
            run = _Run(config=config, directory=directory, world=world, splits=splits)
            return _make(run, bundle=load_bundle(source), trackers=trackers)


def _make(run: _Run, *, bundle: Bundle, trackers: Sequence[Tracker]) -> FinetuneResult | None:
    config = run.config
    labels = {
        part.head: load_task(part.task).labels_of(
            run.splits[part.head].train, config=_options(part)
        )
        for part in config.parts
    }
    start = prepare(bundle, config=config, labels=labels)
    if config.lora is not None:
        if config.training.strategy != "ddp":
            raise ConfigError("lora is trained with strategy 'ddp' alone; its weights are few")
        add_adapters(start.bundle.encoder, config=config.lora)
    with gathered_warnings() as losses:
        learning = learning_of(start.bundle, tasks=start.tasks, splits=run.splits, config=config)
    result = _train(run, start=start, learning=learning, trackers=trackers)
    if config.lora is not None:
        merge_adapters(start.bundle.encoder)
    trained = whole_bundle(start.bundle, model=learning.model, tasks=start.tasks)
    if not run.world.is_first:
        return None
    trained = replace(trained, source=name_of_start(config))
    report = _score(run, bundle=trained, tasks=start.tasks) | _facts(run, result=result)
    report |= {"losses": list(dict.fromkeys(losses)), "went_on": list(start.reused)}
    notes = card_notes(config, report=report)
    save_bundle(trained, directory=run.directory / MODEL, replace=True, notes=notes)
    write_scores(run.directory, values=report)
    return FinetuneResult(directory=run.directory, report=report)


def _train(
    run: _Run, *, start: Start, learning: Learning, trackers: Sequence[Tracker]
) -> TrainingResult:
    dev = {name: splits.dev for name, splits in run.splits.items()}
    evaluate = None
    if all(dev.values()):
        heads = {name: head_names(start.bundle, task=name) for name in start.tasks}
        evaluate = Evaluator(tasks=start.tasks, dev=dev, heads=heads, device=run.world.device)
    elif any(dev.values()):
        bare = ", ".join(name for name, examples in dev.items() if not examples)
        raise ConfigError(
            f"{bare}: has no dev data, but other tasks have; the best model is chosen by all"
        )
    return Trainer(
        learning.model,
        objective=learning.objective,
        data=learning.data,
        config=replace(run.config.training, seed=run.config.seed),
        run_dir=run.directory,
        trackers=trackers,
        evaluate=evaluate,
        metric=None if evaluate is None else evaluate.metric,
        world=run.world,
    ).run()


def _score(run: _Run, *, bundle: Bundle, tasks: Mapping[str, Task[Any, Any]]) -> dict[str, Any]:
    """Scores of every head on its dev data and its tests, and how fast predictions were made."""
    scores: dict[str, Any] = {}
    data: dict[str, Any] = {}
    n_examples, seconds = 0, 0.0
    for part in run.config.parts:
        splits = run.splits[part.head]
        model = bundle.model_of(part.head).to(run.world.device).eval()
        scores[part.head] = {}
        data[part.head] = {"train": _described(part.data.train, examples=splits.train)}
        for name, file, examples in _to_score(part, splits=splits):
            began = time.perf_counter()
            predicted, found = score_task(
                tasks[part.head], model=model, examples=examples, device=run.world.device
            )
            seconds += time.perf_counter() - began
            n_examples += len(examples)
            scores[part.head][name] = to_mapping(found)
            data[part.head][name] = _described(file, examples=examples)
            path = run.directory / PREDICTIONS / f"{part.head}-{name}.jsonl"
            _write_predictions(predicted, task=tasks[part.head], path=path)
    rate = n_examples / seconds if seconds else 0.0
    return {"scores": scores, "data": data, "examples_per_second": round(rate, 2)}


def _to_score(part: TaskConfig, *, splits: Splits) -> Iterable[tuple[str, File, list[Any]]]:
    if splits.dev:
        file = part.data.train if splits.held_out else part.data.dev
        assert file is not None
        yield "dev", file, splits.dev
    for name, file in test_files(part.data).items():
        yield name, file, list(read_data(file, data=part.data, task=load_task(part.task)))


def _facts(run: _Run, *, result: TrainingResult) -> dict[str, Any]:
    seconds = result.seconds
    device = run.world.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return {
        "steps": result.steps,
        "why": result.why,
        "best_step": result.best_step,
        "seconds": round(seconds, 2),
        "instances_per_second": round(result.n_instances / seconds if seconds else 0.0, 2),
        "peak_memory": peak_memory(device),
        "device": f"{name}, {run.world.size} processes" if run.world.size > 1 else name,
        "seed": run.config.seed,
        "held_out": any(splits.held_out for splits in run.splits.values()),
    }


def _splits(part: TaskConfig, *, seed: int) -> Splits:
    return read_splits(part.data, task=load_task(part.task), seed=seed)


def _options(part: TaskConfig) -> Any:
    return options_of(load_task(part.task), values=part.options, where=f"options of {part.head}")


def _described(file: File, *, examples: Sequence[Any]) -> dict[str, Any]:
    return {"file": path_of(file).name, "examples": len(examples)}


def _write_predictions(predicted: Sequence[Any], *, task: Task[Any, Any], path: Path) -> None:
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.writelines(prediction_line(one, task=task) for one in predicted)
