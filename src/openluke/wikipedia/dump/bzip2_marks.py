"""The marks that bzip2 blocks and streams begin and end with, which stand at any bit."""

from collections.abc import Iterator
from typing import BinaryIO

BLOCK_MARK = 0x314159265359
"""Begins a block."""
END_MARK = 0x177245385090
"""Ends a stream; the checksum of the whole stream follows."""
MARK_BITS = 48

_WINDOW = 1 << 20
_SPAN = 7
"""Bytes that a mark can lie in."""


def find_marks(file: BinaryIO, *, mark: int, start: int, stop: int) -> Iterator[int]:
    """The bits that a mark stands at in a file, in order.

    Args:
        file: Is read in windows.
        mark: 48 bits.
        start: The byte that the first of them may begin in.
        stop: The byte that none of them begins in any more.
    """
    while start < stop:
        file.seek(start)
        window = file.read(min(_WINDOW, stop - start) + _SPAN - 1)
        if not window:
            return
        last = min(_WINDOW, stop - start)
        yield from (start * 8 + bit for bit in marks_in(window, mark=mark) if bit < last * 8)
        start += last


def marks_in(window: bytes, *, mark: int) -> list[int]:
    """The bits that a mark stands at in some bytes, in order."""
    found: list[int] = []
    for shift in range(8):
        found += _marks_at_shift(window, mark=mark, shift=shift)
    return sorted(found)


def _marks_at_shift(window: bytes, *, mark: int, shift: int) -> Iterator[int]:
    """Those that stand ``shift`` bits behind the beginning of a byte.

    The bytes that a mark fills wholly are looked for, and then the bits around them.
    """
    span = 6 if shift == 0 else _SPAN
    room = span * 8 - MARK_BITS - shift
    shifted = (mark << room).to_bytes(span)
    first = 0 if shift == 0 else 1
    inner = shifted[first:6]
    mask = ((1 << MARK_BITS) - 1) << room
    place = window.find(inner, first)
    while place >= 0:
        begin = place - first
        candidate = window[begin : begin + span]
        if len(candidate) == span and int.from_bytes(candidate) & mask == mark << room:
            yield begin * 8 + shift
        place = window.find(inner, place + 1)
