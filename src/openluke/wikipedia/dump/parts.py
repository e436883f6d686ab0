"""Parts of a dump: ranges of its files that are read one by one, anywhere."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Form = Literal["xml", "bz2", "piece"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpPart:
    """The pages whose ``<page>`` begins in a range of a file."""

    number: int
    """Its place among all parts of the dump."""
    file: str
    form: Form
    """How the file holds the XML: as it is, compressed by bzip2, or as a piece of another file."""
    start: int
    """The first byte of the file as it lies on disk; that of the source, of a piece."""
    end: int
    """The byte behind the last."""
    closes: bool
    """Whether the dump's file ends with it."""
    source: str = ""
    """The file that a piece was cut from."""
    broken_at: int | None = None
    """The byte of that file where it could not be read on, if the piece is its last."""

    @property
    def place(self) -> str:
        """The file that errors name."""
        return self.source or self.file

    def to_mapping(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "DumpPart":
        """Back from plain JSON values."""
        return cls(**values)


def cut_file(
    file: str | Path, *, form: Form, size: int, part_size: int, first: int
) -> list[DumpPart]:
    """The parts of a file, which depend on nothing but its size and theirs.

    Args:
        file: The file.
        form: How it holds the XML.
        size: Its bytes.
        part_size: Bytes of a part; the last one may be smaller.
        first: The number of the first part.
    """
    starts = range(0, size, part_size)
    return [
        DumpPart(
            number=first + index,
            file=str(file),
            form=form,
            start=start,
            end=min(start + part_size, size),
            closes=start + part_size >= size,
        )
        for index, start in enumerate(starts)
    ]
