"""Where a link leads: to an article, or to something of which at most the text is kept."""

import re
import unicodedata
from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple
from urllib.parse import unquote

from openluke.entities.titles import join_key
from openluke.wikipedia.language_facts import (
    INTERWIKI_PREFIXES,
    capitalised_in,
    title_in,
    wikipedia_language,
)
from openluke.wikipedia.site import ARTICLES, Site, namespace_key
from openluke.wikipedia.wikitext.characters import decoded

FILE, CATEGORY = 6, 14
"""Namespaces of which a link shows something else, or nothing, at its place."""

_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_IMPOSSIBLE = re.compile(
    r"[<>\[\]{}|\x00-\x1f\x7f\ufffd]|~~~|^\.{1,2}(?:/|$)|^(?:https?|ftps?|mailto|news|irc):",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"[^\W_](?:[^:%&_#<>\[\]{}|~\s\x00-\x1f\x7f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffd]++"
    r"(?: (?! |$))?+)*+"
)
"""What is a title but for its first letter."""
_LONGEST = 255
"""Bytes of a title in UTF-8, of which a character may have four."""
_MOST_REMEMBERED = 200_000


class Kind(Enum):
    """What becomes of a link."""

    ARTICLE = auto()
    """It is kept: it leads to an article, or to another page of which the text is kept."""
    SECTION = auto()
    """It leads to a place on its own page: its text is kept."""
    NAMESPACE = auto()
    """It leads to a page that is no article: its text is kept."""
    WIKI = auto()
    """It leads to another wiki: its text is kept."""
    HIDDEN = auto()
    """It shows nothing where it stands: a category, a picture."""
    INTERLANGUAGE = auto()
    """It shows nothing and names the page on the same matter in another language."""
    IMPOSSIBLE = auto()
    """It is no link, as no page can have such a title."""


class Target(NamedTuple):
    """Where a link leads."""

    kind: Kind
    title: str = ""
    """Of an article; ``language:title`` of one in another language."""
    shown: str = ""
    """What is shown of a link that says nothing else."""


class LinkTargets(dict[str, Target]):
    """The targets of a wiki's links by what is written of them before any bar.

    Those that were met are remembered.
    """

    def __init__(self, site: Site, *, kept: Mapping[int, str] | None = None) -> None:
        """Begin with nothing.

        Args:
            site: The wiki.
            kept: Namespaces besides that of articles whose pages are kept, with their names.
        """
        super().__init__()
        self._kept = kept or {}
        self._namespaces: Mapping[str, int] = site.namespaces
        self._site = site
        self._language = site.language
        self._languages: dict[str, str | None] = {}
        """What prefixes of links to other languages mean that were met."""

    def __missing__(self, written: str) -> Target:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
            self._languages.clear()
        target = self[written] = self._plain(written) or self._find(written)
        return target

    def _plain(self, written: str) -> Target | None:
        """The target where what is written is a title but for its first letter, as it mostly is.

        So is the other most frequent kind of link: to such a title in another language.
        """
        if _is_plain(written):
            title = written
            if self._site.capitalises:
                title = capitalised_in(written, language=self._language)
            return Target(Kind.ARTICLE, title, written)
        prefix, colon, rest = written.partition(":")
        if not colon or not _is_plain(rest):
            return None
        if prefix not in self._languages:
            self._languages[prefix] = self._other_language(prefix)
        language = self._languages[prefix]
        if language is None:
            return None
        title = join_key(capitalised_in(rest, language=language), language=language)
        return Target(Kind.INTERLANGUAGE, title, written)

    def _other_language(self, prefix: str) -> str | None:
        """The language that a plain prefix names, if it is another and nothing else."""
        if not _is_plain(prefix) or namespace_key(prefix) in self._namespaces:
            return None
        language = wikipedia_language(prefix)
        return None if language == self._language else language

    def _find(self, written: str) -> Target:
        shown = written.strip().removeprefix(":")
        text = decoded(written).strip(" _\t")
        if "%" in text and _PERCENT.search(text):
            text = unquote(text)
        is_shown = text.startswith(":")
        text = text.lstrip(": _") if is_shown else text
        if text.startswith("#"):
            return Target(Kind.SECTION, "", shown)
        prefix, colon, rest = text.partition(":")
        if colon:
            target = self._prefixed(prefix, rest=rest, is_shown=is_shown)
            if target is not None:
                return target._replace(shown=shown)
        return self._article(text)._replace(shown=shown)

    def _prefixed(self, prefix: str, *, rest: str, is_shown: bool) -> Target | None:
        name = namespace_key(prefix)
        namespace = self._namespaces.get(name)
        if namespace == ARTICLES:
            return self._article(rest)
        if namespace is not None:
            if namespace in (FILE, CATEGORY) and not is_shown:
                return Target(Kind.HIDDEN)
            if namespace not in self._kept:
                return Target(Kind.NAMESPACE)
            page = self._article(rest)
            return page._replace(title=page.title and f"{self._kept[namespace]}:{page.title}")
        language = wikipedia_language(name)
        if language is not None:
            title = title_in(rest, language=language)
            is_its_own = language == self._language
            return (
                Target(Kind.WIKI)
                if is_shown or is_its_own or not title
                else Target(Kind.INTERLANGUAGE, join_key(title, language=language))
            )
        return Target(Kind.WIKI) if name in INTERWIKI_PREFIXES else None

    def _article(self, text: str) -> Target:
        title = self._site.title(text)
        is_possible = title and len(title.encode("utf-8", "replace")) <= _LONGEST
        if not is_possible or _IMPOSSIBLE.search(title):
            return Target(Kind.IMPOSSIBLE)
        return Target(Kind.ARTICLE, title)


def _is_plain(written: str) -> bool:
    """Whether something is spelt as a title but for its first letter."""
    return (
        len(written) * 4 <= _LONGEST
        and _PLAIN.fullmatch(written) is not None
        and (written.isascii() or unicodedata.is_normalized("NFC", written))
    )
