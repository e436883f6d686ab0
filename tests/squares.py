"""A job in parts for tests: ``python -m tests.squares ARTEFACT WORKERS EXECUTOR [TOUCH]``.

Its parts are numbers, and files of powers of them are what is made. With TOUCH the process dies by
SIGKILL at that touch of the file system below the artefact's directory.
"""

import itertools
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from openluke.errors import DataError
from openluke.part_runner import ClusterOptions, Executor, PartDone, run_parts
from openluke.resumable import resumable_artifact

N_PARTS = 7
KIND = {"kind": "test-squares", "format_version": 1, "inputs": {"numbers": "sha256:1"}}


def square(part: int, directory: Path) -> Mapping[str, int]:
    """Write a file in each of two directories."""
    for name, power in (("squares", 2), ("cubes", 3)):
        (directory / name).mkdir()
        text = f"{part**power}\n" * (part + 1)
        (directory / name / f"{part:05d}.txt").write_text(text, encoding="utf-8")
    return {"numbers": 1, "sum": part}


def slow_square(part: int, directory: Path) -> Mapping[str, int]:
    """A part that takes so long that it can be killed."""
    time.sleep(0.3)
    return square(part, directory)


def deadly_square(part: int, directory: Path) -> Mapping[str, int]:
    """A part that kills its process once, but the fourth part does so always."""
    killed = directory.parent.parent / f"killed-{part}"
    if part == 4 or not killed.exists():
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(part, directory)


def once_deadly_square(part: int, directory: Path) -> Mapping[str, int]:
    """A part that kills its process the first time."""
    killed = directory.parent.parent / f"killed-{part}"
    if part % 2 and not killed.exists():
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(part, directory)


def wrong_square(part: int, directory: Path) -> Mapping[str, int]:
    """A part that finds an error in its data."""
    if part == 3:
        raise DataError("found a 3, expected any other number", file="numbers.txt", line=4)
    return square(part, directory)


def make(
    path: Path,
    *,
    workers: int = 1,
    executor: Executor = "local",
    work=square,
    cluster: ClusterOptions | None = None,
    told: list[PartDone] | None = None,
    **kind,
) -> Counter[str]:
    """Make the artefact."""
    with resumable_artifact(path, **(KIND | kind)) as draft:
        counts = run_parts(
            work,
            parts=range(N_PARTS),
            directory=draft.path,
            workers=workers,
            executor=executor,
            cluster=cluster,
            on_done=None if told is None else told.append,
        )
        (draft.path / "sum.txt").write_text(f"{counts['sum']}\n", encoding="utf-8")
        draft.counts.update(counts)
    return counts


def die_at(touch: int, *, below: str) -> None:
    """Kill this process at a touch of the file system, counted from 1."""
    count = itertools.count(1)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(("open", "os.", "shutil.")):
            paths = [str(one) for one in arguments if isinstance(one, str | os.PathLike)]
            if any(path.startswith(below) for path in paths) and next(count) == touch:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main() -> None:
    """Make the artefact, or die on the way."""
    path, workers, executor, *touch = sys.argv[1:]
    if touch:
        die_at(int(touch[0]), below=str(Path(path).parent))
    work = slow_square if workers != "1" else square
    make(Path(path), workers=int(workers), executor=executor, work=work)


if __name__ == "__main__":
    main()
