"""Predictions made by several processes, each with a model of its own; the order is kept."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.stored_model import ReadOptions
from openluke.config import to_mapping
from openluke.errors import ConfigError, OpenLukeError
from openluke.inference.task_pipeline import TaskPipeline, chunks_of_examples
from openluke.model.config import HeadKind
from openluke.model.linear import pack
from openluke.shortfalls import Shortfalls, added_up

_AHEAD = 2
"""How many chunks wait for each process, so that none is idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """Where a model is loaded from, and how."""

    directory: Path
    device: str
    dtype: torch.dtype
    head: HeadKind | None = None
    """Kind of the head of a foreign checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """What several processes do together."""

    source: ModelSource
    head: str | None
    """Name of the task's head."""
    options: dict[str, Any]
    """The task's whole configuration."""
    max_rows: int
    workers: int

    @classmethod
    def of(
        cls, source: ModelSource | None, *, head: str | None, task: TaskPipeline, workers: int
    ) -> "WorkerPlan":
        """The plan for a model, which must be one that other processes can load."""
        if workers < 1:
            raise ConfigError(f"workers is {workers}, expected at least 1")
        if source is None:
            raise ConfigError(
                "this model was made in memory, and other processes load theirs from files; save "
                "it, and open it with openluke.load"
            )
        options = to_mapping(task.task.config)
        return cls(
            source=source, head=head, options=options, max_rows=task.max_rows, workers=workers
        )


def predict_in_processes(examples: Iterable[Any], *, plan: WorkerPlan) -> Iterator[list[Any]]:
    """Predictions of a stream of examples, in order, some at a time, holding few in memory."""
    context = multiprocessing.get_context("spawn")  # a fork would copy torch's threads half
    threads = max(1, (os.cpu_count() or 1) // plan.workers)
    with ProcessPoolExecutor(
        plan.workers, mp_context=context, initializer=_start, initargs=(plan, threads)
    ) as pool:
        waiting: deque[Future[tuple[list[Any], Shortfalls]]] = deque()
        shortfalls = Shortfalls()
        n_sent = 0

        def first_of_waiting() -> list[Any]:
            predicted, lost = waiting.popleft().result()
            shortfalls.include(lost)
            return predicted

        try:
            for chunk in chunks_of_examples(examples):
                waiting.append(pool.submit(_predict, chunk, n_sent))
                n_sent += len(chunk)
                if len(waiting) >= _AHEAD * plan.workers:
                    yield first_of_waiting()
            while waiting:
                yield first_of_waiting()
        except BrokenProcessPool as error:
            raise OpenLukeError(
                "a process that was predicting has ended by itself; it may have had too little "
                "memory: ask for fewer workers, or smaller batches (batch_rows)"
            ) from error
        finally:
            for future in waiting:
                future.cancel()
            shortfalls.tell()


_worker: list[TaskPipeline] = []
"""The model of this process, if it is one that predicts."""


def _start(plan: WorkerPlan, threads: int) -> None:
    torch.set_num_threads(threads)
    source = plan.source
    options = ReadOptions(head=source.head)
    bundle = load_bundle(source.directory, options=options, dtype=source.dtype)
    bundle = bundle.with_options(plan.head, options=plan.options)
    device = torch.device(source.device)
    model = bundle.model_of(plan.head).to(device).eval()
    pack(model)
    task = bundle.task(plan.head)
    _worker.append(TaskPipeline(task=task, model=model, device=device, max_rows=plan.max_rows))


def _predict(chunk: Sequence[Any], first: int) -> tuple[list[Any], Shortfalls]:
    with added_up() as lost:
        return _worker[0].predict_chunk(chunk, first=first), lost
