"""Rows of files with columns between tabs, commas or any other character, by the columns' names."""

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from openluke.errors import ConfigError, DataError
from openluke.formats.form import option_hint
from openluke.formats.text_lines import read_lines

_TAB = "\t"
_NAMES = {"tab": _TAB, "comma": ",", "semicolon": ";"}
"""What a delimiter may be called where it is hard to type."""
_LONGEST_FIELD = (1 << 31) - 1
"""The most characters of a column that every system's csv module takes; it stops at 131,072 if it
is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How lines are cut into columns."""

    delimiter: str | None = None
    """What stands between columns: a character, or ``tab``, ``comma`` or ``semicolon``. By default
    told from the first line: a tab if it has one, otherwise whichever it has of the others."""
    quotes: bool | None = None
    """Whether a column that begins with ``"`` goes on to the next one, over any delimiters and
    ends of lines, with ``""`` for a quote in it. By default not where tabs are between columns."""
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Cells:
    """A row, and where it stands."""

    values: dict[str, str]
    """What stands in each column, by its name."""
    file: Path
    line: int

    def error(self, message: str, *, column: str) -> DataError:
        """What to raise of what stands in a column."""
        return DataError(f"column {column!r}: {message}", file=self.file, line=self.line)


class _Record(NamedTuple):
    line: int
    fields: list[str]


def read_cells(
    path: str | Path, *, dialect: Dialect, names: Sequence[str] | None = None
) -> Iterator[Cells]:
    """The rows of a file, each with as many columns as there are names; empty lines are left out.

    Args:
        path: The file.
        dialect: How lines are cut.
        names: The names of the columns of a file that does not begin with them.
    """
    records = _records(path, dialect=dialect)
    where = "names of columns"
    if names is None:
        header = next(records, None)
        if header is None:
            return
        names, where = [name.strip() for name in header.fields], f"in line {header.line}"
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"found two columns named {twice[0]!r}; name them apart", file=path)
    for line, fields in records:
        if len(fields) != len(names):
            raise DataError(
                f"found {len(fields)} columns, expected {len(names)} as {where} "
                f"({', '.join(names)})",
                file=path,
                line=line,
            )
        yield Cells(dict(zip(names, fields, strict=True)), Path(path), line)


def names_in(head: str) -> list[str]:
    """The columns of a file's first line, if what stands between them can be told."""
    line = next((line for line in head.split("\n") if line.strip()), "")
    if not line or line.lstrip().startswith(("{", "[")):
        return []
    found = _found_in(line)
    if len(found) > 1:
        return []
    return [name.strip().strip('"') for name in line.split(found[0] if found else _TAB)]


def _records(path: str | Path, *, dialect: Dialect) -> Iterator[_Record]:
    lines = read_lines(path, encoding=dialect.encoding)
    for number, line in lines:
        if line.strip(" "):
            delimiter = _delimiter(dialect.delimiter, line=line, number=number, file=path)
            rest = itertools.chain([line], (each for _, each in lines))
            quotes = delimiter != _TAB if dialect.quotes is None else dialect.quotes
            if quotes:
                yield from _quoted(rest, delimiter=delimiter, first=number, file=path)
            else:
                yield from _plain(rest, delimiter=delimiter, first=number)
            return


def _delimiter(said: str | None, *, line: str, number: int, file: str | Path) -> str:
    """What stands between columns; where nothing does there is one column."""
    if said is not None:
        delimiter = _NAMES.get(said, said)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise ConfigError(
                f"delimiter is {said!r}, expected one character, or one of {', '.join(_NAMES)}"
            )
        return delimiter
    found = _found_in(line)
    if len(found) > 1:
        names = " or ".join(name for name, each in _NAMES.items() if each in found)
        raise DataError(
            f"what is between columns may be a {names}; say which by "
            f"{option_hint('delimiter', value=names.split()[0])}",
            file=file,
            line=number,
        )
    return found[0] if found else _TAB


def _found_in(line: str) -> list[str]:
    return [_TAB] if _TAB in line else [each for each in _NAMES.values() if each in line]


def _plain(lines: Iterator[str], *, delimiter: str, first: int) -> Iterator[_Record]:
    for number, line in enumerate(lines, start=first):
        if line.strip(" "):
            yield _Record(number, line.split(delimiter))


def _quoted(
    lines: Iterator[str], *, delimiter: str, first: int, file: str | Path
) -> Iterator[_Record]:
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True)
    while True:
        line = first + reader.line_num
        try:
            fields = _next_row(reader)
        except csv.Error as error:
            raise DataError(
                f"the quotes of the row that begins here cannot be read: {error}; where quotes are "
                "characters like others give "
                f"{option_hint('quotes', value='false')}",
                file=file,
                line=line,
            ) from error
        if fields is None:
            return
        if any(field.strip(" ") for field in fields) or len(fields) > 1:
            yield _Record(line, fields)


def _next_row(reader: Iterator[list[str]]) -> list[str] | None:
    """The next row, however long its fields are."""
    limit = csv.field_size_limit(_LONGEST_FIELD)  # of the process, so it is put back
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(limit)
