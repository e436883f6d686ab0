"""``metrics.jsonl``: every report of a run on a line of its own, always written."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from openluke.artifacts import atomic_file
from openluke.training.trackers.tracker import RunFacts
from openluke.training.writing import explained

METRICS = "metrics.jsonl"


def read_metrics(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of metrics; one that was cut off by a kill is left out."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


class MetricsFile:
    """Appends lines of JSON; a run that goes on drops those that it will write again."""

    def __init__(self) -> None:
        self._file: IO[str] | None = None
        self._path = Path(METRICS)

    def start(self, facts: RunFacts) -> None:
        """Open the file, without the lines of steps that are made again."""
        self._path = facts.run_dir / METRICS
        kept = [line for line in read_metrics(self._path) if line["step"] <= facts.step]
        with atomic_file(self._path) as draft:
            draft.write_text("".join(map(_as_line, kept)), encoding="utf-8")
        self._file = self._path.open("a", encoding="utf-8")

    def log(self, values: Mapping[str, float], *, step: int) -> None:
        """Write a line."""
        assert self._file is not None
        with explained(self._path, kept="checkpoints are whole"):
            self._file.write(_as_line({"step": step, **values}))
            self._file.flush()

    def advance(self, step: int) -> None:
        """Nothing is written of steps without a report."""

    def finish(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _as_line(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values)) + "\n"
