"""How files are packed, told by their first bytes, and reading what they hold."""

# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pyarrow as pa

from openluke.errors import DataError

Packing = Literal["plain", "bz2", "gz", "xz", "zstd"]

DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What is raised where packed data are damaged or cut off."""

_MAGIC: Mapping[bytes, Packing] = {
    b"BZh": "bz2",
    b"\x1f\x8b": "gz",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_FOREIGN: Mapping[bytes, tuple[str, str]] = {
    b"PK\x03\x04": ("is a ZIP archive", "unpack it first"),
    b"7z\xbc\xaf": ("is packed by 7-Zip", "unpack it first"),
    b"PAR1": ("is a Parquet file", "write it so first"),
    b"\xff\xfe": ("is UTF-16", "recode it: iconv -f UTF-16 -t UTF-8"),
    b"\xfe\xff": ("is UTF-16", "recode it: iconv -f UTF-16 -t UTF-8"),
}


def find_packing(path: Path, *, expected: str) -> Packing:
    """How a file is packed.

    Args:
        path: The file.
        expected: What it should hold, for the message where it is packed in another way.

    Raises:
        DataError: In a way that is not read, or it cannot be read at all.
    """
    try:
        with path.open("rb") as file:
            first = file.read(8)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    for magic, (problem, advice) in _FOREIGN.items():
        if first.startswith(magic):
            message = f"{problem}; expected {expected}, plain or packed as .gz, .bz2, .xz or .zst"
            raise DataError(f"{message}; {advice}", file=path)
    for magic, packing in _MAGIC.items():
        if first.startswith(magic):
            return packing
    return "plain"


def opened(file: io.BufferedReader, *, packing: Packing) -> io.BufferedIOBase:
    """What a file holds, as a stream of bytes; only that of a plain file can be read from anywhere.

    What reads it meets ``DAMAGE`` where the packed data are not whole.
    """
    if packing == "bz2":
        return bz2.BZ2File(file)
    if packing == "gz":
        return gzip.GzipFile(fileobj=file)
    if packing == "xz":
        return lzma.LZMAFile(file)
    if packing == "zstd":
        return io.BufferedReader(pa.CompressedInputStream(file, "zstd"))
    return file
