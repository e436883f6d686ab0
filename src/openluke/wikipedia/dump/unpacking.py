"""Reading what packed files of a dump hold, from their beginning to where they are damaged."""

from collections.abc import Iterator
from pathlib import Path

from openluke.errors import DataError
from openluke.wikipedia.packing import DAMAGE, Packing, opened

WANTED = "the dump of a wiki in UTF-8"
"""What a file is expected to hold."""


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
    with path.open("rb") as file, opened(file, packing=packing) as stream:
        while True:
            try:
                data = stream.read1(size)
            except DAMAGE as error:
                raise BrokenOff(path, byte=file.tell(), cause=str(error)) from error
            if not data:
                return
            yield data, file.tell()
