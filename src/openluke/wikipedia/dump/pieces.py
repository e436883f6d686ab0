"""Files that are read from their beginning alone, cut once into pieces that are read anywhere."""

# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from openluke.artifacts import atomic_file
from openluke.wikipedia.dump.unpacking import BrokenOff, unpacked_with_bytes
from openluke.wikipedia.packing import Packing

_CHUNK = 1 << 18
_PAGE = re.compile(rb"<page[\s>]")
_PAGE_SIZE = len("<page>")
_DONE = "cut.json"


class Pieces(NamedTuple):
    """A file cut into pieces."""

    paths: tuple[Path, ...]
    """XML packed by Zstandard; pages are whole."""
    starts: tuple[int, ...]
    """The byte of the file that was reached when each was begun."""
    broken_at: int | None
    """The byte of the file where it could not be read on; none if it is whole."""


def cut_into_pieces(path: Path, *, packing: Packing, directory: Path, piece_size: int) -> Pieces:
    """Unpack a file into pieces; those that an earlier attempt left are kept.

    Args:
        path: The file.
        packing: How it is packed.
        directory: Where the pieces go, into a folder of their own.
        piece_size: Bytes of XML after which a piece ends with the page.
    """
    folder = directory / _folder_name(path, piece_size=piece_size)
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / _DONE
    if not done.exists():
        _write_pieces(path, packing=packing, folder=folder, piece_size=piece_size)
    values = json.loads(done.read_text(encoding="utf-8"))
    paths = tuple(folder / _piece_name(number) for number in range(len(values["starts"])))
    return Pieces(paths, tuple(values["starts"]), values["broken_at"])


def _write_pieces(path: Path, *, packing: Packing, folder: Path, piece_size: int) -> None:
    source = _Source(path, packing=packing)
    starts: list[int] = []
    for piece in _pieces(source, size=piece_size):
        target = folder / _piece_name(len(starts))
        starts.append(source.byte)
        if target.exists():
            for _ in piece:
                pass
        else:
            _write_piece(piece, target=target)
    with atomic_file(folder / _DONE) as partial:
        values = {"starts": starts, "broken_at": source.broken_at}
        partial.write_text(json.dumps(values), encoding="utf-8")


class _Source:
    """The XML of a file as far as it can be read."""

    def __init__(self, path: Path, *, packing: Packing) -> None:
        self._path = path
        self._packing: Packing = packing
        self.byte = 0
        """How far the file has been taken."""
        self.broken_at: int | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for data, byte in unpacked_with_bytes(self._path, packing=self._packing, size=_CHUNK):
                yield data
                self.byte = byte
        except BrokenOff as error:
            self.broken_at = error.byte


def _pieces(source: Iterable[bytes], *, size: int) -> Iterator[Iterator[bytes]]:
    """The pieces of XML one by one, each to be taken to its end before the next."""
    cutter = _Cutter(source, size=size)
    while not cutter.is_over:
        yield cutter.piece()


class _Cutter:
    """Cuts XML before pages."""

    def __init__(self, source: Iterable[bytes], *, size: int) -> None:
        self._source = iter(source)
        self._size = size
        self._held = b""
        self.is_over = False

    def piece(self) -> Iterator[bytes]:
        """The XML up to the first page that begins when there is enough of it."""
        length = 0
        data = self._held
        while True:
            begin = max(self._size - length, 0 if length else 1)
            page = _PAGE.search(data, begin)
            if page is not None:
                self._held = data[page.start() :]
                yield data[: page.start()]
                return
            kept = max(0, len(data) - _PAGE_SIZE + 1)
            yield data[:kept]
            length += kept
            more = next(self._source, None)
            if more is None:
                self.is_over = True
                yield data[kept:]
                return
            data = data[kept:] + more


def _write_piece(piece: Iterable[bytes], *, target: Path) -> None:
    with atomic_file(target) as partial, pa.CompressedOutputStream(str(partial), "zstd") as stream:
        for data in piece:
            stream.write(data)


def _piece_name(number: int) -> str:
    return f"{number:05d}.xml.zst"


def _folder_name(path: Path, *, piece_size: int) -> str:
    """A name that is another when the file or the cut is."""
    facts = path.stat()
    key = f"{path.name}\n{facts.st_size}\n{facts.st_mtime_ns}\n{piece_size}"
    return f"{path.name}.{hashlib.sha256(key.encode()).hexdigest()[:12]}"
