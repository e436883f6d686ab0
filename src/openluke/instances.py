"""One thing that the model reads at once, and many of them as tensors."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from openluke.features import Features
from openluke.model.batch import Batch
from openluke.model.labels import IGNORE

Array = npt.NDArray[Any]
Outputs = Mapping[str, Array]
"""What the heads say of one instance: arrays of numbers, under names that its task knows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instance:
    """What the model reads at once of an example: a window, a pair of mentions, some choices."""

    features: tuple[Features, ...]
    """One input; the choices of a question are several."""
    targets: Mapping[str, Array] = field(default_factory=dict[str, Array])
    """What is to be learnt; empty where it is not known."""
    details: Any = None
    """What the task wants to know again when it decodes the outputs."""

    @property
    def n_rows(self) -> int:
        """Word and entity rows: what the instance costs."""
        return sum(len(features) + features.n_entities for features in self.features)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskBatch:
    """Instances as tensors."""

    batch: Batch
    instances: tuple[Instance, ...]
    """What it was made of, in order."""
    targets: Mapping[str, Tensor] = field(default_factory=dict[str, Tensor])
    n_targets: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many terms each loss of the task sums here: what the sum is divided by, after the same
    numbers of all other batches of the step were added."""
    part: str = ""
    """Of which task it is, where several are learnt together."""

    def to(self, device: Any, *, non_blocking: bool = False) -> Self:
        """The same batch on another device."""
        return self._map(lambda x: x.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Self:
        """The same batch in page-locked memory."""
        return self._map(lambda x: x.pin_memory())

    def _map(self, change: Callable[[Any], Any]) -> Self:
        targets = {name: change(tensor) for name, tensor in self.targets.items()}
        return dataclasses.replace(self, batch=change(self.batch), targets=targets)


def collate_instances(
    instances: Sequence[Instance],
    *,
    max_mention_length: int,
    n_targets: Mapping[str, int] | None = None,
) -> TaskBatch:
    """Tensors of instances; the targets of all, one after another, under their names.

    Instances of several inputs are collated as the choices of one question.

    Args:
        instances: Any number. Targets of a name that some of them lack are left out.
        max_mention_length: How many of a mention's first pieces give its position.
        n_targets: How many terms each loss sums; see ``TaskBatch``.
    """
    features = [one for instance in instances for one in instance.features]
    counts = [len(instance.features) for instance in instances]
    choices = counts if any(count != 1 for count in counts) else ()
    names = instances[0].targets if instances else ()
    targets = {
        name: torch.as_tensor(np.concatenate([i.targets[name] for i in instances]))
        for name in names
        if all(name in instance.targets for instance in instances)
    }
    batch = Batch.collate(features, max_mention_length=max_mention_length, choices=choices)
    return TaskBatch(
        batch=batch,
        instances=tuple(instances),
        targets=targets,
        n_targets=dict(n_targets or {}),
    )


def count_targets(instances: Sequence[Instance]) -> dict[str, int]:
    """How many targets of each name are known: no ``IGNORE`` among whole numbers, no NaN."""
    counts: dict[str, int] = {}
    for instance in instances:
        for name, values in instance.targets.items():
            known = values != IGNORE if values.dtype.kind in "iu" else ~np.isnan(values)
            counts[name] = counts.get(name, 0) + int(known.sum())
    return counts


def split_rows(rows: Tensor, *, sizes: Sequence[int]) -> list[Array]:
    """Rows of a batch as one array of each instance. *Shapes:* (sizes[i], …), float32."""
    array = rows.detach().float().cpu().numpy()
    return [array[first:last] for first, last in pairwise(accumulate(sizes, initial=0))]
