"""The XML of a part and what follows it, chunk by chunk, out of each form of file."""

# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from openluke.wikipedia.dump.bzip2_blocks import read_blocks
from openluke.wikipedia.dump.damage import Damage, PartTally
from openluke.wikipedia.dump.parts import DumpPart

_CHUNK = 1 << 20


class Chunk(NamedTuple):
    """Some bytes of XML that follow those of the chunk before."""

    data: bytes
    byte: int
    """The byte of the file that they come from."""
    own: bool = True
    """Whether they belong to the part; others are read to finish its last page."""
    final: bool = False
    """Whether those that follow do not belong to the part."""
    gap: int | None = None
    """The byte of the damaged block before it, if XML is missing there."""
    plain: bool = False
    """Whether the file holds them as they are, so that each has a byte of its own."""


def read_chunks(part: DumpPart, *, tally: PartTally, strict: bool) -> Iterator[Chunk]:
    """The chunks of a part and those behind it, to the end of its file.

    Raises:
        DataError: The reading is strict and a block is damaged.
    """
    if part.form == "xml":
        return _plain_chunks(part)
    if part.form == "bz2":
        return _bzip2_chunks(part, tally=tally, strict=strict)
    return _piece_chunks(part, tally=tally, strict=strict)


def _plain_chunks(part: DumpPart) -> Iterator[Chunk]:
    with Path(part.file).open("rb") as file:
        file.seek(part.start)
        byte = part.start
        while byte < part.end:
            data = file.read(min(_CHUNK, part.end - byte))
            if not data:
                return
            yield Chunk(data, byte, final=byte + len(data) >= part.end, plain=True)
            byte += len(data)
        while data := file.read(_CHUNK):
            yield Chunk(data, byte, own=False, plain=True)
            byte += len(data)


def _bzip2_chunks(part: DumpPart, *, tally: PartTally, strict: bool) -> Iterator[Chunk]:
    gap: int | None = None
    for block in read_blocks(part.file, start=part.start):
        own = block.byte < part.end
        if own and (block.data is None or block.cut):
            tally.add(_block_damage(block.byte, cut=block.cut), file=part.place, strict=strict)
        if block.data is not None:
            final = block.next_byte >= part.end
            yield Chunk(block.data, block.byte, own=own, final=final, gap=gap)
        gap = block.byte if block.data is None else None
        if gap is not None and block.next_byte >= part.end:
            yield Chunk(b"", block.byte, own=own, final=True, gap=gap)


def _block_damage(byte: int, *, cut: bool) -> Damage:
    if cut:
        return Damage("end", byte, "the file ends behind this block of bzip2, its stream does not")
    return Damage("block", byte, "a block of bzip2 is damaged or not whole")


def _piece_chunks(part: DumpPart, *, tally: PartTally, strict: bool) -> Iterator[Chunk]:
    with pa.CompressedInputStream(part.file, "zstd") as stream:
        while data := stream.read(_CHUNK):
            yield Chunk(data, part.start)
    if part.broken_at is not None:
        reason = "at or before it the packed data are damaged or cut off"
        tally.add(Damage("end", part.broken_at, reason), file=part.place, strict=strict)
