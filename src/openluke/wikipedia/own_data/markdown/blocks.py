"""The blocks of a Markdown note: paragraphs, items and headings; code and tables are left out."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from openluke.wikipedia.own_data.markdown.inline import label_key

_FENCE = re.compile(r" {0,3}(`{3,}+(?=[^`]*$)|~{3,}+)")
_HEADING = re.compile(r" {0,3}#{1,6}(?=[ \t]|$)")
_ITEM = re.compile(r"[ \t]*+([-*+]|\d{1,9}[.)])(?:[ \t]++|$)(?:\[[ xX/-]\](?:[ \t]++|$))?")
_UNDERLINE = re.compile(r" {0,3}(?:=++|-++)[ \t]*+$")
_QUOTE = re.compile(r" {0,3}> ?")
_CALLOUT = re.compile(r"\[![\w-]++\][+-]?[ \t]*+")
_FOOTNOTE = re.compile(r" {0,3}\[\^[^\[\]\s]++\]:[ \t]*+")
_DEFINITION = re.compile(r" {0,3}\[([^\[\]^][^\[\]]*+)\]:[ \t]*+(?:<([^<>]*+)>|(\S++))")
_HIDDEN = re.compile(r" {0,3}(?:(<!--)|(%%)|<(script|style)\b)", re.IGNORECASE)
_INDENTED = re.compile(r" {4}| {0,3}\t")
_BLOCK_NAME = re.compile(r"\^[A-Za-z0-9-]++$")
_TABLE_SIGNS = frozenset("|-: \t")


class Block(NamedTuple):
    """Lines of a note that belong together, with markup in the lines."""

    kind: str
    """``"text"``, ``"item"`` or ``"heading"``."""
    text: str


class Blocks(NamedTuple):
    """A note without what is left out."""

    blocks: list[Block]
    references: dict[str, str]
    """Addresses by label: ``[label]: address``."""
    dropped: Counter[str]
    """How many blocks of code and tables were left out."""


def read_blocks(lines: Iterable[str]) -> Blocks:
    """The blocks of the lines of a note, in linear time."""
    reader = _Reader()
    for line in lines:
        reader.add(line)
    reader.end()
    return Blocks(reader.blocks, reader.references, reader.dropped)


class _Reader:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.references: dict[str, str] = {}
        self.dropped = Counter[str]()
        self._kind = "text"
        self._lines: list[str] = []  # of the block that has begun
        self._depth = 0  # of quotations around it
        self._is_lazy = False  # whether the line at hand has fewer of them and still belongs to it
        self._fence = ""  # what began the code that is left out
        self._fence_depth = 0
        self._closing = ""  # what ends the lines that show nothing
        self._in_table = self._in_list = self._in_code = False

    def add(self, line: str) -> None:
        """Read a line."""
        depth, line = _without_quote(line)
        if self._is_inside(line, depth=depth):
            return
        if not line.strip():
            self.end()
            self._in_table = False
        elif not self._in_table:
            self._read(line, depth=depth)

    def end(self) -> None:
        """End the block that has begun."""
        if self._lines:
            self._lines[-1] = _without_name(self._lines[-1])
            broken = [_without_break(line) for line in self._lines[:-1]]
            self.blocks.append(Block(self._kind, "\n".join([*broken, self._lines[-1]])))
        self._kind, self._lines = "text", []

    def _is_inside(self, line: str, *, depth: int) -> bool:
        """Whether a line is one of code or of a comment, which it may end."""
        if self._fence:
            is_outside = depth < self._fence_depth
            if is_outside or _closes(line, fence=self._fence):
                self._fence = ""
            return not is_outside
        if self._closing:
            if self._closing in line.lower():
                self._closing = ""
            return True
        return False

    def _read(self, line: str, *, depth: int) -> None:
        if depth > self._depth:
            self.end()
        self._is_lazy = bool(self._lines) and depth < self._depth
        if self._begins_code(line, depth=depth):
            return
        self._in_code = False
        if not self._lines:
            self._depth = depth
        if (
            self._hides(line)
            or self._divides(line)
            or self._is_heading(line)
            or self._is_item(line, depth=depth)
            or self._is_marked(line)
        ):
            return
        if not self._lines and not line[0].isspace():
            self._in_list = False
        self._lines.append(line)

    def _begins_code(self, line: str, *, depth: int) -> bool:
        """Whether a line begins code, or is one by being indented."""
        fence = _FENCE.match(line.lstrip() if self._in_list else line)
        if fence is not None:
            self.end()
            self._fence, self._fence_depth = fence[1], depth
            self.dropped["code"] += 1
            return True
        if self._lines or self._in_list or _INDENTED.match(line) is None:
            return False
        self.dropped["code"] += not self._in_code
        self._in_code = True
        return True

    def _hides(self, line: str) -> bool:
        """Whether it is the first of lines that show nothing; they may end in it."""
        hidden = _HIDDEN.match(line)
        if hidden is None:
            return False
        closing = "-->" if hidden[1] else "%%" if hidden[2] else f"</{hidden[3].lower()}"
        _, found, behind = line[hidden.end() :].lower().partition(closing)
        if found:
            return bool(hidden[3]) or not behind.strip()
        self.end()
        self._closing = closing
        return True

    def _divides(self, line: str) -> bool:
        """Whether it is a line under a heading, between blocks, or under the head of a table."""
        signs = line.strip()
        is_under_text = self._lines and self._kind == "text" and not self._is_lazy
        if is_under_text and _UNDERLINE.match(line):
            self._kind, self._in_list = "heading", False
            self.end()
            return True
        if signs[0] in "-*_" and signs.count(signs[0]) > 2 and not signs.strip(f"{signs[0]} \t"):
            self.end()
            self._in_list = self._in_list and line[0].isspace()
            return True
        has_head = bool(self._lines) and "|" in self._lines[-1]
        if has_head and "-" in signs and _TABLE_SIGNS.issuperset(signs):
            self._lines.pop()
            self.end()
            self._in_table = True
            self.dropped["tables"] += 1
            return True
        return False

    def _is_heading(self, line: str) -> bool:
        heading = _HEADING.match(line)
        if heading is None:
            return False
        self.end()
        self._in_list = False
        text = _without_closing(_without_name(line[heading.end() :]))
        self.blocks.append(Block("heading", text))
        return True

    def _is_item(self, line: str, *, depth: int) -> bool:
        """Whether an item begins; in the middle of a text not each line that looks so is one."""
        item = _ITEM.match(line)
        if item is None:
            return False
        in_text = self._lines and self._kind == "text" and not self._is_lazy
        goes_on = len(item[1]) > 1 and item[1][:-1] != "1"  # with a number that begins no list
        if goes_on and self._in_list and in_text:  # behind what is further inside the item before
            goes_on = _n_blanks(line) >= _n_blanks(self._lines[0])
        if in_text and (item.end() == len(line) or goes_on):
            return False
        self.end()
        self._kind, self._in_list, self._depth = "item", True, depth
        self._lines.append(line[item.end() :])
        return True

    def _is_marked(self, line: str) -> bool:
        """Whether it says the address of a label, or begins a footnote or a callout."""
        if self._lines or line.lstrip()[:1] != "[":
            return False
        if (found := _DEFINITION.match(line)) is not None:
            self.references.setdefault(label_key(found[1]), found[2] or found[3] or "")
        elif (note := _FOOTNOTE.match(line)) is not None:
            self._lines.append(line[note.end() :])
        elif (callout := _CALLOUT.match(line)) is not None:
            self.blocks.append(Block("text", line[callout.end() :]))
        else:
            return False
        return True


def _without_quote(line: str) -> tuple[int, str]:
    """How many signs of a quotation are before a line, and the line without them."""
    depth = place = 0
    while (found := _QUOTE.match(line, place)) is not None:
        depth, place = depth + 1, found.end()
    return depth, line[place:]


def _n_blanks(line: str) -> int:
    """How many blanks are before a line."""
    return len(line) - len(line.lstrip())


def _closes(line: str, *, fence: str) -> bool:
    signs = line.strip()
    return len(signs) >= len(fence) and not signs.strip(fence[0])


def _without_closing(line: str) -> str:
    """A heading without the signs that may close it."""
    text = line.strip()
    bare = text.rstrip("#")
    return bare.rstrip() if not bare or bare[-1] in " \t" else text


def _without_name(line: str) -> str:
    """The last line of a block without the name that it may end with, as in ``^quote-1``."""
    before, space, word = line.rstrip().rpartition(" ")
    return before if space and _BLOCK_NAME.match(word) else line


def _without_break(line: str) -> str:
    """A line without the backslash that breaks it."""
    n_signs = len(line) - len(line.rstrip("\\"))
    return line[:-1] if n_signs % 2 else line
