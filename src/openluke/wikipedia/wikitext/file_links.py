"""Links that show pictures, which have captions with links of their own."""

import re
from collections.abc import Iterable

_BRACKETS = re.compile(r"\[\[|\]\]")
_FAR = 4_000
"""Characters; so many are looked through for each link, whatever brackets come after."""


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
    ends: dict[int, int] | None = None
    kept: list[str] = []
    number = position = 0
    while found:
        number += 1
        start = found.start()
        kept.append(text[position:start])
        end = _near_end(text, start=start)
        if end is None:
            ends = _ends(text, start=start) if ends is None else ends
            end = ends.get(start) or _line_end(text, start=found.end())
        position = end
        found = opening.search(text, position)
    return "".join(kept) + text[position:], number


def _near_end(text: str, *, start: int) -> int | None:
    """Where the brackets that open somewhere are closed, if that is not far."""
    depth = 0
    for bracket in _BRACKETS.finditer(text, start, start + _FAR):
        depth += 1 if bracket[0] == "[[" else -1
        if not depth:
            return _past(bracket, text=text)
    return None


def _past(bracket: "re.Match[str]", *, text: str) -> int:
    # of three brackets the first closes an address in the caption
    return bracket.end() + text.startswith("]", bracket.end())


def _ends(text: str, *, start: int) -> dict[int, int]:
    """Where each pair of brackets that is closed ends, by where it begins."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for bracket in _BRACKETS.finditer(text, start):
        if bracket[0] == "[[":
            opened.append(bracket.start())
        elif opened:
            ends[opened.pop()] = _past(bracket, text=text)
    return ends


def _line_end(text: str, *, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
