"""Texts as word pieces together with their words: which pieces each word has."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from openluke.features import IntArray
from openluke.tokenization.alignment import align
from openluke.tokenization.layouts import Pieces, unmarked
from openluke.tokenization.tokenizer import WordTokenizer
from openluke.tokenization.word_boundaries import split_words

Spacing = Literal["text", "always", "legacy"]
"""Before which words a tokenizer that knows spaces sees one. ``text``: where the text has it.
``always``: before every word, as AllenNLP's readers did. ``legacy``: before every word but those
that begin with an apostrophe or are a single punctuation mark, as the first LUKE did."""

_Array = npt.NDArray[np.integer[Any]]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordsOfText:
    """The N words of a text, and the pieces that they have among the pieces of that text."""

    spans: _Array
    """Half-open ranges of characters, in order. *Shape:* (N, 2)."""
    starts: _Array
    """The first piece of each word. *Shape:* (N,)."""
    ends: _Array
    """The end of each word's pieces. *Shape:* (N,)."""
    can_begin: _Mask
    """Whether a piece begins where the word begins. *Shape:* (N,)."""
    can_end: _Mask
    """Whether a piece ends where the word ends. *Shape:* (N,)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordPieces:
    """T texts as pieces, with their words."""

    pieces: Pieces
    """Offsets are characters of the texts given, whatever spaces the tokenizer saw."""
    words: list[WordsOfText]


def read_words(
    texts: Sequence[str],
    *,
    words: Sequence[Sequence[Sequence[int]] | None],
    tokenizer: WordTokenizer,
    prefix_space: bool = False,
    spacing: Spacing = "text",
) -> WordPieces:
    """Tokenise texts.

    No piece goes across the beginning or end of a word that is given. Texts without words are
    tokenised as they are, and their words are found by ``split_words``.

    Args:
        texts: The texts.
        words: Of each text its words as ranges of characters, in order; ``None`` for a text
            without.
        tokenizer: Whose pieces.
        prefix_space: Whether a text is read as if a space stood before it.
        spacing: Before which words given a space is seen.
    """
    given = [None if each is None else np.array([*each], np.int64).reshape(-1, 2) for each in words]
    read = [
        _Read(text, words=each, spacing=spacing, prefix_space=prefix_space)
        for text, each in zip(texts, given, strict=True)
    ]
    aligned = align(
        [each.text for each in read],
        boundaries=np.concatenate([np.zeros(0, np.int64), *(each.places.ravel() for each in read)]),
        counts=[each.places.size for each in read],
        tokenizer=tokenizer,
        prefix_space=[each.prefix_space for each in read],
    )
    bounds = np.cumsum([0, *(each.places.size for each in read)]).tolist()
    found: list[WordsOfText] = []
    for number, each in enumerate(given):
        offsets = aligned.offsets[aligned.bounds[number] : aligned.bounds[number + 1]]
        if each is None:
            found.append(_words_of_raw(texts[number], offsets=offsets))
            continue
        read[number].move_back(offsets)
        places = aligned.places[bounds[number] : bounds[number + 1]].reshape(-1, 2)
        has_pieces = places[:, 1] > places[:, 0]
        found.append(
            WordsOfText(
                spans=each,
                starts=places[:, 0],
                ends=places[:, 1],
                can_begin=has_pieces,
                can_end=has_pieces,
            )
        )
    return WordPieces(pieces=unmarked(aligned), words=found)


class _Read:
    """What the tokenizer sees of a text."""

    def __init__(
        self, text: str, *, words: _Array | None, spacing: Spacing, prefix_space: bool
    ) -> None:
        self._words = words
        self.text = text
        self.prefix_space = prefix_space
        self.places = np.zeros((0, 2), dtype=np.int64) if words is None else words
        """Where the words given stand in it. *Shape:* (N, 2)."""
        if words is None or spacing == "text":
            return
        contents = [text[start:end] for start, end in words.tolist()]
        spaces = [spacing == "always" or not stands_close(content) for content in contents]
        self.prefix_space = spaces[:1] == [True]
        spaces = [False, *spaces[1:]] if spaces else spaces
        self.text = "".join(" " * space + c for space, c in zip(spaces, contents, strict=True))
        ends = np.cumsum(np.diff(words).ravel() + np.array(spaces, dtype=np.int64))
        self.places = np.stack((ends - np.diff(words).ravel(), ends), axis=1)

    def move_back(self, offsets: IntArray) -> None:
        """Turn ranges of characters of what was seen into those of the text, in place."""
        words = self._words
        if words is None or words is self.places or not len(words):
            return
        word = np.searchsorted(self.places[:, 1], offsets[:, 0], side="right")
        word = np.minimum(word, len(words) - 1)
        moved = offsets + (words[:, 0] - self.places[:, 0])[word, None]
        offsets[:] = np.clip(moved, words[word, :1], words[word, 1:])


def stands_close(word: str) -> bool:
    """Whether the first LUKE read a word without a space before it."""
    return word[0] == "'" or (len(word) == 1 and _is_punctuation(word))


def _is_punctuation(character: str) -> bool:
    """What BERT takes for punctuation: all of ASCII that is no letter, digit or space, and P*."""
    is_ascii = "!" <= character <= "~" and not character.isalnum()
    return is_ascii or unicodedata.category(character).startswith("P")


def _words_of_raw(text: str, *, offsets: IntArray) -> WordsOfText:
    spans = split_words(text)
    points = np.array([character == " " for character in text], dtype=np.bool_)
    # A space before a word, where it is a piece of its own, belongs to the word.
    after_space = (spans[:, 0] > 0) & points[spans[:, 0] - 1] if len(text) else spans[:, 0] > 0
    begins = spans[:, 0] - after_space
    piece_starts = np.append(offsets[:, 0], len(text) + 1)
    piece_ends = np.insert(np.maximum.accumulate(offsets[:, 1]), 0, -1)
    starts = np.searchsorted(piece_ends[1:], begins, side="right")
    ends = np.searchsorted(np.maximum.accumulate(offsets[:, 0]), spans[:, 1], side="left")
    has_pieces = ends > starts
    return WordsOfText(
        spans=spans,
        starts=starts,
        ends=ends,
        can_begin=has_pieces & (piece_starts[starts] >= begins),
        can_end=has_pieces & (piece_ends[ends] <= spans[:, 1]),
    )
