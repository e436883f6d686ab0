"""JSON lines of texts with mentions: read, checked, and named by line when something is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from openluke.errors import DataError
from openluke.tokenization.passages import Passage

_KEYS = {"text", "spans", "entities", "languages", "types"}


def read_passages(path: Path) -> Iterator[Passage]:
    """Read ``{"text": …, "spans": [[start, end], …], "entities": [title, …]}``, one each line.

    ``spans`` may be left out, and so may ``entities``, ``languages`` (one for all or one each) and
    ``types``; other keys are not read. Empty lines are skipped.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.isspace():
                    yield _passage(line, file=path, number=number)
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8: {error}", file=path) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error


def _passage(line: str, *, file: Path, number: int) -> Passage:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DataError(f"not JSON: {error}", file=file, line=number) from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise DataError(
            'expected an object with a "text", for example {"text": "…", "spans": [[0, 7]]}',
            file=file,
            line=number,
        )
    values = cast("dict[str, Any]", row)
    for key in ("spans", "entities", "types"):
        if not isinstance(values.get(key, []), list):
            raise DataError(f"{key!r} is {values[key]!r}, expected a list", file=file, line=number)
    return Passage(
        text=values["text"],
        spans=values.get("spans", ()),
        entities=values.get("entities"),
        languages=values.get("languages"),
        types=values.get("types"),
    )
