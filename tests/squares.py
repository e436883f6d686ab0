"""A job in parts for tests: ``python -m tests.squares ARTEFACT WORKERS EXECUTOR [TOUCHES]``.

Its parts are numbers, and files of powers of them are what is made. For each of TOUCHES, numbers
with commas between, a process dies by SIGKILL at that touch of the file system below the artefact's
directory, and the next goes on; the last is left alone. With ``sweep`` the numbers go from 1, by 3,
until a process does not come so far, and each makes an artefact of its own, in a directory of that
name.
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
from tests.dying import die_at

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


def live(path: Path, *, touch: int | None) -> bool:
    """Make the artefact in a fork, which may die; says whether it did not."""
    child = os.fork()
    if child == 0:
        if touch is not None:
            die_at(touch, below=str(path.parent))
        make(path)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("a process ended with an error")
    return os.WIFEXITED(status)


def sweep(path: Path) -> None:
    """Let a process die at every third touch, and the next make the artefact."""
    for touch in itertools.count(1, 3):
        out = path / str(touch) / "out"
        out.parent.mkdir()
        if live(out, touch=touch):
            return
        if not out.exists():
            live(out, touch=None)


def main() -> None:
    """Make the artefact, or die on the way."""
    path, workers, executor, *touches = sys.argv[1:]
    if touches == ["sweep"]:
        sweep(Path(path))
    elif touches:
        for touch in [*map(int, touches[0].split(",")), None]:
            if not Path(path).exists():
                live(Path(path), touch=touch)
    else:
        work = slow_square if workers != "1" else square
        make(Path(path), workers=int(workers), executor=executor, work=work)


if __name__ == "__main__":
    main()
