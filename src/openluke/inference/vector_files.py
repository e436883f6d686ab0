"""The forms of files of vectors: each is written in parts, which are joined without loading."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from openluke.inference.jsonl_vectors import join_jsonl, write_jsonl
from openluke.inference.npz_vectors import join_npz, write_npz
from openluke.inference.parquet_vectors import join_parquet, write_parquet
from openluke.inference.vectors import EncodedText

VectorForm = Literal["jsonl", "parquet", "npz"]


class Write(Protocol):
    """Writes the vectors of some texts."""

    def __call__(self, texts: Sequence[EncodedText], *, path: Path) -> None:
        """Write a part."""
        ...


class Join(Protocol):
    """Makes one file of parts."""

    def __call__(self, parts: Sequence[Path], *, path: Path) -> None:
        """Write the whole."""
        ...


@dataclass(frozen=True, slots=True)
class FormFunctions:
    """How a form is written: one part at a time, then all parts in one file."""

    write: Write
    join: Join


FORMS: dict[VectorForm, FormFunctions] = {
    "jsonl": FormFunctions(write_jsonl, join_jsonl),
    "parquet": FormFunctions(write_parquet, join_parquet),
    "npz": FormFunctions(write_npz, join_npz),
}
