"""Checkpoints of a run: each is wholly there or not at all, and loads in any number of processes.

Weights and the optimizer's memory are written by ``torch.distributed.checkpoint`` as safetensors,
each process its own share; everything else is JSON. No file can run code when it is read.
"""

import json
import shutil
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from openluke.artifacts import move_into_place
from openluke.config import from_mapping, to_mapping
from openluke.errors import CheckpointError, ConfigError
from openluke.training.distributed import World
from openluke.training.origin import check_origin
from openluke.training.progress import Progress
from openluke.training.writing import explained

FIRST_TORCH = (2, 9)
"""The first release that writes and reads checkpoints as safetensors, each process its share."""
_IS_OLD = tuple(map(int, torch.__version__.split(".")[:2])) < FIRST_TORCH
if TYPE_CHECKING or not _IS_OLD:
    from torch.distributed.checkpoint.hf_storage import (
        HuggingFaceStorageReader,
        HuggingFaceStorageWriter,
    )

FORMAT_VERSION = 1
_STATE = "state.json"
_PREFIX = "step-"
_MODEL, _OPTIMIZER = "model.", "optimizer."


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """``state.json`` of a checkpoint."""

    progress: Progress
    origin: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the run was started with; it goes on with the same only."""
    format_version: int = FORMAT_VERSION


def check_torch() -> None:
    """Raise a ``ConfigError`` if torch is too old to keep checkpoints, hence to train."""
    if _IS_OLD:
        raise ConfigError(
            f"found torch {torch.__version__}; training needs 2.9 or newer, whose checkpoints can "
            "run no code (predicting needs 2.6): pip install --upgrade torch"
        )


class Checkpoints:
    """The checkpoints of one run, in a directory of their own."""

    def __init__(self, path: Path, *, keep: int, world: World) -> None:
        check_torch()
        self.path = path
        self._keep = keep
        self._world = world

    def steps(self) -> list[int]:
        """The steps after which there is a checkpoint, in order."""
        names = (entry.name for entry in self.path.glob(f"{_PREFIX}*"))
        return sorted(int(name.removeprefix(_PREFIX)) for name in names)

    def restore(
        self,
        model: nn.Module,
        *,
        optimizer: torch.optim.Optimizer,
        origin: Mapping[str, Any],
    ) -> Progress | None:
        """Load the last checkpoint of a run with this origin, if there is one.

        What processes that were killed have left behind is removed.
        """
        if self._world.is_first:
            for leftover in self.path.glob(f".{_PREFIX}*"):
                shutil.rmtree(leftover)
        self._world.wait()
        steps = self.steps()
        if not steps:
            return None
        state = self.read_state(steps[-1])
        check_origin(origin, expected=state.origin, run_dir=self.path.parent)
        self.load(steps[-1], model=model, optimizer=optimizer)
        return state.progress

    def save(
        self,
        model: nn.Module,
        *,
        optimizer: torch.optim.Optimizer,
        progress: Progress,
        origin: Mapping[str, Any],
    ) -> None:
        """Write a checkpoint; older ones go when it is there. Every process must call it."""
        target = self._of(progress.step)
        draft = target.with_name(f".{target.name}.partial")
        kept = f"earlier ones are whole: {self.path}" if self.steps() else "none is there yet"
        with explained(target, kept=kept), _removed(draft):
            self._write(draft, tensors=_tensors(model, optimizer=optimizer))
            if self._world.is_first:
                state = RunState(progress=progress, origin=dict(origin))
                text = json.dumps(to_mapping(state), indent=2)
                (draft / _STATE).write_text(text, encoding="utf-8")
                move_into_place(draft, target=target)
                self._prune(spared={progress.step, progress.best_step})
        self._world.wait()

    def read_state(self, step: int) -> RunState:
        """What a checkpoint says of its run."""
        path = self._of(step) / _STATE
        try:
            values: Any = json.loads(path.read_text(encoding="utf-8"))
            found = values["format_version"]
            if found == FORMAT_VERSION:
                return from_mapping(RunState, values=values, where=str(path))
        except (OSError, ValueError, TypeError, KeyError, ConfigError) as error:
            raise CheckpointError(
                f"{path}: damaged: {error}; delete {path.parent} to go on from the checkpoint "
                "before it, or to start anew"
            ) from error
        raise CheckpointError(
            f"{path}: found format version {found}, this openluke reads {FORMAT_VERSION}; go on "
            "with the version that wrote it, or start anew in another directory"
        )

    def load(
        self, step: int, *, model: nn.Module, optimizer: torch.optim.Optimizer | None = None
    ) -> None:
        """Put a checkpoint's weights into a model, and its memory into the optimizer."""
        path = self._of(step)
        with _in_its_world(), _readable(path):
            reader = HuggingFaceStorageReader(str(path))
            sizes = {
                name: cast("Any", facts).size
                for name, facts in reader.read_metadata().state_dict_metadata.items()
            }
            tensors = _templates(model, optimizer=optimizer, sizes=sizes, where=path)
            load(
                tensors,
                storage_reader=HuggingFaceStorageReader(str(path)),
                no_dist=self._world.size == 1,
                process_group=self._world.control,
            )
        if optimizer is not None:
            _fill(optimizer, model=model, tensors=tensors)

    def _write(self, draft: Path, *, tensors: dict[str, Tensor]) -> None:
        if self._world.is_first:
            draft.mkdir(parents=True)
        self._world.wait()
        with _in_its_world():
            save(
                tensors,
                storage_writer=HuggingFaceStorageWriter(str(draft), save_distributed=True),
                no_dist=self._world.size == 1,
                process_group=self._world.control,
            )

    def _of(self, step: int) -> Path:
        return self.path / f"{_PREFIX}{step:08d}"

    def _prune(self, *, spared: set[int | None]) -> None:
        for step in self.steps()[: -self._keep]:
            if step not in spared:
                # renamed first, so that a half removed one is not taken for a checkpoint
                old = self._of(step).with_name(f".{self._of(step).name}.old")
                self._of(step).rename(old)
                shutil.rmtree(old)


def _learnt(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def _tensors(model: nn.Module, *, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """All that is kept: trained weights, and what the optimizer remembers of each."""
    parameters = _learnt(model)
    found: dict[str, Tensor] = {f"{_MODEL}{name}": p.detach() for name, p in parameters.items()}
    for name, parameter in parameters.items():
        for key, value in optimizer.state.get(parameter, {}).items():
            found[f"{_OPTIMIZER}{name}.{key}"] = value
    return found


def _templates(
    model: nn.Module,
    *,
    optimizer: torch.optim.Optimizer | None,
    sizes: Mapping[str, torch.Size],
    where: Path,
) -> dict[str, Tensor]:
    """Where to read each tensor into: the model's own weights, and new places for the rest."""
    parameters = _learnt(model)
    found: dict[str, Tensor] = {f"{_MODEL}{name}": p.detach() for name, p in parameters.items()}
    saved = {name for name in sizes if name.startswith(_MODEL)}
    if saved != set(found) or any(tuple(sizes[name]) != tuple(found[name].shape) for name in found):
        odd = sorted(saved ^ set(found)) or "tensors of other sizes"
        raise CheckpointError(
            f"{where}: was made of another model: {odd}; give the same model and options as "
            "before, or another directory"
        )
    if optimizer is None:
        return found
    for name in sizes:
        if name.startswith(_OPTIMIZER):
            owner = parameters[name.removeprefix(_OPTIMIZER).rpartition(".")[0]]
            like = tuple(sizes[name]) == tuple(owner.shape)
            device = owner.device
            found[name] = (
                torch.zeros_like(owner) if like else torch.zeros(sizes[name], device=device)
            )
    return found


def _fill(
    optimizer: torch.optim.Optimizer, *, model: nn.Module, tensors: Mapping[str, Tensor]
) -> None:
    parameters = _learnt(model)
    optimizer.state.clear()
    for name, tensor in tensors.items():
        if name.startswith(_OPTIMIZER):
            owner, _, key = name.removeprefix(_OPTIMIZER).rpartition(".")
            optimizer.state[parameters[owner]][key] = tensor.detach()


@contextmanager
def _removed(draft: Path) -> Generator[None, None, None]:
    """Give back the space of a draft that could not be finished."""
    try:
        yield
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


@contextmanager
def _in_its_world() -> Generator[None, None, None]:
    """A process that is alone need not be told so; what others failed at is an error here too."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        try:
            yield
        except CheckpointException as error:
            causes = [cause for cause, _ in error.failures.values()]
            raise next((e for e in causes if isinstance(e, OSError)), causes[0]) from error


@contextmanager
def _readable(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(
            f"{path}: cannot be read: {error}; delete it to go on from the checkpoint before it, "
            "or to start anew"
        ) from error
