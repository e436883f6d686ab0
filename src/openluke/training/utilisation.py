"""How much of a device is used: the useful work of a step beside what it could do in that time."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch

from openluke.instances import TaskBatch
from openluke.model.flops import encoder_flops
from openluke.model.model import Model
from openluke.task import Objective
from openluke.training.distributed import World
from openluke.training.peak import matmul_peak

CountFlops = Callable[[TaskBatch], float]


@runtime_checkable
class CountsFlops(Protocol):
    """What an objective has besides, if its work is not that of an encoder that reads all rows."""

    def flops(self, inputs: TaskBatch, *, model: Model) -> float:
        """What a forward and a backward pass of a batch compute; see ``model.flops``.

        Its heads count where they score whole vocabularies, and its entities do not where the
        encoder reads words alone.
        """
        ...


def flops_of(inputs: TaskBatch, *, objective: Objective, model: Model) -> float:
    """What a forward and a backward pass of a batch compute, as far as it is known."""
    if isinstance(objective, CountsFlops):
        return objective.flops(inputs, model=model)
    return encoder_flops(model.encoder, layout=inputs.batch.layout)


def flop_counter(objective: Objective, *, model: Model) -> CountFlops:
    """What counts the work of a batch."""
    return lambda inputs: flops_of(inputs, objective=objective, model=model)


def peak_of(world: World, *, dtype: torch.dtype) -> float:
    """What all devices of a run could compute in a second; every process must ask."""
    return sum(world.gather(matmul_peak(world.device, dtype=dtype)))
