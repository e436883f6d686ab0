"""Pages of an encyclopaedia: clean text with links to other pages."""

from dataclasses import dataclass
from typing import NamedTuple


class PageLink(NamedTuple):
    """A stretch of a paragraph that names another page."""

    start: int
    end: int
    """Characters of the paragraph."""
    title: str
    """The page that it leads to, as MediaWiki spells it: no fragment, no namespace of its own."""


class Paragraph(NamedTuple):
    """A paragraph, an item of a list or a heading: one line of text."""

    text: str
    """Has characters, and neither a line break nor space around it."""
    links: tuple[PageLink, ...] = ()
    """In order; none of them is empty or overlaps another."""
    kind: str = "text"
    """``"text"``, ``"item"`` (of a list) or ``"heading"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page with its text."""

    title: str
    id: int | None = None
    """What its wiki counts it under, if it does."""
    paragraphs: tuple[Paragraph, ...] = ()
    """In order."""
    n_lead: int = 0
    """How many of them stand before the first heading, and sum the page up."""
    is_disambiguation: bool = False
    """Whether it only says what a name may mean."""
    is_list: bool = False
    """Whether its title says that it lists things."""
    wikidata: str | None = None
    """The item of Wikidata, such as ``"Q42"``, where that is known."""
    interlanguage: tuple[str, ...] = ()
    """The pages on the same matter in other languages, as ``language:title``, where its own text
    says so; in recent Wikipedias Wikidata does."""


class Redirect(NamedTuple):
    """Another title of a page."""

    title: str
    target: str
    """The page that it leads to, which may be a redirect again, or missing."""
    section: str | None = None
    """The part of the page that is meant."""
