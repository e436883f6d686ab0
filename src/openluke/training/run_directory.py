"""The directory of a run: what it is made from, and that one process has it at a time."""

import json
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from openluke.artifacts import atomic_file
from openluke.errors import CheckpointError, ConfigError
from openluke.file_lock import locked
from openluke.training.distributed import World
from openluke.training.origin import differences, started_otherwise
from openluke.training.state import Checkpoints
from openluke.training.trainer import CHECKPOINTS
from openluke.training.writing import explained

RECIPE = "recipe.json"
SCORES = "scores.json"
MODEL = "model"


@contextmanager
def owned(
    directory: Path, *, origin: Mapping[str, Any], hashes: Mapping[str, str]
) -> Generator[None, None, None]:
    """Have a directory alone while the block runs; it must be new, or of a run of this origin.

    One in which no step was kept is as good as new. Nothing is written here but the lock; where the
    block leaves nothing either, the directory goes too.

    Args:
        directory: The directory of the run.
        origin: What the run is made from, as plain JSON values.
        hashes: What to say of values of the origin that are hashes and differ, by their keys with
            dots between tables.
    """
    with explained(directory, kept="nothing was begun"):
        directory.mkdir(parents=True, exist_ok=True)
    try:
        with locked(directory / ".run.lock", what=str(directory)):
            _check(directory, origin=origin, hashes=hashes)
            yield
    finally:
        # only an empty one goes
        with suppress(OSError):
            directory.rmdir()


def begin(directory: Path, *, origin: Mapping[str, Any]) -> None:
    """Write what a run is made from; from now on its directory is its own."""
    _write(directory / RECIPE, values=origin)


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


def _check(directory: Path, *, origin: Mapping[str, Any], hashes: Mapping[str, str]) -> None:
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
    changed = differences(found, now=json.loads(json.dumps(origin)), hashes=hashes)
    if changed and _is_begun(directory):
        said = [one.removeprefix("recipe.") for one in changed]
        raise started_otherwise(directory, changed=said)


def _is_begun(directory: Path) -> bool:
    """Whether a run has got anywhere, in its directory or in that of one of its phases."""
    if (directory / SCORES).exists():
        return True
    places = [directory, *directory.glob("phases/*")]
    return any(
        (place / MODEL).exists() or Checkpoints(place / CHECKPOINTS, keep=1, world=World()).steps()
        for place in places
    )


def _write(file: Path, *, values: Mapping[str, Any]) -> None:
    with atomic_file(file) as temporary:
        text = json.dumps(values, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
