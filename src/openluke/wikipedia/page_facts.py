"""What ``page_props`` says of pages: their Wikidata items, and which are disambiguations."""

from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.entities.mapped_names import load_array
from openluke.errors import CheckpointError
from openluke.wikipedia.sql_tables import as_number, read_sql_rows

PAGES = "pages.npy"  # ids of pages, in rising order
ITEMS = "items.npy"  # number of each one's Wikidata item, 0 for none; negative: disambiguation

_DISAMBIGUATION = -(1 << 62)
"""Added to the number of the item; larger than any."""


class PageFact(NamedTuple):
    """What is known of a page."""

    wikidata: str | None
    """Its item of Wikidata, such as ``"Q42"``."""
    is_disambiguation: bool


class PageFacts:
    """Facts of pages by their ids, in files that are mapped into memory.

    Other processes that get them open the same files.
    """

    def __init__(self, directory: str | Path) -> None:
        self._directory = Path(directory)
        self._pages = load_array(self._directory / PAGES, dtype=np.int64)
        self._items = load_array(self._directory / ITEMS, dtype=np.int64)
        if len(self._pages) != len(self._items):
            raise CheckpointError(
                f"{directory}: found {len(self._pages):,} pages and {len(self._items):,} items, "
                "expected as many; make them again"
            )

    def __reduce__(self) -> tuple[type["PageFacts"], tuple[Path]]:
        return PageFacts, (self._directory.absolute(),)

    def __len__(self) -> int:
        return len(self._pages)

    def find(self, page: int) -> PageFact:
        """What is known of the page with an id; of one that is not there, that it is ordinary."""
        place = int(self._pages.searchsorted(page))
        if place == len(self._pages) or self._pages[place] != page:
            return PageFact(None, is_disambiguation=False)
        value = int(self._items[place])
        item = value - _DISAMBIGUATION if value < 0 else value
        return PageFact(f"Q{item}" if item else None, is_disambiguation=value < 0)


def write_page_facts(directory: str | Path, *, page_props: str | Path) -> Mapping[str, int]:
    """Write what a dump of ``page_props`` says, for ``PageFacts`` to read.

    Args:
        directory: Where the files go, 16 bytes for each page.
        page_props: MediaWiki's dump ``…-page_props.sql.gz``.

    Returns:
        How many pages have an item, and how many are disambiguations.
    """
    rows = _rows(page_props)
    pages, items = _join(*rows)
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    np.save(directory / PAGES, pages, allow_pickle=False)
    np.save(directory / ITEMS, items, allow_pickle=False)
    return {
        "pages_with_item": int(((items != _DISAMBIGUATION) & (items != 0)).sum()),
        "disambiguation_pages": int((items < 0).sum()),
    }


def _rows(page_props: str | Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pages and their values, in the order of the dump; a page may come twice."""
    pages, values = array("q"), array("q")
    columns = ["pp_page", "pp_propname", "pp_value"]
    for page, name, value in read_sql_rows(page_props, table="page_props", columns=columns):
        if name == b"disambiguation":
            number = _DISAMBIGUATION
        elif name == b"wikibase_item" and value and value[:1] in b"Qq" and value[1:].isdigit():
            number = as_number(value[1:], what="an item", path=page_props)
        else:
            continue
        pages.append(as_number(page, what="a page", path=page_props))
        values.append(number)
    return np.frombuffer(pages, dtype=np.int64), np.frombuffer(values, dtype=np.int64)


def _join(
    pages: npt.NDArray[np.int64], values: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Each page once, in rising order, with the largest item and the flag that were given."""
    order = np.argsort(pages, kind="stable")
    pages, values = pages[order], values[order]
    is_first = np.ones(len(pages), dtype=np.bool_)
    is_first[1:] = pages[1:] != pages[:-1]
    starts = np.flatnonzero(is_first)
    if not len(starts):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    flags = np.minimum.reduceat(np.minimum(values, 0), starts)
    items = np.maximum.reduceat(np.maximum(values, 0), starts)
    return pages[starts], flags + items
