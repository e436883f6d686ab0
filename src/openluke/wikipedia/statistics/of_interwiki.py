"""Statistics of an interwiki table."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from openluke.entities.mapped_names import load_array
from openluke.wikipedia.interwiki import ITEM_NAMES, ITEMS, KIND, Interwiki
from openluke.wikipedia.statistics.chunks import chunks, largest
from openluke.wikipedia.statistics.distribution import Distribution, bin_section
from openluke.wikipedia.statistics.records import (
    Column,
    Figure,
    Section,
    Statistics,
    counted,
    dropped_section,
    share,
)

_MOST_SHOWN = 50


def interwiki_statistics(path: Path) -> Statistics:
    """What is in an interwiki table."""
    table = Interwiki.open(path)
    items = load_array(path / ITEMS, dtype=np.int64)
    firsts = load_array(path / ITEM_NAMES, dtype=np.int64)
    sizes: list[int] = _sizes(firsts).tolist()
    titles = Distribution(enumerate(sizes))
    n_made = int(items.searchsorted(0))
    per_language = sorted(table.languages.items(), key=lambda item: (-item[1], item[0]))
    sections = (
        bin_section(
            "titles_of_items",
            heading="Titles of each item",
            note="An item has one title in each language that has a page on it.",
            names=("titles", "items", "titles together"),
            values=titles,
        ),
        counted("languages", heading="Languages", names=("language", "titles"), rows=per_language),
        _most_titles(table, items=items, firsts=firsts),
        dropped_section(table.manifest.counts),
    )
    return Statistics(
        kind=KIND,
        name=path.name,
        about="Titles of the same in all languages",
        figures=(
            Figure("items", len(table)),
            Figure("titles", table.n_names),
            Figure("languages", len(table.languages)),
            Figure("titles per item", share(table.n_names, of=len(table)), "number"),
            Figure("items of Wikidata", len(table) - n_made),
            Figure("items made of links", n_made),
        ),
        sections=tuple(section for section in sections if section.rows),
        options=table.manifest.options,
    )


def _sizes(firsts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many items there are with each number of titles."""
    total = np.zeros(1, np.int64)
    for part in chunks(len(firsts) - 1):
        found = np.bincount(np.diff(firsts[part.start : part.stop + 1]))
        longer, shorter = (found, total) if len(found) > len(total) else (total, found)
        total = longer.astype(np.int64)
        total[: len(shorter)] += shorter
    return total


def _most_titles(
    table: Interwiki, *, items: npt.NDArray[np.int64], firsts: npt.NDArray[np.int64]
) -> Section:
    numbers = largest(
        lambda part: np.diff(firsts[part.start : part.stop + 1]), n=len(items), most=_MOST_SHOWN
    )
    rows: list[tuple[str, str, int]] = []
    for number in numbers:
        item = int(items[number])
        names = table.titles(item)
        title = next((name for name in names if name.language == "en"), names[0])
        shown = f"Q{item}" if item > 0 else str(item)
        rows.append((shown, f"{title.title} ({title.language})", len(names)))
    return Section(
        key="most_titles",
        heading="Items with most titles",
        columns=(Column("item", "text"), Column("title", "text"), Column("titles")),
        rows=tuple(rows),
    )
