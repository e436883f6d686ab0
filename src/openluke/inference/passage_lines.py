"""JSON lines of texts with mentions: read, checked, and named by line when something is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from openluke.errors import DataError
from openluke.tokenization.passages import Passage, read_passages

_KEYS = {"text", "spans", "entities", "languages", "types"}


def read_lines(path: Path) -> Iterator[Passage]:
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
    passage = Passage(
        text=values["text"],
        spans=values.get("spans") or [],
        entities=values.get("entities"),
        languages=values.get("languages"),
        types=values.get("types"),
    )
    try:
        _check_lists(passage)
        read_passages([passage])
        values["text"].encode()
    except DataError as error:
        raise DataError(str(error), file=file, line=number) from error
    except UnicodeEncodeError as error:
        raise DataError(
            f"the text has a lone surrogate at character {error.start}, which is no character; "
            "write it as it was before it was cut",
            file=file,
            line=number,
        ) from error
    return passage


def _check_lists(passage: Passage) -> None:
    if not isinstance(passage.spans, list):
        raise DataError(f"'spans' is {passage.spans!r}, expected a list of [start, end]")
    for name, values in (("entities", passage.entities), ("types", passage.types)):
        if values is None:
            continue
        if not isinstance(values, list) or len(values) != len(passage.spans):
            raise DataError(
                f"{name!r} is {values!r}, expected a list with one for each of the "
                f"{len(passage.spans)} spans"
            )
