"""The one training loop, for fine-tuning and pretraining alike."""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import torch

from openluke.config import to_mapping
from openluke.errors import TrainingError
from openluke.file_lock import locked
from openluke.model.encoder import Encoder
from openluke.model.model import Model
from openluke.records import Scores
from openluke.task import Objective
from openluke.training.config import TrainingConfig
from openluke.training.data import DataSource, SharedData, epoch_at
from openluke.training.distributed import Losses, World, spread, whole
from openluke.training.gradients import shorten, take_norm
from openluke.training.optim import freeze, make_optimizer, set_rates
from openluke.training.origin import origin_of
from openluke.training.pace import Pace
from openluke.training.progress import Progress
from openluke.training.result import TrainingResult, result_of
from openluke.training.state import Checkpoints
from openluke.training.step import Stepper, StepReport
from openluke.training.trackers.metrics_file import MetricsFile
from openluke.training.trackers.tracker import RunFacts, Tracker, tracking
from openluke.training.utilisation import flop_counter, peak_of
from openluke.training.workers import Workers

logger = logging.getLogger(__name__)

Evaluate = Callable[[Model], Scores]
CHECKPOINTS = "checkpoints"


class Trainer:
    """Trains a model in a directory, from wherever an earlier life of the run left off."""

    def __init__(
        self,
        model: Model,
        *,
        objective: Objective,
        data: DataSource,
        config: TrainingConfig,
        run_dir: str | Path,
        trackers: Sequence[Tracker] = (),
        evaluate: Evaluate | None = None,
        metric: str | None = None,
        world: World | None = None,
    ) -> None:
        """Prepare a run; nothing is written before ``run``.

        Args:
            model: What is trained, in place. Its weights are those that a new run starts with; a
                run that goes on is given the same again.
            objective: What is learnt.
            data: What from.
            config: How.
            run_dir: The run's directory, which is its alone.
            trackers: Where it reports to, besides ``metrics.jsonl``.
            evaluate: Scores a model; every process calls it, in evaluation mode, and the scores of
                the first count. Without it, or if the config says so, the last weights are kept.
            metric: The score by which the best weights are chosen, more is better; the first of
                the scores by default.
            world: The processes that train together; see ``distributed.joined``.
        """
        self.model = model
        self.objective = objective
        self.data = SharedData(data)
        self.config = config
        self.run_dir = Path(run_dir)
        self.world = world or World()
        self._trackers: list[Tracker] = [MetricsFile(), *trackers] if self.world.is_first else []
        self._evaluate = evaluate
        self._metric = metric

    def run(self) -> TrainingResult:
        """Train until the end, or until the scores get no better."""
        with ExitStack() as stack:
            if self.world.is_first:
                self.run_dir.mkdir(parents=True, exist_ok=True)
                lock = self.run_dir / ".lock"
                stack.enter_context(locked(lock, what=f"the run in {self.run_dir}"))
            self._prepare()
            stack.enter_context(self._stepper.workers)
            stack.enter_context(tracking(self._trackers, facts=self._facts()))
            while not self._progress.finished:
                began = time.monotonic()
                report = self._step()
                self._progress.seconds += time.monotonic() - began
                self._after(report, seconds=time.monotonic() - began)
            return self._result()

    def _prepare(self) -> None:
        config, model = self.config, self.model
        freeze(model, config=config.optimizer)
        self._origin = origin_of(model, data=self.data, config=config)
        for encoder in (part for part in model.modules() if isinstance(part, Encoder)):
            encoder.gradient_checkpointing = config.gradient_checkpointing
        model.to(self.world.device)
        module = spread(
            Losses(model, objective=self.objective), strategy=config.strategy, world=self.world
        )
        self._module = module
        self._optimizer = make_optimizer(model, config=config.optimizer)
        self._checkpoints = Checkpoints(
            self.run_dir / CHECKPOINTS, keep=config.keep_checkpoints, world=self.world
        )
        dtype: torch.dtype = getattr(torch, config.dtype)
        measures = config.measure_utilisation
        self._pace = Pace(peak=peak_of(self.world, dtype=dtype) if measures else None)
        self._progress = self._restored()
        last = math.ceil(self.data.start(config.epochs) / self._progress.step_size)
        self._n_steps = min(last, config.max_steps or last)
        end = self._n_steps * self._progress.step_size
        self._stepper = Stepper(
            module=module,
            objective=self.objective,
            data=self.data,
            world=self.world,
            seed=config.seed,
            dtype=dtype,
            workers=Workers(config.data_workers, end=end, device=self.world.device),
            count_flops=flop_counter(self.objective, model=model) if measures else None,
        )

    def _restored(self) -> Progress:
        """How far the run is: as its last checkpoint says, or at its beginning."""
        size = self.world.size
        progress = self._checkpoints.restore(
            self.model, optimizer=self._optimizer, origin=self._origin
        )
        if progress is None:
            return Progress(step_size=self.config.accumulation * size, world_size=size)
        progress.share(size)
        logger.info("%s: goes on after step %d", self.run_dir, progress.step)
        return progress

    def _facts(self) -> RunFacts:
        return RunFacts(
            run_dir=self.run_dir,
            options=to_mapping(self.config),
            step=self._progress.step,
            n_steps=self._n_steps,
        )

    def _step(self) -> StepReport:
        progress, config = self._progress, self.config
        self.model.train()
        report = self._stepper.backward(
            step=progress.step, first=progress.position, size=progress.step_size
        )
        parameters = list(self.model.parameters())
        norm = take_norm(parameters)
        if not math.isfinite(norm):
            raise TrainingError(
                f"step {progress.step + 1}, micro-batches {progress.position} to "
                f"{progress.position + progress.step_size - 1}: the gradients are {norm}, though "
                f"the loss is {report.loss}; train with a lower learning rate or dtype float32"
            )
        if config.max_grad_norm is not None:
            shorten(parameters, norm=norm, longest=config.max_grad_norm)
        rate = set_rates(
            self._optimizer, config=config.optimizer, step=progress.step, n_steps=self._n_steps
        )
        self._optimizer.step()
        self._optimizer.zero_grad()
        progress.step += 1
        progress.n_instances += report.n_instances
        progress.add(report.values | {"learning_rate": rate, "gradient_norm": norm})
        return report

    def _after(self, report: StepReport, *, seconds: float) -> None:
        """What follows a step: reports, an evaluation, a checkpoint, the end; as each is due."""
        progress, config = self._progress, self.config
        self._pace.add(report, seconds=seconds)
        over = progress.step >= self._n_steps
        new_epoch = self._epoch(progress.position) > self._epoch(
            progress.position - progress.step_size
        )
        evaluates = self._evaluate is not None and (
            over or _is_due(progress.step, every=config.evaluate_every, otherwise=new_epoch)
        )
        if over:
            progress.finished = "all steps were made"
        if over or evaluates or progress.step % config.log_every == 0:
            self._log(progress.take_means() | self._pace.take())
        if evaluates:
            self._score()
        if (
            progress.finished
            or evaluates
            or new_epoch
            or _is_due(progress.step, every=config.checkpoint_every)
        ):
            self._checkpoints.save(
                self.model,
                optimizer=self._optimizer,
                progress=progress,
                origin=self._origin,
            )
        for tracker in self._trackers:
            tracker.advance(progress.step)

    def _score(self) -> None:
        progress, patience = self._progress, self.config.patience
        assert self._evaluate is not None
        self.model.eval()
        with torch.no_grad(), whole(self._module):
            scores = self.world.gather(self._evaluate(self.model))[0]
        metric = self._metric or next(iter(scores.values))
        if math.isnan(scores.values.get(metric, math.nan)):
            raise TrainingError(
                f"step {progress.step}: the evaluation gives {scores.values}, expected a number "
                f"named {metric!r}, by which the best weights are chosen"
            )
        progress.judge(scores, metric=metric)
        self._log({f"score/{name}": value for name, value in scores.values.items()})
        if patience is not None and progress.n_worse >= patience and not progress.finished:
            progress.finished = f"{metric} was no better in {progress.n_worse} evaluations"

    def _log(self, values: Mapping[str, float]) -> None:
        progress = self._progress
        epoch = self._epoch(progress.position)
        first, after = self.data.start(epoch), self.data.start(epoch + 1)
        place = epoch + (progress.position - first) / (after - first)
        for tracker in self._trackers:
            tracker.log({"epoch": round(place, 4), **values}, step=progress.step)

    def _epoch(self, position: int) -> int:
        return epoch_at(self.data, position=position)

    def _result(self) -> TrainingResult:
        result = result_of(self._progress, keep=self.config.keep)
        if result.best_step not in (None, result.steps):
            self._checkpoints.load(result.best_step, model=self.model)
        self.model.eval()
        return result


def _is_due(step: int, *, every: int | None, otherwise: bool = False) -> bool:
    return otherwise if every is None else step % every == 0
