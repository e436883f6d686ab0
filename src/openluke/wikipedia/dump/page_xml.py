"""What a page's XML says: title, namespace, number, redirect, wikitext."""

import re
from typing import NamedTuple

from openluke.errors import DataError
from openluke.wikipedia.dump.redirect_text import RedirectReader
from openluke.wikipedia.site import Site

_HEAD = re.compile(
    rb"\s*<title>([^<]*)</title>\s*(?:<ns>(-?\d+)</ns>\s*)?<id>(\d+)</id>\s*"
    rb"(?:(<redirect\b(?:[^>]*?\btitle=\"([^\"]*)\")?[^>]*>))?"
)
_TITLE = re.compile(rb"<title>([^<]*)</title>")
_NAMESPACE = re.compile(rb"<ns>(-?\d+)</ns>")
_NUMBER = re.compile(rb"<id>(\d+)</id>")
_REDIRECT = re.compile(rb"(<redirect\b(?:[^>]*?\btitle=\"([^\"]*)\")?[^>]*>)")
_REVISION, _TEXT, _TEXT_END = b"<revision>", b"<text", b"</text>"
_AS_IS = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_REFERENCE = re.compile(rb"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,8}));")
_NAMED = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&apos;", b"'"), (b"&amp;", b"&"))
"""The ampersand is last, so that nothing is decoded twice."""
_UNKNOWN = "\ufffd".encode()


class RawPage(NamedTuple):
    """A page of a dump with its wikitext."""

    title: str
    """With the name of its namespace, as the dump has it."""
    namespace: int
    id: int
    redirect: str | None
    """The title that it leads to, perhaps with a fragment behind ``#``; none if it is a page."""
    text: str
    """Wikitext of the last revision; empty if it was deleted."""


class _Head(NamedTuple):
    title: bytes
    namespace: bytes | None
    number: bytes
    redirect: bytes | None
    target: bytes | None


class PageReader:
    """Reads the pages of a wiki."""

    def __init__(self, site: Site, *, namespaces: frozenset[int] | None) -> None:
        """Take a wiki.

        Args:
            site: Whose pages they are.
            namespaces: Those that are read; all if not given.
        """
        self._site = site
        self._namespaces = namespaces
        self._redirects = RedirectReader(site.language)

    def read(self, xml: bytes) -> RawPage | None:
        """The page that stands between ``<page>`` and ``</page>``; none in other namespaces.

        Raises:
            DataError: It has no title or number, or is not UTF-8.
        """
        if b"<![CDATA[" in xml:
            xml = _AS_IS.sub(_escaped, xml)
        head = _read_head(xml)
        try:
            title = _unescaped(head.title)
            namespace = self._namespace(head, title=title)
            if self._namespaces is not None and namespace not in self._namespaces:
                return None
            text = _unescaped(_last_text(xml))
            target = None if head.target is None else _unescaped(head.target)
        except UnicodeDecodeError as error:
            raise DataError(f"a page is not UTF-8: {error}") from error
        redirect = self._redirects.target(
            text, declared=target, is_redirect=head.redirect is not None
        )
        return RawPage(title, namespace, int(head.number), redirect, text)

    def _namespace(self, head: _Head, *, title: str) -> int:
        if head.namespace is not None:
            return int(head.namespace)
        return self._site.namespace(title)


def _read_head(xml: bytes) -> _Head:
    match = _HEAD.match(xml)
    if match is not None:
        return _Head(*match.group(1, 2, 3, 4, 5))
    end = xml.find(_REVISION)
    head = xml if end < 0 else xml[:end]
    title, number = _TITLE.search(head), _NUMBER.search(head)
    if title is None or number is None:
        raise DataError("a page has no <title> or no <id>")
    namespace, redirect = _NAMESPACE.search(head), _REDIRECT.search(head)
    return _Head(
        title[1],
        None if namespace is None else namespace[1],
        number[1],
        None if redirect is None else redirect[1],
        None if redirect is None else redirect[2],
    )


def _last_text(xml: bytes) -> bytes:
    """The first text of the last revision; what follows it are its other slots."""
    begin = xml.find(_TEXT, max(0, xml.rfind(_REVISION)))
    inside = xml.find(b">", begin) + 1
    if begin < 0 or inside == 0 or xml[inside - 2 : inside] == b"/>":
        return b""
    end = xml.find(_TEXT_END, inside)
    if end < 0:
        raise DataError("the text of a page does not end")
    return xml[inside:end]


def _unescaped(xml: bytes) -> str:
    """Characters of XML with references decoded, once, and line ends as XML wants them."""
    if b"\r" in xml:
        xml = xml.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"&" in xml:
        if b"&#" in xml:
            xml = _REFERENCE.sub(_character, xml)
        for name, character in _NAMED:
            xml = xml.replace(name, character)
    return xml.decode()


def _escaped(as_is: "re.Match[bytes]") -> bytes:
    """What has no markup, with references for what would be some."""
    return as_is[1].replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def _character(reference: "re.Match[bytes]") -> bytes:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    if number > 0x10FFFF or 0xD800 <= number < 0xE000 or number == 0:
        return _UNKNOWN
    return b"&amp;" if number == 0x26 else chr(number).encode()
