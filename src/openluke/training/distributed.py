"""Several processes that train one model: who they are, and how the model lies among them."""

import os
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from openluke.errors import ConfigError
from openluke.instances import TaskBatch
from openluke.model.encoder import Encoder
from openluke.model.layers import Layer
from openluke.model.model import Model
from openluke.task import Objective

_CPU = torch.device("cpu")
Strategy = Literal["ddp", "fsdp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The processes of a run, as one of them sees them; by default it is alone."""

    device: torch.device = _CPU
    """Where this process computes."""
    rank: int = 0
    """Its number."""
    size: int = 1
    """How many there are."""
    control: Any = None
    """The group in which they tell each other numbers; it needs no accelerator."""

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files and talks to people."""
        return self.rank == 0

    def gather(self, value: Any) -> list[Any]:
        """What every process says, by rank."""
        if self.size == 1:
            return [value]
        found: list[Any] = [None] * self.size
        dist.all_gather_object(found, value, group=self.control)
        return found

    def wait(self) -> None:
        """Go on when every process is here."""
        if self.size > 1:
            dist.barrier(group=self.control)


@contextmanager
def joined(device: torch.device | str = "cpu") -> Generator[World, None, None]:
    """The processes that ``torchrun`` started, or this one alone.

    Args:
        device: What to compute on. With ``cuda`` each process of a machine takes one of its own.
    """
    device = torch.device(device)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield World(device=device)
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(
            device=device,
            rank=dist.get_rank(),
            size=dist.get_world_size(),
            control=dist.new_group(backend="gloo"),
        )
    finally:
        dist.destroy_process_group()


class Losses(nn.Module):
    """A model with its objective as one module, which is what torch spreads over processes."""

    def __init__(self, model: Model, *, objective: Objective) -> None:
        super().__init__()
        self.model = model
        self._objective = objective

    def forward(self, inputs: TaskBatch) -> dict[str, Tensor]:
        """The sum of each loss over a batch, and of each measure, which is not minimised."""
        for table in _sharded_tables(self.model):
            # every process gathers it, also one whose batch has no entities
            table.unshard()
        sums = self._objective.losses(inputs, model=self.model)
        return {
            # copies, since FSDP2 refuses views
            name: (total if name in inputs.n_targets else total.detach()).clone()
            for name, total in sums.items()
        }


def spread(losses: Losses, *, strategy: Strategy, world: World) -> nn.Module:
    """The module that computes losses in a world; gradients are means over its processes."""
    if strategy == "fsdp":
        _shard(losses, world=world)
        return losses
    if world.size == 1:
        return losses
    # a batch may have no entities, and a task may leave the pooler or another task's head alone
    return DistributedDataParallel(losses, find_unused_parameters=True)


def accumulating(module: nn.Module, *, last: bool) -> AbstractContextManager[None]:
    """What to compute a micro-batch under: forward and backward pass, all but the last unshared."""
    if isinstance(module, DistributedDataParallel) and not last:
        return cast("AbstractContextManager[None]", module.no_sync())
    return nullcontext()


@contextmanager
def whole(module: nn.Module) -> Generator[None, None, None]:
    """Have all weights in this process while the block runs, which computes no gradients.

    Args:
        module: What ``spread`` gave; in the block its parts can be used one by one.
    """
    shards = [part for part in module.modules() if isinstance(part, FSDPModule)]
    for shard in shards:
        shard.set_reshard_after_forward(False, recurse=False)
        shard.unshard()
    try:
        yield
    finally:
        for shard in shards:
            shard.set_reshard_after_forward(isinstance(shard, Layer), recurse=False)
        if isinstance(module, FSDPModule):
            # what ran in between would be taken for a part of the next forward pass
            module.reset_iter_state()


def whole_weights(model: nn.Module) -> dict[str, Tensor]:
    """All weights of a model by name, wherever they lie; every process must ask."""
    return {name: _gathered(tensor) for name, tensor in model.state_dict().items()}


def local(tensor: Tensor) -> Tensor:
    """The part of a tensor that lies in this process."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def _gathered(tensor: Tensor) -> Tensor:
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _shard(losses: Losses, *, world: World) -> None:
    """Shard each layer, the entity table and all that is left, each as a unit."""
    needed = ("set_reduce_scatter_unused_params", "reset_iter_state")
    if not all(hasattr(FSDPModule, name) for name in needed):
        raise ConfigError(
            f"strategy 'fsdp' needs a newer torch than {torch.__version__}: one whose FSDP2 knows "
            "unused parameters; use strategy 'ddp' with this one"
        )
    if world.size == 1:
        raise ConfigError(
            "strategy 'fsdp' shares a model among processes, and there is one; start several with "
            "torchrun --nproc-per-node N, or use strategy 'ddp'"
        )
    for parameter in losses.parameters():
        dist.broadcast(parameter.data, 0)
    mesh = init_device_mesh(world.device.type, (world.size,))
    for encoder in _encoders(losses):
        for layer in encoder.layers:
            fully_shard(layer, mesh=mesh)
        if encoder.config.n_entities:
            # kept whole from the forward to the backward pass, since a tied head reads it too
            fully_shard(encoder.entities.table, mesh=mesh, reshard_after_forward=False)
    root = fully_shard(losses, mesh=mesh, reshard_after_forward=False)
    root.set_reduce_scatter_unused_params(True)


def _encoders(module: nn.Module) -> list[Encoder]:
    return [part for part in module.modules() if isinstance(part, Encoder)]


def _sharded_tables(model: nn.Module) -> list[FSDPModule]:
    return [
        encoder.entities.table
        for encoder in _encoders(model)
        if encoder.config.n_entities and isinstance(encoder.entities.table, FSDPModule)
    ]
