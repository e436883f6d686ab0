"""Shards: the windows of a corpus in files that are mapped into memory, read by their numbers."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openluke.config import from_mapping
from openluke.errors import CheckpointError, ConfigError, DataError
from openluke.features import SPECIAL_TEXT, Features
from openluke.manifests import read_manifest

KIND = "pretraining-corpus"
FORMAT_VERSION = 1
INDEX = "shards.json"
"""The file that lists the shards of a corpus, with what is in them."""
NO_PAGE = -1
"""Stands for the row of a page that the entity vocabulary does not have."""

Split = Literal["train", "validation"]

_COLUMNS = ("words", "entities", "starts", "ends")


class Example(NamedTuple):
    """A window of a page as a model reads it, before anything is masked."""

    features: Features
    """With [CLS] and [SEP]; the offsets in its text are not kept."""
    page: int
    """Row of the entity that the page is about, or ``NO_PAGE``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardFacts:
    """What is in a shard."""

    file: str
    """Its name in the corpus."""
    windows: int
    pieces: int
    """Word pieces, [CLS] and [SEP] not counted."""
    mentions: int


class Shards:
    """The windows of a corpus that are learnt from, or those that are held out.

    None of them is in memory, and other processes that get the shards map the same files.
    """

    def __init__(
        self, path: Path, *, split: Split, shards: Sequence[ShardFacts], content: str
    ) -> None:
        self._path, self._shards, self._content = path, shards, content
        self._split: Split = split
        self._firsts = [0, *accumulate(shard.windows for shard in shards)]
        self._opened: dict[int, _Shard] = {}

    @classmethod
    def open(cls, path: str | Path, *, split: Split = "train") -> "Shards":
        """Open the shards of a corpus that ``openluke pretrain build`` has made.

        Raises:
            CheckpointError: It is no corpus, or it is not whole.
        """
        path = Path(path)
        manifest = read_manifest(path, kind=KIND, format_version=FORMAT_VERSION)
        try:
            listed: Any = json.loads((path / INDEX).read_bytes())[split]
            shards = [from_mapping(ShardFacts, values=one, where=INDEX) for one in listed]
        except (OSError, ValueError, LookupError, TypeError, ConfigError) as error:
            raise CheckpointError(
                f"{path / INDEX}: cannot be read: {error}; build the corpus again"
            ) from error
        return cls(path, split=split, shards=shards, content=manifest.content)

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return partial(Shards.open, split=self._split), (self._path.absolute(),)

    def __len__(self) -> int:
        return self._firsts[-1]

    @property
    def fingerprint(self) -> str:
        """What tells these windows, and their order, from all others."""
        return f"{self._split} of {self._content}"

    @property
    def n_pieces(self) -> int:
        """Word pieces of all windows, [CLS] and [SEP] not counted."""
        return sum(shard.pieces for shard in self._shards)

    @property
    def n_mentions(self) -> int:
        """Entities of all windows."""
        return sum(shard.mentions for shard in self._shards)

    def read(self, numbers: Sequence[int] | npt.NDArray[np.integer[Any]]) -> list[Example]:
        """Windows by their numbers, in any order."""
        return [shard.example(row) for shard, row in map(self._place, numbers)]

    def titles(self, numbers: Sequence[int] | npt.NDArray[np.integer[Any]]) -> list[str]:
        """The titles of the pages that windows are from."""
        return [shard.title(row) for shard, row in map(self._place, numbers)]

    def _place(self, number: int | np.integer[Any]) -> "tuple[_Shard, int]":
        number = int(number)
        if not 0 <= number < len(self):
            raise DataError(f"found window {number:,}, expected one from 0 to {len(self) - 1:,}")
        index = bisect_right(self._firsts, number) - 1
        shard = self._opened.get(index)
        if shard is None:
            shard = self._opened[index] = _Shard(self._path / self._shards[index].file)
            if len(shard) != self._shards[index].windows:
                raise CheckpointError(
                    f"{shard.path}: found {len(shard):,} windows, expected "
                    f"{self._shards[index].windows:,}; the corpus is damaged, build it again"
                )
        return shard, number - self._firsts[index]


class _Lists:
    """A column of lists, as one array of all values."""

    def __init__(self, column: Any) -> None:
        self._offsets = column.offsets.to_numpy()
        self._values = column.values.to_numpy(zero_copy_only=True)

    def __getitem__(self, row: int) -> npt.NDArray[np.int32]:
        values = self._values[self._offsets[row] : self._offsets[row + 1]]
        return values.astype(np.int32)


class _Batch(NamedTuple):
    """Some windows of a shard."""

    words: _Lists
    entities: _Lists
    starts: _Lists
    ends: _Lists
    pages: npt.NDArray[np.int32]
    titles: Any


class _Shard:
    """One file; it is mapped, and closed at once, so that there can be thousands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        batches = read_batches(path)
        self._firsts = [0, *accumulate(batch.num_rows for batch in batches)]
        self._batches = [_columns(batch) for batch in batches]

    def __len__(self) -> int:
        return self._firsts[-1]

    def example(self, row: int) -> Example:
        """A window."""
        batch, row = self._find(row)
        words, entities = batch.words[row], batch.entities[row]
        n_words, n_entities = len(words), len(entities)
        ranges = np.stack([batch.starts[row], batch.ends[row]], axis=1)
        texts = np.zeros(n_words, dtype=np.int32)
        texts[[0, -1]] = SPECIAL_TEXT
        features = Features(
            word_ids=words,
            word_offsets=np.zeros((n_words, 2), dtype=np.int32),
            word_texts=texts,
            word_types=np.zeros(n_words, dtype=np.int32),
            entity_ids=entities,
            entity_ranges=ranges,
            entity_types=np.zeros(n_entities, dtype=np.int32),
            entity_sources=np.arange(n_entities, dtype=np.int32),
        )
        return Example(features, int(batch.pages[row]))

    def title(self, row: int) -> str:
        """The title of a window's page."""
        batch, row = self._find(row)
        return str(batch.titles[row].as_py())

    def _find(self, row: int) -> tuple[_Batch, int]:
        number = bisect_right(self._firsts, row) - 1
        return self._batches[number], row - self._firsts[number]


def read_batches(path: Path) -> list[Any]:
    """The Arrow batches of a shard; their arrays lie in the mapped file.

    Raises:
        CheckpointError: The file is damaged.
    """
    try:
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            return [reader.get_batch(number) for number in range(reader.num_record_batches)]
    except (OSError, pa.ArrowException) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}; build the corpus again") from error


def _columns(batch: Any) -> _Batch:
    lists = {name: _Lists(batch.column(name)) for name in _COLUMNS}
    return _Batch(**lists, pages=batch.column("page").to_numpy(), titles=batch.column("title"))
