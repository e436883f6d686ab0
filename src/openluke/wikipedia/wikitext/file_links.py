"""Links that show pictures, which have captions with links of their own."""

import re
from collections.abc import Iterable

_BRACKETS = re.compile(r"\[\[|\]\]")


def opening_of(namespaces: Iterable[str]) -> "re.Pattern[str]":
    """What a link to one of some namespaces begins with, in any case."""
    names = (r"[ _]+".join(map(re.escape, name.split())) for name in namespaces)
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"\[\[[ _]*(?:{'|'.join(longest_first)})[ _]*:", re.IGNORECASE)


def without_links(text: str, *, opening: "re.Pattern[str]") -> tuple[str, int]:
    """The text without links that begin in a certain way and all within them, and their number.

    One that nothing closes goes up to the end of its line.
    """
    found = opening.search(text)
    if found is None:
        return text, 0
    ends = _ends(text, start=found.start())
    kept: list[str] = []
    number = position = 0
    while found:
        number += 1
        kept.append(text[position : found.start()])
        position = ends.get(found.start()) or _line_end(text, start=found.end())
        found = opening.search(text, position)
    return "".join(kept) + text[position:], number


def _ends(text: str, *, start: int) -> dict[int, int]:
    """Where each pair of brackets that is closed ends, by where it begins."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for bracket in _BRACKETS.finditer(text, start):
        if bracket[0] == "[[":
            opened.append(bracket.start())
        elif opened:
            end = bracket.end()
            # of three the first closes an address in the caption
            ends[opened.pop()] = end + text.startswith("]", end)
    return ends


def _line_end(text: str, *, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
