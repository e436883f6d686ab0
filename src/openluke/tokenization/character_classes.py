"""Which characters the byte-level pre-tokenizer holds for letters, numbers, spaces and the rest."""

from typing import Final

import numpy as np
import numpy.typing as npt
from tokenizers.pre_tokenizers import ByteLevel

LETTER: Final = 1
NUMBER: Final = 2
SPACE: Final = 3
OTHER: Final = 4
_UNSEEN: Final = 0
_N_CODE_POINTS: Final = 0x110000


class CharacterClasses:
    """The four classes of GPT-2's pattern, asked of the Rust library itself.

    Python and Rust may know different versions of Unicode, so the answer must come from the one
    that will do the splitting. Each character is asked about once.
    """

    def __init__(self) -> None:
        self._rust = ByteLevel(add_prefix_space=False, use_regex=True)
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

    def _ask(self, character: str) -> int:
        """A character is of a class when it joins two neighbours that are."""
        for kind, neighbour in ((LETTER, "A"), (NUMBER, "1"), (OTHER, "!")):
            word = neighbour + character + neighbour
            if len(self._rust.pre_tokenize_str(word)) == 1:
                return kind
        return SPACE
