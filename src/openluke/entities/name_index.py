"""Where the names of entities are kept: keys to ids and back, in memory."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from openluke.entities.titles import (
    MASK,
    PAD,
    SPECIAL_TITLES,
    UNK,
    Name,
    has_prefix,
    is_language,
    join_key,
)
from openluke.errors import CheckpointError, DataError

logger = logging.getLogger(__name__)

Counts = npt.NDArray[np.int64]
UNKNOWN_COUNT = -1
"""Stands in ``Counts`` where a form of file does not say how often an entity is linked."""


REPAIR = "ask for repair: openluke convert vocab IN OUT --repair, or in Python repair=True"
"""How people accept the known faults of a file."""


class VocabRow(NamedTuple):
    """One entity: its names, and how many links point to it (``None`` when unknown)."""

    names: Sequence[Name]
    links: int | None = None


class NameIndex(Protocol):
    """Keys (see ``titles.join_key``) and the id of the entity that each names."""

    @property
    def n_ids(self) -> int:
        """One more than the highest id."""
        ...

    def __len__(self) -> int:
        """How many keys there are."""
        ...

    def find(self, key: str) -> int | None:
        """The id that a key names."""
        ...

    def keys_of(self, entity_id: int) -> Sequence[str]:
        """All keys of one id, in the order they were given in."""
        ...

    def languages(self) -> Counter[str]:
        """How many keys start with each language prefix."""
        ...

    def starting_with(self, prefix: str) -> Iterator[str]:
        """The keys that begin with a prefix."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VocabTable:
    """What a file of an entity vocabulary holds."""

    names: NameIndex
    has_languages: bool
    """Whether keys start with a language; otherwise a colon is part of the title."""
    counts: Counts | None = None
    """*Shape:* (n_ids,). Links per entity; ``None`` where the form has none."""


class MemoryNames:
    """Names in one dictionary from key to id, which it takes over; ids in any order."""

    def __init__(self, ids: dict[str, int], *, n_ids: int | None = None) -> None:
        self._ids = ids
        self.n_ids = max(ids.values(), default=-1) + 1 if n_ids is None else n_ids
        self._languages: Counter[str] | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, key: str) -> int | None:
        """The id that a key names."""
        return self._ids.get(key)

    def keys_of(self, entity_id: int) -> Sequence[str]:
        """All keys of one id, in the order they were given in."""
        keys, order, offsets = self._by_id
        places: list[int] = order[offsets[entity_id] : offsets[entity_id + 1]].tolist()
        return [keys[place] for place in places]

    def languages(self) -> Counter[str]:
        """How many keys start with each language prefix."""
        if self._languages is None:
            self._languages = count_prefixes(self._ids)
        return self._languages

    def starting_with(self, prefix: str) -> Iterator[str]:
        """The keys that begin with a prefix."""
        return (key for key in self._ids if key.startswith(prefix))

    @cached_property
    def _by_id(self) -> tuple[list[str], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Keys, the order that sorts them by id, and where each id starts in that order."""
        ids = np.fromiter(self._ids.values(), dtype=np.int32, count=len(self._ids))
        offsets = np.zeros(self.n_ids + 1, dtype=np.int32)
        np.cumsum(np.bincount(ids, minlength=self.n_ids), out=offsets[1:])
        return list(self._ids), np.argsort(ids, kind="stable").astype(np.int32), offsets


class ExtendedNames:
    """Another index with entities of its own after the last id."""

    def __init__(self, before: NameIndex, *, rows: Sequence[Sequence[str]]) -> None:
        self._before = before
        self._rows = rows
        self._ids = {key: before.n_ids + i for i, keys in enumerate(rows) for key in keys}
        self.n_ids = before.n_ids + len(rows)

    def __len__(self) -> int:
        return len(self._before) + len(self._ids)

    def find(self, key: str) -> int | None:
        """The id that a key names."""
        entity_id = self._before.find(key)
        return self._ids.get(key) if entity_id is None else entity_id

    def keys_of(self, entity_id: int) -> Sequence[str]:
        """All keys of one id, in the order they were given in."""
        index = entity_id - self._before.n_ids
        return self._before.keys_of(entity_id) if index < 0 else self._rows[index]

    def languages(self) -> Counter[str]:
        """How many keys start with each language prefix."""
        return self._before.languages() + count_prefixes(self._ids)

    def starting_with(self, prefix: str) -> Iterator[str]:
        """The keys that begin with a prefix."""
        yield from self._before.starting_with(prefix)
        yield from (key for key in self._ids if key.startswith(prefix))


class KeyMaker:
    """Makes keys of names and keeps watch that each key can be read as one name only."""

    def __init__(self, *, has_languages: bool = False) -> None:
        self.has_languages = has_languages
        self._languages: set[str] = set()
        self._ambiguous: Name | None = None

    def key(self, name: Name) -> str:
        """The key of a name; a special entity loses its language, for it belongs to none."""
        title, language = name
        if language is None or title in SPECIAL_TITLES:
            if self._ambiguous is None and has_prefix(title):
                self._ambiguous = name
            return title
        if language not in self._languages:
            if not is_language(language):
                raise DataError(
                    f"language {language!r} of entity {title!r} is no Wikipedia language code; "
                    "expected one like 'en' or 'zh-yue'"
                )
            self._languages.add(language)
            self.has_languages = True
        return join_key(title, language=language)

    def check(self) -> None:
        """Raise a ``DataError`` when a title without a language looks like one with."""
        if self.has_languages and self._ambiguous is not None:
            raise DataError(
                f"entity {self._ambiguous.title!r} has no language but reads like one that has, in "
                "a vocabulary with languages; give it its language"
            )


def check_ids(
    ids: dict[str, int], *, path: Path, repair: bool, listed: Collection[int] = ()
) -> int:
    """Raise a ``CheckpointError`` unless the ids are 0, 1, 2, … without a hole.

    ``repair`` lets ids without a name pass, as long as they are the minority.

    Args:
        ids: The id of each key.
        path: The file, for messages.
        repair: See ``EntityVocab.read``.
        listed: Ids that the file lists, with a name or without; those are no holes.

    Returns:
        How many ids there are.
    """
    if not ids:
        raise CheckpointError(f"{path}: no entity in it, expected an entity vocabulary")
    highest = max(chain(ids.values(), listed))
    n_known = max(len(ids), len(listed))
    if highest > 2 * n_known:
        raise CheckpointError(
            f"{path}: found id {highest} among only {n_known:,} names; expected ids 0, 1, 2, …"
        )
    is_named = np.zeros(highest + 1, dtype=np.bool_)
    is_named[np.fromiter(ids.values(), dtype=np.int64, count=len(ids))] = True
    is_named[np.fromiter(listed, dtype=np.int64, count=len(listed))] = True
    holes = np.flatnonzero(~is_named)
    if len(holes):
        examples = ", ".join(map(str, holes[:5]))
        found = f"{len(holes):,} of the ids 0 to {highest} have no name, for example {examples}"
        if not repair:
            raise CheckpointError(
                f"{path}: {found}; expected none; to keep them as rows without a name {REPAIR}"
            )
        logger.warning("%s: %s; they stay rows without a name", path, found)
    return highest + 1


def warn_of_repeated(keys: Collection[str], *, path: Path) -> None:
    """Tell of names that have lost an id, since another came after it."""
    if keys:
        examples = ", ".join(map(repr, islice(keys, 3)))
        logger.warning(
            "%s: %s names have several ids, for example %s; the last is taken, as the original "
            "project and transformers do",
            path,
            f"{len(keys):,}",
            examples,
        )


def count_prefixes(keys: Iterable[str]) -> Counter[str]:
    """How many keys start with each language prefix."""
    return Counter(key.partition(":")[0] for key in keys if has_prefix(key))


def with_special(rows: Iterable[VocabRow]) -> Iterator[VocabRow]:
    """[PAD], [UNK] and [MASK], in this order, before other entities."""
    return chain((VocabRow([Name(title)], 0) for title in (PAD, UNK, MASK)), rows)


def counts_array(counts: Sequence[int | None]) -> Counts | None:
    """The counts as an array, or ``None`` when not one is known."""
    if all(count is None for count in counts):
        return None
    return np.array([UNKNOWN_COUNT if c is None else c for c in counts], dtype=np.int64)
