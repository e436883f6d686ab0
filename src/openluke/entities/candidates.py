"""Names and the entities that each may stand for, with how often it does."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from openluke.entities.candidate_files import (
    CandidateFiles,
    map_candidate_files,
    open_candidate_files,
)
from openluke.entities.key_trie import find_key
from openluke.entities.mention_keys import MentionForm, mention_key


class Source(enum.IntFlag):
    """From where it is known that a name may stand for an entity."""

    LINK = 1
    """Links to the entity have this text."""
    TITLE = 2
    """It is the title, with or without what stands in brackets after it."""
    REDIRECT = 4
    """It is the title of a redirect to the entity, with or without brackets."""
    DISAMBIGUATION = 8
    """A disambiguation page of this title lists the entity."""


_SOURCES = tuple(map(Source, range(16)))  # since making one takes long


class Candidate(NamedTuple):
    """An entity that a name may stand for."""

    title: str
    links: int
    """Those to it that have the name as their text."""
    probability: float
    """Of the entity, given the name: its share of the links, or for a name without links an equal
    share."""
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What a name may stand for."""

    mention: str
    """The name, as it is compared."""
    links: int
    """Links that have the name as their text, those of entities left out included."""
    occurrences: int | None
    """How often the name is in the texts, as they were counted; ``None`` if they were not."""
    link_probability: float | None
    """Links by occurrences on the pages whose texts were counted, and at most 1; ``None`` where
    occurrences were not counted."""
    candidates: tuple[Candidate, ...]
    """Most links first."""

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.candidates)

    def __len__(self) -> int:
        return len(self.candidates)


class CandidateTable:
    """Names by number, each with its candidates, in files that are mapped into memory."""

    def __init__(self, files: CandidateFiles) -> None:
        self._files = files
        self.form: MentionForm = files.form
        """How names are compared."""

    @classmethod
    def open(cls, path: str | Path) -> "CandidateTable":
        """Open a finished table.

        All its bytes are read once and compared with its manifest, since a trie does not check
        where its numbers lead. Processes that get the table from this one trust in that.
        """
        return cls(open_candidate_files(path))

    @classmethod
    def map(cls, path: str | Path) -> "CandidateTable":
        """Open a table whose bytes are known to be those that were written."""
        return cls(map_candidate_files(Path(path)))

    @property
    def path(self) -> Path:
        """Where the table is."""
        return self._files.path

    def __reduce__(self) -> tuple[type["CandidateTable"], tuple[CandidateFiles]]:
        """Another process opens the same files instead of getting a copy."""
        return CandidateTable, (self._files,)

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._files.mentions)

    def __contains__(self, mention: object) -> bool:
        """Whether a name is known."""
        return isinstance(mention, str) and self.number(mention) is not None

    def find(self, mention: str) -> Candidates | None:
        """What a name may stand for, or ``None`` if the table does not have it."""
        number = self.number(mention)
        return None if number is None else self.candidates(number)

    def number(self, mention: str) -> int | None:
        """The number of a name, if the table has it."""
        return self.number_of_key(mention_key(mention, form=self.form))

    def number_of_key(self, key: str) -> int | None:
        """The number of a name that is spelt as it is compared (see ``mention_key``)."""
        return find_key(self._files.mentions, key=key)

    def mention(self, number: int) -> str:
        """The name with a number, as it is compared."""
        return self._files.mentions.restore_key(number)

    def link_probability(self, number: int) -> float | None:
        """How often a name is a link where it is in a text; ``None`` if that was not counted."""
        occurrences = int(self._files.occurrences[number])
        if occurrences < 0:
            return None
        links = int(self._files.counted_links[number])
        return min(1.0, links / occurrences) if occurrences else float(links > 0)

    def candidates(self, number: int) -> Candidates:
        """What the name with a number may stand for."""
        files = self._files
        links, occurrences = int(files.links[number]), int(files.occurrences[number])
        rows = slice(int(files.offsets[number]), int(files.offsets[number + 1]))
        counts = files.counts[rows].tolist()
        shares = [count / links for count in counts] if links else [1 / len(counts)] * len(counts)
        return Candidates(
            mention=self.mention(number),
            links=links,
            occurrences=None if occurrences < 0 else occurrences,
            link_probability=self.link_probability(number),
            candidates=tuple(
                Candidate(files.titles.restore_key(title), count, share, _SOURCES[source])
                for title, count, share, source in zip(
                    files.entities[rows].tolist(),
                    counts,
                    shares,
                    files.sources[rows].tolist(),
                    strict=True,
                )
            ),
        )
