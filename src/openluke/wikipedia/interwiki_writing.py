"""Writing a table of items and titles, which ``interwiki`` reads, with little of it in memory."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.entities.mapped_names import LANGUAGES
from openluke.wikipedia.interwiki import (
    HASH_NAMES,
    HASHES,
    ITEM_NAMES,
    ITEMS,
    LANGUAGE_CODES,
    SQL_HASH,
    TEXT,
    TEXT_STARTS,
)
from openluke.wikipedia.reductions import Tables


def write_interwiki(directory: Path, *, tables: Tables, languages: Sequence[str]) -> dict[str, int]:
    """Write the items and titles of the table ``names`` (item, language, title).

    A title that several items claim goes to the one with the smallest number; of several titles of
    a language an item keeps the first by the alphabet.

    Args:
        directory: Where the files go.
        tables: Has the table.
        languages: The languages that are kept.

    Returns:
        How many items and titles there are, and how many of them were dropped and why.
    """
    n_given = tables.number("SELECT count(*) FROM names")
    tables.run(
        "CREATE TABLE wanted AS SELECT DISTINCT * FROM names WHERE list_contains(?, language)",
        values=[list(languages)],
    )
    n_wanted = tables.number("SELECT count(*) FROM wanted")
    n_other = tables.number(
        "SELECT count(*) FROM names WHERE NOT list_contains(?, language)", values=[list(languages)]
    )
    tables.run(
        "CREATE TABLE claimed AS SELECT min(item) AS item, language, title FROM wanted "
        "GROUP BY language, title"
    )
    n_claimed = tables.number("SELECT count(*) FROM claimed")
    tables.run(
        "CREATE TABLE kept AS SELECT item, language, min(title) AS title FROM claimed "
        "GROUP BY item, language"
    )
    per_language = dict(
        tables.rows("SELECT language, count(*) AS n FROM kept GROUP BY language ORDER BY language")
    )
    text = json.dumps(per_language, ensure_ascii=False, indent=2, sort_keys=True)
    (directory / LANGUAGES).write_text(text + "\n", encoding="utf-8")
    n_kept = tables.number("SELECT count(*) FROM kept")
    n_items = tables.number("SELECT count(DISTINCT item) FROM kept")
    _write_names(directory, tables=tables, sizes=(n_items, n_kept), languages=list(per_language))
    _write_hashes(directory, tables=tables, n_names=n_kept)
    return {
        "items": n_items,
        "names": n_kept,
        "languages": len(per_language),
        "names_given": n_given,
        "names_dropped_other_language": n_other,
        "names_dropped_claimed_twice": n_wanted - n_claimed,
        "names_dropped_second_title": n_claimed - n_kept,
    }


def _write_names(
    directory: Path, *, tables: Tables, sizes: tuple[int, int], languages: Sequence[str]
) -> None:
    """Write the names by item, language and title, and where each item's begin."""
    n_items, n_names = sizes
    items = _Column(directory / ITEMS, dtype=np.int64, size=n_items)
    firsts = _Column(directory / ITEM_NAMES, dtype=np.int64, size=n_items + 1)
    codes = _Column(directory / LANGUAGE_CODES, dtype=np.uint16, size=n_names)
    starts = _Column(directory / TEXT_STARTS, dtype=np.int64, size=n_names + 1)
    places = {language: place for place, language in enumerate(languages)}
    starts.add(np.zeros(1, np.int64))
    last_item: int | None = None
    n_bytes = 0
    with (directory / TEXT).open("wb") as stream:
        for numbers, in_languages, titles in _sorted_names(tables):
            before = numbers[0] - 1 if last_item is None else last_item
            is_first = np.diff(numbers, prepend=before) != 0
            firsts.add(codes.n + np.flatnonzero(is_first))
            items.add(numbers[is_first])
            codes.add(np.array([places[language] for language in in_languages], np.uint16))
            data = [title.encode() for title in titles]
            ends = n_bytes + np.cumsum([len(title) for title in data])
            starts.add(ends)
            stream.write(b"".join(data))
            n_bytes, last_item = int(ends[-1]), int(numbers[-1])
    firsts.add(np.array([n_names], np.int64))
    for column in (items, firsts, codes, starts):
        column.close()


def _sorted_names(tables: Tables) -> Iterator[tuple[npt.NDArray[Any], list[str], list[str]]]:
    query = "SELECT item, language, title FROM kept ORDER BY item, language, title"
    for batch in tables.batches(query):
        if len(batch):
            numbers, languages, titles = batch.columns
            yield numbers.to_numpy(), languages.to_pylist(), titles.to_pylist()


def _write_hashes(directory: Path, *, tables: Tables, n_names: int) -> None:
    """Write the hashes of names in their order, and the name of each."""
    hashes = _Column(directory / HASHES, dtype=np.uint64, size=n_names)
    names = _Column(directory / HASH_NAMES, dtype=np.int64, size=n_names)
    query = (
        f"SELECT {SQL_HASH} AS hash, "  # noqa: S608 - a constant
        "row_number() OVER (ORDER BY item, language, title) - 1 AS name FROM kept "
        "ORDER BY hash, name"
    )
    for batch in tables.batches(query):
        hashes.add(batch.column(0).to_numpy())
        names.add(batch.column(1).to_numpy())
    hashes.close()
    names.close()


class _Column:
    """An array of a known size that is written to its file little by little."""

    def __init__(self, path: Path, *, dtype: type[np.generic], size: int) -> None:
        self._dtype = dtype
        self._size = size
        self._stream = path.open("wb")
        header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": (size,)}
        np.lib.format.write_array_header_1_0(self._stream, header)
        self.n = 0
        """Values that are written."""

    def add(self, values: npt.NDArray[Any]) -> None:
        """Write some values."""
        self._stream.write(np.ascontiguousarray(values, dtype=self._dtype).data)
        self.n += len(values)

    def close(self) -> None:
        """End the file, whose size is now as was said."""
        self._stream.close()
        assert self.n == self._size, (self.n, self._size)
