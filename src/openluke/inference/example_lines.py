"""Lines of a file or a stream as examples: JSON objects, or plain texts."""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from openluke.errors import DataError
from openluke.inference.examples import as_example

logger = logging.getLogger(__name__)

LineForm = Literal["jsonl", "text"]


class ExampleLine(NamedTuple):
    """An example and where it stands."""

    number: int
    """Of the line, from 1."""
    example: Any


def open_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, which is closed after the last."""
    try:
        with path.open("rb") as stream:
            yield from stream
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error


def read_examples(
    lines: Iterable[bytes], *, kind: type, form: LineForm | None, where: str | Path
) -> Iterator[ExampleLine]:
    """The examples on lines; those without anything on them are skipped.

    Args:
        lines: Lines in UTF-8.
        kind: The record that the task reads.
        form: ``jsonl``: each line is an object with the fields of the record; those that the
            record does not have are not read, which is told once of each in a warning. ``text``:
            each line is a text. ``None``: as the first line is.
        where: What messages call the file.
    """
    filled = ((n, line) for n, line in enumerate(lines, start=1) if not line.isspace())
    if form is None:
        first = list(islice(filled, 1))
        form = "jsonl" if first and _is_object(first[0][1]) else "text"
        filled = chain(first, filled)
    strangers: set[str] = set()
    known = {field.name for field in fields(kind)}
    for number, line in filled:
        try:
            value = _row(line) if form == "jsonl" else _decode(line).rstrip("\r\n")
            if isinstance(value, dict):
                for key in value.keys() - known - strangers:
                    strangers.add(key)
                    logger.warning("%s:%d: key %r is not read", where, number, key)
                value = {key: item for key, item in value.items() if key in known}
            yield ExampleLine(number, as_example(value, kind=kind))
        except DataError as error:
            raise DataError(str(error), file=where, line=number) from error


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(_decode(line))
    except (ValueError, RecursionError) as error:
        raise DataError(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise DataError(f"found {str(row)[:40]!r}, expected a JSON object")
    return cast("dict[str, Any]", row)


def _decode(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8: {error}") from error
