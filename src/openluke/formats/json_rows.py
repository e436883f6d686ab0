"""Objects in JSON files: each field is asked for with what is expected, and errors say where."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

from openluke.errors import DataError
from openluke.formats.json_scan import Steps, line_of, name_of
from openluke.formats.text_lines import read_lines, read_text

T = TypeVar("T")

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NAMES = {str: "a string", int: "a whole number", dict: "an object", list: "a list"}


@dataclass(frozen=True, slots=True)
class Row:
    """An object, and where it stands."""

    values: Mapping[str, Any]
    file: str | Path
    line: int | None = None
    """Its line; ``None`` in a file that is one JSON value, where the line is sought if needed."""
    steps: Steps = ()

    def string(self, key: str) -> str:
        """A string that must be there."""
        return self._value(key, kind=str)

    def optional_string(self, key: str) -> str | None:
        """A string that may be missing or null."""
        return None if self.values.get(key) is None else self.string(key)

    def identifier(self, key: str) -> str | None:
        """A name or number that may be missing or null, as a string."""
        value = self.values.get(key)
        return str(value) if type(value) is int else self.optional_string(key)

    def integer(self, key: str) -> int:
        """A whole number that must be there."""
        return self._value(key, kind=int)

    def number(self, key: str) -> float:
        """A number that must be there."""
        value = self._value(key, kind=object)
        if type(value) not in (int, float) or not math.isfinite(cast("float", value)):
            self._fail(key, value=value, expected="a number")
        return float(cast("float", value))

    def strings(self, key: str) -> list[str]:
        """A list of strings that must be there."""
        values = self.items(key)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self._fail(key, index, value=value, expected="a string")
        return cast("list[str]", values)

    def integers(self, key: str) -> list[int]:
        """A list of whole numbers that must be there."""
        values = self.items(key)
        for index, value in enumerate(values):
            if type(value) is not int:
                self._fail(key, index, value=value, expected="a whole number")
        return cast("list[int]", values)

    def items(self, key: str) -> list[Any]:
        """A list that must be there."""
        return self._value(key, kind=list)

    def row(self, key: str) -> "Row":
        """An object that must be there."""
        values = self._value(key, kind=dict)
        return Row(cast("dict[str, Any]", values), self.file, self.line, (*self.steps, key))

    def rows(self, key: str) -> "Iterator[Row]":
        """The objects in a list that must be there."""
        for index, values in enumerate(self.items(key)):
            if not isinstance(values, dict):
                self._fail(key, index, value=values, expected="an object")
            steps = (*self.steps, key, index)
            yield Row(cast("dict[str, Any]", values), self.file, self.line, steps)

    def error(self, message: str, *, at: Steps = ()) -> DataError:
        """What to raise: the message with the place of this object, or of what is in it."""
        steps = self.steps + at
        line = self.line
        if line is None:
            text = read_text(self.file)
            line = line_of(text, steps=steps) or line_of(text, steps=self.steps)
        name = name_of(steps)
        return DataError(f"{name}: {message}" if name else message, file=self.file, line=line)

    def _value(self, key: str, *, kind: type[T]) -> T:
        if key not in self.values:
            known = ", ".join(self.values) or "none"
            raise self.error(f"missing key {key!r}; found: {known}")
        value = self.values[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self._fail(key, value=value, expected=_NAMES[kind])
        return value

    def _fail(self, *steps: str | int, value: Any, expected: str) -> NoReturn:
        raise self.error(f"found {shown(value)}, expected {expected}", at=steps)


def shown(value: Any) -> str:
    """A value as messages show it: cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}…"


def read_json(path: str | Path) -> Row:
    """A file that is one JSON object."""
    text = read_text(path)
    value = _decode(text, text=text, file=path, line=None)
    if not isinstance(value, dict):
        raise DataError(f"found {shown(value)}, expected one JSON object", file=path, line=1)
    return Row(cast("dict[str, Any]", value), Path(path))


def read_rows(path: str | Path, *, encoding: str | None = None) -> Iterator[Row]:
    """The objects of a file that has one on each line, or is one list of objects.

    Lines without anything on them are left out. The encoding is that of ``text_lines.read_lines``.
    """
    if _is_list(path, encoding=encoding):
        return _rows_of_list(Path(path), encoding=encoding)
    return rows_of(read_lines(path, encoding=encoding), file=path)


def rows_of(lines: Iterable[tuple[int, str]], *, file: str | Path) -> Iterator[Row]:
    """The objects on numbered lines; ``file`` is what messages call where they are from."""
    return (_row_of_line(line, file=file, number=number) for number, line in lines if line.strip())


def row_lines(path: str | Path, *, encoding: str | None = None, **_: Any) -> Iterator[int | None]:
    """The line of each row, for forms of which each row is an example, whatever their options."""
    if _is_list(path, encoding=encoding):
        return (row.line for row in _rows_of_list(Path(path), encoding=encoding))
    return (number for number, line in read_lines(path, encoding=encoding) if line.strip())


def _is_list(path: str | Path, *, encoding: str | None) -> bool:
    """Whether a file is one list; its rows are then not on lines of their own."""
    lines = (line.lstrip() for _, line in read_lines(path, encoding=encoding))
    return next((line.startswith("[") for line in lines if line), False)


def _row_of_line(line: str, *, file: str | Path, number: int) -> Row:
    value = _decode(line, text=line, file=file, line=number)
    if not isinstance(value, dict):
        message = f"found {shown(value)}, expected a JSON object on each line"
        raise DataError(message, file=file, line=number)
    return Row(cast("dict[str, Any]", value), file, number)


def _rows_of_list(path: Path, *, encoding: str | None) -> Iterator[Row]:
    """The objects of a list, each made when it is asked for."""
    text = read_text(path, encoding=encoding)
    decoder = json.JSONDecoder()
    line, counted = 1, 0
    place, index = _next(text, place=text.index("[") + 1), 0
    while place < len(text) and text[place] != "]":
        line, counted = line + text.count("\n", counted, place), place
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise _not_json(error, file=path, line=line, index=index) from error
        if not isinstance(value, dict):
            message = f"[{index}]: found {shown(value)}, expected an object"
            raise DataError(message, file=path, line=line)
        _check_characters(value, text=text[place:end], file=path, line=line)
        yield Row(cast("dict[str, Any]", value), path, line, (index,))
        index += 1
        place = _next(text, place=end)
        if text[place : place + 1] == ",":
            place = _next(text, place=place + 1)
        elif text[place : place + 1] != "]":
            break
    end = _next(text, place=place + 1)
    if text[place : place + 1] != "]" or end < len(text):
        found = shown(text[end if text[place : place + 1] == "]" else place :])
        raise DataError(
            f"found {found} after {index} items of the list, expected a comma and an item, or ] "
            "at its end and nothing more",
            file=path,
            line=1 + text.count("\n", 0, place),
        )


def _next(text: str, *, place: int) -> int:
    while place < len(text) and text[place] in " \t\n\r":
        place += 1
    return place


def _decode(value: str, *, text: str, file: str | Path, line: int | None) -> Any:
    try:
        decoded = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise _not_json(error, file=file, line=line) from error
    _check_characters(decoded, text=text, file=file, line=line)
    return decoded


def _not_json(
    error: Exception, *, file: str | Path, line: int | None, index: int | None = None
) -> DataError:
    number = line
    if isinstance(error, json.JSONDecodeError) and (line is None or index is not None):
        number = error.lineno
    name = "" if index is None else f"[{index}]: "
    return DataError(f"{name}{not_json(error)}", file=file, line=number)


def not_json(error: Exception) -> str:
    """What is said of a text that is no JSON."""
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} (character {error.colno} of the line)"
    return f"not JSON: {error}"


def _check_characters(value: Any, *, text: str, file: str | Path, line: int | None) -> None:
    """Lone surrogates are halves of characters, which JSON can write and nothing can read."""
    if not _SURROGATE.search(text):
        return
    written = json.dumps(value, ensure_ascii=False)
    try:
        written.encode()
    except UnicodeEncodeError as error:
        around = written[max(0, error.start - 20) : error.start]
        raise DataError(
            f"found a lone surrogate after {around!r}, which is half a character; write the text "
            "as it was before it was cut",
            file=file,
            line=line,
        ) from error
