r"""Rows out of MediaWiki's SQL dumps, such as ``enwiki-latest-page_props.sql.gz``.

Such a dump has a ``CREATE TABLE`` and then long lines, ``INSERT INTO `page_props` VALUES
(1,'a\'b',NULL),(2,…);``. Newer ones have a row on each line.
"""

import bz2
import gzip
import re
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from openluke.errors import DataError

Value = bytes | None
"""What a table holds: strings without quotes and escapes, numbers as digits, NULL as ``None``."""

_CHUNK = 1 << 20
_LONGEST_ROW = 1 << 26
"""No row is longer: MySQL itself takes no longer statement by default."""
_LONGEST_HEAD = 1 << 12

_VALUE = rb"\s*+(?:_binary )?('[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'|[^\s,()'\\]++)"
_COLUMN = re.compile(rb"^\s*`([^`]+)`", re.MULTILINE)
_COLUMNS = re.compile(rb"(.*?)\n\)", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)|''", re.DOTALL)
_ESCAPED = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}


def read_sql_rows(
    path: str | Path, *, table: str, columns: Sequence[str]
) -> Iterator[tuple[Value, ...]]:
    """The rows of a table in a dump, a small part of which is in memory at a time.

    Args:
        path: A ``.sql`` file, plain or packed by gzip or bzip2; its first bytes say which.
        table: Name of the table.
        columns: Which of its columns to give, in this order.

    Raises:
        DataError: The file is damaged or cut off, or has no such table or column. The rows before
            the damage have been given.
    """
    path = Path(path)
    with _opened(path) as stream:
        reader = _Reader(stream)
        known = _read_columns(reader, table=table, path=path)
        if missing := [column for column in columns if column not in known]:
            raise DataError(
                f"table {table!r} has the columns {', '.join(known)}, but not "
                f"{', '.join(missing)}; expected a table of MediaWiki of that name",
                file=path,
            )
        places = [known.index(column) for column in columns]
        row = re.compile(
            rb"\s*\(" + rb",".join([_VALUE] * len(known)) + rb"\)\s*+([,;])", re.DOTALL
        )
        n_rows = 0
        insert = _head(rb"INSERT (?:IGNORE )?INTO `%b`\s*(?:\([^()']*\)\s*)?VALUES", table=table)
        while reader.search(insert) is not None:
            sign = b","
            for *values, sign in reader.matches(row):
                n_rows += 1
                yield tuple([_plain(values[place]) for place in places])
                if sign == b";":
                    break
            if sign == b",":
                raise DataError(_cut_off(reader, n_rows=n_rows, table=table), file=path)


def as_title(value: bytes) -> str:
    """A title as MediaWiki shows it, of one as its tables have it: with underscores."""
    return value.decode("utf-8", "replace").replace("_", " ")


class _Reader:
    """Goes through a stream once by patterns, and holds little more than what one matches."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._buffer = b"\n"  # so that the first line, too, comes after a line break
        self._place = 0
        self._n_dropped = -1

    @property
    def position(self) -> int:
        """How many bytes have been gone through."""
        return self._n_dropped + self._place

    @property
    def rest(self) -> bytes:
        """The bytes that come next."""
        return self._buffer[self._place : self._place + 60]

    def search(self, pattern: "re.Pattern[bytes]") -> "re.Match[bytes] | None":
        """Go behind the next match of a pattern that is short; ``None`` at the end."""
        while (found := pattern.search(self._buffer, self._place)) is None:
            self._place = max(self._place, len(self._buffer) - _LONGEST_HEAD)
            if not self._read():
                return None
        self._place = found.end()
        return found

    def matches(self, pattern: "re.Pattern[bytes]") -> Iterator[Sequence[bytes]]:
        """Go behind what begins here, again and again while it matches, and give its groups."""
        while True:
            found = pattern.match(self._buffer, self._place)
            if found is not None:
                self._place = found.end()
                yield found.groups()
            elif len(self._buffer) - self._place > _LONGEST_ROW or not self._read():
                return

    def _read(self) -> bool:
        """Read on, as much as there is already, so that long rows cost linear time."""
        cut = max(0, self._place - 1)  # a pattern may look at the byte before
        more = self._stream.read(max(_CHUNK, len(self._buffer) - cut))
        self._buffer = self._buffer[cut:] + more
        self._place -= cut
        self._n_dropped += cut
        return bool(more)


def _read_columns(reader: _Reader, *, table: str, path: Path) -> list[str]:
    create = _head(rb"CREATE TABLE (?:IF NOT EXISTS )?`%b`\s*\(", table=table)
    body = next(reader.matches(_COLUMNS), None) if reader.search(create) is not None else None
    if body is None:
        raise DataError(
            f"found no CREATE TABLE of {table!r}; expected MediaWiki's dump of that table, "
            f"…-{table}.sql.gz",
            file=path,
        )
    return [name.decode() for name in _COLUMN.findall(body[0])]


def _head(pattern: bytes, *, table: str) -> "re.Pattern[bytes]":
    """How a statement begins, on a line of its own: no string of a dump has a line break."""
    return re.compile(rb"(?<=\n)" + pattern % re.escape(table.encode()))


def _plain(value: bytes) -> Value:
    if not value.startswith(b"'"):
        return None if value == b"NULL" else value
    value = value[1:-1]
    return _ESCAPE.sub(_unescape, value) if b"\\" in value or b"'" in value else value


def _unescape(escape: "re.Match[bytes]") -> bytes:
    character = escape[1]
    return b"'" if character is None else _ESCAPED.get(character, character)


def _cut_off(reader: _Reader, *, n_rows: int, table: str) -> str:
    return (
        f"after {n_rows:,} rows of {table!r}, at byte {reader.position:,} of the SQL, found "
        f"{reader.rest!r}, expected a row; the file is cut off or damaged: get it again"
    )


@contextmanager
def _opened(path: Path) -> Generator[IO[bytes], None, None]:
    """Open a file, and make errors of reading ones that name it."""
    try:
        with path.open("rb") as raw:
            magic = raw.read(3)
            raw.seek(0)
            if magic.startswith(b"\x1f\x8b"):
                with gzip.open(raw) as stream:
                    yield cast("IO[bytes]", stream)
            elif magic == b"BZh":
                with bz2.open(raw) as stream:
                    yield stream
            else:
                yield raw
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot be read to its end: {error}; get it again", file=path) from error
