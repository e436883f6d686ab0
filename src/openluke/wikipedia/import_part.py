"""The documents of one part of one's own data to the files of one part of a page store."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from openluke.errors import DataError
from openluke.wikipedia.own_data.json_pages import Entry, EntryReader
from openluke.wikipedia.own_data.line_parts import LinePart, read_lines
from openluke.wikipedia.own_data.note_names import note_names
from openluke.wikipedia.own_data.note_pages import NotePart, NoteReader
from openluke.wikipedia.own_data.title_rule import TitleRule
from openluke.wikipedia.page_writing import PageWriter
from openluke.wikipedia.parse_part import DAMAGED

logger = logging.getLogger(__name__)

ImportPart = LinePart | NotePart

_MOST_TOLD = 10
"""Warnings of each part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartImporter:
    """Reads parts of one's own data, in this process or another."""

    language: str
    titles: TitleRule
    ignored: tuple[str, ...] = ()
    """Fields that documents may have and that are not read."""
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The notes of each folder."""
    lenient: bool = False
    """Whether what cannot be read is counted and left out."""

    def __call__(self, part: ImportPart, directory: Path) -> dict[str, int]:
        """Write the pages and redirects of a part, and count."""
        counts = Counter[str]()
        with PageWriter(directory, part.number) as writer:
            for entry in self._entries(part, counts=counts):
                if entry.page is not None:
                    writer.add(entry.page)
                    counts["disambiguation_pages"] += entry.page.is_disambiguation
                    counts["list_pages"] += entry.page.is_list
                    counts["empty_pages"] += not entry.page.paragraphs
                for redirect in entry.redirects:
                    writer.add_redirect(redirect)
        counts.update(writer.counts)
        return dict(counts)

    def _entries(self, part: ImportPart, *, counts: Counter[str]) -> Iterator[Entry]:
        if isinstance(part, LinePart):
            return self._of_lines(part, counts=counts)
        return self._of_notes(part, counts=counts)

    def _of_lines(self, part: LinePart, *, counts: Counter[str]) -> Iterator[Entry]:
        reader = EntryReader(
            language=self.language,
            titles=self.titles,
            ignored=self.ignored,
            lenient=self.lenient,
            counts=counts,
        )
        for line in read_lines(part):
            counts["lines"] += 1
            try:
                yield reader.read(line.data)
            except DataError as error:
                number = part.lines_before + line.number
                placed = DataError(str(error), file=part.file, line=number)
                self._leave_out(placed, what="lines", counts=counts)

    def _of_notes(self, part: NotePart, *, counts: Counter[str]) -> Iterator[Entry]:
        names = note_names(self.notes[part.folder])
        reader = NoteReader(names=names, titles=self.titles, counts=counts)
        for path in part.paths:
            counts["notes"] += 1
            try:
                yield reader.read(Path(part.folder), path=path)
            except DataError as error:
                self._leave_out(error, what="notes", counts=counts)

    def _leave_out(self, error: DataError, *, what: str, counts: Counter[str]) -> None:
        """Count and tell what cannot be read, or raise."""
        if not self.lenient:
            raise error
        counts[f"{DAMAGED}{what}"] += 1
        if counts[f"{DAMAGED}{what}"] <= _MOST_TOLD:
            logger.warning("%s; left out", error)
