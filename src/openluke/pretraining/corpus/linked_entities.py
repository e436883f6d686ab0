"""Which entities links lead to in the end, by way of redirects."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from openluke.entities.key_trie import build_trie, find_key, open_trie
from openluke.entities.mapped_names import load_array
from openluke.entities.vocab import EntityVocab
from openluke.wikipedia.page_tables import add_pages
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.redirects import resolve_redirects
from openluke.wikipedia.reductions import Limits, open_tables

_TRIE, _IDS = "redirects.marisa", "ids.npy"


class LinkedEntities:
    """Finds the entities of titles; what was found is remembered until it is forgotten.

    Args:
        vocab: The entities.
        language: Code of the language of the titles.
        redirects: The directory that ``write_redirects`` has written; without one, titles stand
            for their own pages alone.
    """

    def __init__(self, vocab: EntityVocab, *, language: str, redirects: Path | None = None) -> None:
        self.vocab = vocab
        self._language = language
        special = vocab.special
        self._special = {special.pad, special.unk, special.mask, special.mask2}
        self._redirects = None if redirects is None else open_trie(redirects / _TRIE)
        self._ids = None if redirects is None else load_array(redirects / _IDS, dtype=np.int32)
        self._found: dict[str, int | None] = {}

    def find(self, title: str) -> int | None:
        """The entity that a link to a title leads to; none if that is no entity.

        A redirect leads to its page, or to itself if it is an entity and its page is not.
        """
        try:
            return self._found[title]
        except KeyError:
            row = self._found[title] = self._look_up(title)
            return row

    def forget(self) -> None:
        """Free the memory of what was found."""
        self._found.clear()

    def _look_up(self, title: str) -> int | None:
        if self._redirects is not None and self._ids is not None:
            number = find_key(self._redirects, key=title)
            if number is not None:
                return int(self._ids[number])
        row = self.vocab.find(title, language=self._language)
        return None if row in self._special else row


def write_redirects(
    directory: Path, *, store: PageStore, entities: LinkedEntities, limits: Limits | None = None
) -> None:
    """Write which redirects of a page store lead to entities, so that they can be mapped.

    Args:
        directory: Where to; it is made.
        store: The pages.
        entities: The entities of pages, without redirects.
        limits: What may be taken of the machine.
    """
    directory.mkdir(parents=True)
    with open_tables(directory / "resolved", limits=limits) as tables:
        add_pages(tables, store=store)
        resolve_redirects(tables)

        def rows() -> Iterator[tuple[str, int]]:
            for title, target in tables.rows("SELECT title, target FROM resolved ORDER BY title"):
                row = entities.find(target)
                entities.forget()
                if row is not None:
                    yield title, row

        trie = build_trie(title for title, _ in rows())
        ids = np.empty(len(trie), dtype=np.int32)
        for title, row in rows():
            ids[trie[title]] = row
    trie.save(str(directory / _TRIE))
    np.save(directory / _IDS, ids, allow_pickle=False)
