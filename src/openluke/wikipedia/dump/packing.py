"""How the files of a dump are packed, and reading them from their beginning."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Literal

from openluke.errors import DataError

Packing = Literal["xml", "bz2", "gz", "xz"]

_MAGIC: Mapping[bytes, Packing] = {b"BZh": "bz2", b"\x1f\x8b": "gz", b"\xfd7zXZ\x00": "xz"}
_FOREIGN: Mapping[bytes, str] = {
    b"7z\xbc\xaf": "is packed by 7-Zip; expected .xml, .bz2, .gz or .xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "is packed by Zstandard; expected .xml, .bz2, .gz or .xz; unpack it first",
    b"PK\x03\x04": "is a ZIP archive; expected .xml, .bz2, .gz or .xz; unpack it first",
    b"\xff\xfe": "is UTF-16; expected UTF-8; recode it: iconv -f UTF-16 -t UTF-8",
    b"\xfe\xff": "is UTF-16; expected UTF-8; recode it: iconv -f UTF-16 -t UTF-8",
}


class BrokenOff(DataError):  # noqa: N818
    """Packed data that cannot be read on."""

    def __init__(self, file: Path, *, byte: int, cause: str) -> None:
        self.byte = byte
        """How far the file has been taken."""
        super().__init__(
            f"byte {byte}: at or before it the packed data are damaged or cut off ({cause}); "
            "expected a whole dump; download it again",
            file=file,
        )


def find_packing(path: Path) -> Packing:
    """How a file is packed, by its first bytes.

    Raises:
        DataError: In a way that is not read.
    """
    with path.open("rb") as file:
        first = file.read(8)
    for magic, problem in _FOREIGN.items():
        if first.startswith(magic):
            raise DataError(problem, file=path)
    for magic, packing in _MAGIC.items():
        if first.startswith(magic):
            return packing
    return "xml"


def unpacked(path: Path, *, packing: Packing, size: int) -> Iterator[bytes]:
    """What a file holds, from its beginning.

    Args:
        path: The file.
        packing: How it is packed.
        size: The most that is given at once.

    Raises:
        BrokenOff: It is damaged; what comes before the damage has been given.
    """
    return (data for data, _ in unpacked_with_bytes(path, packing=packing, size=size))


def unpacked_with_bytes(path: Path, *, packing: Packing, size: int) -> Iterator[tuple[bytes, int]]:
    """The same, each with the byte of the file up to which it has been taken.

    Args:
        path: The file.
        packing: How it is packed.
        size: The most that is given at once.

    Raises:
        BrokenOff: It is damaged; what comes before the damage has been given.
    """
    with path.open("rb") as file, _opened(file, packing=packing) as stream:
        while True:
            try:
                data = stream.read1(size)
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise BrokenOff(path, byte=file.tell(), cause=str(error)) from error
            if not data:
                return
            yield data, file.tell()


def _opened(
    file: BufferedReader, *, packing: Packing
) -> BufferedReader | bz2.BZ2File | gzip.GzipFile | lzma.LZMAFile:
    if packing == "bz2":
        return bz2.BZ2File(file)
    if packing == "gz":
        return gzip.GzipFile(fileobj=file)
    return lzma.LZMAFile(file) if packing == "xz" else file
