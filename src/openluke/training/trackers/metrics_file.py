"""``metrics.jsonl``: every report of a run on a line of its own, always written."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openluke.artifacts import atomic_file
from openluke.errors import DataError
from openluke.training.trackers.tracker import RunFacts
from openluke.training.writing import explained

METRICS = "metrics.jsonl"


def read_metrics(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of metrics; one that was cut off by a kill is left out."""
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if line.endswith("\n"):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise DataError(
                    f"not a line of JSON: {error}; delete the line to go on without it",
                    file=path,
                    line=number,
                ) from error


class MetricsFile:
    """Appends lines of JSON; a run that goes on drops those that it will write again."""

    def __init__(self) -> None:
        self._path = Path(METRICS)

    def start(self, facts: RunFacts) -> None:
        """Drop the lines of steps that are made again."""
        self._path = facts.run_dir / METRICS
        kept = [line for line in read_metrics(self._path) if line["step"] <= facts.step]
        with atomic_file(self._path) as draft:
            draft.write_text("".join(map(_as_line, kept)), encoding="utf-8")

    def log(self, values: Mapping[str, float], *, step: int) -> None:
        """Write a line."""
        kept = "checkpoints are whole"
        with explained(self._path, kept=kept), self._path.open("a", encoding="utf-8") as file:
            file.write(_as_line({"step": step, **values}))

    def advance(self, step: int) -> None:
        """Nothing is written of steps without a report."""

    def finish(self) -> None:
        """Nothing is left to be done: every line is in the file."""


def _as_line(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values)) + "\n"
