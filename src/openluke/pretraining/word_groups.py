"""Which word pieces are one word, so that words can be hidden whole."""

import unicodedata

import numpy as np
import numpy.typing as npt
from tokenizers import decoders

from openluke.features import IntArray
from openluke.tokenization.tokenizer import WordTokenizer
from openluke.tokenization.word_boundaries import MARK, RUN, SINGLE, character_kind

BoolArray = npt.NDArray[np.bool_]

_SPACE = "▁"
_UNDECODED = "\ufffd"


class WordGroups:
    """Tells pieces that begin a word from those that go on with one.

    ==============  ==================================================================
    family          a piece goes on with the word before it, unless
    ==============  ==================================================================
    byte_level      a space stands before it, or it begins with punctuation or with a
                    character of a script that is written without spaces
    wordpiece       it lacks ``##``
    sentencepiece   ``▁`` stands before it, or either of the two has there anything but
                    a letter, a digit or a mark of a script that is written with spaces
    ==============  ==================================================================

    The rule for byte-level pieces is that of the published LUKE, but that it looks at characters,
    not at bytes. The published mLUKE took each SentencePiece piece for a word.

    The first piece of a text, and one after a special token, begins a word. What a piece does is
    found once for the whole vocabulary.
    """

    def __init__(self, tokenizer: WordTokenizer) -> None:
        tokens = [tokenizer.token(row) or "" for row in range(tokenizer.n_words)]
        is_open = np.ones(len(tokens), dtype=np.bool_)
        if tokenizer.family == "byte_level":
            decoder = decoders.ByteLevel()
            goes_on = [_goes_on(decoder.decode([token])) for token in tokens]
        elif tokenizer.family == "wordpiece":
            goes_on = [token.startswith("##") for token in tokens]
        else:
            goes_on = [_is_of_word(token[:1]) for token in tokens]
            is_open[:] = [_is_of_word(token[-1:]) or token == _SPACE for token in tokens]
        self._goes_on = np.array(goes_on, dtype=np.bool_)
        self._is_open = is_open
        for row in tokenizer.special_ids:
            self._goes_on[row] = self._is_open[row] = False

    def starts(self, word_ids: IntArray) -> BoolArray:
        """Where a word begins. *Shape:* (L,), as the ids; special tokens are words of their own."""
        goes_on = self._goes_on[word_ids]
        goes_on[1:] &= self._is_open[word_ids[:-1]]
        goes_on[:1] = False
        return ~goes_on


def _goes_on(text: str) -> bool:
    """Whether the text of a byte-level piece goes on with the word before it."""
    first = text[:1]
    if first == _UNDECODED:
        # the rest of a character, or the first bytes of one that no piece holds whole
        return True
    if not first or first.isspace() or _is_punctuation(first):
        return False
    return not (unicodedata.category(first)[0] in "LN" and character_kind(first) == SINGLE)


def _is_punctuation(character: str) -> bool:
    """All of ASCII that is neither a letter, a digit nor a space, and what Unicode calls so."""
    if character.isascii():
        return not character.isalnum()
    return unicodedata.category(character).startswith("P")


def _is_of_word(character: str) -> bool:
    return bool(character) and character_kind(character) in (RUN, MARK)
