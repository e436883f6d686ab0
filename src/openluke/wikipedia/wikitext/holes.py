"""What templates leave behind where they are taken out of a line, such as empty brackets."""

import re

from openluke.wikipedia.wikitext.characters import HOLE

_SEPARATORS = " ;,:、，；"
_STOPS = frozenset(",.;:!?、。，；")
_OPENING, _CLOSING = ("(", "（"), frozenset(")）")
_HOLES = re.compile(f"{HOLE}[{_SEPARATORS}{HOLE}]*+")


def without_holes(text: str) -> str:
    """The text as if the templates had never been: ``( ; 1879)`` is ``(1879)``.

    Where one stood between spaces, both are left.
    """
    if HOLE not in text:
        return text
    pieces: list[str] = []
    position = 0
    for holes in _HOLES.finditer(text):
        end = holes.end()
        after = text[end : end + 1]
        before = text[position : holes.start()]
        kept = before.rstrip(_SEPARATORS)
        if kept.endswith(_OPENING):
            if after in _CLOSING:  # nothing is left within brackets
                end += 1
                kept = kept[:-1]
                if text[end : end + 1] in _STOPS:
                    kept = kept.rstrip()
        elif kept.endswith("|") and after == "]":
            kept += " "  # a link shows nothing, which is another thing than the pipe trick
        elif after not in _CLOSING:
            separators = holes[0].replace(HOLE, "")
            if (separators or after)[:1] in _STOPS:
                before = before.rstrip()
            kept = before + separators
        pieces.append(kept)
        position = end
    return "".join(pieces) + text[position:]
