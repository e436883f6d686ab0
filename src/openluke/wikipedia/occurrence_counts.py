"""How often the texts of pages have the names of a table, whether they are links there or not."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from openluke.entities.candidates import CandidateTable
from openluke.tokenization.mention_scan import MentionScanner
from openluke.wikipedia.candidate_options import Frequency
from openluke.wikipedia.page_sample import is_in_sample
from openluke.wikipedia.pages import PageStore

_CHARACTERS = 1 << 18
"""Of pages that are looked through together; a longer page is looked through alone."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceCounting:
    """Counts names in a part of a page store; another process can do it."""

    store: Path
    table: Path
    """The names; what each stands for is not asked."""
    frequency: Frequency
    sample: float

    def __call__(self, part: int, directory: Path) -> dict[str, int]:
        """Write how often each name of the table is there, by its number."""
        table = CandidateTable.map(self.table)
        scanner = MentionScanner(table)
        file = PageStore.open(self.store).files()[part]
        counts = np.zeros(len(table), dtype=np.int64)
        n_pages = n_characters = 0
        for texts in _groups(_texts(file, sample=self.sample)):
            np.add.at(counts, self._numbers(texts, scanner=scanner), 1)
            n_pages += len(texts)
            n_characters += sum(map(len, texts))
        found = np.flatnonzero(counts)
        pair = np.stack([found, counts[found]]).astype(np.int32)
        np.save(directory / f"{part:05d}.npy", pair, allow_pickle=False)
        return {"pages_looked_through": n_pages, "characters_looked_through": n_characters}

    def _numbers(self, texts: Sequence[str], *, scanner: MentionScanner) -> Counts:
        """The number of a name for each time that it counts in some pages."""
        n_names = max(1, len(scanner.table))
        if len(texts) > 1:
            found = scanner.occurrences(texts)
            places = found.texts * n_names + found.numbers
        else:
            pieces = _pieces(texts[0])
            places = np.concatenate([scanner.occurrences([each]).numbers for each in pieces])
        return (np.unique(places) if self.frequency == "documents" else places) % n_names


def add_occurrences(files: Sequence[Path], *, sample: float, n_names: int) -> Counts:
    """How often all pages have each name, as far as a sample tells."""
    total = np.zeros(n_names, dtype=np.int64)
    for file in files:
        numbers, counts = np.load(file, allow_pickle=False)
        total[numbers] += counts
    return np.rint(total / sample).astype(np.int64) if sample < 1 else total


def _texts(file: Path, *, sample: float) -> Iterator[str]:
    with pq.ParquetFile(file) as opened:
        for group in range(opened.metadata.num_row_groups):
            rows: Any = opened.read_row_group(group, columns=["title", "text"], use_threads=False)
            titles, texts = (rows.column(name).to_pylist() for name in ("title", "text"))
            for title, text in zip(titles, texts, strict=True):
                if is_in_sample(title, sample=sample):
                    yield text


def _groups(texts: Iterator[str]) -> Iterator[list[str]]:
    group: list[str] = []
    size = 0
    for text in texts:
        if group and size + len(text) > _CHARACTERS:
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group


def _pieces(text: str) -> Iterator[str]:
    """A page, in pieces if it is long: between lines or, in a long one, between words."""
    start = 0
    while len(text) - start > _CHARACTERS:
        end = text.rfind("\n", start, start + _CHARACTERS)
        if end <= start:
            end = text.rfind(" ", start, start + _CHARACTERS)
        end = end + 1 if end > start else start + _CHARACTERS
        yield text[start:end]
        start = end
    yield text[start:]
