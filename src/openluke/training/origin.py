"""What a run was started with, so that it goes on with the same and with nothing else."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from openluke.config import to_mapping
from openluke.errors import ConfigError
from openluke.training.config import TrainingConfig
from openluke.training.data import DataSource

FREE = (
    "accumulation",  # the size of a step is the run's own, however many processes share it
    "data_workers",
    "strategy",
    "gradient_checkpointing",
    "checkpoint_every",
    "keep_checkpoints",
    "log_every",
    "measure_utilisation",
)
"""Options that may change while a run is interrupted, since the weights do not depend on them."""

_HASHES = {
    "data": "the training examples are others, or are read otherwise",
    "frozen weights": "the weights that are not trained are others",
}
_OLDER = {"optimizer.bias_correction": True, "keep": "best"}
"""What newer options were to runs that do not say them, by the ends of their keys."""
_LONGEST = 40


def origin_of(model: nn.Module, *, data: DataSource, config: TrainingConfig) -> dict[str, Any]:
    """What must be the same in each life of a run.

    Weights that are trained come from the checkpoint; those that are not are not in it.
    """
    options = {name: value for name, value in to_mapping(config).items() if name not in FREE}
    return {"options": options, "data": data.fingerprint, "frozen weights": _digest(model)}


def check_origin(origin: Mapping[str, Any], *, expected: Mapping[str, Any], run_dir: Path) -> None:
    """Raise unless a run goes on with what it was started with."""
    changed = differences(expected, now=origin, hashes=_HASHES)
    if changed:
        raise started_otherwise(run_dir, changed=changed)


def differences(
    before: Mapping[str, Any], *, now: Mapping[str, Any], hashes: Mapping[str, str]
) -> list[str]:
    """What differs between two origins, in words.

    Args:
        before: What a run was started with.
        now: What it is to go on with.
        hashes: What to say of values that are hashes, by their keys with dots between tables.
    """
    old, new = _flat(before), _flat(now)
    for name in new.keys() - old.keys():
        old[name] = next((was for end, was in _OLDER.items() if name.endswith(f".{end}")), None)
    changed = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return [
        hashes.get(name) or f"{name}: {_short(old.get(name))} before, {_short(new.get(name))} now"
        for name in changed
    ]


def started_otherwise(run_dir: Path, *, changed: Sequence[str]) -> ConfigError:
    """The error of a run that is to go on with something else."""
    return ConfigError(
        f"{run_dir}: holds a run that was started otherwise ({'; '.join(changed)}); give it the "
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
        elif isinstance(value, list | tuple):
            items = enumerate(cast("Sequence[Any]", value))
            flat |= _flat({str(i): one for i, one in items}, prefix=f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _short(value: Any) -> str:
    text = "not given" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"
