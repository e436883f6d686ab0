"""From a recipe to a model with its scores and its card, in one directory."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.hub import resolve
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import ConfigError
from openluke.finetuning.adapters import add_adapters, merge_adapters
from openluke.finetuning.card import card_notes, name_of_start
from openluke.finetuning.checking import gathered_warnings
from openluke.finetuning.data import Splits, file_fingerprints, read_splits
from openluke.finetuning.evaluation import Evaluator
from openluke.finetuning.fitting import fitted_model
from openluke.finetuning.learning import Learning, head_names, learning_of
from openluke.finetuning.origin import hashes_of, origin_of
from openluke.finetuning.recipe import FinetuneConfig, TaskConfig
from openluke.finetuning.scoring import check_scored, score_all
from openluke.finetuning.settling import settled_recipe
from openluke.finetuning.start import Start, options_of, prepare
from openluke.finetuning.usage import usage_of
from openluke.inference.devices import choose_device
from openluke.inference.model_identity import model_identity
from openluke.task import load_task
from openluke.training.distributed import World, joined
from openluke.training.machine import described, peak_memory
from openluke.training.optim import rates_of
from openluke.training.result import TrainingResult
from openluke.training.run_directory import (
    MODEL,
    begin,
    owned,
    read_scores,
    remove_checkpoints,
    write_scores,
)
from openluke.training.state import check_torch
from openluke.training.trackers.tracker import Tracker
from openluke.training.trainer import Trainer
from openluke.training.whole_bundle import whole_bundle

logger = logging.getLogger(__name__)


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
    origin: Mapping[str, Any]
    """What it is made from, see ``origin_of``."""


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
    check_torch()
    directory = Path(output)
    for part in config.parts:
        _options(part)
    with joined(choose_device(device)) as world:
        source = resolve(config.model)
        data = {
            part.head: file_fingerprints(part.data, task=load_task(part.task))
            for part in config.parts
        }
        origin = origin_of(config, data=data, model=model_identity(source))
        alone = owned(directory, origin=origin, hashes=hashes_of(origin))
        with alone if world.is_first else nullcontext():
            finished = world.gather(read_scores(directory))[0]
            if finished is not None:
                logger.info("%s: is finished already; nothing is trained", directory)
                found = FinetuneResult(directory=directory, report=finished)
                return found if world.is_first else None
            splits = {part.head: _splits(part, seed=config.seed) for part in config.parts}
            settled = settled_recipe(
                config, settled={name: each.options for name, each in splits.items()}
            )
            run = _Run(
                config=settled, directory=directory, world=world, splits=splits, origin=origin
            )
            return _make(run, bundle=load_bundle(source), trackers=trackers)


def _make(run: _Run, *, bundle: Bundle, trackers: Sequence[Tracker]) -> FinetuneResult | None:
    start = _prepared(run, bundle=bundle)
    if run.world.is_first:
        check_scored(run.config, tasks=start.tasks, splits=run.splits)
    with gathered_warnings() as not_read:
        learning = learning_of(
            start.bundle, tasks=start.tasks, splits=run.splits, config=run.config
        )
    run = replace(run, config=_with_rates(run.config, learning=learning, start=start))
    evaluate = _evaluator(run, start=start)
    result = _train(run, learning=learning, evaluate=evaluate, trackers=trackers)
    if run.config.lora is not None:
        merge_adapters(start.bundle.encoder)
    trained = whole_bundle(start.bundle, model=learning.model, tasks=start.tasks)
    if not run.world.is_first:
        return None
    # adapters were not merged yet when the model was evaluated
    is_last = result.best_step == result.steps and run.config.lora is None
    fit = fitted_model(
        trained,
        tasks=start.tasks,
        dev={name: splits.dev for name, splits in run.splits.items()},
        known=evaluate.last if evaluate is not None and is_last else {},
        device=run.world.device,
    )
    report = score_all(
        run.config,
        bundle=fit.bundle,
        tasks=fit.tasks,
        splits=run.splits,
        known=fit.known,
        read=run.origin["data"],
        directory=run.directory,
        device=run.world.device,
    )
    report |= _facts(run, result=result)
    report |= {"fitted": fit.options}
    report |= {"not_read": list(dict.fromkeys(not_read)), "went_on": list(start.reused)}
    _save(run, trained=fit.bundle, start=start, origin=bundle.source, report=report)
    return FinetuneResult(directory=run.directory, report=report)


def _prepared(run: _Run, *, bundle: Bundle) -> Start:
    config = run.config
    labels = {
        part.head: load_task(part.task).labels_of(
            run.splits[part.head].train, config=run.splits[part.head].options
        )
        for part in config.parts
    }
    examples = {name: [*each.train, *each.dev] for name, each in run.splits.items()}
    start = prepare(bundle, config=config, labels=labels, examples=examples)
    if config.lora is not None:
        if config.training.strategy != "ddp":
            raise ConfigError("lora is trained with strategy 'ddp' alone; its weights are few")
        add_adapters(start.bundle.encoder, config=config.lora)
    return start


def _with_rates(config: FinetuneConfig, *, learning: Learning, start: Start) -> FinetuneConfig:
    """The recipe with the rates in numbers, which are told."""
    given = config.training.optimizer
    is_new = len(start.reused) < len(start.bundle.heads)
    has_adapters = config.lora is not None
    rates = rates_of(given, model=learning.model, new_heads=is_new, adapters=has_adapters)
    why = ""
    if given.learning_rate is None:
        why = f" (by the width of the model{', for adapters' * has_adapters})"
    logger.info(
        "learning rate %g%s, heads %g times that", rates.learning_rate, why, rates.head_factor
    )
    optimizer = replace(given, learning_rate=rates.learning_rate, head_factor=rates.head_factor)
    return replace(config, training=replace(config.training, optimizer=optimizer))


def _evaluator(run: _Run, *, start: Start) -> Evaluator | None:
    """What the best model is chosen by, if there is any dev data."""
    dev = {name: splits.dev for name, splits in run.splits.items()}
    if all(dev.values()):
        heads = {name: head_names(start.bundle, task=name) for name in start.tasks}
        return Evaluator(tasks=start.tasks, dev=dev, heads=heads, device=run.world.device)
    if any(dev.values()):
        bare = ", ".join(name for name, examples in dev.items() if not examples)
        raise ConfigError(
            f"{bare}: has no dev data, but other tasks have; the best model is chosen by all"
        )
    return None


def _train(
    run: _Run, *, learning: Learning, evaluate: Evaluator | None, trackers: Sequence[Tracker]
) -> TrainingResult:
    trainer = Trainer(
        learning.model,
        objective=learning.objective,
        data=learning.data,
        config=replace(run.config.training, seed=run.config.seed),
        run_dir=run.directory,
        trackers=trackers,
        evaluate=evaluate,
        metric=None if evaluate is None else evaluate.metric,
        world=run.world,
    )
    if run.world.is_first:
        begin(run.directory, origin=run.origin)
    return trainer.run()


def _save(
    run: _Run, *, trained: Bundle, start: Start, origin: str | None, report: dict[str, Any]
) -> None:
    """Write the model with its card, then the scores, which say that the run is finished."""
    config = run.config
    named = name_of_start(config.model, origin=origin)
    notes = card_notes(
        config,
        report=report,
        start=named,
        usage=usage_of(start.tasks, splits=run.splits),
        directory=run.directory / MODEL,
    )
    made = replace(trained, source=named)
    save_bundle(made, directory=run.directory / MODEL, replace=True, notes=notes)
    write_scores(run.directory, values=report)
    if not config.leave_checkpoints:
        remove_checkpoints(run.directory)


def _facts(run: _Run, *, result: TrainingResult) -> dict[str, Any]:
    seconds = result.seconds
    optimizer = run.config.training.optimizer
    return {
        "steps": result.steps,
        "why": result.why,
        "best_step": result.best_step,
        "seconds": round(seconds, 2),
        "instances_per_second": round(result.n_instances / seconds if seconds else 0.0, 2),
        "peak_memory": peak_memory(run.world.device),
        "device": described(run.world),
        "seed": run.config.seed,
        "learning_rate": optimizer.learning_rate,
        "head_factor": optimizer.head_factor,
        "held_out": any(splits.held_out for splits in run.splits.values()),
    }


def _splits(part: TaskConfig, *, seed: int) -> Splits:
    task = load_task(part.task)
    return read_splits(part.data, task=task, seed=seed, options=_options(part))


def _options(part: TaskConfig) -> Any:
    return options_of(load_task(part.task), values=part.options, where=f"options of {part.head}")
