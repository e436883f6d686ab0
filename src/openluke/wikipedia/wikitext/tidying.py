"""Entities and spaces of a line put right, and the places of its links with them."""

from collections.abc import Sequence

from openluke.records import PageLink
from openluke.wikipedia.wikitext.characters import decoded, single_spaces


def tidied(text: str, *, links: Sequence[PageLink]) -> tuple[str, list[PageLink]]:
    """The text with its entities decoded and no space that is not between words; and the links.

    Links come without the space around what they show, and those that show nothing not at all.

    Args:
        text: A line.
        links: The links in it, from left to right.
    """
    line = _Line()
    moved: list[PageLink] = []
    position = 0
    for start, end, title in links:
        line.add(text[position:start])
        anchor = decoded(text[start:end])
        inner = anchor.strip()
        line.add(" " if inner and anchor[0].isspace() else "")
        place = line.length
        line.add(inner)
        if inner:
            moved.append(PageLink(place, line.length, title))
        line.add(" " if anchor[-1:].isspace() else "")
        position = end
    line.add(text[position:])
    return line.text.rstrip(), moved


class _Line:
    """Text that grows piece by piece; two spaces never meet in it."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._ends_in_space = True
        self.length = 0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def add(self, text: str) -> None:
        text = single_spaces(decoded(text))
        if self._ends_in_space:
            text = text.lstrip()
        if text:
            self._pieces.append(text)
            self.length += len(text)
            self._ends_in_space = text[-1].isspace()
