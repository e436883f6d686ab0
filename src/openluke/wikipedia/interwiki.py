"""Which titles of all Wikipedias are about the same: titles to items and back, on disk."""

from collections.abc import Mapping
from hashlib import md5
from pathlib import Path
from typing import Any

import numpy as np

from openluke.entities.mapped_names import load_array, read_languages
from openluke.entities.titles import Name, join_key
from openluke.errors import CheckpointError
from openluke.manifests import Manifest, read_manifest
from openluke.wikipedia.language_facts import title_in

KIND = "interwiki"
FORMAT_VERSION = 1

ITEMS = "items.npy"  # numbers of items, in rising order
ITEM_NAMES = "item-names.npy"  # place of an item -> where its names begin
LANGUAGE_CODES = "languages.npy"  # name -> place of its language in LANGUAGES
TEXT = "titles.utf8"  # all titles, one after another
TEXT_STARTS = "title-starts.npy"  # name -> where its title begins in TEXT
HASHES = "hashes.npy"  # hashes of names, in rising order
HASH_NAMES = "hash-names.npy"  # place of a hash -> name


class Interwiki:
    """Items with their titles, opened at once and read from disk when they are used.

    An item has the number that Wikidata gives it, or a negative one if its titles only link each
    other. Other processes that get the table open the same files.
    """

    def __init__(self, path: Path, *, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._items = load_array(path / ITEMS, dtype=np.int64)
        self._item_names = load_array(path / ITEM_NAMES, dtype=np.int64)
        self._codes = load_array(path / LANGUAGE_CODES, dtype=np.uint16)
        self._starts = load_array(path / TEXT_STARTS, dtype=np.int64)
        self._hashes = load_array(path / HASHES, dtype=np.uint64)
        self._hash_names = load_array(path / HASH_NAMES, dtype=np.int64)
        self._text: Any = np.memmap(path / TEXT, mode="r") if self._starts[-1] else b""
        self.languages: Mapping[str, int] = read_languages(path)
        """How many titles each language has."""
        self._languages = sorted(self.languages)
        self._check()

    @classmethod
    def open(cls, path: str | Path) -> "Interwiki":
        """Open a table that ``openluke wikipedia interwiki`` has made.

        Raises:
            CheckpointError: It is no such table, or it is not whole.
        """
        path = Path(path)
        return cls(path, manifest=read_manifest(path, kind=KIND, format_version=FORMAT_VERSION))

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Interwiki.open, (self.path.absolute(),)

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._items)

    @property
    def n_names(self) -> int:
        """How many titles they have together."""
        return len(self._codes)

    def find(self, title: str, *, language: str) -> int | None:
        """The item that a title is about, spelt like this or else as MediaWiki spells it."""
        for spelling in dict.fromkeys((title, title_in(title, language=language))):
            name = self._find_name(Name(spelling, language))
            if name is not None:
                place = int(self._item_names.searchsorted(name, side="right")) - 1
                return int(self._items[place])
        return None

    def titles(self, item: int) -> tuple[Name, ...]:
        """All titles of an item, by language; none if the item is not there."""
        place = int(self._items.searchsorted(item))
        if place == len(self._items) or self._items[place] != item:
            return ()
        first, end = self._item_names[place : place + 2].tolist()
        return tuple(self._name(number) for number in range(first, end))

    def same(self, title: str, *, language: str) -> tuple[Name, ...]:
        """All titles of what a title is about, itself among them; none if it is not there."""
        item = self.find(title, language=language)
        return () if item is None else self.titles(item)

    def _find_name(self, name: Name) -> int | None:
        wanted = np.uint64(name_hash(name))
        place = int(self._hashes.searchsorted(wanted))
        while place < len(self._hashes) and self._hashes[place] == wanted:
            number = int(self._hash_names[place])
            if self._name(number) == name:
                return number
            place += 1
        return None

    def _name(self, number: int) -> Name:
        start, end = self._starts[number : number + 2].tolist()
        title = bytes(self._text[start:end]).decode()
        return Name(title, self._languages[self._codes[number]])

    def _check(self) -> None:
        lengths = {
            len(self._codes),
            len(self._starts) - 1,
            len(self._hashes),
            len(self._hash_names),
        }
        if len(lengths) != 1 or len(self._item_names) != len(self._items) + 1:
            raise CheckpointError(
                f"{self.path}: the files do not belong together: found {sorted(lengths)} names and "
                f"{len(self._item_names) - 1:,} of {len(self._items):,} items; make it again"
            )


def name_hash(name: Name) -> int:
    """The hash that a name is found by; in SQL it is that of ``SQL_HASH``."""
    key = join_key(name.title, language=name.language).encode("utf-8", "surrogatepass")
    return int.from_bytes(md5(key, usedforsecurity=False).digest()[:8], "big")


SQL_HASH = "('0x' || substr(md5(language || ':' || title), 1, 16))::UBIGINT"
