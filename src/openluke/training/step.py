"""One step: micro-batches through the model, and gradients of the mean losses over all of them."""

import math
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from openluke.errors import TrainingError
from openluke.instances import TaskBatch
from openluke.task import Objective
from openluke.training.data import DataSource
from openluke.training.distributed import World, accumulating
from openluke.training.measures import means_of, split_sums
from openluke.training.seeds import data_rng, seed_dropout
from openluke.training.utilisation import CountFlops
from openluke.training.workers import Workers

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """What a step found; the same in every process."""

    losses: dict[str, float]
    """Each loss, as the mean over its targets in the step."""
    measures: dict[str, float]
    """What is only reported, as means over the targets of the losses that they stand beside."""
    n_instances: int
    """How many instances were read."""
    n_rows: int
    """How many word and entity rows they have."""
    n_words: int
    """How many of these are words."""
    flops: float
    """What the model must compute for them, if it is counted."""
    loss: float
    """What is minimised: the sum of the losses, those of a task among several in the share that it
    has of the step's micro-batches."""

    @property
    def values(self) -> dict[str, float]:
        """What is reported of it, under the names that trackers know."""
        found = {"loss": self.loss}
        if set(self.losses) != {"loss"}:
            found |= {f"loss/{name}": loss for name, loss in self.losses.items()}
        return found | {f"measure/{name}": mean for name, mean in self.measures.items()}


class _Facts(NamedTuple):
    """What the step must know of each micro-batch."""

    part: str
    n_targets: Mapping[str, int]
    n_instances: int
    n_rows: int
    n_words: int
    flops: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepper:
    """What makes gradients out of places in the data."""

    module: nn.Module
    """Gives the sums of losses of a batch."""
    objective: Objective
    data: DataSource
    world: World
    seed: int
    dtype: torch.dtype
    workers: Workers = field(default_factory=Workers)
    """Who reads the data."""
    count_flops: CountFlops | None = None
    """Says what the model must compute for a batch."""

    def collate(self, position: int) -> TaskBatch:
        """The micro-batch at a position."""
        rng = data_rng(self.seed, position=position)
        return self.objective.collate(self.data.batch(position), rng=rng)

    def backward(self, *, step: int, first: int, size: int) -> StepReport:
        """Add the gradients of a step, whose micro-batches lie at ``first`` and after.

        Each process takes every n-th of them.

        Args:
            step: The number of the step, for messages.
            first: The position of its first micro-batch.
            size: How many it has, in all processes.
        """
        positions = range(first + self.world.rank, first + size, self.world.size)
        batches = self.workers.take(positions, read=self.collate)
        counts = self.world.gather([self._facts(batch) for batch in batches])
        facts = [fact for of_rank in counts for fact in of_rank]
        factors = _factors(facts)
        sums = [
            self._backward(
                batch, position=position, factors=factors, last=position == positions[-1]
            )
            for position, batch in zip(positions, batches, strict=True)
        ]
        n_targets = _added([fact.n_targets for fact in facts])
        found, measures = split_sums(
            _added(self._all_sums(sums, first=first, step=step, names=n_targets)), losses=n_targets
        )
        return StepReport(
            losses={name: total / max(n_targets[name], 1) for name, total in found.items()},
            measures=means_of(measures, n_targets=n_targets),
            n_instances=sum(fact.n_instances for fact in facts),
            n_rows=sum(fact.n_rows for fact in facts),
            n_words=sum(fact.n_words for fact in facts),
            flops=sum(fact.flops for fact in facts),
            loss=sum(total * factors[name] for name, total in found.items()),
        )

    def _facts(self, batch: TaskBatch) -> _Facts:
        return _Facts(
            part=batch.part,
            n_targets=batch.n_targets,
            n_instances=len(batch.instances),
            n_rows=sum(instance.n_rows for instance in batch.instances),
            n_words=batch.batch.n_words,
            flops=0.0 if self.count_flops is None else self.count_flops(batch),
        )

    def _backward(
        self, batch: TaskBatch, *, position: int, factors: Mapping[str, float], last: bool
    ) -> dict[str, Tensor]:
        device = self.world.device
        seed_dropout(self.seed, position=position)
        with accumulating(self.module, last=last):
            with torch.autocast(device.type, self.dtype, enabled=self.dtype != torch.float32):
                sums = self.module(batch.to(device, non_blocking=True))
            losses, _ = split_sums(sums, losses=batch.n_targets)
            # gradients become means over the processes, losses are sums
            shares = [self.world.size * losses[name] * factors[name] for name in losses]
            torch.stack(shares).sum().backward()
        return {name: total.detach() for name, total in sums.items()}

    def _all_sums(
        self,
        sums: Sequence[Mapping[str, Tensor]],
        *,
        first: int,
        step: int,
        names: Container[str],
    ) -> list[dict[str, float]]:
        """The sums of all micro-batches, by position; losses are numbers, or training stops.

        Args:
            sums: Those of this process.
            first: The position of the step's first micro-batch.
            step: The number of the step, for messages.
            names: Those of the losses.
        """
        mine = [{name: float(total) for name, total in found.items()} for found in sums]
        by_rank = self.world.gather(mine)
        found = [of_rank[i] for i in range(len(mine)) for of_rank in by_rank]
        for position, of_batch in enumerate(found, start=first):
            losses = {name: total for name, total in of_batch.items() if name in names}
            bad = [f"{name} is {loss}" for name, loss in losses.items() if not math.isfinite(loss)]
            if bad:
                raise TrainingError(
                    f"step {step + 1}, micro-batch {position}: the loss {', '.join(bad)}; it was "
                    f"computed from {self._names(position)}. Look at these examples; if nothing is "
                    "wrong with them, train with a lower learning rate, a longer warm-up or "
                    "dtype float32. The last checkpoint is from before this step"
                )
        return found

    def _names(self, position: int) -> str:
        names = self.data.describe(position)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        return ", ".join(names[:_SHOWN]) + more


def _factors(facts: Sequence[_Facts]) -> dict[str, float]:
    """What the sum of each loss is multiplied by.

    It makes a mean of it, over all that the step has; where several tasks are learnt together, each
    counts by its micro-batches, so that one of eight weighs as it would in a step of its own.
    """
    n_targets = _added([fact.n_targets for fact in facts])
    of_part = Counter(fact.part for fact in facts)
    parts = {name: fact.part for fact in facts for name in fact.n_targets}
    return {name: of_part[parts[name]] / len(facts) / max(n, 1) for name, n in n_targets.items()}


def _added(counts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for each in counts for name in each)
    return {name: sum(each.get(name, 0) for each in counts) for name in names}
