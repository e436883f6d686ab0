"""Cutting XML into pages."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from openluke.wikipedia.dump.chunks import Chunk
from openluke.wikipedia.dump.damage import Damage, PartTally

_OPEN, _CLOSE, _FOOTER = b"<page", b"</page>", b"</mediawiki"
_BEGINNINGS = tuple(_OPEN[:length] for length in range(1, len(_OPEN) + 1))
_BEHIND_OPEN = frozenset(b"> \t\r\n")
_KEPT = 64
"""Bytes of what stands between pages that are kept, for what may continue in the next chunk."""


class PageXml(NamedTuple):
    """A page as the dump holds it."""

    data: bytes
    """What stands between ``<page>``, perhaps with attributes, and ``</page>``."""
    byte: int
    """The byte of the file that it begins at; with compressed files, its first block does."""


class PageSplitter:
    """Finds the pages that begin in a part, and tells where damage has cut one."""

    def __init__(self, *, file: str, tally: PartTally, strict: bool) -> None:
        self._file = file
        self._tally = tally
        self._strict = strict
        self._buffer = bytearray()
        self._chunk = Chunk(b"", 0)
        self._seen = 0
        """Bytes that have been taken of the part."""
        self._owned = 0
        """Bytes at the front of the buffer that belong to the part."""
        self._open_byte: int | None = None
        """Where the page began that the buffer begins with and that has not ended yet."""
        self._searched = 0
        """Bytes of it in which its end does not begin."""

    def split(self, chunks: Iterable[Chunk], *, closes: bool) -> Iterator[PageXml]:
        """The pages that begin in the part's own chunks; the last of them may end behind these.

        Args:
            chunks: Are taken only as far as they are needed.
            closes: Whether the file must end with the part.

        Raises:
            DataError: The reading is strict, and a page is cut or the end of the file is missing.
        """
        for chunk in chunks:
            if chunk.gap is not None:
                self._lose(f"the page is cut by a damaged block at byte {chunk.gap}")
                self._buffer.clear()
                self._owned = 0
            self._append(chunk)
            yield from self._whole_pages()
            is_over = chunk.final or not chunk.own
            if is_over and not closes and not self._may_go_on():
                return
        if self._open_byte is not None:
            self._lose("the file ends in the middle of a page")
        elif closes and self._seen >= _KEPT and _FOOTER not in self._buffer:
            byte = self._byte(len(self._buffer))
            self._tell(Damage("end", byte, "the file does not end with </mediawiki>"))

    def _append(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._buffer += chunk.data
        if chunk.own:
            self._owned = len(self._buffer)
            self._seen += len(chunk.data)
            self._tally.xml_bytes += len(chunk.data)

    def _may_go_on(self) -> bool:
        """Whether a page of the part has begun, or perhaps the tag that begins one."""
        return self._open_byte is not None or self._buffer.endswith(_BEGINNINGS)

    def _whole_pages(self) -> Iterator[PageXml]:
        """Those that end in the buffer; what is behind them stays in it."""
        begin = 0 if self._open_byte is not None else self._next_open(0)
        while 0 <= begin < self._owned:
            byte = self._byte(begin) if self._open_byte is None else self._open_byte
            end = self._buffer.find(_CLOSE, max(begin, self._searched))
            if end < 0:
                self._keep(begin)
                self._open_byte = byte
                self._searched = max(0, len(self._buffer) - len(_CLOSE) + 1)
                return
            inner = self._last_open(begin + 1, end=end)
            if inner < 0:
                inside = self._buffer.find(b">", begin) + 1
                yield PageXml(bytes(self._buffer[inside:end]), byte)
                inner = self._next_open(end)
                self._searched = 0
            else:
                self._tell(Damage("page", byte, "a page does not end before the next one begins"))
            self._open_byte = None
            begin = inner
        self._keep(begin if begin >= 0 else max(0, len(self._buffer) - _KEPT))

    def _next_open(self, begin: int) -> int:
        """Where the first page begins that does so at a byte of the buffer or behind it, or -1."""
        place = self._buffer.find(_OPEN, begin)
        while place >= 0 and not self._opens(place):
            place = self._buffer.find(_OPEN, place + 1)
        return place

    def _last_open(self, begin: int, *, end: int) -> int:
        """Where the last page begins that does so between two bytes of the buffer, or -1."""
        place = self._buffer.rfind(_OPEN, begin, end)
        while place >= 0 and not self._opens(place):
            place = self._buffer.rfind(_OPEN, begin, place)
        return place

    def _opens(self, place: int) -> bool:
        """Whether what looks so is the tag of a page."""
        behind = place + len(_OPEN)
        return behind < len(self._buffer) and self._buffer[behind] in _BEHIND_OPEN

    def _keep(self, begin: int) -> None:
        del self._buffer[:begin]
        self._owned = max(0, self._owned - begin)

    def _byte(self, index: int) -> int:
        """The byte of the file that a byte of the buffer comes from, or else its chunk."""
        if not self._chunk.plain:
            return self._chunk.byte
        return self._chunk.byte + index - (len(self._buffer) - len(self._chunk.data))

    def _lose(self, reason: str) -> None:
        if self._open_byte is not None:
            byte, self._open_byte, self._searched = self._open_byte, None, 0
            self._tell(Damage("page", byte, reason))

    def _tell(self, damage: Damage) -> None:
        self._tally.add(damage, file=self._file, strict=self._strict)
