"""The directory of a run: what it was started with, and that one process has it at a time."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openluke.artifacts import atomic_file
from openluke.errors import CheckpointError, ConfigError
from openluke.file_lock import locked
from openluke.finetuning.recipe import FinetuneConfig, recipe_values

RECIPE = "recipe.json"
SCORES = "scores.json"
MODEL = "model"
PREDICTIONS = "predictions"

_FREE_TRAINING = (
    "accumulation", "strategy", "gradient_checkpointing", "checkpoint_every", "keep_checkpoints",
    "log_every",
)  # fmt: skip
"""Options of training that may change while a run is interrupted: the weights stay the same."""
_FREE_DATA = ("train", "dev", "test", "tests")
"""Where files lie may change, what is in them not; and no choice is made by those of tests."""


@contextmanager
def owned(directory: Path, *, origin: Mapping[str, Any]) -> Generator[None, None, None]:
    """Have a directory alone while the block runs; it must be new, or of a run of this origin.

    Args:
        directory: The directory of the run.
        origin: What the run is made from, see ``origin_of``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory / ".finetune.lock", what=str(directory)):
        file = directory / RECIPE
        if file.exists():
            _check(file, origin=origin)
        else:
            strangers = sorted(p.name for p in directory.iterdir() if not p.name.startswith("."))
            if strangers:
                raise ConfigError(
                    f"{directory}: holds {', '.join(strangers[:5])}, and no run; choose a new "
                    "directory"
                )
            _write(file, values=origin)
        yield


def origin_of(
    config: FinetuneConfig, *, data: Mapping[str, Mapping[str, str]], model: str
) -> dict[str, Any]:
    """What a run must have in common with its earlier lives.

    Args:
        config: The recipe.
        data: Hashes of the files that are learnt from and chosen by, by head and split.
        model: What tells the model that is started from, from others.
    """
    values = recipe_values(config)
    for name in ("paper", "licence", "model"):
        del values[name]
    for table in (values, *values["tasks"]):
        if table["data"] is not None:
            table["data"] = {k: v for k, v in table["data"].items() if k not in _FREE_DATA}
    training = values["training"]
    values["training"] = {k: v for k, v in training.items() if k not in _FREE_TRAINING}
    return {"recipe": values, "data": {k: dict(v) for k, v in data.items()}, "model": model}


def read_scores(directory: Path) -> dict[str, Any] | None:
    """The scores of a finished run; ``None`` if it is not finished."""
    file = directory / SCORES
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def write_scores(directory: Path, *, values: Mapping[str, Any]) -> None:
    """Write the scores, which says that the run is finished."""
    _write(directory / SCORES, values=values)


def differences(found: Mapping[str, Any], *, wanted: Mapping[str, Any]) -> list[str]:
    """What differs, as ``key: before, now`` with dots between tables."""
    changed: list[str] = []
    for key in sorted({*found, *wanted}):
        before, now = found.get(key), wanted.get(key)
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            changed += [f"{key}.{inner}" for inner in differences(before, wanted=now)]
        elif before != now:
            changed.append(f"{key}: {_short(before)} before, {_short(now)} now")
    return changed


def _check(file: Path, *, origin: Mapping[str, Any]) -> None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: damaged: {error}; choose another directory") from error
    changed = differences(found, wanted=json.loads(json.dumps(origin)))
    if changed:
        raise ConfigError(
            f"{file.parent}: holds a run that was started otherwise ({'; '.join(changed)}); give "
            "it the same again to go on with it, or choose another directory"
        )


def _write(file: Path, *, values: Mapping[str, Any]) -> None:
    with atomic_file(file) as temporary:
        text = json.dumps(values, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:36]} …"
