"""What templates leave behind where they are taken out of a line, such as empty brackets."""

import re

from openluke.wikipedia.wikitext.characters import HOLE

_SEPARATORS = " ;,:、，；"
_RUN = re.compile(f" ?(?:{HOLE} *+)++")
_OPENING = re.compile(f"( ?[(（])([{_SEPARATORS}{HOLE}]*+)([)）]?)")
_CLOSING = re.compile(f"{HOLE}[{_SEPARATORS}{HOLE}]*+(?=[)）])")
_BEFORE_STOP = re.compile(f" {HOLE}(?=[,.;:!?、。，；])")


def without_holes(text: str) -> str:
    """The text as if the templates had never been: ``( ; 1879)`` is ``(1879)``."""
    if HOLE not in text:
        return text
    text = _RUN.sub(lambda run: f" {HOLE}" if " " in run[0] else HOLE, text)
    text = _OPENING.sub(_opened, text)
    text = _closed(text)
    return _BEFORE_STOP.sub("", text).replace(HOLE, "")


def _opened(bracket: "re.Match[str]") -> str:
    opening, inside, closing = bracket.groups()
    if HOLE not in inside:
        return bracket[0]
    return "" if closing else opening


def _closed(text: str) -> str:
    pieces: list[str] = []
    position = 0
    for hole in _CLOSING.finditer(text):
        pieces.append(text[position : hole.start()].rstrip(_SEPARATORS))
        position = hole.end()
    return "".join(pieces) + text[position:]
