"""Documents with links, as objects of JSON, to pages and redirects."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from openluke.entities.titles import is_language
from openluke.errors import DataError
from openluke.records.pages import Page, PageLink, Paragraph, Redirect
from openluke.wikipedia.own_data.checked_values import (
    Fields,
    as_object,
    check_known,
    flag_of,
    items_of,
    number_of,
    parse_object,
    shown,
    text_of,
)
from openluke.wikipedia.own_data.line_breaking import break_lines
from openluke.wikipedia.own_data.title_rule import TitleRule

KINDS = ("text", "item", "heading")

_PAGE = frozenset(
    "title text links paragraphs id redirects wikidata is_disambiguation is_list language "
    "interlanguage".split()
)
_REDIRECT = frozenset(("title", "redirect", "section", "language"))
_PARAGRAPH = frozenset(("text", "links", "kind"))
_LINK = frozenset(("start", "end", "title", "text"))
_ITEM = re.compile(r"Q[1-9][0-9]{0,18}")
_LONE = re.compile("[\ud800-\udfff]")


class Entry(NamedTuple):
    """What a document is in a page store."""

    page: Page | None
    """None if it is a redirect alone."""
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReader:
    """Makes pages and redirects of the lines of a file."""

    language: str
    """That of all pages."""
    titles: TitleRule
    ignored: tuple[str, ...] = ()
    """Fields that documents may have and that are not read."""
    lenient: bool = False
    """Whether links that cannot be kept are left out and counted; else they are errors."""
    counts: Counter[str] = field(default_factory=Counter[str])
    """How many links were left out, as ``"damaged_links"``."""

    def read(self, data: bytes) -> Entry:
        """The page or redirect that a line is.

        Raises:
            DataError: It is none; the message names the field, and neither file nor line.
        """
        values = parse_object(data)
        values = {key: value for key, value in values.items() if key not in self.ignored}
        self._check_language(values)
        if "redirect" in values:
            return self._redirect(values)
        check_known(values, known=_PAGE)
        title = self._title(values, "title")
        paragraphs = tuple(self._paragraphs(values))
        page = Page(
            title=title,
            id=number_of(values, key="id"),
            paragraphs=paragraphs,
            n_lead=count_lead(paragraphs),
            is_disambiguation=flag_of(values, key="is_disambiguation"),
            is_list=flag_of(values, key="is_list"),
            wikidata=_wikidata(values),
            interlanguage=tuple(_interlanguage(values)),
        )
        others = (
            self._spell(other, where=where) for where, other in items_of(values, key="redirects")
        )
        return Entry(page, tuple(redirects_to(title, titles=others)))

    def _redirect(self, values: Fields) -> Entry:
        check_known(values, known=_REDIRECT)
        title, target = self._title(values, "title"), self._title(values, "redirect")
        section = " ".join((text_of(values, key="section") or "").split())
        _check_writable(section, where="section")
        return Entry(None, (Redirect(title, target, section or None),))

    def _paragraphs(self, values: Fields) -> Iterable[Paragraph]:
        if ("text" in values) == ("paragraphs" in values):
            raise DataError(
                "expected one of the fields text, paragraphs and redirect, found "
                f"{'two' if 'text' in values else 'none'} of them"
            )
        if "text" in values:
            return self._text(values, where="")
        if "links" in values:
            raise DataError("links: found beside paragraphs, expected links in each of these")
        return [
            paragraph
            for where, item in items_of(values, key="paragraphs")
            for paragraph in self._paragraph(as_object(item, where=where), where=where)
        ]

    def _paragraph(self, values: Fields, *, where: str) -> Sequence[Paragraph]:
        check_known(values, known=_PARAGRAPH, where=where)
        kind = text_of(values, key="kind", where=where) or KINDS[0]
        if kind not in KINDS:
            raise DataError(f"{where}.kind: found {shown(kind)}, expected {', '.join(KINDS)}")
        if "text" not in values:
            raise DataError(f"{where}: found no text, expected one")
        return self._text(values, where=where, kind=kind)

    def _text(self, values: Fields, *, where: str, kind: str = KINDS[0]) -> Sequence[Paragraph]:
        """The paragraphs of the fields ``text`` and ``links``."""
        text = text_of(values, key="text", where=where) or ""
        _check_writable(text, where=f"{where}.text" if where else "text")
        places: list[str] = []
        links: list[PageLink] = []
        for place, item in items_of(values, key="links", where=where):
            try:
                links.append(self._link(item, where=place, text=text))
            except DataError:
                if not self.lenient:
                    raise
                self.counts["damaged_links"] += 1
            else:
                places.append(place)
        broken = break_lines(text, links=links, kind=kind)
        if broken.bad and not self.lenient:
            number, reason = broken.bad[0]
            raise DataError(f"{places[number]}: {reason}")
        self.counts["damaged_links"] += len(broken.bad)
        return broken.paragraphs

    def _link(self, value: object, *, where: str, text: str) -> PageLink:
        values = as_object(value, where=where)
        check_known(values, known=_LINK, where=where)
        start, end = (number_of(values, key=key, where=where) for key in ("start", "end"))
        if start is None or end is None:
            missing = "start" if start is None else "end"
            raise DataError(f"{where}.{missing}: missing, expected a character of the text")
        wanted = text_of(values, key="text", where=where)
        if wanted is not None and text[max(0, start) : max(0, end)] != wanted:
            raise DataError(
                f"{where}.text: characters {start:,} to {end:,} are "
                f"{shown(text[max(0, start) : max(0, end)])}, expected {shown(wanted)}; count "
                "characters, and neither bytes nor units of UTF-16"
            )
        return PageLink(start, end, self._title(values, "title", where=where))

    def _title(self, values: Fields, key: str, *, where: str = "") -> str:
        place = f"{where}.{key}" if where else key
        if key not in values:
            raise DataError(f"{place}: missing, expected a title")
        return self._spell(values[key], where=place)

    def _spell(self, value: object, *, where: str) -> str:
        if not isinstance(value, str):
            raise DataError(f"{where}: found {shown(value)}, expected a title")
        try:
            return self.titles.spell(value)
        except DataError as error:
            raise DataError(f"{where}: {error}") from error

    def _check_language(self, values: Fields) -> None:
        language = text_of(values, key="language")
        if language is not None and language != self.language:
            raise DataError(
                f"language: found {shown(language)}, expected {shown(self.language)}, that of the "
                "store; import each language into a store of its own"
            )


def redirects_to(title: str, *, titles: Iterable[str]) -> Iterable[Redirect]:
    """Redirects from other titles to a title, each once."""
    return [Redirect(other, title) for other in dict.fromkeys(titles) if other != title]


def count_lead(paragraphs: Sequence[Paragraph]) -> int:
    """How many paragraphs stand before the first heading."""
    headings = (number for number, one in enumerate(paragraphs) if one.kind == "heading")
    return next(headings, len(paragraphs))


def _wikidata(values: Fields) -> str | None:
    item = text_of(values, key="wikidata")
    if item is None or _ITEM.fullmatch(item):
        return item
    raise DataError(f"wikidata: found {shown(item)}, expected an item such as Q42")


def _interlanguage(values: Fields) -> Iterable[str]:
    for where, item in items_of(values, key="interlanguage"):
        language, _, title = item.partition(":") if isinstance(item, str) else ("", "", "")
        if not is_language(language) or not title.strip():
            raise DataError(f"{where}: found {shown(item)}, expected one such as de:Berlin")
        _check_writable(title, where=where)
        yield f"{language}:{' '.join(title.split())}"


def _check_writable(text: str, *, where: str) -> None:
    found = _LONE.search(text)
    if found is not None:
        near = shown(text[max(0, found.start() - 20) : found.end() + 20])
        raise DataError(f"{where}: found a lone surrogate in {near}; repair the text")
