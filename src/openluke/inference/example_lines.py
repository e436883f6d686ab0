"""Lines of a file or a stream as examples: JSON objects, or plain texts."""

import codecs
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from openluke.errors import DataError
from openluke.formats.form import option_hint
from openluke.formats.json_records import written_out
from openluke.formats.text_lines import with_byte_order_mark
from openluke.inference.examples import example_of
from openluke.inference.input_forms import is_object
from openluke.task import TaskType

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


def recoded(lines: Iterable[bytes], *, encoding: str, where: str | Path) -> Iterator[bytes]:
    """Lines in an encoding as lines in UTF-8; in some encodings a line feed is more than a byte.

    Args:
        lines: Parts that end with the byte of a line feed.
        encoding: What they are in.
        where: What messages call the file.
    """
    number, rest = 1, ""
    try:
        for part in codecs.iterdecode(lines, with_byte_order_mark(encoding)):
            *whole, rest = (rest + part).split("\n")
            for line in whole:
                yield f"{line}\n".encode()
                number += 1
    except UnicodeError as error:
        raise DataError(f"not {encoding}: {error}", file=where, line=number) from error
    if rest:
        yield rest.encode()


def read_examples(
    lines: Iterable[bytes], *, task: TaskType, form: LineForm | None, where: str | Path
) -> Iterator[ExampleLine]:
    """The examples on lines.

    Args:
        lines: Lines in UTF-8.
        task: Whose examples they are.
        form: ``jsonl``: each line is an object with the fields of the record that the task reads;
            those that it does not have are not read, which is told once of each in a warning, and
            lines without anything on them are skipped. ``text``: each line is a text, also an empty
            one. ``None``: as the first line with something on it is.
        where: What messages call the file.
    """
    numbered: Iterator[tuple[int, bytes]] = enumerate(lines, start=1)
    if form is None:
        form, numbered = _told(numbered)
    strangers: set[str] = set()
    known = {field.name for field in fields(task.example_type)}
    for number, line in numbered:
        if form == "jsonl" and line.isspace():
            continue
        try:
            value = object_of(line) if form == "jsonl" else _text_of(line)
            if isinstance(value, dict):
                for key in value.keys() - known - strangers:
                    strangers.add(key)
                    logger.warning("%s:%d: key %r is not read", where, number, key)
                value = written_out({key: item for key, item in value.items() if key in known})
            yield ExampleLine(number, example_of(value, task=task))
        except DataError as error:
            raise DataError(str(error), file=where, line=number) from error


def _told(
    numbered: Iterator[tuple[int, bytes]],
) -> tuple[LineForm, Iterator[tuple[int, bytes]]]:
    """The form that lines have, and all of the lines."""
    first: list[tuple[int, bytes]] = []
    for number, line in numbered:
        first.append((number, line))
        if not line.isspace():
            break
    form: LineForm = "jsonl" if first and is_object(first[-1][1]) else "text"
    return form, chain(first, numbered)


def _text_of(line: bytes) -> str:
    hint = option_hint("encoding", value="latin-1")
    return _decode(line, hint=f"; if it has another encoding, give {hint}").rstrip("\r\n")


def object_of(line: bytes) -> dict[str, Any]:
    """The JSON object on a line."""
    try:
        row = json.loads(_decode(line))
    except (ValueError, RecursionError) as error:
        raise DataError(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise DataError(f"found {str(row)[:40]!r}, expected a JSON object")
    return cast("dict[str, Any]", row)


def _decode(line: bytes, *, hint: str = "") -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8: {error}{hint}") from error
