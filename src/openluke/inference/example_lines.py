"""Lines of a file or a stream as examples: JSON objects, or plain texts."""

import functools
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from openluke.errors import DataError
from openluke.formats.form import Form
from openluke.formats.json_records import json_form, record_of
from openluke.formats.json_rows import Row, rows_of
from openluke.inference.examples import example_of
from openluke.inference.input_forms import JSON_LINES, is_object
from openluke.task import TaskType

logger = logging.getLogger(__name__)

LineForm = Literal["jsonl", "text"]


def read_examples(
    lines: Iterable[tuple[int, str]], *, task: TaskType, form: LineForm | None, where: str | Path
) -> Iterator[Any]:
    """The examples on numbered lines.

    Args:
        lines: Lines without their ends.
        task: Whose examples they are.
        form: ``jsonl``: each line is an object, see ``examples_of_rows``; lines without anything on
            them are skipped. ``text``: each line is a text, also an empty one. ``None``: as the
            first line with something on it is.
        where: What messages call the file.
    """
    if form is None:
        form, lines = _told(iter(lines))
    if form == "jsonl":
        yield from examples_of_rows(rows_of(lines, file=where), task=task)
        return
    for number, line in lines:
        try:
            example = example_of(line, task=task)
        except DataError as error:
            raise DataError(str(error), file=where, line=number) from error
        yield example


def examples_of_rows(rows: Iterable[Row], *, task: TaskType) -> Iterator[Any]:
    """The examples of rows with the fields of the record that a task reads.

    They are read as training reads them, but what the record does not have is not read, which is
    told once of each in a warning, and what the text says of itself may be left out.
    """
    known = {field.name for field in fields(task.example_type)}
    strangers: set[str] = set()

    def make(values: Mapping[str, Any]) -> Any:
        read = {key: value for key, value in values.items() if key in known}
        return example_of(read, task=task)

    for row in rows:
        for key in row.values:
            if key not in known and key not in strangers:
                strangers.add(key)
                logger.warning("%s:%d: key %r is not read", row.file, row.line, key)
        yield record_of(row, make=make)


def lines_form(task: TaskType) -> Form:
    """The form of JSON lines that are read as ``examples_of_rows`` does, for every task."""
    return json_form(task.example_type, of_rows=functools.partial(examples_of_rows, task=task))


def forms_of(task: TaskType) -> tuple[Form, ...]:
    """The forms that a task reads, of which that of JSON lines is ``lines_form``."""
    return tuple(lines_form(task) if form.name == JSON_LINES else form for form in task.forms)


def _told(lines: Iterator[tuple[int, str]]) -> tuple[LineForm, Iterator[tuple[int, str]]]:
    """The form that lines have, and all of the lines."""
    first: list[tuple[int, str]] = []
    for number, line in lines:
        first.append((number, line))
        if line.strip():
            break
    form: LineForm = "jsonl" if first and is_object(first[-1][1]) else "text"
    return form, chain(first, lines)
