"""The blocks of a bzip2 file, each decompressed on its own, from any place of the file.

A block of bzip2 needs nothing of those before it, only that one finds the bit that it begins at.
So a file is read in parts on all cores, whether it is one stream or many, and without an index.
"""

import bz2
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from openluke.wikipedia.dump.bzip2_marks import (
    BLOCK_MARK,
    END_MARK,
    MARK_BITS,
    find_marks,
    marks_in,
)

_HEADER = b"BZh9"
_CHECKSUM_BITS = 32
_TAIL = 24
"""Bytes before a mark in which a stream's end must lie, if the mark is a new stream's first."""
_LONGEST = 1_500_000
"""Bytes that no compressed block exceeds."""


class Block(NamedTuple):
    """A block of a bzip2 file."""

    data: bytes | None
    """What it holds; none if it is damaged."""
    byte: int
    """The byte of the file that it begins in."""
    next_byte: int
    """The byte that the next one begins in, or the length of the file."""
    cut: bool = False
    """Whether the file ends behind it and the stream does not."""


def read_blocks(path: str | Path, *, start: int) -> Iterator[Block]:
    """The blocks that begin at a byte of a file or behind it, in order, until the file ends."""
    with Path(path).open("rb") as file:
        yield from _Blocks(file, start=start)


class _Blocks:
    """Blocks in order, with the marks behind them that have been found already."""

    def __init__(self, file: BinaryIO, *, start: int) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self._marks = find_marks(file, mark=BLOCK_MARK, start=start, stop=self._size)
        self._ahead: deque[int] = deque()
        self._checked: tuple[int, int | None, bytes] | None = None
        """The first block, between its mark and the next, once it has been looked at."""

    def __iter__(self) -> Iterator[Block]:
        first = self._next_mark()
        if first is not None and self._stands_inside_a_block(first):
            first = self._next_mark()
        while first is not None:
            after = self._next_mark()
            data, cut = self._block(first, end=after), False
            if data is None and after is None:
                data = _cut_off(self._bytes(first, end=None), first=first % 8)
                cut = data is not None
            elif data is None:
                data, after = self._over_a_false_mark(first, after=after)
            next_byte = self._size if after is None else after // 8
            yield Block(data, first // 8, next_byte, cut)
            first = after

    def _block(self, first: int, *, end: int | None) -> bytes | None:
        """What stands between two marks, if it is a block; the first is not unpacked again."""
        checked, self._checked = self._checked, None
        if checked is not None and checked[:2] == (first, end):
            return checked[2]
        return self._whole_block(first, end=end)

    def _next_mark(self) -> int | None:
        return self._ahead.popleft() if self._ahead else next(self._marks, None)

    def _over_a_false_mark(
        self, first: int, *, after: int | None
    ) -> tuple[bytes | None, int | None]:
        """A block that has the bits of a mark in its midst, and the mark that follows it."""
        second = self._next_mark()
        data = self._whole_block(first, end=second)
        if data is not None:
            return data, second
        if second is not None:
            self._ahead.appendleft(second)
        return None, after

    def _stands_inside_a_block(self, mark: int) -> bool:
        """Whether a mark is false: bits of the block before it that look like one."""
        after = self._next_mark()
        if after is not None:
            self._ahead.appendleft(after)
        data = self._whole_block(mark, end=after)
        if data is not None:
            self._checked = mark, after, data
            return False
        begin = max(0, mark // 8 - _LONGEST)
        before = find_marks(self._file, mark=BLOCK_MARK, start=begin, stop=mark // 8 + 1)
        previous = deque((bit for bit in before if bit < mark), maxlen=1)
        return bool(previous) and self._whole_block(previous[0], end=after, past=mark) is not None

    def _whole_block(self, first: int, *, end: int | None, past: int = 0) -> bytes | None:
        """What stands between two marks, or a mark and the end of the file, if it is one block.

        Args:
            first: The bit of its mark.
            end: The bit of the mark behind it.
            past: A bit that it must not end before.
        """
        raw = self._bytes(first, end=end)
        shift = first % 8
        last = len(raw) * 8 if end is None else end - (first - shift)
        last = min(last, len(raw) * 8)
        tail = max(0, last // 8 - _TAIL)
        stream_ends = [tail * 8 + bit for bit in marks_in(raw[tail:], mark=END_MARK)]
        least = past - (first - shift)
        data = _first_whole(raw, first=shift, ends=stream_ends or [last], least=least)
        if data is not None:
            return data
        return _first_whole(raw, first=shift, ends=marks_in(raw, mark=END_MARK), least=least)

    def _bytes(self, first: int, *, end: int | None) -> bytes:
        """Those from a bit to another, and no more than a block may have."""
        begin = first // 8
        last = self._size if end is None else -(-end // 8)
        self._file.seek(begin)
        return self._file.read(min(last - begin, _LONGEST))


def _first_whole(raw: bytes, *, first: int, ends: Iterable[int], least: int) -> bytes | None:
    """What a block holds that ends at one of some bits; none if it does at none of them.

    Those up to ``least`` do not count.
    """
    found = (_decompressed(raw, first=first, end=end) for end in ends if end > least)
    return next((data for data in found if data is not None), None)


def _decompressed(raw: bytes, *, first: int, end: int) -> bytes | None:
    """What a block holds, made a stream of its own; none if it is not whole.

    Args:
        raw: Bytes around the block.
        first: The bit that its mark begins at.
        end: The bit behind its last.
    """
    n_bits = end - first
    if n_bits <= MARK_BITS + _CHECKSUM_BITS:
        return None
    bits = _bits(raw, first=first, end=end)
    checksum = bits >> (n_bits - MARK_BITS - _CHECKSUM_BITS) & ((1 << _CHECKSUM_BITS) - 1)
    bits = bits << (MARK_BITS + _CHECKSUM_BITS) | END_MARK << _CHECKSUM_BITS | checksum
    stream = _HEADER + _packed(bits, n_bits=n_bits + MARK_BITS + _CHECKSUM_BITS)
    decompressor = bz2.BZ2Decompressor()
    try:
        data = decompressor.decompress(stream)
    except OSError:
        return None
    return data if decompressor.eof and not decompressor.unused_data else None


def _cut_off(raw: bytes, *, first: int) -> bytes | None:
    """What the last block holds of a file that ends before its stream does."""
    end = len(raw) * 8
    decompressor = bz2.BZ2Decompressor()
    data = bytearray()
    more = _HEADER + _packed(_bits(raw, first=first, end=end), n_bits=end - first)
    try:
        while part := decompressor.decompress(more):
            data += part
            more = b""
    except OSError:
        return None
    return bytes(data) or None


def _bits(raw: bytes, *, first: int, end: int) -> int:
    return int.from_bytes(raw) >> (len(raw) * 8 - end) & ((1 << (end - first)) - 1)


def _packed(bits: int, *, n_bits: int) -> bytes:
    """So many bits as bytes, with none behind them."""
    padding = -n_bits % 8
    return (bits << padding).to_bytes((n_bits + padding) // 8)
