"""Several tasks learnt at once by one encoder: batches of one after batches of another."""

import dataclasses
import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from torch import Tensor

from openluke.errors import ConfigError
from openluke.instances import Instance, TaskBatch
from openluke.model.encoder import Encoder
from openluke.model.heads import Head
from openluke.model.model import Model
from openluke.task import Objective
from openluke.training.data import DataSource
from openluke.training.utilisation import flops_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the tasks of a mixture."""

    objective: Objective
    data: DataSource
    heads: Mapping[str, str]
    """The name, in the model, of the head of each role of the task."""
    weight: float = 1.0
    """How many times its data is read in each epoch of the mixture."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixedInstance(Instance):
    """An instance that says of which task it is."""

    part: str


class MixedData:
    """Micro-batches of one task each, in an order that is drawn anew for each epoch."""

    def __init__(self, parts: Mapping[str, Part], *, seed: int = 0) -> None:
        """The data of all tasks, each by its name."""
        if not parts:
            raise ConfigError("a mixture has no tasks; name at least one")
        for name, part in parts.items():
            if not part.weight > 0:
                raise ConfigError(f"the weight of {name!r} is {part.weight}, expected more than 0")
        self._parts = dict(parts)
        self._names = list(parts)
        self._seed = seed
        self._starts = [0]
        self._order: tuple[int, np.ndarray] = (-1, np.zeros(0, dtype=np.int64))

    @property
    def fingerprint(self) -> str:
        """Of the data of all tasks, and their shares."""
        facts = [(name, part.data.fingerprint, part.weight) for name, part in self._parts.items()]
        return hashlib.blake2b(repr((self._seed, facts)).encode(), digest_size=16).hexdigest()

    def start(self, epoch: int) -> int:
        """The position at which an epoch begins."""
        while len(self._starts) <= epoch:
            n = sum(self._n_batches(name, epoch=len(self._starts) - 1) for name in self._names)
            self._starts.append(self._starts[-1] + n)
        return self._starts[epoch]

    def batch(self, position: int) -> list[MixedInstance]:
        """The instances of a micro-batch, which are all of one task."""
        name, place = self._place(position)
        found = self._parts[name].data.batch(place)
        fields = [field.name for field in dataclasses.fields(Instance)]
        return [
            MixedInstance(part=name, **{field: getattr(one, field) for field in fields})
            for one in found
        ]

    def describe(self, position: int) -> list[str]:
        """The names of a micro-batch's instances, after that of their task."""
        name, place = self._place(position)
        return [f"{name}: {one}" for one in self._parts[name].data.describe(place)]

    def part_at(self, position: int) -> str:
        """The task that a micro-batch is of."""
        return self._place(position)[0]

    def _place(self, position: int) -> tuple[str, int]:
        """Of which task a micro-batch is, and its position in the data of that task."""
        while self._starts[-1] <= position:
            self.start(len(self._starts))
        epoch = bisect_right(self._starts, position) - 1
        order, i = self._order_of(epoch), position - self._starts[epoch]
        chosen = int(order[i])
        name = self._names[chosen]
        return name, self._first(name, epoch=epoch) + int((order[:i] == chosen).sum())

    def _order_of(self, epoch: int) -> np.ndarray:
        if self._order[0] != epoch:
            counts = [self._n_batches(name, epoch=epoch) for name in self._names]
            every = np.repeat(np.arange(len(counts)), counts)
            shuffled = np.random.default_rng([self._seed, epoch]).permutation(every)
            self._order = (epoch, shuffled)
        return self._order[1]

    def _n_batches(self, name: str, *, epoch: int) -> int:
        return self._first(name, epoch=epoch + 1) - self._first(name, epoch=epoch)

    def _first(self, name: str, *, epoch: int) -> int:
        """The position, in the data of a task, with which an epoch of the mixture begins."""
        part = self._parts[name]
        whole, share = divmod(epoch * part.weight, 1)
        first, after = part.data.start(int(whole)), part.data.start(int(whole) + 1)
        return first + round(share * (after - first))


class MixedObjective:
    """The objectives of several tasks; each sees a model with its own heads only."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = dict(parts)

    def collate(self, instances: Sequence[Instance], *, rng: np.random.Generator) -> TaskBatch:
        """A batch of the task that all instances are of; its losses begin with its name."""
        mixed = cast("Sequence[MixedInstance]", instances)
        name = mixed[0].part
        made = self._parts[name].objective.collate(instances, rng=rng)
        n_targets = {f"{name}.{loss}": n for loss, n in made.n_targets.items()}
        return dataclasses.replace(made, n_targets=n_targets, part=name)

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """The sums of the losses of the batch's task, under its name."""
        name = inputs.part
        part = self._parts[name]
        view = view_of(model, heads=part.heads)
        found = part.objective.losses(inputs, model=view)
        return {f"{name}.{loss}": total for loss, total in found.items()}

    def flops(self, inputs: TaskBatch, *, model: Model) -> float:
        """What a forward and a backward pass of a batch compute, as its task counts it."""
        part = self._parts[inputs.part]
        view = view_of(model, heads=part.heads)
        return flops_of(inputs, objective=part.objective, model=view)


def view_of(model: Model, *, heads: Mapping[str, str]) -> Model:
    """The same encoder with some of the heads, under the names of their roles.

    It shares its modules with the model, so that it is in the same mode and on the same device.
    """
    missing = [name for name in heads.values() if name not in model.heads]
    if missing:
        raise ConfigError(
            f"the model has no head named {', '.join(map(repr, missing))}; its heads are "
            f"{', '.join(model.heads)}"
        )
    chosen = {role: cast("Head", model.heads[name]) for role, name in heads.items()}
    view = Model(cast("Encoder", model.encoder), heads=chosen)
    view.training = model.training
    return view
