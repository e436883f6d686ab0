"""Characters that stand for others: entities of HTML, spaces of all kinds, signs nobody sees."""

import re
from html.entities import html5

HOLE = "\x01"
"""Where a template or a note was taken out of a line; no character of XML."""

NOTHING = "&#8203;"
"""What keeps two signs apart and is not seen."""

_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z][a-zA-Z0-9]{1,31}));")
_SPACE_ENTITY = re.compile(
    r"&(?:nbsp|ensp|emsp|thinsp|hairsp|numsp|puncsp|#160|#x0*[aA]0|#8194|#8195|#8201|#x200[1-9aA]|"
    r"#32|#x20|#9|#10|#13|Tab|NewLine);"
)
_ASCII_SPACES = "\t\v\f\r"
_ODD_SPACES = f"{_ASCII_SPACES}\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_SPACES = re.compile("  +")
_UNSEEN = re.compile("[\0\x01\x7f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_MARKUP = str.maketrans({sign: f"&#{ord(sign)};" for sign in "[]{}'|<=*#:;_-~!\n"})


def without_unseen(text: str) -> str:
    """The text without direction marks, soft hyphens and the signs that have a meaning here.

    Joiners stay: they are part of how words of Indic and of Arabic script are spelt.
    """
    if text.isascii() and HOLE not in text:  # which is known at once, or nearly
        return text.replace("\0", "")
    return _UNSEEN.sub("", text)


def plain_spaces(text: str) -> str:
    """The text with every run of spaces of any kind as one space; line breaks stay."""
    if "&" in text:
        text = _SPACE_ENTITY.sub(" ", text)
    # one after another takes a twentieth of the time of one expression for all
    for space in _ASCII_SPACES if text.isascii() else _ODD_SPACES:
        text = text.replace(space, " ")
    return single_spaces(text)


def single_spaces(text: str) -> str:
    """The text with every run of plain spaces as one."""
    return _SPACES.sub(" ", text) if "  " in text else text


def decoded(text: str) -> str:
    """The text with the characters that its entities stand for."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def literal(text: str) -> str:
    """The text with entities for all signs of markup, so that none of them counts."""
    return text.translate(_MARKUP)


def literal_brackets(text: str) -> str:
    """The text with entities for its square brackets."""
    return text.replace("[", "&#91;").replace("]", "&#93;")


def _character(entity: "re.Match[str]") -> str:
    decimal, hexadecimal, name = entity.groups()
    if name:
        return without_unseen(html5.get(f"{name};", entity[0]))
    number = int(decimal) if decimal else int(hexadecimal, 16)
    if number < 32 or 0xD800 <= number <= 0xDFFF or number > 0x10FFFF:
        return ""
    return without_unseen(chr(number))
