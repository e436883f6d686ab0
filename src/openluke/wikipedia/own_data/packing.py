"""How files of lines are packed, told by their first bytes, and reading them from anywhere."""

# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pyarrow as pa

from openluke.errors import DataError

Packing = Literal["plain", "bz2", "gz", "xz", "zstd"]

_MAGIC: Mapping[bytes, Packing] = {
    b"BZh": "bz2",
    b"\x1f\x8b": "gz",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_EXPECTED = "expected lines of JSON in UTF-8, plain or packed as .gz, .bz2, .xz or .zst"
_FOREIGN: Mapping[bytes, str] = {
    b"PK\x03\x04": f"is a ZIP archive; {_EXPECTED}; unpack it first",
    b"7z\xbc\xaf": f"is packed by 7-Zip; {_EXPECTED}; unpack it first",
    b"PAR1": f"is a Parquet file; {_EXPECTED}; write its rows as such lines first",
    b"\xff\xfe": f"is UTF-16; {_EXPECTED}; recode it: iconv -f UTF-16 -t UTF-8",
    b"\xfe\xff": f"is UTF-16; {_EXPECTED}; recode it: iconv -f UTF-16 -t UTF-8",
}
_BUFFER = 1 << 20


def find_packing(path: Path) -> Packing:
    """How a file is packed.

    Raises:
        DataError: In a way that is not read, or it cannot be read at all.
    """
    try:
        with path.open("rb") as file:
            first = file.read(8)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    for magic, problem in _FOREIGN.items():
        if first.startswith(magic):
            raise DataError(problem, file=path)
    for magic, packing in _MAGIC.items():
        if first.startswith(magic):
            return packing
    return "plain"


@contextmanager
def open_unpacked(path: Path, *, packing: Packing) -> Generator[io.BufferedIOBase, None, None]:
    """What a file holds, as a stream of bytes; only that of a plain file can be read from anywhere.

    Raises:
        DataError: It cannot be read, or what is packed is damaged or cut off.
    """
    try:
        with path.open("rb") as file, _opened(file, packing=packing) as stream:
            yield stream
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        what = "cannot be read" if packing == "plain" else "the packed data are damaged or cut off"
        raise DataError(
            f"{what}: {error}; expected a whole file; copy it again", file=path
        ) from error


def _opened(file: io.BufferedReader, *, packing: Packing) -> io.BufferedIOBase:
    if packing == "bz2":
        return bz2.BZ2File(file)
    if packing == "gz":
        return gzip.GzipFile(fileobj=file)
    if packing == "xz":
        return lzma.LZMAFile(file)
    if packing == "zstd":
        return io.BufferedReader(pa.CompressedInputStream(file, "zstd"), _BUFFER)
    return file
