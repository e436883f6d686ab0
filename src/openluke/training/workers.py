"""Threads that read the micro-batches of the next steps while a model learns from this one's."""

import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import torch

from openluke.instances import TaskBatch

_CPU = torch.device("cpu")


class Workers:
    """Reads micro-batches, ahead of their step if it has threads.

    What is read does not depend on how many there are: each micro-batch is a function of its
    position. One that cannot be read is an error of the step that needs it, and of none before.
    """

    def __init__(self, n: int = 0, *, end: float = math.inf, device: torch.device = _CPU) -> None:
        """Start no thread yet.

        Args:
            n: How many threads there are; without any, nothing is read before it is asked for.
            end: The position after the last that a run will ask for; by default there is none.
            device: Where the batches will go: for an accelerator threads put them into page-locked
                memory, from which it takes them while it computes.
        """
        self._n = n
        self._end = end
        self._pins = device.type == "cuda"
        self._ahead: dict[int, Future[TaskBatch]] = {}
        self._pool: ThreadPoolExecutor | None = None
        if n:
            self._pool = ThreadPoolExecutor(
                n, thread_name_prefix="openluke-data", initializer=_starter(device)
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the threads; what was read ahead is dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._ahead.clear()

    def take(self, positions: range, *, read: Callable[[int], TaskBatch]) -> list[TaskBatch]:
        """The micro-batches of a step.

        Threads then go on with those of the next, or with as many as there are threads if these
        are more; never with others.

        Args:
            positions: Where in the data they lie; a process always asks with the same stride.
            read: Makes the micro-batch of a position; several threads may call it at once.
        """
        pool = self._pool
        if pool is None:
            return [read(position) for position in positions]

        def read_there(position: int) -> TaskBatch:
            batch = read(position)
            return batch.pin_memory() if self._pins else batch

        n_ahead = max(len(positions), self._n)
        end = max(self._end, positions.stop)
        for i in range(len(positions) + n_ahead):
            position = positions.start + i * positions.step
            if position < end and position not in self._ahead:
                self._ahead[position] = pool.submit(read_there, position)
        return [self._ahead.pop(position).result() for position in positions]


def _starter(device: torch.device) -> Callable[[], None] | None:
    """What a thread does first: choose its process's accelerator, since it would take the first."""
    if device.type != "cuda":
        return None
    index = torch.cuda.current_device() if device.index is None else device.index
    return lambda: torch.cuda.set_device(index)
