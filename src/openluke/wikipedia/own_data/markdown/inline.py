"""The text of a paragraph of Markdown without its markup, and the links in it."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from openluke.records.pages import PageLink
from openluke.wikipedia.own_data.markdown.emphasis import Run, make_run, take_away

_SPECIAL = re.compile(r"\\|`+|\*+|_+|~+|=+|!?\[|\]|<|&|%%")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_WIKI_LINK = re.compile(r"(!?)\[\[([^\[\]|\n]++)(?:\|([^\[\]\n]*+))?\]\]")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]++\]")
_ADDRESS = re.compile(
    r"\(\s*+(?:<([^<>\n]*+)>|((?:[^\s()<>]++|\([^\s()<>]*+\))*+))"
    r"(?:\s++(?:\"[^\"]*+\"|'[^']*+'|\([^()]*+\)))?+\s*+\)"
)
_REFERENCE = re.compile(r"\[([^\[\]]*+)\]")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\s]*+|[^<>\s@]++@[^<>\s@]++)>")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*+)[^<>]*+>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Where the links of a note lead."""

    wiki: Callable[[str], str | None]
    """The title for ``[[what is written]]``; none for a place in the note itself."""
    address: Callable[[str], str | None]
    """The title for ``[text](address)``; none if that is no note."""
    references: Mapping[str, str] = field(default_factory=dict[str, str])
    """Addresses by the label that ``[text][label]`` names, as ``label_key`` gives it."""


class Inline(NamedTuple):
    """A line of clean text."""

    text: str
    links: tuple[PageLink, ...]


def read_inline(text: str, *, targets: Targets) -> Inline:
    """The clean text of a paragraph, in linear time.

    Args:
        text: The paragraph; its lines are joined by spaces.
        targets: Where its links lead.
    """
    return _Reader(text, targets=targets).read()


def label_key(label: str) -> str:
    """What labels of references are compared by."""
    return " ".join(label.casefold().split())


class _Bracket(NamedTuple):
    """A bracket that may begin the text of a link or of an image."""

    piece: int
    n_runs: int
    """How many runs of signs stand before it."""
    is_image: bool
    place: int
    """The character behind it."""


class _Reader:
    def __init__(self, text: str, *, targets: Targets) -> None:
        self._text = text
        self._targets = targets
        self._pieces: list[str] = []
        self._runs: list[Run] = []
        self._links: list[tuple[int, int, str]] = []  # pieces, and the title
        self._brackets: list[_Bracket] = []
        self._n_closed = 0  # brackets at the bottom that cannot begin a link, as it would have one
        self._ticks: dict[int, list[int]] | None = None
        self._absent: set[str] = set()  # ends of comments that do not come any more

    def read(self) -> Inline:
        text, place = self._text, 0
        while (found := _SPECIAL.search(text, place)) is not None:
            self._pieces.append(text[place : found.start()])
            place = self._special(found)
        self._pieces.append(text[place:])
        self._end_emphasis(0)
        return self._tidied()

    def _special(self, found: re.Match[str]) -> int:
        """Read what begins with a special sign, and return where it ends."""
        sign = found[0][0]
        if sign in "*_~=":
            run = make_run(
                self._text, start=found.start(), end=found.end(), piece=len(self._pieces)
            )
            self._runs.append(run)
            self._pieces.append(found[0])
            return found.end()
        if sign in "[!":
            return self._open(found)
        if sign == "]":
            return self._close(found.start())
        if sign == "`":
            return self._code(found)
        return self._small(sign, found=found)

    def _small(self, sign: str, *, found: re.Match[str]) -> int:
        """An escape, an entity, a tag, a comment, or the sign itself."""
        text, place = self._text, found.start()
        if sign == "\\" and (escaped := _ESCAPED.match(text, place)):
            self._pieces.append(escaped[1])
            return escaped.end()
        if sign == "&" and (entity := _ENTITY.match(text, place)):
            self._pieces.append(html.unescape(entity[0]))
            return entity.end()
        if sign == "%":
            return self._comment(found, closing="%%")
        if sign == "<":
            return self._angle(found)
        self._pieces.append(found[0])
        return found.end()

    def _angle(self, found: re.Match[str]) -> int:
        text, place = self._text, found.start()
        if text.startswith("<!--", place):
            return self._comment(found, closing="-->")
        if (link := _AUTOLINK.match(text, place)) is not None:
            self._pieces.append(link[1])
            return link.end()
        if (tag := _TAG.match(text, place)) is not None:
            self._pieces.append(" " if tag[1].lower() == "br" else "")
            return tag.end()
        self._pieces.append(found[0])
        return found.end()

    def _comment(self, found: re.Match[str], *, closing: str) -> int:
        """Leave out what stands up to its end; without one it is text."""
        end = -1 if closing in self._absent else self._text.find(closing, found.end())
        if end >= 0:
            return end + len(closing)
        self._absent.add(closing)
        self._pieces.append(found[0])
        return found.end()

    def _code(self, found: re.Match[str]) -> int:
        """Keep code as it stands between runs of as many ticks."""
        if self._ticks is None:
            self._ticks = {}
            for run in re.finditer("`+", self._text):
                self._ticks.setdefault(len(run[0]), []).append(run.start())
            for places in self._ticks.values():
                places.reverse()
        size = len(found[0])
        places = self._ticks.get(size, [])
        while places and places[-1] < found.end():
            places.pop()
        if not places:
            self._pieces.append(found[0])
            return found.end()
        code = self._text[found.end() : places[-1]].replace("\n", " ")
        is_padded = code[:1] == code[-1:] == " " and not code.isspace()
        self._pieces.append(code[1:-1] if is_padded else code)
        return places[-1] + size

    def _open(self, found: re.Match[str]) -> int:
        """A link to a note, a footnote's mark, or a bracket that may begin a link."""
        text, place = self._text, found.start()
        link = _WIKI_LINK.match(text, place)
        if link is not None:
            self._wiki_link(link)
            return link.end()
        note = _FOOTNOTE.match(text, place)
        if note is not None:
            return note.end()
        self._brackets.append(
            _Bracket(len(self._pieces), len(self._runs), found[0] == "![", found.end())
        )
        self._pieces.append(found[0])
        return found.end()

    def _wiki_link(self, link: re.Match[str]) -> None:
        is_image, written, shown = link.groups()
        if is_image:
            return
        if shown is not None:
            written = written.removesuffix("\\")  # so that the bar ends no cell of a table
        target, _, place = written.partition("#")
        name = target.strip()
        label = shown if shown is not None and shown.strip() else name.rpartition("/")[2] or place
        title = self._targets.wiki(name) if name else None
        plain = read_inline(label, targets=self._targets).text if shown else label
        self._pieces.append(plain)
        if title is not None:
            self._add_link(len(self._pieces) - 1, title=title)

    def _close(self, place: int) -> int:
        """A closing bracket, which ends a link, an image, or nothing."""
        if not self._brackets:
            self._pieces.append("]")
            return place + 1
        bracket = self._brackets.pop()
        is_closed = len(self._brackets) < self._n_closed
        self._n_closed = min(self._n_closed, len(self._brackets))
        end, address = self._address(bracket, place=place)
        if address is None or (is_closed and not bracket.is_image):
            self._pieces.append("]")
            return place + 1
        if bracket.is_image:
            self._drop(bracket)
            return end
        self._pieces[bracket.piece] = ""
        self._end_emphasis(bracket.n_runs)
        title = self._targets.address(address)
        if title is not None:
            self._add_link(bracket.piece, title=title)
        self._n_closed = len(self._brackets)
        return end

    def _address(self, bracket: _Bracket, *, place: int) -> tuple[int, str | None]:
        """What follows the text of a link, and where that ends."""
        text = self._text
        written = _ADDRESS.match(text, place + 1)
        if written is not None:
            return written.end(), written[1] if written[1] is not None else written[2]
        references = self._targets.references
        if not references:
            return place + 1, None
        end, label = place + 1, _REFERENCE.match(text, place + 1)
        if label is not None:
            end = label.end()
        if label is None or not label[1].strip():
            label = _REFERENCE.match(text, bracket.place - 1)
            if label is None or label.end() != place + 1:  # brackets in it
                return place + 1, None
        return end, references.get(label_key(label[1]))

    def _drop(self, bracket: _Bracket) -> None:
        """Leave out an image with its description."""
        del self._pieces[bracket.piece :]
        del self._runs[bracket.n_runs :]
        while self._links and self._links[-1][0] >= bracket.piece:
            self._links.pop()

    def _add_link(self, first: int, *, title: str) -> None:
        self._links.append((first, len(self._pieces), title))
        self._n_closed = len(self._brackets)

    def _end_emphasis(self, first: int) -> None:
        runs = self._runs[first:]
        take_away(runs)
        for run in runs:
            self._pieces[run.piece] = run.sign * run.size
        del self._runs[first:]

    def _tidied(self) -> Inline:
        """The text with one space for each run of white space, and links where they are then."""
        starts = [0]
        for piece in self._pieces:
            starts.append(starts[-1] + len(piece))
        text = "".join(self._pieces)
        words = list(_WORD.finditer(text))
        links: list[PageLink] = []
        number = place = 0
        for first, end, title in self._links:
            start = starts[first]
            while number < len(words) and words[number].end() <= start:
                place += len(words[number][0]) + 1
                number += 1
            link = _moved(start, starts[end], words=words, number=number, place=place)
            if link is not None:
                links.append(PageLink(*link, title))
        return Inline(" ".join([word[0] for word in words]), tuple(links))


def _moved(
    start: int, end: int, *, words: list[re.Match[str]], number: int, place: int
) -> tuple[int, int] | None:
    """Where a stretch of a text is when its words have one space between; none without words.

    Args:
        start: Its first character.
        end: The one behind its last.
        words: Those of the text.
        number: The first that does not end before the stretch.
        place: Where that word begins then.
    """
    if start == end or number == len(words) or words[number].start() >= end:
        return None
    first = place + max(0, start - words[number].start())
    while number + 1 < len(words) and words[number + 1].start() < end:
        place += len(words[number][0]) + 1
        number += 1
    return first, place + min(end, words[number].end()) - words[number].start()
