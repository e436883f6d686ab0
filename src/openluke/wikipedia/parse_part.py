"""The pages of one part of a dump to the files of one part of a page store."""

import gc
import logging
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from openluke.records.pages import Page, Redirect
from openluke.wikipedia.dump import DumpPart, PartTally, RawPage, read_part
from openluke.wikipedia.page_facts import PageFacts
from openluke.wikipedia.page_writing import PageWriter
from openluke.wikipedia.site import Site
from openluke.wikipedia.wikitext import WikitextReader
from openluke.wikipedia.wikitext.link_targets import Kind, LinkTargets

logger = logging.getLogger(__name__)

DAMAGED = "damaged_"
"""Begins the names of counts of what could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartParser:
    """Parses parts of the dump of a wiki, in this process or another."""

    site: Site
    namespaces: tuple[int, ...] = (0,)
    """Numbers of those whose pages are kept."""
    namespace_names: Mapping[int, str] = field(default_factory=dict[int, str])
    """How the dump calls its namespaces, so that links to pages of these lead to their titles."""
    templates: Mapping[str, str] = field(default_factory=dict[str, str])
    """More templates that carry words."""
    facts: PageFacts | None = None
    """What is known of pages besides their text."""
    lenient: bool = False
    """Whether what is damaged is counted and left out."""

    def __call__(self, part: DumpPart, directory: Path) -> dict[str, int]:
        """Write the pages and redirects of a part, and count."""
        tally = PartTally()
        counts = Counter[str]()
        pages = _PageMaker(self, counts=counts)
        with _collecting_later(), PageWriter(directory, part.number) as writer:
            for raw in read_part(
                part,
                site=self.site,
                strict=not self.lenient,
                namespaces=self.namespaces,
                tally=tally,
            ):
                if raw.redirect is None:
                    writer.add(pages.page(raw))
                elif (redirect := pages.redirect(raw)) is not None:
                    writer.add_redirect(redirect)
        for damage in tally.damages:
            logger.warning("%s: byte %d: %s; left out", part.place, damage.byte, damage.reason)
        damaged = {f"{DAMAGED}{what}s": n for what, n in tally.damaged.items()}
        counts.update(
            writer.counts,
            xml_bytes=tally.xml_bytes,
            dropped_pages_of_other_namespaces=tally.skipped,
            **damaged,
        )
        return dict(counts)


class _PageMaker:
    """Makes pages and redirects of what a dump has, and counts what it drops."""

    def __init__(self, parser: PartParser, *, counts: Counter[str]) -> None:
        names = parser.namespace_names
        kept = {number: names[number] for number in parser.namespaces if names.get(number)}
        self._reader = WikitextReader(parser.site, templates=parser.templates, kept=kept)
        self._targets = LinkTargets(parser.site, kept=kept)
        self._facts = parser.facts
        self._counts = counts

    def page(self, raw: RawPage) -> Page:
        """The page, with its text."""
        reading = self._reader.read(raw.text, title=raw.title)
        is_disambiguation, wikidata = reading.is_disambiguation, None
        if self._facts is not None:
            fact = self._facts.find(raw.id)
            is_disambiguation, wikidata = fact.is_disambiguation, fact.wikidata
            self._counts["pages_with_item"] += wikidata is not None
        self._counts.update({_dropped(what): n for what, n in reading.dropped.items()})
        self._counts["wikitext_characters"] += len(raw.text)
        self._counts["disambiguation_pages"] += is_disambiguation
        self._counts["list_pages"] += reading.is_list
        self._counts["empty_pages"] += not reading.paragraphs
        return Page(
            title=raw.title,
            id=raw.id,
            paragraphs=reading.paragraphs,
            n_lead=reading.n_lead,
            is_disambiguation=is_disambiguation,
            is_list=reading.is_list,
            wikidata=wikidata,
            interlanguage=reading.interlanguage,
        )

    def redirect(self, raw: RawPage) -> Redirect | None:
        """The redirect, unless it leads to no article of this wiki."""
        written = raw.redirect or ""
        target = self._targets[written]
        if target.kind is not Kind.ARTICLE:
            self._counts["dropped_redirects_to_no_article"] += 1
            return None
        section = " ".join(written.partition("#")[2].replace("_", " ").split())
        return Redirect(raw.title, target.title, section or None)


@contextmanager
def _collecting_later() -> Generator[None, None, None]:
    """Look for garbage in circles only when the block has ended.

    Parsing makes millions of small objects and no circles, among which Python looks for some again
    and again: a tenth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _dropped(what: str) -> str:
    """The name of a count."""
    return f"dropped_{what.replace(' ', '_')}"
