"""What names in texts are compared by: as they are written, or without case and accents."""

import unicodedata
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.entities.character_table import CharacterTable, CodePoints

MentionForm = Literal["written", "folded"]
"""How names are compared. In both forms any white space between words is one space.

``"written"``: character by character. ``"folded"``: without case and accents, as far as those of a
character can be told from it alone, so that texts are expected in composed characters (NFC).
Signs that make other letters stay, such as the vowels of Hindi and Thai and the voicing of kana.
"""

_ACCENTS = (range(10, 37), range(200, 241))
"""Combining classes of the points of Hebrew and Arabic and of accents above and below letters."""


class FoldedText(NamedTuple):
    """The characters that a text is compared by."""

    points: CodePoints
    places: npt.NDArray[np.int64]
    """Where in ``points`` what came of each character begins, and after them where the last ends.

    *Shape:* (N + 1,) for N characters of text.
    """


def mention_key(mention: str, *, form: MentionForm) -> str:
    """What a name is compared by."""
    folded = mention.translate(_folds) if form == "folded" else mention
    return " ".join(folded.split())


def fold_text(
    points: CodePoints, *, is_space: npt.NDArray[np.bool_], form: MentionForm
) -> FoldedText:
    """What ``mention_key`` makes of a text, with the place of every character in it.

    White space at both ends stays, but as one space.
    """
    singles, widths = _fold_each(points, form=form)
    singles[is_space] = ord(" ")
    widths[is_space] = 1
    if (widths == 1).all() and not (is_space[1:] & is_space[:-1]).any():
        return FoldedText(singles, np.arange(len(points) + 1))
    kept = np.flatnonzero(widths)
    spaces = is_space[kept]
    widths[kept[1:][spaces[1:] & spaces[:-1]]] = 0  # a space after a space
    places = np.zeros(len(points) + 1, dtype=np.int64)
    np.cumsum(widths, out=places[1:])
    folded = np.repeat(singles, widths)
    wide = np.flatnonzero(widths > 1)
    for point in np.unique(points[wide]).tolist():
        at = places[wide[points[wide] == point]]
        for index, character in enumerate(_folds[point]):
            folded[at + index] = ord(character)
    return FoldedText(folded, places)


def fold_character(character: str) -> str:
    """What a character is in the form ``"folded"``: nothing, another character or several."""
    parts = unicodedata.normalize("NFD", character.casefold())
    return unicodedata.normalize("NFC", "".join(part for part in parts if not _is_accent(part)))


def _is_accent(character: str) -> bool:
    combining = unicodedata.combining(character)
    return any(combining in accents for accents in _ACCENTS)


class _Folds(dict[int, str]):
    """What each character becomes, found when it is asked for the first time."""

    def __missing__(self, point: int) -> str:
        self[point] = folded = fold_character(chr(point))
        return folded


def _fold_each(
    points: CodePoints, *, form: MentionForm
) -> tuple[CodePoints, npt.NDArray[np.unsignedinteger]]:
    """The first character that each becomes, and how many it becomes."""
    if form == "written":
        return points.copy(), np.ones(len(points), dtype=np.uint8)
    return _firsts[points].astype(np.uint32, copy=False), _widths[points]


def _first(character: str) -> int:
    return ord(_folds[ord(character)][:1] or "\0")


def _width(character: str) -> int:
    return len(_folds[ord(character)])


_folds = _Folds()
_firsts = CharacterTable(_first, dtype=np.uint32)
_widths = CharacterTable(_width, dtype=np.uint8)
