"""The wikitext of a page to its paragraphs."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openluke.records import Paragraph
from openluke.wikipedia.language_facts import facts
from openluke.wikipedia.site import Site
from openluke.wikipedia.wikitext.characters import plain_spaces, without_unseen
from openluke.wikipedia.wikitext.enclosures import without_enclosures
from openluke.wikipedia.wikitext.file_links import opening_of, without_links
from openluke.wikipedia.wikitext.holes import without_holes
from openluke.wikipedia.wikitext.inline import InlineReader
from openluke.wikipedia.wikitext.link_targets import FILE, LinkTargets
from openluke.wikipedia.wikitext.templates import InlineTemplates

_SWITCH = re.compile(r"__([^\W\d_](?:[^\W\d_]|_(?!_)){2,40})__")
_SMALL_SWITCHES = frozenset(
    "forcetoc nocc nocontentconvert noeditsection nogallery notc notitleconvert notoc toc "
    "უგალერეო тlедуьллу_чулацамбар тlедуьл_чул".split()
)
"""Those that MediaWiki knows in small letters, too: in English, or written so in its settings."""
_VARIANT = re.compile(r"-\{(?:([^{}|\n]*)\|)?([^{}]*)\}-")
_CELL = "cell"
"""What is left of a table that nothing opens or closes, such as those that templates begin."""
_UNSPACED = frozenset("gan hak ja km lo lzh my th wuu zh zh-classical zh-yue".split())
"""Languages that write no space between words, so that lines are joined without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a page says."""

    paragraphs: tuple[Paragraph, ...]
    n_lead: int
    """How many of them stand before the first heading."""
    interlanguage: tuple[str, ...]
    """The pages on the same matter in other languages, as ``language:title``."""
    is_disambiguation: bool
    is_list: bool
    dropped: Counter[str]
    """How many things of each kind are not in the paragraphs."""


class WikitextReader:
    """Reads pages of one wiki."""

    def __init__(
        self,
        site: Site,
        *,
        templates: Mapping[str, str] | None = None,
        kept: Mapping[int, str] | None = None,
    ) -> None:
        """Prepare for a wiki.

        Args:
            site: The wiki.
            templates: More templates that carry words; see ``wikitext/templates.py``.
            kept: Namespaces besides that of articles to which links are kept, with their names.
        """
        self._facts = facts(site.language)
        self._joint = "" if site.language in _UNSPACED else " "
        self._templates = InlineTemplates.of_language(site.language, more=templates)
        self._targets = LinkTargets(site, kept=kept)
        files = [name for name, number in site.namespaces.items() if number == FILE]
        self._file_link = opening_of(files)
        self._disambiguations = frozenset(
            self._templates.name_of(name) for name in self._facts.disambiguation_templates
        )

    def read(self, text: str, *, title: str) -> Reading:
        """Read a page.

        Args:
            text: Its wikitext; whatever it is, the time goes with its length.
            title: Its title.
        """
        opened = without_enclosures(without_unseen(text), templates=self._templates, title=title)
        dropped = opened.dropped
        text, dropped["pictures"] = without_links(opened.text, opening=self._file_link)
        text, switches = _without_switches(_one_variant(text))
        inline = InlineReader(
            targets=self._targets,
            link_trail=self._facts.link_trail,
            link_prefix=self._facts.link_prefix,
        )
        paragraphs = tuple(self._paragraphs(plain_spaces(without_holes(text)), inline=inline))
        headings = (number for number, one in enumerate(paragraphs) if one.kind == "heading")
        return Reading(
            paragraphs=paragraphs,
            n_lead=next(headings, len(paragraphs)),
            interlanguage=tuple(dict.fromkeys(inline.interlanguage)),
            is_disambiguation="DISAMBIG" in switches
            or not self._disambiguations.isdisjoint(opened.templates)
            or title.endswith(self._facts.disambiguation_suffixes),
            is_list=title.startswith(self._facts.list_prefixes)
            or title.endswith(self._facts.list_suffixes),
            dropped=+(dropped + inline.dropped),
        )

    def _paragraphs(self, text: str, *, inline: InlineReader) -> Iterator[Paragraph]:
        for kind, source in _blocks(text, joint=self._joint):
            if kind == _CELL:
                inline.dropped["lines of tables"] += 1
                continue
            paragraph = inline.read(source, kind=kind)
            if paragraph is not None:
                yield paragraph


def read_wikitext(text: str, *, site: Site, title: str) -> Reading:
    """Read one page; for many of a wiki, make one ``WikitextReader``.

    Args:
        text: Its wikitext.
        site: The wiki.
        title: The title of the page.
    """
    return WikitextReader(site).read(text, title=title)


def _blocks(text: str, *, joint: str) -> Iterator[tuple[str, str]]:
    """The kind and the wikitext of each paragraph."""
    lines: list[str] = []
    for line in text.split("\n"):
        first = line[:1]
        if first and first not in " *#:;=|-{":
            lines.append(line.strip())
            continue
        kind, source, ends = _block(line)
        if ends and lines:
            yield "text", joint.join(lines)
            lines = []
        if kind == _CELL:
            yield kind, source
        elif kind == "text":
            if source:
                lines.append(source)
        elif source:
            yield kind, source
    if lines:
        yield "text", joint.join(lines)


def _block(line: str) -> tuple[str, str, bool]:
    """What a line that begins with a sign is, what it says, and whether a paragraph ends there."""
    first = line[:1]
    line = line.strip()
    if not line:
        return "text", "", True
    if first == "|" or line.startswith("{|"):
        return _CELL, line, True
    if first in "*#:;":
        return "item", line.lstrip("*#:; "), True
    if first == "=" and line.endswith("=") and len(line) > 2:
        return "heading", line.strip("= "), True
    if line.startswith("----"):
        return "text", line.lstrip("-"), True
    return "text", line, False


def _without_switches(text: str) -> tuple[str, set[str]]:
    """The text without words such as ``__NOTOC__``; few of them may be in small letters."""
    found: set[str] = set()

    def switched(word: "re.Match[str]") -> str:
        if word[1] != word[1].upper() and word[1].lower() not in _SMALL_SWITCHES:
            return word[0]
        found.add(word[1])
        return ""

    return (_SWITCH.sub(switched, text) if "__" in text else text), found


def _one_variant(text: str) -> str:
    """The text with the first of what it says for several ways of writing a language."""
    return _VARIANT.sub(_first_variant, text) if "-{" in text else text


def _first_variant(variants: "re.Match[str]") -> str:
    flag, body = variants.groups()
    if flag and flag.strip() in {"H", "T", "D", "-"}:
        return ""
    first = body.partition(";")[0]
    _, colon, shown = first.partition(":")
    return shown if colon and not shown.startswith("//") else first
