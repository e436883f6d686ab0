r"""Rows out of MediaWiki's SQL dumps, such as ``enwiki-latest-page_props.sql.gz``.

Such a dump has a ``CREATE TABLE`` and then long lines, ``INSERT INTO `page_props` VALUES
(1,'a\'b',NULL),(2,…);``. Newer ones have a row on each line. ``REPLACE INTO``, names without quotes
or with that of the database, and statements that follow each other on a line are read too.
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
_LONGEST_NUMBER = 18

_VALUE = rb"\s*+(?:_binary )?('[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'|[^\s,()'\\]++)"
_NO_COLUMN = rb"(?:PRIMARY|UNIQUE|KEY|INDEX|FULLTEXT|SPATIAL|CONSTRAINT|FOREIGN|CHECK)\b"
_COLUMN = re.compile(
    rb"^\s*(?:[`\"]([^`\"]+)[`\"]|(?!%b)(\w+)\s)" % _NO_COLUMN, re.MULTILINE | re.IGNORECASE
)
_NAMED = re.compile(rb"\w+")
_COLUMNS = re.compile(rb"(.*?)\n\)", re.DOTALL)
_TABLE = rb"(?:[`\"]?[^`\"\s.()]+[`\"]?\.)?[`\"]?%b[`\"]?\s*"
_CREATE = rb"CREATE TABLE\s+(?:IF NOT EXISTS\s+)?" + _TABLE + rb"\("
_INSERT = (
    rb"(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\s+)*INTO\s+"
    + _TABLE
    + rb"(?:\(([^()']*)\)\s*)?VALUES"
)
_NO_STATEMENT = (b"--", b"/*", b"#")
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
        DataError: The file is damaged or cut off, or has no such table or column, or no row of it.
            The rows before the damage have been given.
    """
    path = Path(path)
    with _opened(path) as stream:
        reader = _Reader(stream)
        created = _read_columns(reader, table=table, path=path)
        _places(columns, known=created, table=table, path=path)
        first, next_one = (_insert(table, line_break=flag) for flag in (True, False))
        n_rows = 0
        found = reader.search(first)
        while found is not None:
            known = created if found[1] is None else _names(found[1])
            places = _places(columns, known=known, table=table, path=path)
            sign = b","
            for *values, sign in reader.matches(_row(len(known))):
                n_rows += 1
                yield tuple([_plain(values[place]) for place in places])
                if sign == b";":
                    break
            if sign == b",":
                raise DataError(_cut_off(reader, n_rows=n_rows, table=table), file=path)
            found = reader.match(next_one) or reader.search(first)
        if not n_rows or not _is_whole(reader.last_line):
            raise DataError(_cut_off(reader, n_rows=n_rows, table=table), file=path)


def as_number(value: Value, *, what: str, path: str | Path) -> int:
    """A number of a table, such as the id of a page.

    Args:
        value: Its digits.
        what: What it is, to say if it is none.
        path: The dump.

    Raises:
        DataError: It is none, or too long for 64 bits.
    """
    if value is None or not value.isdigit() or len(value) > _LONGEST_NUMBER:
        raise DataError(
            f"found {value!r} for {what}, expected a number; the file is damaged or of another "
            "kind: get it again",
            file=path,
        )
    return int(value)


def as_title(value: bytes) -> str:
    """A title as MediaWiki shows it, of one as its tables have it: with underscores."""
    return value.decode("utf-8", "replace").replace("_", " ")


class _Reader:
    """Goes through a stream once by patterns, and holds little more than what one matches."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._buffer = b"\n"  # so that the first line, too, comes after a line break
        self._place: int = 0
        self._n_dropped: int = -1

    @property
    def position(self) -> int:
        """How many bytes have been gone through."""
        return self._n_dropped + self._place

    @property
    def rest(self) -> bytes:
        """The bytes that come next."""
        return self._buffer[self._place : self._place + 60]

    @property
    def last_line(self) -> bytes:
        """At the end, the last line that is not empty, as far as it was not gone through."""
        return self._buffer[self._place :].strip().rpartition(b"\n")[2].strip()

    def search(self, pattern: "re.Pattern[bytes]") -> "re.Match[bytes] | None":
        """Go behind the next match of a pattern that is short; ``None`` at the end."""
        while (found := pattern.search(self._buffer, self._place)) is None:
            self._place = max(self._place, len(self._buffer) - _LONGEST_HEAD)
            if not self._read():
                return None
        self._place = found.end()
        return found

    def match(self, pattern: "re.Pattern[bytes]") -> "re.Match[bytes] | None":
        """Go behind what begins here if a pattern that is short matches it."""
        while len(self._buffer) - self._place < _LONGEST_HEAD and self._read():
            pass
        found = pattern.match(self._buffer, self._place)
        if found is not None:
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
    create = re.compile(rb"(?<=\n)[ \t]*" + _CREATE % re.escape(table.encode()), re.IGNORECASE)
    body = next(reader.matches(_COLUMNS), None) if reader.search(create) is not None else None
    if body is None:
        raise DataError(
            f"found no CREATE TABLE of {table!r}; expected MediaWiki's dump of that table, "
            f"…-{table}.sql.gz",
            file=path,
        )
    return [(quoted or bare).decode() for quoted, bare in _COLUMN.findall(body[0])]


def _insert(table: str, *, line_break: bool) -> "re.Pattern[bytes]":
    """How a statement with rows begins.

    Args:
        table: Name of the table.
        line_break: Whether it begins a line: no string of a dump has a line break.
    """
    before = rb"(?<=\n)[ \t]*" if line_break else rb"\s*"
    return re.compile(before + _INSERT % re.escape(table.encode()), re.IGNORECASE)


def _row(n_columns: int) -> "re.Pattern[bytes]":
    values = rb",".join([_VALUE + rb"\s*+"] * n_columns)
    return re.compile(rb"\s*\(" + values + rb"\)\s*+([,;])", re.DOTALL)


def _names(listed: bytes) -> list[str]:
    return [name.decode() for name in _NAMED.findall(listed)]


def _places(columns: Sequence[str], *, known: Sequence[str], table: str, path: Path) -> list[int]:
    if missing := [column for column in columns if column not in known]:
        raise DataError(
            f"table {table!r} has the columns {', '.join(known)}, but not "
            f"{', '.join(missing)}; expected a table of MediaWiki of that name",
            file=path,
        )
    return [known.index(column) for column in columns]


def _is_whole(last_line: bytes) -> bool:
    """Whether a file that ends so ends with a statement or a comment."""
    return last_line[-1:] in b";" or last_line.startswith(_NO_STATEMENT)


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
