"""One part of a job: done in a directory of its own, moved into place, and marked as done."""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from openluke.artifacts import atomic_file, sync
from openluke.manifests import all_files
from openluke.resumable import SCRATCH

Part = TypeVar("Part")

_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """What a cluster has to know of a job; ``partition`` and ``time`` are Slurm's alone."""

    partition: str | None = None
    """The partition of Slurm to run in."""
    time: str = "04:00:00"
    """The longest that a part may take."""
    memory_gb: int = 2
    """Memory of each worker."""
    setup: str | None = None
    """Shell commands that make openluke's environment there; by default the one it runs in here."""
    sbatch: tuple[str, ...] = ()
    """More options of ``sbatch``, such as ``account=nlp``."""
    poll_seconds: float = 10.0
    """How often it is looked which parts are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartWork(Generic[Part]):
    """How the parts of a job are done, and where what they make goes.

    It is sent to other processes and machines, which see the same file system.
    """

    work: Callable[[Part, Path], Mapping[str, int]]
    """Writes the files of a part into a directory, and counts."""
    directory: Path
    """Where the files go; the names that two parts give theirs differ."""
    n_parts: int

    @property
    def scratch(self) -> Path:
        """Where the marks and the unfinished files lie."""
        return self.directory / SCRATCH / "parts"

    def do(self, part: Part, *, number: int) -> dict[str, int]:
        """Do a part and mark it as done; whoever does it twice writes the same twice."""
        partial = self.scratch / f"{number:05d}.{secrets.token_hex(4)}{_PARTIAL}"
        partial.mkdir(parents=True)
        try:
            counts = dict(self.work(part, partial))
            files = all_files(partial)
            sizes = {name: file.stat().st_size for name, file in files}
            for name, file in files:
                sync(file)
                target = self.directory / name
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)
            mark = {"n_parts": self.n_parts, "counts": counts, "files": sizes}
            with atomic_file(self._mark(number)) as temporary:
                temporary.write_text(json.dumps(mark), encoding="utf-8")
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return counts

    def counts_of(self, number: int) -> dict[str, int] | None:
        """What a part has counted, if it is done."""
        try:
            mark = cast("dict[str, Any]", json.loads(self._mark(number).read_bytes()))
            counts, files = dict(mark["counts"]), dict(mark["files"])
            is_whole = all(
                os.path.getsize(self.directory / name) == size  # noqa: PTH202 (half the time)
                for name, size in files.items()
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None  # not done, or lost with the power: it is done again
        return counts if is_whole and mark.get("n_parts") == self.n_parts else None

    def clear(self) -> None:
        """Remove what killed processes have left of parts."""
        for partial in self.scratch.glob(f"*{_PARTIAL}"):
            shutil.rmtree(partial, ignore_errors=True)

    def _mark(self, number: int) -> Path:
        return self.scratch / f"{number:05d}.json"
