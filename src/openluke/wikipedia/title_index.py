"""Where the page of a title is: sorted hashes of titles, mapped into memory."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from openluke.entities.mapped_names import load_array
from openluke.errors import CheckpointError

HASHES = "titles.hashes.npy"
PLACES = "titles.places.npy"

_ROW_BITS = 32
_ROW_MASK = (1 << _ROW_BITS) - 1


class Place(NamedTuple):
    """Where a page is."""

    file: int
    row: int


def write_title_index(directory: Path, *, files: Sequence[Path]) -> int:
    """Write the index of the titles of Parquet files, 16 bytes a title.

    Returns:
        How many titles there are again that were there before.
    """
    hashes: list[npt.NDArray[np.uint64]] = []
    places: list[npt.NDArray[np.int64]] = []
    for number, path in enumerate(files):
        found = [np.zeros(0, np.uint64), *_hashes(path)]
        hashes.append(np.concatenate(found))
        places.append((number << _ROW_BITS) + np.arange(len(hashes[-1]), dtype=np.int64))
    all_hashes = np.concatenate([np.zeros(0, np.uint64), *hashes])
    order = np.argsort(all_hashes, kind="stable")  # equal ones stay in the order of places
    all_hashes = all_hashes[order]
    np.save(directory / HASHES, all_hashes, allow_pickle=False)
    all_places = np.concatenate([np.zeros(0, np.int64), *places])
    np.save(directory / PLACES, all_places[order], allow_pickle=False)
    return int((all_hashes[1:] == all_hashes[:-1]).sum())


class TitleIndex:
    """The places of titles."""

    def __init__(self, directory: Path) -> None:
        self._hashes = load_array(directory / HASHES, dtype=np.uint64)
        self._places = load_array(directory / PLACES, dtype=np.int64)
        if len(self._hashes) != len(self._places):
            raise CheckpointError(
                f"{directory}: found {len(self._hashes):,} hashes of titles and "
                f"{len(self._places):,} places, expected as many; parse the dump again"
            )

    def __len__(self) -> int:
        return len(self._hashes)

    def find(self, title: str) -> Iterator[Place]:
        """The places where a title may be, the first page of that title first.

        Other titles may have the same hash, so that it has to be read what is there.
        """
        wanted = np.uint64(_hash(title))
        number = int(self._hashes.searchsorted(wanted))
        while number < len(self._hashes) and self._hashes[number] == wanted:
            place = int(self._places[number])
            yield Place(place >> _ROW_BITS, place & _ROW_MASK)
            number += 1


def _hashes(path: Path) -> Iterator[npt.NDArray[np.uint64]]:
    """Hashes of the titles of a file, some at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["title"], use_threads=False):
            titles = batch.column(0).to_pylist()
            yield np.fromiter(map(_hash, titles), np.uint64, count=len(titles))


def _hash(title: str) -> int:
    digest = blake2b(title.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
