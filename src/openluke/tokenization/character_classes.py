"""What the Rust library makes of single characters: asked of it once each, and kept in a table."""

import unicodedata
from abc import ABC, abstractmethod
from typing import Final

import numpy as np
import numpy.typing as npt
from tokenizers.normalizers import Normalizer
from tokenizers.pre_tokenizers import BertPreTokenizer, ByteLevel

LETTER: Final = 1
NUMBER: Final = 2
SPACE: Final = 3
OTHER: Final = 4
MARK: Final = 5
_UNSEEN: Final = 0
_N_CODE_POINTS: Final = 0x110000

_SPACES: Final = frozenset(" \t\n\u00a0\u3000")
_PLAIN: Final = (
    *(("!", "&"), ("(", "_"), ("a", "~")),  # ASCII without its two accents
    *(("\u00c0", "\u02af"), ("\u1e00", "\u1eff")),  # Latin
    *(("\u0370", "\u03ff"), ("\u1f00", "\u1fff")),  # Greek
    *(("\u0400", "\u052f"), ("\u0531", "\u0586"), ("\u10a0", "\u10ff")),  # Cyrillic and beside it
    *(("\u05d0", "\u05ea"), ("\u0620", "\u06d3")),  # Hebrew, Arabic
    *(("\u0904", "\u0d3a"), ("\u0e01", "\u0e30"), ("\u0e40", "\u0e46")),  # of India, Thai
    *(("\u3041", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7a3")),  # kana, Han, Hangul
)


class CharacterClasses(ABC):
    """A class for each character.

    Python and Rust may know different versions of Unicode, so the answer must come from the one
    that will do the work. Each character is asked about once.
    """

    def __init__(self) -> None:
        self._table = np.zeros(_N_CODE_POINTS, dtype=np.uint8)

    def of(self, code_points: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
        """The class of each character.

        *Shape:* any, the same as ``code_points``.
        """
        classes = self._table[code_points]
        if not classes.all():
            for point in np.unique(code_points[classes == _UNSEEN]):
                self._table[point] = self._ask(chr(point))
            classes = self._table[code_points]
        return classes

    @abstractmethod
    def _ask(self, character: str) -> int:
        """The class of one character."""


class ByteLevelClasses(CharacterClasses):
    """The four classes of GPT-2's pattern: letters, numbers, spaces and the rest."""

    def __init__(self) -> None:
        super().__init__()
        self._rust = ByteLevel(add_prefix_space=False, use_regex=True)

    def _ask(self, character: str) -> int:
        """A character is of a class when it joins two neighbours that are."""
        for kind, neighbour in ((LETTER, "A"), (NUMBER, "1"), (OTHER, "!")):
            word = neighbour + character + neighbour
            if len(self._rust.pre_tokenize_str(word)) == 1:
                return kind
        return SPACE


class BertClasses(CharacterClasses):
    """BERT's spaces, marks (what is a word of its own, Han characters too), and the rest."""

    def __init__(self, normalizer: Normalizer) -> None:
        super().__init__()
        self._normalizer = normalizer
        self._rust = BertPreTokenizer()

    def _ask(self, character: str) -> int:
        """A space or a mark comes between two neighbours."""
        normal = self._normalizer.normalize_str(f"a{character}a")
        words = [word for word, _ in self._rust.pre_tokenize_str(normal)]
        if len(words) < 2 or words[0] != "a" or words[-1] != "a":
            return OTHER
        return SPACE if len(words) == 2 else MARK


class PlainClasses(CharacterClasses):
    """Letters that never join with a space beside them, spaces, and the rest.

    A letter is one of a script that is known, of a group (Unicode's grapheme cluster) that ends
    with it before a space and begins with it after one, and its normal form has no space.
    """

    def __init__(self, normalizer: Normalizer | None) -> None:
        super().__init__()
        self._normalizer = normalizer

    def normal(self, text: str) -> str:
        """A text as the tokenizer's model sees it, but for what stands for spaces."""
        return text if self._normalizer is None else self._normalizer.normalize_str(text)

    def _ask(self, character: str) -> int:
        if character in _SPACES:
            return SPACE if self.normal(f"a{character}a") == "a a" else OTHER
        if not any(first <= character <= last for first, last in _PLAIN):
            return OTHER
        if not character.isascii() and unicodedata.category(character) not in _LETTERS:
            return OTHER
        normal = self.normal(character)
        has_space = "▁" in normal or any(one.isspace() for one in normal)
        return LETTER if normal and not has_space else OTHER


_LETTERS: Final = frozenset(["Lu", "Ll", "Lt", "Lo"])
