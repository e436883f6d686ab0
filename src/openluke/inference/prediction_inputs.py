"""What is to be predicted: a text, lines, or a file in a form that the task reads."""

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from openluke.errors import DataError
from openluke.formats.reading import open_examples
from openluke.inference.example_lines import LineForm, open_lines, read_examples
from openluke.inference.examples import as_example
from openluke.inference.task_pipeline import InputError
from openluke.task import TaskType

_LINES = ("jsonl", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionInputs:
    """Inputs that can be read again, but for standard input."""

    task: TaskType
    text: str | None = None
    """A text alone."""
    path: Path | None = None
    """A file; without it and without a text, standard input is read."""
    form: str | None = None
    """``jsonl``, ``text`` or a form that the task reads; ``None``: as the first line is."""

    def read(self) -> Iterator[Any]:
        """The examples, in order."""
        kind = self.task.example_type
        if self.text is not None:
            return iter([as_example(self.text, kind=kind)])
        if self.path is not None and not self._has_lines:
            return open_examples(self.path, forms=self.task.forms, form=self.form)
        return (line.example for line in self._lines())

    def count(self) -> int | None:
        """How many there are; ``None`` where that is not known before they are read."""
        if self.text is not None:
            return 1
        if self.path is None or not self._has_lines:
            return None
        return sum(not line.isspace() for line in open_lines(self.path))

    @contextmanager
    def naming_lines(self) -> Generator[None, None, None]:
        """Let errors about an input name the line of the file that it is on."""
        try:
            yield
        except InputError as error:
            if self.path is None or not self._has_lines:
                raise
            filled = (n for n, line in enumerate(open_lines(self.path), 1) if not line.isspace())
            for _ in range(error.number):
                next(filled)
            raise DataError(error.message, file=self.path, line=next(filled)) from error

    @property
    def _has_lines(self) -> bool:
        return self.form is None or self.form in _LINES

    def _lines(self) -> Iterator[Any]:
        lines = sys.stdin.buffer if self.path is None else open_lines(self.path)
        form = cast("LineForm | None", self.form)
        where = "standard input" if self.path is None else self.path
        return read_examples(lines, kind=self.task.example_type, form=form, where=where)
