"""A line of wikitext to clean text, with its links at their places."""

import re
from collections import Counter

from openluke.records import PageLink, Paragraph
from openluke.wikipedia.wikitext.characters import literal_brackets
from openluke.wikipedia.wikitext.link_targets import Kind, LinkTargets
from openluke.wikipedia.wikitext.quotes import without_quotes
from openluke.wikipedia.wikitext.tidying import tidied

_LABEL = r"[^\[\]]*+(?:(?:\[[^\[\]]*+\](?=\]\])|\](?!\])|\[(?!\[))[^\[\]]*+)*+"
"""Up to the first two closing brackets, or of three to the last two if one opens in it."""
_ADDRESS = (
    r"(?:(?:(?:https?|ftps?|sftp|gopher|ircs?|git|svn|ssh|worldwind):)?//|(?:mailto|news|tel|geo):)"
    r"[^\s\[\]<>\"]*+"
)
_WORD = re.compile(r"[^\W_]")
_TRICK = re.compile(r"^[^:|]*?:| *\([^()]*\)$|（[^（）]*）$|, .*$")
"""What the pipe trick, ``[[Paris, Texas|]]``, does not show."""

_LONGEST_PREFIX = 40
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

    def __init__(self, *, targets: LinkTargets, link_trail: str, link_prefix: str = "") -> None:
        """Prepare for lines of a wiki.

        Args:
            targets: Where its links lead.
            link_trail: Regular expression of what joins a link from behind.
            link_prefix: Regular expression of what joins a link from before.
        """
        self._targets = targets
        self._prefix = re.compile(rf"(?:{link_prefix})\Z") if link_prefix else None
        self._plain_link = re.compile(
            rf"\[\[([^\[\]|\n]++)(?:\|([^\[\]]*+))?\]\]((?:{link_trail})?)"
        )
        # each branch begins with a character, not with a group, which makes it four times as fast
        self._token = re.compile(
            rf"\[\[([^\[\]|\n]*+)(?:\|({_LABEL}))?\]\]((?:{link_trail})?)"
            rf"|\[{_ADDRESS} *+(?:([^\[\]\n]*+)\])?"
            r"|\[\[(\[*+)|\](\]*+)"
        )
        self.dropped: Counter[str] = Counter()
        self.interlanguage: list[str] = []
        """The pages in other languages that the lines name, as ``language:title``."""

    def read(self, source: str, *, kind: str) -> Paragraph | None:
        """The paragraph of a line; ``None`` if it has no letter, no digit and no link."""
        if "''" in source:
            source = without_quotes(source)
        if "[" in source or "]]" in source:
            parts = self._plain_link.split(source)
            outside = "".join(parts[::4])
            if "[" in outside or "]" in outside:
                parts = self._plain_link.split(self._with_plain_links(source))
            text, links, is_tidy = self._with_links(parts)
        else:
            text, links, is_tidy = source, [], True
        if not is_tidy or "&" in text or "  " in text or text[:1] == " " or text[-1:] == " ":
            n_links = len(links)
            text, links = tidied(text, links=links)
            self.dropped["links without text"] += n_links - len(links)
        return Paragraph(text, tuple(links), kind) if links or _WORD.search(text) else None

    def _with_links(self, parts: list[str]) -> tuple[str, list[PageLink], bool]:
        """The text of a line and its links, and whether no link begins or ends with space.

        Args:
            parts: What stands before a link, its target, its label and its trail, in turn, and what
                stands behind the last.
        """
        last = parts.pop()
        pieces: list[str] = []
        links: list[PageLink] = []
        length = 0
        is_tidy = True
        targets, article, joins = self._targets, Kind.ARTICLE, self._prefix is not None
        fields = [iter(parts)] * 4
        for before, written, label, trail in zip(*fields, strict=True):
            start = length + len(before)
            kind, title, shown = targets[written]
            if label:
                shown = label
                is_tidy = is_tidy and label[0] != " " != label[-1]
            elif label is not None:
                shown = _TRICK.sub("", shown)
                is_tidy = False  # there may be nothing left
            if trail:
                shown += trail
            length = start + len(shown)
            if kind is article:
                if joins:
                    start -= self._joined(before)
                links.append(PageLink(start, length, title))
            else:
                shown = self._not_kept(kind, title=title, shown=shown, trail=trail)
                length = start + len(shown)
            pieces += before, shown
        return "".join(pieces) + last, links, is_tidy

    def _with_plain_links(self, source: str) -> str:
        """The line without addresses and brackets that close or open nothing.

        Brackets within what a link shows become entities.
        """
        open_addresses = 0  # those whose captions have links

        def plain(token: "re.Match[str]") -> str:
            nonlocal open_addresses
            written, label, trail, caption, opening, closing = token.groups()
            if written:
                label = "" if label is None else f"|{literal_brackets(label)}"
                return f"[[{written}{label}]]{trail}"
            if written is not None:
                self.dropped[_GONE[Kind.IMPOSSIBLE]] += 1
                return (label or "") + trail
            if closing is not None:
                is_address = open_addresses > 0
                open_addresses -= is_address
                return "]" * ((1 + len(closing) - is_address) % 2)
            open_addresses += caption is None and opening is None
            return caption or ""

        return self._token.sub(plain, source)

    def _joined(self, before: str) -> int:
        """How many characters before a link join it."""
        if self._prefix is None or not before:
            return 0
        found = self._prefix.search(before[-_LONGEST_PREFIX:])
        return len(found[0]) if found else 0

    def _not_kept(self, kind: Kind, *, title: str, shown: str, trail: str) -> str:
        """What is shown of a link that leads to no article."""
        self.dropped[_GONE[kind]] += 1
        if kind is Kind.INTERLANGUAGE:
            self.interlanguage.append(title)
        return trail if kind in (Kind.HIDDEN, Kind.INTERLANGUAGE) else shown
