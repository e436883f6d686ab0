"""Names that the pages of a part give to entities, and how often links do."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from openluke.entities.candidates import Source
from openluke.entities.mention_keys import MentionForm, mention_key
from openluke.records.pages import Page, Redirect
from openluke.tokenization.word_filter import words_per_name
from openluke.wikipedia.candidate_options import NameSource
from openluke.wikipedia.page_sample import is_in_sample
from openluke.wikipedia.pages import PageStore

COLUMNS: Mapping[str, str] = {
    "mention": "VARCHAR",
    "title": "VARCHAR",
    "links": "BIGINT",
    "counted_links": "BIGINT",
    "source": "INTEGER",
}

_BRACKETS = re.compile(r" [(（][^()（）]*[)）]$")
_ROWS = 100_000

_Given = tuple[str, str, int]
"""A name, a title and a ``Source``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorCounting:
    """Counts the names of a part of a page store; another process can do it."""

    store: Path
    form: MentionForm
    names: tuple[NameSource, ...]
    max_words: int
    sample: float
    """Share of the pages whose links are counted once more for link probability."""

    def __call__(self, part: int, directory: Path) -> dict[str, int]:
        """Write a table of names, titles, links, those in the sample, and sources, in order."""
        store = PageStore.open(self.store)
        given: Counter[_Given] = Counter()
        sampled: Counter[_Given] = Counter()
        for page in store.pages(part=part):
            given.update(anchors(page))
            if self.sample < 1 and is_in_sample(page.title, sample=self.sample):
                sampled.update(anchors(page))
            given.update(names_of_page(page, names=self.names))
        if "redirects" in self.names:
            for redirect in store.redirects(part=part):
                given.update(names_of_redirect(redirect))
        keyed = self._keyed(given)
        rows = sorted(keyed)
        n_words = chain.from_iterable(words_per_name(row[0] for row in rows))
        kept = [row for row, n in zip(rows, n_words, strict=True) if n <= self.max_words]
        links = [keyed[row] if row[2] == Source.LINK else 0 for row in kept]
        in_sample = self._keyed(sampled)
        counted = [in_sample[row] for row in kept] if self.sample < 1 else links
        _write(directory / f"{part:05d}.parquet", rows=kept, links=links, counted=counted)
        n_given, n_keyed = _count_links(given), _count_links(keyed)
        return {
            "links": n_given,
            "links_dropped_without_name": n_given - n_keyed,
            "links_dropped_long_name": n_keyed - sum(links),
        }

    def _keyed(self, given: Counter[_Given]) -> Counter[_Given]:
        """The same with names as they are compared, where something is left of them."""
        keyed: Counter[_Given] = Counter()
        for (name, title, source), count in given.items():
            key = mention_key(name, form=self.form)
            if key and "\0" not in key:
                keyed[key, title, source] += count
        return keyed


def anchors(page: Page) -> Iterator[_Given]:
    """The text and target of every link of a page."""
    for paragraph in page.paragraphs:
        text = paragraph.text
        for start, end, title in paragraph.links:
            yield text[start:end], title, Source.LINK


def names_of_page(page: Page, *, names: tuple[NameSource, ...]) -> Iterator[_Given]:
    """What a page says of names: its own, or what a disambiguation page lists under its title."""
    if not page.is_disambiguation:
        if "titles" in names:
            for name in _with_bare(page.title):
                yield name, page.title, Source.TITLE
    elif "disambiguations" in names:
        for paragraph in page.paragraphs:
            if paragraph.kind == "item" and paragraph.links:
                title = paragraph.links[0].title
                yield _BRACKETS.sub("", page.title), title, Source.DISAMBIGUATION


def names_of_redirect(redirect: Redirect) -> Iterator[_Given]:
    """The names that a redirect gives; one to a part of a page names that part and not the page."""
    if redirect.section is None:
        for name in _with_bare(redirect.title):
            yield name, redirect.target, Source.REDIRECT


def _with_bare(title: str) -> dict[str, None]:
    """A title, and what is left without the brackets that tell it from others of its name."""
    return dict.fromkeys((title, _BRACKETS.sub("", title)))


def _count_links(counts: Counter[_Given]) -> int:
    return sum(count for (_, _, source), count in counts.items() if source == Source.LINK)


def _write(file: Path, *, rows: list[_Given], links: list[int], counted: list[int]) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    table = pa.table(
        {
            "mention": pa.array(columns[0], pa.string()),
            "title": pa.array(columns[1], pa.string()),
            "links": pa.array(links, pa.int64()),
            "counted_links": pa.array(counted, pa.int64()),
            "source": pa.array([int(source) for source in columns[2]], pa.int32()),
        }
    )
    pq.write_table(table, file, compression="zstd", row_group_size=_ROWS)
