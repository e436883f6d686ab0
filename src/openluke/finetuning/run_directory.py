"""The directory of a run: what it was started with, and that one process has it at a time."""

import json
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from openluke.artifacts import atomic_file
from openluke.errors import CheckpointError, ConfigError
from openluke.file_lock import locked
from openluke.finetuning.recipe import FinetuneConfig, recipe_values
from openluke.training.distributed import World
from openluke.training.origin import FREE, differences, started_otherwise
from openluke.training.state import Checkpoints
from openluke.training.trainer import CHECKPOINTS
from openluke.training.writing import explained

RECIPE = "recipe.json"
SCORES = "scores.json"
MODEL = "model"
PREDICTIONS = "predictions"

_FILES = ("train", "dev")
"""Where these lie may change, what is in them and how it is read not."""
_TESTS = ("test", "tests")
"""No choice is made by these."""


@contextmanager
def owned(directory: Path, *, origin: Mapping[str, Any]) -> Generator[None, None, None]:
    """Have a directory alone while the block runs; it must be new, or of a run of this origin.

    One in which no step was kept is as good as new. Nothing is written here but the lock; where the
    block leaves nothing either, the directory goes too.

    Args:
        directory: The directory of the run.
        origin: What the run is made from, see ``origin_of``.
    """
    with explained(directory, kept="nothing was begun"):
        directory.mkdir(parents=True, exist_ok=True)
    try:
        with locked(directory / ".finetune.lock", what=str(directory)):
            _check(directory, origin=origin)
            yield
    finally:
        # only an empty one goes
        with suppress(OSError):
            directory.rmdir()


def begin(directory: Path, *, origin: Mapping[str, Any]) -> None:
    """Write what a run is made from; from now on its directory is its own."""
    _write(directory / RECIPE, values=origin)


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
    for name in ("paper", "licence", "model", "leave_checkpoints"):
        del values[name]
    for table in (values, *values["tasks"]):
        if table["data"] is not None:
            kept = {k: v for k, v in table["data"].items() if k not in _TESTS}
            table["data"] = kept | {name: _reading(kept[name]) for name in _FILES}
    training = values["training"]
    values["training"] = {k: v for k, v in training.items() if k not in FREE}
    return {"recipe": values, "data": {k: dict(v) for k, v in data.items()}, "model": model}


def read_scores(directory: Path) -> dict[str, Any] | None:
    """The scores of a finished run; ``None`` if it is not finished."""
    file = directory / SCORES
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def write_scores(directory: Path, *, values: Mapping[str, Any]) -> None:
    """Write the scores, which says that the run is finished."""
    _write(directory / SCORES, values=values)


def remove_checkpoints(directory: Path) -> None:
    """Remove what a run would go on from, which a finished one does not."""
    shutil.rmtree(directory / CHECKPOINTS, ignore_errors=True)


def _reading(file: str | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How a file is read, where that is said of it alone."""
    if isinstance(file, Mapping):
        return {name: value for name, value in file.items() if name != "path"}
    return None


def _check(directory: Path, *, origin: Mapping[str, Any]) -> None:
    file = directory / RECIPE
    if not file.exists():
        strangers = sorted(p.name for p in directory.iterdir() if not p.name.startswith("."))
        if strangers:
            raise ConfigError(
                f"{directory}: holds {', '.join(strangers[:5])}, and no run; choose a new directory"
            )
        return
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{file}: damaged: {error}; choose another directory") from error
    changed = differences(found, now=json.loads(json.dumps(origin)), hashes=_hashes(origin))
    if changed and _is_begun(directory):
        said = [one.removeprefix("recipe.") for one in changed]
        raise started_otherwise(directory, changed=said)


def _is_begun(directory: Path) -> bool:
    """Whether a run has got anywhere."""
    steps = Checkpoints(directory / CHECKPOINTS, keep=1, world=World()).steps()
    return bool(steps) or (directory / SCORES).exists()


def _hashes(origin: Mapping[str, Any]) -> dict[str, str]:
    """What to say of files that are not the same as before."""
    files = {
        f"data.{head}.{split}": f"the {split} file of {head} is another one, or has changed since"
        for head, splits in origin["data"].items()
        for split in splits
    }
    return files | {"model": "the model to start from is another one, or has changed since"}


def _write(file: Path, *, values: Mapping[str, Any]) -> None:
    with atomic_file(file) as temporary:
        text = json.dumps(values, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
