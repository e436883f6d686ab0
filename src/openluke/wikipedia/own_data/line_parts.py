"""Files of lines in parts that are read one by one, anywhere; every line is in one of them."""

import io
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from openluke.errors import DataError
from openluke.wikipedia.packing import DAMAGE, Packing, find_packing, opened

_MARK = b"\xef\xbb\xbf"
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class LinePart:
    """The lines that begin in a range of a plain file, or all lines of a packed one."""

    number: int
    """Its place among all parts."""
    file: str
    packing: Packing
    start: int
    """The first byte of the file as it lies on disk."""
    end: int
    """The byte behind the last."""

    @property
    def size(self) -> int:
        """Its bytes on disk."""
        return self.end - self.start

    @cached_property
    def lines_before(self) -> int:
        """How many lines of the file begin before it; the file is read up to there."""
        left, count, last = self.start, 0, b""
        with _opened(self) as stream:
            while left > 0 and (data := stream.read(min(left, _CHUNK))):
                count += data.count(b"\n")
                left -= len(data)
                last = data[-1:]
            if self.start and last != b"\n":  # a line that began before ends here
                count += 1
        return count


class Line(NamedTuple):
    """A line of a file."""

    number: int
    """Its place among those of its part, from 1."""
    data: bytes
    """With the line break."""


def cut_files(paths: Sequence[Path], *, part_size: int, first: int = 0) -> list[LinePart]:
    """The parts of files, which depend on nothing but these and the size.

    Args:
        paths: The files in order.
        part_size: Bytes of a plain file that make a part; what is packed is one.
        first: The number of the first part.
    """
    parts: list[LinePart] = []
    for path in paths:
        packing = find_packing(path, expected="lines of JSON in UTF-8")
        size = path.stat().st_size
        step = part_size if packing == "plain" else max(size, 1)
        parts += [
            LinePart(
                number=first + len(parts) + index,
                file=str(path.resolve()),
                packing=packing,
                start=start,
                end=min(start + step, size),
            )
            for index, start in enumerate(range(0, size, step))
        ]
    return parts


def read_lines(part: LinePart) -> Iterator[Line]:
    """The lines of a part that are more than white space, in order.

    Raises:
        DataError: The file cannot be read.
    """
    with _opened(part) as stream:
        place, number = part.start, 0
        if part.packing == "plain" and place:
            stream.seek(place - 1)
            place += len(stream.readline(part.size + 1)) - 1
            if place >= part.end:  # of a line that goes on behind it
                return
        while part.packing != "plain" or place < part.end:
            data = stream.readline()
            if not data:
                return
            number += 1
            is_first = place == 0
            place += len(data)
            if is_first:
                data = data.removeprefix(_MARK)
            if data.strip():
                yield Line(number, data)


@contextmanager
def _opened(part: LinePart) -> Generator[io.BufferedIOBase, None, None]:
    """What the file of a part holds; it cannot be read where that is damaged or cut off."""
    try:
        with Path(part.file).open("rb") as file, opened(file, packing=part.packing) as stream:
            yield stream
    except DAMAGE as error:
        is_plain = part.packing == "plain"
        what = "cannot be read" if is_plain else "the packed data are damaged or cut off"
        message = f"{what}: {error}; expected a whole file; copy it again"
        raise DataError(message, file=part.file) from error
