"""A line of wikitext to clean text, with its links at their places."""

import re
from collections import Counter

from openluke.records import PageLink, Paragraph
from openluke.wikipedia.wikitext.characters import decoded
from openluke.wikipedia.wikitext.link_targets import Kind, LinkTargets
from openluke.wikipedia.wikitext.quotes import without_quotes

_LABEL = r"[^\[\]]*+(?:(?:\](?!\])|\[(?!\[))[^\[\]]*+)*+"
_ADDRESS = (
    r"(?:(?:(?:https?|ftps?|sftp|gopher|ircs?|git|svn|ssh|worldwind):)?//|(?:mailto|news|tel|geo):)"
    r"[^\s\[\]<>\"]*+"
)
_WORD = re.compile(r"[^\W_]")
_TRICK = re.compile(r"^[^:|]*?:| *\([^()]*\)$|（[^（）]*）$|, .*$")
"""What the pipe trick, ``[[Paris, Texas|]]``, does not show."""

_GONE = {
    Kind.HIDDEN: "categories and files",
    Kind.INTERLANGUAGE: "links to other languages",
    Kind.SECTION: "links within a page",
    Kind.NAMESPACE: "links to other namespaces",
    Kind.WIKI: "links to other wikis",
    Kind.IMPOSSIBLE: "links to impossible titles",
}


class InlineReader:
    """Reads the lines of a page, and counts the links that it drops."""

    def __init__(self, *, targets: LinkTargets, link_trail: str) -> None:
        self._targets = targets
        self._token = re.compile(
            rf"\[\[([^\[\]|\n]*+)(?:\|({_LABEL}))?\]\]((?:{link_trail})?)"
            rf"|\[{_ADDRESS} *+(?:([^\[\]\n]*+)\])?"
            r"|\[\[+|\]+"
        )
        self.dropped: Counter[str] = Counter()
        self.interlanguage: list[str] = []
        """The pages in other languages that the lines name, as ``language:title``."""

    def read(self, source: str, *, kind: str) -> Paragraph | None:
        """The paragraph of a line; ``None`` if it has no letter and no digit."""
        if "''" in source:
            source = without_quotes(source)
        if "[" not in source and "]]" not in source:
            text = decoded(source).strip()
            return Paragraph(text, (), kind) if _WORD.search(text) else None
        line = _Line()
        position = open_addresses = 0
        for token in self._token.finditer(source):
            line.add(decoded(source[position : token.start()]))
            position = token.end()
            written, label, trail, caption = token.groups()
            if written is not None:
                self._link(line, written=written, label=label, trail=trail)
            elif caption is not None:
                line.add(decoded(caption))
            elif token[0][0] == "]":
                closing = len(token[0])
                open_addresses -= (is_address := open_addresses > 0)
                line.add("]" * ((closing - is_address) % 2))
            elif token[0][1] != "[":
                open_addresses += 1  # of an address whose caption has links
        line.add(decoded(source[position:]))
        return line.paragraph(kind)

    def _link(self, line: "_Line", *, written: str, label: str | None, trail: str) -> None:
        target = self._targets.find(written)
        if target.kind is not Kind.ARTICLE:
            self.dropped[_GONE[target.kind]] += 1
        if target.kind in (Kind.HIDDEN, Kind.INTERLANGUAGE):
            if target.title:
                self.interlanguage.append(target.title)
            line.add(trail)
            return
        anchor = decoded(_shown(written, label=label) + trail)
        if target.kind is not Kind.ARTICLE:
            line.add(anchor)
        elif not anchor.strip():
            self.dropped["links without text"] += 1
            line.add(anchor)
        else:
            line.link(anchor, title=target.title)


def _shown(written: str, *, label: str | None) -> str:
    if label is None:
        return written.strip().removeprefix(":")
    if label or not written:
        return label
    return _TRICK.sub("", written.removeprefix(":"))


class _Line:
    """Text that grows piece by piece; two spaces never meet in it."""

    __slots__ = ("_ends_in_space", "_length", "_links", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._links: list[PageLink] = []
        self._length = 0
        self._ends_in_space = True

    def add(self, text: str) -> None:
        if self._ends_in_space:
            text = text.lstrip()
        if text:
            self._pieces.append(text)
            self._length += len(text)
            self._ends_in_space = text[-1].isspace()

    def link(self, anchor: str, *, title: str) -> None:
        """Add a text that leads to a page; space around it is none of it."""
        inner = anchor.strip()
        if anchor[0].isspace():
            self.add(" ")
        start = self._length
        self.add(inner)
        self._links.append(PageLink(start, self._length, title))
        if anchor[-1].isspace():
            self.add(" ")

    def paragraph(self, kind: str) -> Paragraph | None:
        text = "".join(self._pieces).rstrip()
        return Paragraph(text, tuple(self._links), kind) if _WORD.search(text) else None
