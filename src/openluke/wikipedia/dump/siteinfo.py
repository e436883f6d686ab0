"""What the head of a dump says of its wiki."""

import difflib
import html
import logging
import re
from collections.abc import Iterator

from openluke.errors import ConfigError, DataError
from openluke.wikipedia.language_facts import WIKIPEDIA_LANGUAGES, wikipedia_language
from openluke.wikipedia.site import Site, make_site, site_language

logger = logging.getLogger(__name__)

_ENGLISH = "en"
_ROOT = re.compile(rb"<mediawiki\b[^>]*>")
_VERSION = re.compile(rb'\bversion="([^"]*)"')
_HEAD_END = b"</siteinfo>"
_PAGE = re.compile(rb"<page[\s>]")
_SHOWN = 60
"""Bytes of what is no page that are shown."""
_LANGUAGE = re.compile(rb'\bxml:lang="([^"]*)"')
_NAMESPACE = re.compile(r'<namespace\b[^>]*\bkey="(-?\d+)"[^>]*?(?:/>|>([^<]*)</namespace>)')


def read_site(head: bytes, *, language: str | None, file: str) -> Site:
    """The wiki that a dump is of.

    Args:
        head: Its first bytes, up to its first page.
        language: The code of its language; by default what the dump says.
        file: Where they are from.

    Raises:
        DataError: It is no dump.
    """
    root = _ROOT.search(head)
    if root is None:
        found = f"begins with {bytes(head[:40])!r}" if head else "is empty"
        raise DataError(
            f"{found}; expected <mediawiki ...>; "
            "give a dump of pages such as enwiki-latest-pages-articles.xml.bz2",
            file=file,
        )
    info = _PAGE.split(head[root.end() :], maxsplit=1)[0].decode(errors="replace")
    declared = _LANGUAGE.search(root[0])
    database, address = _element(info, name="dbname"), _element(info, name="base")
    found = _known(language) or site_language(
        database=database,
        address=address,
        declared="" if declared is None else declared[1].decode(errors="replace"),
    )
    if wikipedia_language(found) is None:
        logger.warning(
            "%s: says no language that has a Wikipedia (%r); links and names are read as in "
            "English: give the language (--language) if there is a nearer one",
            file,
            found,
        )
    return make_site(
        found or _ENGLISH,
        database=database,
        name=_element(info, name="sitename"),
        capitalises=_element(info, name="case") != "case-sensitive",
        namespaces={name: number for number, name in _names(info)},
    )


def namespace_names(head: bytes) -> dict[int, str]:
    """The namespaces of a dump by number, as its titles have their names."""
    return dict(_names(_PAGE.split(head, maxsplit=1)[0].decode(errors="replace")))


def _names(info: str) -> Iterator[tuple[int, str]]:
    for number, name in _NAMESPACE.findall(info):
        if name:
            yield int(number), html.unescape(name)


def _known(language: str | None) -> str | None:
    """The code of a language that is asked for; a ``ConfigError`` for one without a Wikipedia."""
    if language is None:
        return None
    code = wikipedia_language(language)
    if code is None:
        near = difflib.get_close_matches(language.lower(), sorted(WIKIPEDIA_LANGUAGES), n=3)
        hint = f"; close: {', '.join(near)}" if near else ""
        raise ConfigError(
            f"found language={language!r}, expected Wikipedia's code of it, such as 'de'{hint}"
        )
    return code


def has_page(head: bytes | bytearray) -> bool:
    """Whether a page begins in the first bytes of a dump."""
    return _PAGE.search(head) is not None


def behind_head(head: bytes) -> bytes:
    """The first bytes of a dump behind what says which wiki it is of."""
    root = _ROOT.search(head)
    end = max(head.find(_HEAD_END) + len(_HEAD_END), 0 if root is None else root.end())
    return head[end:].lstrip()[:_SHOWN]


def format_version(head: bytes) -> str:
    """The version of the export format that a dump is in; empty if it does not say."""
    root = _ROOT.search(head)
    version = None if root is None else _VERSION.search(root[0])
    return "" if version is None else version[1].decode(errors="replace")


def _element(info: str, *, name: str) -> str:
    match = re.search(f"<{name}>([^<]*)</{name}>", info)
    return "" if match is None else html.unescape(match[1].strip())
