"""A shard while it is written, and the list of all shards."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openluke.config import to_mapping
from openluke.pretraining.corpus.shards import INDEX, ShardFacts, Split, read_batches

_MOST_ROWS = 2048
"""Windows of a batch: 2 MB of word pieces, so that writing takes little memory."""


class Window(NamedTuple):
    """What is kept of a window of a page."""

    words: npt.NDArray[np.integer[Any]]
    """Word pieces, with [CLS] and [SEP]. *Shape:* (L,)."""
    entities: npt.NDArray[np.integer[Any]]
    """Rows of the entity table. *Shape:* (M,)."""
    starts: npt.NDArray[np.integer[Any]]
    """First piece of each entity, [CLS] counted. *Shape:* (M,)."""
    ends: npt.NDArray[np.integer[Any]]
    """The piece after its last. *Shape:* (M,)."""
    page: int
    """Row of the entity that the page is about, or ``NO_PAGE``."""
    title: str
    """Of the page."""


class ShardWriter:
    """Writes windows into a shard, holding few of them; a context manager.

    Args:
        path: The file.
        n_words: How many rows the word table has: up to 65,536 a piece takes two bytes.
    """

    def __init__(self, path: Path, *, n_words: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        pieces = pa.uint16() if n_words <= 1 << 16 else pa.uint32()
        self._schema: Any = pa.schema(
            [
                pa.field("words", pa.list_(pieces), nullable=False),
                pa.field("entities", pa.list_(pa.int32()), nullable=False),
                pa.field("starts", pa.list_(pa.uint16()), nullable=False),
                pa.field("ends", pa.list_(pa.uint16()), nullable=False),
                pa.field("page", pa.int32(), nullable=False),
                pa.field("title", pa.string(), nullable=False),
            ]
        )
        self._writer = pa.ipc.new_file(str(path), self._schema)
        self._waiting: list[Window] = []

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._writer:
            if error is None:
                self._write()

    def add(self, window: Window) -> None:
        """Write a window; windows are numbered in the order in which they are written."""
        self._waiting.append(window)
        if len(self._waiting) >= _MOST_ROWS:
            self._write()

    def _write(self) -> None:
        windows, self._waiting = self._waiting, []
        if not windows:
            return
        *lists, pages, titles = zip(*windows, strict=True)
        kinds = [field.type.value_type for field in list(self._schema)[: len(lists)]]
        columns = [_list_array(rows, kind=kind) for rows, kind in zip(lists, kinds, strict=True)]
        columns += [pa.array(pages, pa.int32()), pa.array(titles, pa.string())]
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))


def write_index(directory: Path) -> dict[str, list[ShardFacts]]:
    """Write, and return, the list of the shards that are in a directory."""
    listed = {
        split: [
            _facts(file, name=f"{split}/{file.name}")
            for file in sorted((directory / split).glob("*.arrow"))
        ]
        for split in get_args(Split)
    }
    rows = {split: [to_mapping(one) for one in facts] for split, facts in listed.items()}
    (directory / INDEX).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return listed


def shard_file(directory: Path, *, split: Split, part: int) -> Path:
    """Where the shard of a part of the pages is."""
    return directory / split / f"{part:05d}.arrow"


def _facts(file: Path, *, name: str) -> ShardFacts:
    batches = read_batches(file)
    n_windows = sum(batch.num_rows for batch in batches)
    n_words = sum(len(batch.column("words").values) for batch in batches)
    return ShardFacts(
        file=name,
        windows=n_windows,
        pieces=n_words - 2 * n_windows,
        mentions=sum(len(batch.column("entities").values) for batch in batches),
    )


def _list_array(rows: Sequence[npt.NDArray[np.integer[Any]]], *, kind: Any) -> Any:
    offsets = np.zeros(len(rows) + 1, dtype=np.int32)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    values = np.concatenate(rows).astype(kind.to_pandas_dtype())
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, kind))
