"""JSON lines of texts with mentions: read, checked, and named by line when something is wrong."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from openluke.errors import DataError
from openluke.formats.json_rows import not_json
from openluke.formats.text_lines import not_decoded
from openluke.tokenization.passages import Passage, read_passages

logger = logging.getLogger(__name__)

KEYS = ("text", "spans", "entities", "languages", "types")
"""What is read of a line."""
_UNREAD = "id"
"""A key that rows may have and that says nothing here."""


class PassageLine(NamedTuple):
    """A text and where it stands."""

    number: int
    """Of the line, from 1."""
    passage: Passage


def read_lines(path: Path, *, n_entity_types: int | None = None) -> Iterator[PassageLine]:
    """Read ``{"text": …, "spans": [[start, end], …], "entities": [title, …]}``, one each line.

    ``spans`` may be left out, and so may ``entities``, ``languages`` (one for all or one each) and
    ``types``. Other keys are not read; the first line with each is told in a warning. Empty lines
    are skipped.

    Args:
        path: The file.
        n_entity_types: Rows of the entity type table; types beyond are an error.
    """
    strangers: set[str] = set()
    for number, line in _filled_lines(path):
        try:
            row = _row(line)
            passage = _passage(row, n_entity_types=n_entity_types)
        except DataError as error:
            raise DataError(str(error), file=path, line=number) from error
        for key in row.keys() - {*KEYS, _UNREAD, *strangers}:
            strangers.add(key)
            known = ", ".join(KEYS)
            logger.warning("%s:%d: key %r is not read; those are: %s", path, number, key, known)
        yield PassageLine(number, passage)


def count_lines(path: Path) -> int:
    """Number of lines that hold a text, for showing progress."""
    return sum(1 for _ in _filled_lines(path))


def _filled_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines with something on them, and their numbers."""
    try:
        if path.exists() and not path.is_file():
            raise DataError(
                "found a directory or a pipe, expected a file: it is read twice, and again when a "
                "job that was killed goes on; write the texts to a file first",
                file=path,
            )
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.isspace():
                    yield number, line
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig").rstrip("\r\n"))
    except UnicodeDecodeError as error:
        raise DataError(not_decoded(None, reason=str(error), mark=line[:2])) from error
    except (ValueError, RecursionError) as error:
        raise DataError(not_json(error)) from error
    if not isinstance(row, dict) or not isinstance(cast("dict[str, Any]", row).get("text"), str):
        raise DataError(
            'expected an object with a "text", for example {"text": "…", "spans": [[0, 7]]}'
        )
    return cast("dict[str, Any]", row)


def _passage(row: dict[str, Any], *, n_entity_types: int | None) -> Passage:
    spans = row.get("spans")
    if spans is not None and not isinstance(spans, list):
        raise DataError(f"'spans' is {spans!r}, expected a list of [start, end]")
    passage = Passage(
        text=row["text"],
        spans=cast("list[Any]", spans) or (),
        entities=row.get("entities"),
        languages=row.get("languages"),
        types=row.get("types"),
    )
    read_passages([passage])
    largest = max(passage.types or [0])
    if n_entity_types is not None and largest >= n_entity_types:
        raise DataError(
            f"types: found {largest}, but the model's entity type table has {n_entity_types} rows"
        )
    _check_characters(passage)
    return passage


def _check_characters(passage: Passage) -> None:
    """Lone surrogates are halves of characters, which JSON can write and nothing can read."""
    names = [*(passage.entities or ()), *(passage.languages or ())]
    for what, value in [("the text", passage.text), *(("a title or language", x) for x in names)]:
        try:
            str(value).encode()
        except UnicodeEncodeError as error:
            raise DataError(
                f"{what} has a lone surrogate at character {error.start}, which is no character; "
                "write it as it was before it was cut"
            ) from error
