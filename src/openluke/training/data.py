"""The order of the data: one number says where in it training is."""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from threading import Lock
from typing import Protocol

import numpy as np
import numpy.typing as npt

from openluke.errors import ConfigError, DataError
from openluke.instances import Instance

_SAMPLE = 1000


class DataSource(Protocol):
    """Micro-batches without end, one epoch after another; each has a position, counted from 0.

    What lies at a position depends on nothing that was asked before, nor on who asks.
    """

    @property
    def fingerprint(self) -> str:
        """What tells this data, and its order, from others: a run goes on with the same only."""
        ...

    def start(self, epoch: int) -> int:
        """The position at which an epoch, counted from 0, begins."""
        ...

    def batch(self, position: int) -> Sequence[Instance]:
        """The instances of a micro-batch."""
        ...

    def describe(self, position: int) -> list[str]:
        """Which examples are in a micro-batch, for a person who looks for one of them."""
        ...


class SharedData:
    """Data that several threads may ask, one after another: sources keep what they read last."""

    def __init__(self, data: DataSource) -> None:
        self._data = data
        self._lock = Lock()

    @property
    def fingerprint(self) -> str:
        """That of the data."""
        with self._lock:
            return self._data.fingerprint

    def start(self, epoch: int) -> int:
        """The position at which an epoch begins."""
        with self._lock:
            return self._data.start(epoch)

    def batch(self, position: int) -> Sequence[Instance]:
        """The instances of a micro-batch."""
        with self._lock:
            return self._data.batch(position)

    def describe(self, position: int) -> list[str]:
        """Which examples are in a micro-batch."""
        with self._lock:
            return self._data.describe(position)


def epoch_at(data: DataSource, *, position: int) -> int:
    """The epoch in which a position lies."""
    epoch = 0
    while data.start(epoch + 1) <= position:
        epoch += 1
    return epoch


class InstanceData:
    """Instances in memory, in a new order in each epoch."""

    def __init__(
        self,
        instances: Sequence[Instance],
        *,
        seed: int = 0,
        batch_size: int = 8,
        max_rows: int | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        """Batches of instances.

        Args:
            instances: What is learnt from.
            seed: Where the orders come from.
            batch_size: The most instances of a micro-batch.
            max_rows: The most word and entity rows of a micro-batch; an instance with more is
                alone. No limit by default.
            names: What each instance is called in messages; their numbers by default.
        """
        if not instances:
            raise DataError("there is nothing to learn from: the training data has no instance")
        if batch_size < 1:
            raise ConfigError(f"batch_size is {batch_size}, expected 1 or more")
        if max_rows is not None and max_rows < 1:
            raise ConfigError(f"max_rows is {max_rows}, expected 1 or more, or nothing")
        self._instances = instances
        self._names = names
        self._seed = seed
        self._batch_size = batch_size
        self._max_rows = max_rows
        self._rows = np.array([instance.n_rows for instance in instances], dtype=np.int64)
        self._starts = [0]
        self._epoch = -1
        self._bounds: npt.NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        self._order = self._bounds

    def __len__(self) -> int:
        return len(self._instances)

    @property
    def fingerprint(self) -> str:
        """Of all sizes, and of a sample of the instances."""
        found = hashlib.blake2b(digest_size=16)
        found.update(repr((self._seed, self._batch_size, self._max_rows)).encode())
        found.update(self._rows.tobytes())
        step = max(1, len(self._instances) // _SAMPLE)
        for instance in self._instances[::step]:
            for features in instance.features:
                found.update(features.word_ids.tobytes() + features.entity_ids.tobytes())
            for name in sorted(instance.targets):
                found.update(name.encode() + instance.targets[name].tobytes())
        return found.hexdigest()

    def start(self, epoch: int) -> int:
        """The position at which an epoch begins."""
        while len(self._starts) <= epoch:
            _, bounds = self._plan(len(self._starts) - 1)
            self._starts.append(self._starts[-1] + len(bounds) - 1)
        return self._starts[epoch]

    def batch(self, position: int) -> list[Instance]:
        """The instances of a micro-batch."""
        return [self._instances[i] for i in self._members(position)]

    def describe(self, position: int) -> list[str]:
        """The names of a micro-batch's instances."""
        members = self._members(position)
        if self._names is None:
            return [f"instance {i}" for i in members]
        return [self._names[i] for i in members]

    def _members(self, position: int) -> list[int]:
        while self._starts[-1] <= position:
            self.start(len(self._starts))
        epoch = bisect_right(self._starts, position) - 1
        if epoch != self._epoch:
            self._order, self._bounds = self._plan(epoch)
            self._epoch = epoch
        i = position - self._starts[epoch]
        return self._order[self._bounds[i] : self._bounds[i + 1]].tolist()

    def _plan(self, epoch: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The order of an epoch, and where in it each micro-batch begins, and the last ends."""
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._instances))
        if self._max_rows is None:
            bounds = np.arange(0, len(order) + self._batch_size, self._batch_size)
            return order, np.minimum(bounds, len(order))
        ends = self._rows[order].cumsum()
        bounds = [0]
        while bounds[-1] < len(order):
            first = bounds[-1]
            before = int(ends[first - 1]) if first else 0
            last = int(np.searchsorted(ends, before + self._max_rows, side="right"))
            bounds.append(min(max(last, first + 1), first + self._batch_size))
        return order, np.array(bounds, dtype=np.int64)
