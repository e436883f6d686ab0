"""Which pages a corpus takes and which of them it holds out: by each title, whatever the order."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from openluke.pretraining.corpus.linked_entities import LinkedEntities
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.wikipedia.pages import PageStore

_BITS = 64


class PageHead(NamedTuple):
    """What decides whether a page is taken."""

    title: str
    is_disambiguation: bool
    is_list: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageChoice:
    """Tells pages that are taken from others."""

    options: CorpusOptions
    bound: int = 1 << _BITS
    """Pages are taken whose number, drawn by the seed, is below."""

    def reason_to_drop(self, head: PageHead, *, is_known: bool) -> str | None:
        """Why a page is not taken, in a word or two; none if it is.

        Args:
            head: The page.
            is_known: Whether it is an entity.
        """
        options = self.options
        if head.is_disambiguation and not options.disambiguations:
            return "disambiguation"
        if head.is_list and not options.lists:
            return "list"
        if not is_known and options.only_known_pages:
            return "not_known"
        if options.limit is not None and self._number(head.title, what="limit") >= self.bound:
            return "beyond_limit"
        return None

    def is_held_out(self, title: str) -> bool:
        """Whether the windows of a page are kept from what is learnt."""
        bound = int(self.options.validation * 2**_BITS)
        return self._number(title, what="validation") < bound

    def limited(self, store: PageStore, *, entities: LinkedEntities) -> "PageChoice":
        """The choice that takes no more pages of a store than the limit; looks at all titles."""
        limit = self.options.limit
        if limit is None:
            return self
        found = [np.zeros(0, np.uint64)]
        for file in store.files():
            titles = [
                head.title
                for head in _heads(file)
                if self.reason_to_drop(head, is_known=entities.find(head.title) is not None) is None
            ]
            entities.forget()
            found.append(self._numbers(titles))
        numbers = np.concatenate(found)
        if len(numbers) <= limit:
            return self
        return replace(self, bound=int(np.partition(numbers, limit)[limit]))

    def _numbers(self, titles: list[str]) -> npt.NDArray[np.uint64]:
        numbers = (self._number(title, what="limit") for title in titles)
        return np.fromiter(numbers, dtype=np.uint64, count=len(titles))

    def _number(self, title: str, *, what: str) -> int:
        """A number for a title, drawn by the seed."""
        key = f"{self.options.seed} {what}".encode()
        digest = blake2b(title.encode("utf-8", "surrogatepass"), key=key, digest_size=_BITS // 8)
        return int.from_bytes(digest.digest(), "little")


def _heads(file: Path) -> Iterator[PageHead]:
    """What decides whether the pages of a file are taken, in order."""
    with pq.ParquetFile(file) as pages:
        for batch in pages.iter_batches(columns=[*PageHead._fields], use_threads=False):
            columns = [batch.column(name).to_pylist() for name in PageHead._fields]
            yield from map(PageHead, *columns)
