"""Markdown notes of a folder to pages and redirects."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from openluke.errors import DataError
from openluke.records.pages import Page
from openluke.wikipedia.own_data.json_pages import Entry, count_lead, redirects_to
from openluke.wikipedia.own_data.markdown import Targets, read_markdown
from openluke.wikipedia.own_data.note_head import NoteHead, split_head
from openluke.wikipedia.own_data.note_names import NoteNames
from openluke.wikipedia.own_data.title_rule import TitleRule


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePart:
    """Notes of a folder that are read together."""

    number: int
    """Their place among all parts."""
    folder: str
    paths: tuple[str, ...]
    """From the folder."""
    size: int
    """Their bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReader:
    """Makes pages of notes.

    The title of a page is that of its front matter, or else the name of the note, which then is a
    redirect to it, as are its aliases. Links lead to names.
    """

    names: NoteNames
    titles: TitleRule
    counts: Counter[str] = field(default_factory=Counter[str])
    """How much was left out."""

    def read(self, folder: Path, *, path: str) -> Entry:
        """The page of a note.

        Raises:
            DataError: It cannot be read; the message names the file.
        """
        file = folder / path
        head, lines = split_head(_read_text(file))
        try:
            name = self.titles.spell(self.names.name(path))
            title = name if head.title is None else self.titles.spell(head.title)
            others = self._others(head, name=name)
        except DataError as error:
            raise DataError(f"title: {error}", file=file) from error
        targets = Targets(
            wiki=lambda target: self._spelt(self.names.linked(target, note=path)),
            address=lambda address: self._addressed(address, note=path),
        )
        reading = read_markdown(lines, targets=targets)
        self.counts.update({f"dropped_{what}": n for what, n in reading.dropped.items()})
        page = Page(
            title=title, paragraphs=reading.paragraphs, n_lead=count_lead(reading.paragraphs)
        )
        return Entry(page, tuple(redirects_to(title, titles=others)))

    def _others(self, head: NoteHead, *, name: str) -> list[str]:
        return [name, *map(self.titles.spell, head.aliases)]

    def _addressed(self, address: str, *, note: str) -> str | None:
        if "://" in address or address.startswith("//") or address.lower().startswith("mailto:"):
            return None
        name = self.names.at(address, note=note)
        return None if name is None else self._spelt(name)

    def _spelt(self, written: str) -> str | None:
        """The title that a link leads to; none if that can be no title."""
        try:
            return self.titles.spell(written)
        except DataError:
            self.counts["dropped_links_to_no_title"] += 1
            return None


def _read_text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=file) from error
    except UnicodeDecodeError as error:
        place = f"byte {error.start:,}"
        raise DataError(
            f"not UTF-8: {error.reason} at {place}; save it as UTF-8", file=file
        ) from error
