"""The entity vocabulary: which row of the entity table stands for which title in which language."""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from openluke.entities.name_index import (
    UNKNOWN_COUNT,
    ExtendedNames,
    KeyMaker,
    MemoryNames,
    NameIndex,
    VocabRow,
    VocabTable,
    counts_array,
    with_special,
)
from openluke.entities.titles import (
    MASK,
    MASK2,
    PAD,
    UNK,
    Name,
    canonical_title,
    has_prefix,
    join_key,
    split_key,
)
from openluke.entities.vocab_files import Form, read_table, write_table
from openluke.errors import CheckpointError, DataError

IntArray = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialEntities:
    """Ids of the entities that stand for none: found by name, never at fixed places."""

    pad: int
    unk: int
    mask: int
    mask2: int | None
    """``None`` in vocabularies of the original project; see ``EntityVocab.with_mask2``."""


class EntityVocab:
    """Names of entities and their ids; many names, in many languages, may share an id.

    A name without a language matches a question in any language, as do the special entities. A
    title is looked up as it is spelt, then in MediaWiki's spelling (``titles.canonical_title``).
    Where names have languages, ``"en:Japan"`` without a language is the same as ``"Japan"`` in
    ``"en"``, as in the ``transformers`` library.
    """

    def __init__(self, table: VocabTable, *, where: str = "entity vocabulary") -> None:
        self._names = table.names
        self._counts = table.counts
        self.has_languages = table.has_languages
        self.n_ids = table.names.n_ids
        """Rows of the entity table that the vocabulary describes."""
        self.special = _find_special(table.names, where=where)

    @classmethod
    def read(
        cls, path: str | Path, *, has_languages: bool | None = None, repair: bool = False
    ) -> "EntityVocab":
        """Read a vocabulary of any form; the form is told by the structure of the file.

        Args:
            path: A Hugging Face ``entity_vocab.json``, an original ``.jsonl`` or ``.tsv``, or a
                directory written in the form ``"mapped"``.
            has_languages: Whether the keys of an ``entity_vocab.json`` are ``language:title``. By
                default they are, when every key but the special ones looks like it. There
                ``None:title``, which a converter wrote where no language is known, is read as a
                title without a language, and told in a warning.
            repair: Accept two faults of older programs, which are errors otherwise, and tell them
                in warnings: a name with several ids keeps the last, and ids may lack a name.
        """
        table = read_table(path, has_languages=has_languages, repair=repair)
        return cls(table, where=str(path))

    @classmethod
    def build(cls, rows: Iterable[VocabRow]) -> "EntityVocab":
        """Make a vocabulary of [PAD], [UNK], [MASK] and the entities, in the order given."""
        maker = KeyMaker()
        ids: dict[str, int] = {}
        links: list[int | None] = []
        for entity_id, row in enumerate(with_special(rows)):
            links.append(row.links)
            for key in map(maker.key, row.names):
                if ids.setdefault(key, entity_id) != entity_id:
                    raise DataError(f"{key!r} names entity {ids[key]} and entity {entity_id}")
        maker.check()
        return cls(
            VocabTable(
                names=MemoryNames(ids),
                has_languages=maker.has_languages,
                counts=counts_array(links),
            )
        )

    def write(
        self,
        path: str | Path,
        *,
        form: Form,
        replace: bool = False,
        allow_ambiguous: bool = False,
    ) -> None:
        """Write the vocabulary; the same vocabulary always gives the same bytes.

        Args:
            path: The file, or for the form ``"mapped"`` the directory, to make.
            form: What to write; a form that cannot hold this vocabulary is a ``DataError``.
            replace: Whether to replace what is there.
            allow_ambiguous: Write an ``entity_vocab.json`` that does not say all: whether names
                have languages, so that it must be read with ``has_languages`` stated, and ids
                without a name, which need ``repair``.
        """
        write_table(
            path,
            form=form,
            rows=self.rows,
            has_languages=self.has_languages,
            allow_ambiguous=allow_ambiguous,
            replace=replace,
        )

    def __len__(self) -> int:
        """How many names there are; ``n_ids`` says how many entities."""
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        """Whether a title, or a pair of title and language, is known."""
        match name:
            case str(title):
                return self.find(title) is not None
            case (str(title), str() | None as language):
                return self.find(title, language=language) is not None
            case _:
                return False

    def find(self, title: str, *, language: str | None = None) -> int | None:
        """The id of an entity, or ``None`` when the vocabulary does not have it."""
        entity_id = self._find_spelling(title, language=language)
        if entity_id is None:
            spelling = canonical_title(title)
            if spelling != title:
                entity_id = self._find_spelling(spelling, language=language)
        return entity_id

    def id(self, title: str, *, language: str | None = None) -> int:
        """The id of an entity; one that the vocabulary does not have is a ``DataError``."""
        entity_id = self.find(title, language=language)
        if entity_id is None:
            raise DataError(self._unknown(title, language=language))
        return entity_id

    def ids(
        self,
        titles: Sequence[str],
        *,
        language: str | None = None,
        missing: Literal["error", "unk"] = "error",
    ) -> IntArray:
        """The ids of many entities; ``missing="unk"`` gives [UNK] for those not known.

        *Shape:* (N,).
        """
        found = [self.find(title, language=language) for title in titles]
        if None in found and missing == "error":
            raise DataError(self._unknown(titles[found.index(None)], language=language))
        unk = self.special.unk
        return np.array([unk if i is None else i for i in found], dtype=np.int32)

    def search(self, title: str) -> dict[str | None, int]:
        """The id of a title in every language that has it; the key is ``None`` for no language."""
        found: dict[str | None, int] = {}
        for spelling in (canonical_title(title), title):
            for language in (None, *sorted(self.languages)):
                entity_id = self._names.find(join_key(spelling, language=language))
                if entity_id is not None:
                    found[language] = entity_id
        return found

    @cached_property
    def languages(self) -> Counter[str]:
        """How many names each language has; empty where names have no language."""
        return self._names.languages() if self.has_languages else Counter()

    def names(self, entity_id: int) -> tuple[Name, ...]:
        """All names of an id, in the order of the file."""
        self._check_id(entity_id)
        split = split_key if self.has_languages else Name
        return tuple(map(split, self._names.keys_of(entity_id)))

    def title(self, entity_id: int, *, language: str | None = None) -> str:
        """The first title of an id, or its title in a language; a ``DataError`` if it has none."""
        names = self.names(entity_id)
        for name in names:
            if language is None or name.language in (language, None):
                return name.title
        known = ", ".join(sorted({str(name.language) for name in names}))
        wanted = "" if language is None else f" in language {language!r}"
        raise DataError(f"entity {entity_id} has no title{wanted}; it has {known or 'no name'}")

    def count(self, entity_id: int) -> int | None:
        """How many links point to an entity; ``None`` where the file does not say."""
        self._check_id(entity_id)
        if self._counts is None:
            return None
        count = int(self._counts[entity_id])
        return None if count == UNKNOWN_COUNT else count

    def rows(self) -> Iterator[VocabRow]:
        """All entities in the order of their ids."""
        for entity_id in range(self.n_ids):
            yield VocabRow(self.names(entity_id), self.count(entity_id))

    def extended(self, rows: Sequence[VocabRow]) -> "EntityVocab":
        """A vocabulary with more entities after the last id; this one stays as it is."""
        maker = KeyMaker(has_languages=self.has_languages)
        keys = [[maker.key(name) for name in row.names] for row in rows]
        maker.check()
        if maker.has_languages and not self.has_languages:
            raise DataError(
                "entities with languages cannot join a vocabulary without; give language=None"
            )
        flat = list(chain.from_iterable(keys))
        known = [key for key in flat if self._names.find(key) is not None]
        known += [key for key, times in Counter(flat).items() if times > 1]
        if known:
            raise DataError(f"entities are already there: {', '.join(map(repr, known[:5]))}")
        counts = counts_array([row.links for row in rows])
        return EntityVocab(
            VocabTable(
                names=ExtendedNames(self._names, rows=keys),
                has_languages=self.has_languages,
                counts=_join_counts(self._counts, counts, sizes=(self.n_ids, len(rows))),
            )
        )

    def with_mask2(self) -> "EntityVocab":
        """A vocabulary that has [MASK2]: this one, or this one with [MASK2] as its last id."""
        if self.special.mask2 is not None:
            return self
        return self.extended([VocabRow([Name(MASK2)], None if self._counts is None else 0)])

    def subset(self, entity_ids: Sequence[int]) -> tuple["EntityVocab", IntArray]:
        """A vocabulary of some ids, renumbered in this order, and the table rows it takes.

        The special entities must be among them.
        """
        rows = [VocabRow(self.names(i), self.count(i)) for i in entity_ids]
        ids = {
            join_key(name.title, language=name.language): new
            for new, row in enumerate(rows)
            for name in row.names
        }
        names = MemoryNames(ids)
        if names.n_ids != len(rows) or len(set(entity_ids)) != len(rows):
            raise DataError("a subset needs ids that differ and have names")
        table = VocabTable(
            names=names,
            has_languages=self.has_languages,
            counts=counts_array([row.links for row in rows]),
        )
        return EntityVocab(table, where="subset"), np.array(entity_ids, dtype=np.int32)

    def lite(self) -> tuple["EntityVocab", IntArray]:
        """The special entities alone, as [MASK], [UNK], [PAD], [MASK2], and their table rows."""
        special = self.special
        if special.mask2 is None:
            raise DataError(f"a lite vocabulary needs {MASK2}; call with_mask2() first")
        return self.subset([special.mask, special.unk, special.pad, special.mask2])

    def _find_spelling(self, title: str, *, language: str | None) -> int | None:
        if language is not None and self.has_languages:
            entity_id = self._names.find(f"{language}:{title}")
            if entity_id is not None or has_prefix(title):
                return entity_id
        return self._names.find(title)

    def _check_id(self, entity_id: int) -> None:
        if not 0 <= entity_id < self.n_ids:
            raise DataError(f"found entity id {entity_id}, expected 0 to {self.n_ids - 1}")

    def _unknown(self, title: str, *, language: str | None) -> str:
        """What to say of a title that is not there."""
        place = "" if language is None else f" in language {language!r}"
        elsewhere = self.search(title) if self.has_languages else {}
        if elsewhere:
            hint = f"it is known in {', '.join(map(str, elsewhere))}: state that language"
        else:
            close = self._close_keys(join_key(canonical_title(title), language=language))
            hint = f"close: {', '.join(map(repr, close))}" if close else "nothing is spelt alike"
        return (
            f"entity {title!r}{place} is not in the vocabulary; {hint}. find() gives None instead"
        )

    def _close_keys(self, key: str) -> list[str]:
        if not self.has_languages:
            key = split_key(key).title
        start = key[: max(key.find(":") + 2, len(key) // 2)]
        some = list(islice(self._names.starting_with(start), 1000))
        return difflib.get_close_matches(key, some, n=3)


def _find_special(names: NameIndex, *, where: str) -> SpecialEntities:
    pad, unk, mask = (names.find(title) for title in (PAD, UNK, MASK))
    if pad is None or unk is None or mask is None:
        missing = [title for title in (PAD, UNK, MASK) if names.find(title) is None]
        raise CheckpointError(
            f"{where}: no {', '.join(missing)} among {len(names):,} names; expected an entity "
            f"vocabulary with {PAD}, {UNK} and {MASK}"
        )
    return SpecialEntities(pad=pad, unk=unk, mask=mask, mask2=names.find(MASK2))


def _join_counts(
    first: npt.NDArray[np.int64] | None,
    second: npt.NDArray[np.int64] | None,
    *,
    sizes: tuple[int, int],
) -> npt.NDArray[np.int64] | None:
    if first is None and second is None:
        return None
    parts = [
        np.full(size, UNKNOWN_COUNT) if counts is None else counts
        for counts, size in zip((first, second), sizes, strict=True)
    ]
    return np.concatenate(parts)
