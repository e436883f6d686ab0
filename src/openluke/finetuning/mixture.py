"""Several tasks learnt together: micro-batches of one task after another, in an order of chance."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from openluke.instances import Instance, TaskBatch
from openluke.model.heads import Head
from openluke.model.model import Model
from openluke.task import Task
from openluke.training.data import DataSource


@dataclass(frozen=True, slots=True)
class _Part:
    """The details of an instance, and the task that it is of."""

    head: str
    details: Any


class MixedData:
    """Micro-batches of several sources, as often as their weights say.

    Each source is read from its beginning to its end and again, whatever the order of the mixture.
    """

    def __init__(
        self, sources: Mapping[str, DataSource], *, weights: Mapping[str, float], seed: int
    ) -> None:
        """Mix sources.

        Args:
            sources: The sources by the names of their heads.
            weights: How often each is read in an epoch of the mixture.
            seed: Where the orders come from.
        """
        self._sources = sources
        self._seed = seed
        self._counts = {
            name: max(1, round(weights[name] * source.start(1))) for name, source in sources.items()
        }
        self._size = sum(self._counts.values())

    @property
    def fingerprint(self) -> str:
        """Of all sources, and of how they are mixed."""
        found = hashlib.blake2b(repr((self._seed, self._counts)).encode(), digest_size=16)
        for name, source in self._sources.items():
            found.update(f"{name} {source.fingerprint}\n".encode())
        return found.hexdigest()

    def start(self, epoch: int) -> int:
        """The position at which an epoch begins."""
        return epoch * self._size

    def batch(self, position: int) -> list[Instance]:
        """The instances of a micro-batch; their details say which task they are of."""
        name, place = self._find(position)
        return [
            replace(instance, details=_Part(name, instance.details))
            for instance in self._sources[name].batch(place)
        ]

    def describe(self, position: int) -> list[str]:
        """Which examples of which task are in a micro-batch."""
        name, place = self._find(position)
        return [f"{name}: {one}" for one in self._sources[name].describe(place)]

    def _find(self, position: int) -> tuple[str, int]:
        """The source that a position belongs to, and the position there."""
        epoch, index = divmod(position, self._size)
        order = self._order(epoch)
        number = int(order[index])
        name = list(self._counts)[number]
        before = int((order[:index] == number).sum())
        return name, epoch * self._counts[name] + before

    def _order(self, epoch: int) -> npt.NDArray[np.int64]:
        counts = list(self._counts.values())
        numbers = np.repeat(np.arange(len(counts)), counts)
        return np.random.default_rng([self._seed, epoch]).permutation(numbers)


class MixedObjective:
    """What training asks of several tasks: each micro-batch is handed to its own."""

    def __init__(self, tasks: Mapping[str, Task[Any, Any]]) -> None:
        self._tasks = tasks

    def collate(self, instances: Sequence[Instance], *, rng: np.random.Generator) -> TaskBatch:
        """Tensors of instances, which are all of one task."""
        name = instances[0].details.head
        plain = [replace(instance, details=instance.details.details) for instance in instances]
        batch = self._tasks[name].collate(plain, rng=rng)
        counts = {f"{name}.{loss}": count for loss, count in batch.n_targets.items()}
        return replace(batch, instances=tuple(instances), n_targets=counts)

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """The losses of the task that the batch is of, under its name."""
        name = inputs.instances[0].details.head
        plain = replace(
            inputs,
            instances=tuple(replace(one, details=one.details.details) for one in inputs.instances),
            n_targets={key.removeprefix(f"{name}."): n for key, n in inputs.n_targets.items()},
        )
        losses = self._tasks[name].losses(plain, model=part_of(model, head=name))
        return {f"{name}.{loss}": value for loss, value in losses.items()}


def whole_model(models: Mapping[str, Model]) -> Model:
    """One encoder with the heads of several tasks, which are named after their task and role."""
    encoder = next(iter(models.values())).encoder
    heads: dict[str, Head] = {
        head_key(head, role=role): model.head(role)
        for head, model in models.items()
        for role in model.heads
    }
    return Model(encoder, heads=heads)


def part_of(model: Model, *, head: str) -> Model:
    """The encoder with the heads of one of its tasks, by their roles."""
    prefix = head_key(head, role="")
    heads = {
        key.removeprefix(prefix): model.head(key) for key in model.heads if key.startswith(prefix)
    }
    return Model(model.encoder, heads=heads)


def head_key(head: str, *, role: str) -> str:
    """The name of a head in a model of several tasks."""
    return f"{head}/{role}"
