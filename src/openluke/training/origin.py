"""What a run was started with, so that it goes on with the same and with nothing else."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from openluke.config import to_mapping
from openluke.errors import ConfigError
from openluke.training.config import TrainingConfig
from openluke.training.data import DataSource

_FREE = (
    "accumulation",  # the size of a step is the run's own, however many processes share it
    "strategy",
    "gradient_checkpointing",
    "checkpoint_every",
    "keep_checkpoints",
    "log_every",
)
"""Options that may change while a run is interrupted, since the weights do not depend on them."""


def origin_of(model: nn.Module, *, data: DataSource, config: TrainingConfig) -> dict[str, Any]:
    """What must be the same in each life of a run.

    Weights that are trained come from the checkpoint; those that are not are not in it.
    """
    options = {name: value for name, value in to_mapping(config).items() if name not in _FREE}
    return {"options": options, "data": data.fingerprint, "frozen weights": _digest(model)}


def check_origin(origin: Mapping[str, Any], *, expected: Mapping[str, Any], run_dir: Path) -> None:
    """Raise unless a run goes on with what it was started with."""
    now, before = _flat(origin), _flat(expected)
    changed = [name for name in sorted({*now, *before}) if now.get(name) != before.get(name)]
    if changed:
        said = [f"{name}: {before.get(name)} before, {now.get(name)} now" for name in changed]
        raise ConfigError(
            f"{run_dir}: holds a run that was started otherwise ({'; '.join(said)}); give it the "
            "same again to go on with it, or choose another directory"
        )


def _digest(model: nn.Module) -> str:
    found = hashlib.blake2b(digest_size=16)
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            found.update(name.encode())
            found.update(parameter.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    return found.hexdigest()


def _flat(values: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, prefix=f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = list(value) if isinstance(value, tuple) else value
    return flat
