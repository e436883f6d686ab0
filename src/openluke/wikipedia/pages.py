"""The page store: all pages of a wiki, read one after another or by title."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from bisect import bisect_right
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from openluke.entities.titles import canonical_title
from openluke.errors import CheckpointError, ConfigError
from openluke.manifests import Manifest
from openluke.records.pages import Page, Redirect
from openluke.wikipedia.input_artefacts import read_input
from openluke.wikipedia.page_columns import (
    FORMAT_VERSION,
    KIND,
    PAGES,
    REDIRECTS,
    read_pages,
    read_redirects,
)
from openluke.wikipedia.page_writing import SITE, PageWriter, complete_store
from openluke.wikipedia.site import Site
from openluke.wikipedia.title_index import Place, TitleIndex

__all__ = ["FORMAT_VERSION", "KIND", "PageStore", "PageWriter", "complete_store"]

_OPEN_FILES = 64


class PageStore:
    """The pages and redirects of a wiki on disk; opened at once, with none of them in memory.

    Other processes that get a store open the same files.
    """

    def __init__(self, path: Path, *, manifest: Manifest, site: Site) -> None:
        self.path = path
        self.site = site
        """The wiki that the pages are from."""
        self.manifest = manifest
        names = [name for name in manifest.files if name.startswith(f"{PAGES}/")]
        self._files = tuple(path / name for name in sorted(names))
        self._titles = TitleIndex(path)
        self._open = lru_cache(_OPEN_FILES)(_open_file)

    @classmethod
    def open(cls, path: str | Path) -> "PageStore":
        """Open a store that ``openluke wikipedia parse`` has made.

        Raises:
            CheckpointError: It is another thing, which the message names, or it is not whole.
        """
        path = Path(path)
        manifest = read_input(path, kind=KIND, format_version=FORMAT_VERSION)
        try:
            values: Any = json.loads((path / SITE).read_bytes())
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{path / SITE}: cannot be read: {error}") from error
        return cls(path, manifest=manifest, site=Site.from_mapping(values))

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return PageStore.open, (self.path.absolute(),)

    def __len__(self) -> int:
        return len(self._titles)

    @property
    def counts(self) -> Mapping[str, int]:
        """How much there is, and what was dropped and why."""
        return self.manifest.counts

    @property
    def n_parts(self) -> int:
        """How many parts there are: each can be read alone."""
        return len(self._files)

    def files(self) -> tuple[Path, ...]:
        """The Parquet files of pages, by part; those of redirects have the same names."""
        return self._files

    def pages(self, *, part: int | None = None) -> Iterator[Page]:
        """All pages, or those of a part, in the order of the dump; a row group is in memory."""
        for file in self._chosen(part):
            for batch in _batches(file):
                yield from read_pages(batch)

    def redirects(self, *, part: int | None = None) -> Iterator[Redirect]:
        """All redirects, or those of a part, in the order of the dump."""
        for file in self._chosen(part):
            for batch in _batches(self.path / REDIRECTS / file.name):
                yield from read_redirects(batch)

    def page(self, title: str) -> Page | None:
        """The page of a title, if there is one; redirects are not followed.

        Args:
            title: As the wiki spells it, or as a link or an address may: ``"albert_Einstein"``.
        """
        place = self._find(title)
        if place is None:
            return None
        rows, row = self._read(place)
        return next(read_pages(rows.slice(row, 1)))

    def has(self, title: str) -> bool:
        """Whether there is a page of a title; redirects are none."""
        return self._find(title) is not None

    def _find(self, title: str) -> Place | None:
        for spelling in dict.fromkeys((title, self.site.title(title), canonical_title(title))):
            for place in self._titles.find(spelling):
                rows, row = self._read(place, columns=("title",))
                if rows.column(0)[row].as_py() == spelling:
                    return place
        return None

    def _read(self, place: Place, *, columns: Sequence[str] | None = None) -> tuple[Any, int]:
        """The row group that a page is in, and the page's row of it."""
        file = self._files[place.file]
        with _naming(file):
            opened = self._open(file)
            group = bisect_right(opened.first_rows, place.row) - 1
            rows = opened.file.read_row_group(group, columns=columns, use_threads=False)
        return rows, place.row - opened.first_rows[group]

    def _chosen(self, part: int | None) -> Sequence[Path]:
        if part is None:
            return self._files
        if not 0 <= part < len(self._files):
            raise ConfigError(f"found part {part}, expected one from 0 to {len(self._files) - 1}")
        return self._files[part : part + 1]


class _OpenFile(NamedTuple):
    file: Any
    first_rows: list[int]
    """The first row of each row group."""


def _open_file(path: Path) -> _OpenFile:
    file = pq.ParquetFile(path)
    groups = (file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups))
    return _OpenFile(file, first_rows=[0, *accumulate(groups)])


def _batches(path: Path) -> Iterator[Any]:
    """The row groups of a file."""
    with _naming(path), pq.ParquetFile(path) as file:
        for group in range(file.metadata.num_row_groups):
            yield file.read_row_group(group, use_threads=False)


@contextmanager
def _naming(path: Path) -> Generator[None, None, None]:
    """Make errors of reading ones that name the file."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}; parse the dump again") from error
