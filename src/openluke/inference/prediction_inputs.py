"""What is to be predicted: a text, lines, or a file in a form that the task reads."""

import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, cast

from openluke.errors import ConfigError, DataError, ExampleError
from openluke.formats.json_rows import row_lines
from openluke.formats.reading import open_examples, placing
from openluke.formats.text_lines import lines_of, read_lines, with_byte_order_mark
from openluke.inference.example_lines import (
    LineForm,
    forms_of,
    lines_form,
    read_examples,
)
from openluke.inference.examples import example_of
from openluke.inference.input_forms import JSON_LINES, LINES, TEXTS, form_of, reader_of
from openluke.inference.task_pipeline import InputError
from openluke.task import TaskType

_ENCODING = "encoding"
"""The reader option that lines have, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionInputs:
    """Inputs that can be read again, but for standard input."""

    task: TaskType
    text: str | None = None
    """A text alone."""
    path: Path | None = None
    """A file, or a directory of files; without it and without a text, standard input is read."""
    form: str | None = None
    """``jsonl``, ``text`` or a form that the task reads; ``None``: the one that the file looks
    like. What is no file, such as standard input, has lines, and is read as the first is."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the form is read with, such as an encoding."""

    @classmethod
    def of(
        cls,
        task: TaskType,
        *,
        text: str | None = None,
        path: Path | None = None,
        form: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> "PredictionInputs":
        """Inputs whose form is found now, if they are a file and it is not said."""
        if form is None and path is not None and path.is_file():
            said = (options or {}).get(_ENCODING)
            encoding = said if isinstance(said, str) else None
            form = form_of(path, forms=task.forms, reader=reader_of(task), encoding=encoding)
        return cls(task=task, text=text, path=path, form=form, options=options or {})

    def __post_init__(self) -> None:
        if self.text is not None and (self.form or self.options):
            raise ConfigError("found a form or reader options beside a text; they go with a file")
        if self.path is not None and not self.path.exists():
            raise DataError("cannot be read: No such file or directory", file=self.path)
        if self.is_stream and self.form not in (None, *LINES):
            raise ConfigError(
                f"standard input and pipes are read line by line, as {' or '.join(LINES)}; give "
                f"what has the form {self.form} as a file (--input FILE)"
            )
        strange = self.options.keys() - {_ENCODING}
        if strange and self._has_lines and not self._is_json_file:
            raise ConfigError(
                f"found reader options ({', '.join(sorted(strange))}), of which lines have "
                "encoding alone; say the form that has them (--form), of a file (--input FILE)"
            )
        if self._has_lines and _ENCODING in self.options:
            with_byte_order_mark(self._encoding)  # one that Python knows

    @property
    def is_stream(self) -> bool:
        """Whether they are standard input or a pipe, which can be read once alone."""
        if self.path is None:
            return self.text is None
        return self.path.exists() and not (self.path.is_file() or self.path.is_dir())

    def read(self) -> Iterator[Any]:
        """The examples, in order."""
        if self.text is not None:
            return iter([example_of(self.text, task=self.task)])
        if self.path is not None and (self._is_json_file or not self._has_lines):
            forms = [lines_form(self.task)] if self._is_json_file else forms_of(self.task)
            return open_examples(self.path, forms=forms, reader=reader_of(self.task), **self._said)
        form = cast("LineForm | None", self.form)
        return read_examples(self._lines(), task=self.task, form=form, where=self._where)

    def count(self) -> int | None:
        """How many there are; ``None`` where that is not known before they are read."""
        if self.text is not None:
            return 1
        if self.is_stream or not self._has_lines:
            return None
        return sum(1 for _ in self._numbers())

    @contextmanager
    def naming_lines(self) -> Generator[None, None, None]:
        """Let errors about an input name the line of the file that it is on."""
        try:
            yield
        except InputError as error:
            if self.path is None or self.is_stream:
                raise
            if not self._has_lines:
                with placing(self.path, forms=forms_of(self.task), **self._said):
                    raise ExampleError(error.message, number=error.number) from error
            line = next(islice(self._numbers(), error.number, None))
            raise DataError(error.message, file=self.path, line=line) from error

    @property
    def _said(self) -> dict[str, Any]:
        return {"form": self.form, "options": self.options}

    @property
    def _encoding(self) -> str:
        return str(self.options.get(_ENCODING, "utf-8"))

    @property
    def _has_lines(self) -> bool:
        """Whether inputs are plain texts or JSON objects, for which no form need be known."""
        if self.text is not None:
            return False
        if self.path is None or self.is_stream:
            return True
        return self.form in (None, *LINES) and not self.path.is_dir()

    @property
    def _is_json_file(self) -> bool:
        """Whether they are lines of JSON objects in a file, which its form reads."""
        return self.form == JSON_LINES and self.path is not None and not self.is_stream

    def _numbers(self) -> Iterator[int | None]:
        """The numbers of the lines of a file on which inputs begin."""
        assert self.path is not None
        if self.form == JSON_LINES:
            return row_lines(self.path, encoding=self._encoding)
        return (n for n, line in self._lines() if self.form == TEXTS or line.strip())

    def _lines(self) -> Iterator[tuple[int, str]]:
        if self.path is not None and not self.is_stream:
            return read_lines(self.path, encoding=self._encoding)
        parts = sys.stdin.buffer if self.path is None else _parts(self.path)
        return lines_of(parts, encoding=self._encoding, file=self._where)

    @property
    def _where(self) -> str | Path:
        return "standard input" if self.path is None else self.path


def _parts(path: Path) -> Iterator[bytes]:
    """What comes through a pipe, line by line."""
    try:
        with path.open("rb") as stream:
            yield from stream
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
