"""Words of texts that come without them: where what is found in a text may begin and end."""

import re
import unicodedata

import numpy as np
import numpy.typing as npt

SPACE, RUN, MARK, SINGLE = "srmx"
"""The kinds of characters that words are made of: see ``split_words``."""

_OF_CATEGORIES = {"L": RUN, "N": RUN, "M": MARK, "Cf": MARK}
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # marks of repetition, zero
    (0x3040, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Chinese characters
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # narrow Katakana
    (0x20000, 0x3FFFF),
)
_WORD = re.compile(f"{RUN}[{RUN}{MARK}]*|[{SINGLE}{MARK}]{MARK}*")


class _Kinds(dict[int, str]):
    """The kind of each character, found when it is asked for the first time."""

    def __missing__(self, point: int) -> str:
        self[point] = kind = character_kind(chr(point))
        return kind


_kinds = _Kinds()


def split_words(text: str) -> npt.NDArray[np.int64]:
    """The words of a text as half-open ranges of characters, in order.

    A word is a run of letters and digits with the marks that belong to them. Each character of a
    script that is written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) is a word
    of its own, and so is everything else that is no space: a full stop, a hyphen, an apostrophe, an
    emoji. Every character that is no space is in exactly one word.

    *Shape:* (N, 2).
    """
    words = [match.span() for match in _WORD.finditer(text.translate(_kinds))]
    return np.array(words, dtype=np.int64).reshape(-1, 2)


def character_kind(character: str) -> str:
    """Whether a character is space, runs on in a word, marks the one before it or stands alone."""
    if character.isspace():
        return SPACE
    category = unicodedata.category(character)
    kind = _OF_CATEGORIES.get(category, _OF_CATEGORIES.get(category[0], SINGLE))
    if kind == RUN and any(first <= ord(character) <= last for first, last in _WITHOUT_SPACES):
        return SINGLE
    return kind
