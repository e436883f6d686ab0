"""Templates, tables, tags and comments: what encloses stretches of wikitext is taken out first."""

import re
from collections import Counter
from dataclasses import dataclass, field

from openluke.wikipedia.wikitext import tags
from openluke.wikipedia.wikitext.characters import HOLE, NOTHING, literal
from openluke.wikipedia.wikitext.templates import InlineTemplates

_TOKEN = re.compile(
    r"\{\{+|\}\}+"
    r"|\n[ \t:*#;]*(?:\{\||\|\})"
    r"|<(?:!--|(?P<closing>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*+)(?P<rest>[^<>]*+)>)"
)
_MOST_NESTED = 40
"""Templates within more templates than these are not shown, as in MediaWiki."""

_ROOT, _BRACES, _TABLE, _HTML_TABLE = "", "{{", "{|", "<table>"


@dataclass(slots=True)
class _Frame:
    """Something that was opened and not closed yet."""

    kind: str
    braces: int = 0
    pieces: list[str] = field(default_factory=list[str])
    """What is kept of its content so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Wikitext without enclosures."""

    text: str
    """Has only links, quotes, headings, lists and entities as markup, and holes."""
    templates: Counter[str]
    """How often it had each template; names as ``InlineTemplates`` spells them."""
    dropped: Counter[str]
    """How many of each kind went, with all that was in them."""


def without_enclosures(text: str, *, templates: InlineTemplates, title: str = "") -> Opened:
    """Take all enclosures out, in one pass from left to right, however they are nested.

    What inline templates say stays, and so does the text of tags that only dress it. Enclosures
    that nothing closes count as not opened.

    Args:
        text: The wikitext of a page.
        templates: Those that carry words.
        title: The title of the page, which some templates show.
    """
    return _Pass(f"\n{text}", templates=templates, title=title).run()


def _kept(frame: _Frame) -> list[str]:
    """What is kept of something that nothing closes; of a table, the lines that are no cells."""
    if frame.kind != _TABLE:
        return frame.pieces
    return ["|", "".join(frame.pieces).replace("\n!", "\n|")]


class _Pass:
    def __init__(self, text: str, *, templates: InlineTemplates, title: str) -> None:
        self._text = text
        self._inline = templates
        self._title = title
        self._frames = [_Frame(_ROOT)]
        self._braces: list[int] = []
        """Where the frames of braces are among all."""
        self._unclosed: set[str] = set()
        """Tags, and comments, that nothing closes any more."""
        self._templates: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()

    def run(self) -> Opened:
        text, search = self._text, _TOKEN.search
        position = 0
        while token := search(text, position):
            start = token.start()
            if start > position:
                self._frames[-1].pieces.append(text[position:start])
            match text[start]:
                case "{":
                    self._open(_BRACES, braces=token.end() - start)
                    position = token.end()
                case "}":
                    position = self._close_braces(token)
                case "\n":
                    position = self._table_line(token)
                case _:
                    position = self._comment(token) if token["name"] is None else self._tag(token)
        self._frames[-1].pieces.append(text[position:])
        return Opened(
            text="".join(self._folded(0)), templates=self._templates, dropped=self._dropped
        )

    def _open(self, kind: str, *, braces: int = 0) -> None:
        if kind == _BRACES:
            self._braces.append(len(self._frames))
        self._frames.append(_Frame(kind, braces))

    def _close(self, index: int) -> list[str]:
        """Close a frame, and those in it that nothing closes; what they have kept."""
        pieces = self._folded(index)
        del self._frames[index:]
        while self._braces and self._braces[-1] >= index:
            self._braces.pop()
        return pieces

    def _folded(self, index: int) -> list[str]:
        """What a frame and all in it have kept; text follows text, so that one pass suffices."""
        if index == len(self._frames) - 1 and self._frames[index].kind != _TABLE:
            return self._frames[index].pieces
        return [piece for frame in self._frames[index:] for piece in _kept(frame)]

    def _close_braces(self, token: "re.Match[str]") -> int:
        left = token.end() - token.start()
        while left >= 2 and self._braces:
            index = self._braces[-1]
            braces = self._frames[index].braces
            closed = 3 if min(braces, left) >= 3 else 2
            pieces = self._close(index)
            left -= closed
            shown = self._template(pieces) if closed == 2 else ""
            self._close_rest(braces - closed, shown=shown)
        return token.end() - left if left < 2 else token.end()

    def _close_rest(self, braces: int, *, shown: str) -> None:
        """Go on with the braces of a run of which some are closed."""
        if braces >= 2:
            self._open(_BRACES, braces=braces)
        elif braces:
            shown = f"{{{shown}"
        self._frames[-1].pieces.append(shown)

    def _template(self, pieces: list[str]) -> str:
        name = self._inline.name_of(pieces[0] if pieces else "")
        self._templates[name] += 1
        if len(self._braces) < _MOST_NESTED:
            shown = self._inline.shown(name, content=pieces, title=self._title)
            if shown is not None:
                return shown
        self._dropped["templates"] += 1
        return HOLE

    def _table_line(self, token: "re.Match[str]") -> int:
        top = self._frames[-1]
        if token[0].endswith("{|"):
            top.pieces.append("\n")
            self._open(_TABLE)
        elif top.kind == _TABLE:
            self._close(len(self._frames) - 1)
            self._dropped["tables"] += 1
        elif self._text.startswith("}", token.end()):
            top.pieces.append(token[0][:-1])  # the last field of a template, and its end
            return token.end() - 1
        else:
            top.pieces.append(token[0])
        return token.end()

    def _comment(self, token: "re.Match[str]") -> int:
        end = self._end_of("-->", start=token.end())
        if end is None:
            return len(self._text)
        self._dropped["comments"] += 1
        # one that has a line to itself goes with the line; the break behind it may begin a table
        pieces = self._frames[-1].pieces
        if pieces and pieces[-1].endswith("\n") and self._text.startswith("\n", end):
            pieces[-1] = pieces[-1][:-1]
        return end

    def _end_of(self, closing: str, *, start: int) -> int | None:
        """Where the next of some signs ends; what is not there is not looked for again."""
        if closing in self._unclosed:
            return None
        found = self._text.find(closing, start)
        if found < 0:
            self._unclosed.add(closing)
            return None
        return found + len(closing)

    def _tag(self, token: "re.Match[str]") -> int:
        name = token["name"].lower()
        if name in tags.DROPPED or name == tags.LITERAL:
            return self._extension(token, name=name)
        top = self._frames[-1]
        if name == tags.TABLE:
            self._html_table(is_end=bool(token["closing"]))
        elif name in tags.BREAKING:
            top.pieces.append("\n\n")
        elif name == tags.ITEM:
            top.pieces.append("\n" if token["closing"] else "\n* ")
        elif name in tags.SPACE:
            top.pieces.append(" ")
        elif name not in tags.DRESSING:
            top.pieces.append(token[0])
        return token.end()

    def _html_table(self, *, is_end: bool) -> None:
        if not is_end:
            self._open(_HTML_TABLE)
        elif self._frames[-1].kind == _HTML_TABLE:
            self._close(len(self._frames) - 1)
            self._dropped["tables"] += 1
            self._frames[-1].pieces.append("\n\n")

    def _extension(self, token: "re.Match[str]", *, name: str) -> int:
        """Pass over a tag between whose ends wikitext does not count."""
        if token["closing"] or token["rest"].endswith("/"):
            if name == tags.LITERAL:
                self._frames[-1].pieces.append(NOTHING)
            return token.end()
        end = self._end_of_tag(name, start=token.end())
        if end is None:
            return token.end()
        if name == tags.LITERAL:
            inside = self._text[token.end() : end.start()]
            self._frames[-1].pieces.append(literal(inside))
        else:
            self._dropped["references" if name == "ref" else "extensions"] += 1
            self._frames[-1].pieces.append(HOLE)
        return end.end()

    def _end_of_tag(self, name: str, *, start: int) -> "re.Match[str] | None":
        if name in self._unclosed:
            return None
        found = _END_TAGS[name].search(self._text, start)
        if found is None:
            self._unclosed.add(name)
        return found


_END_TAGS = {
    name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in (*tags.DROPPED, tags.LITERAL)
}
