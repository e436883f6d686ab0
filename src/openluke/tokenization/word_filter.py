"""Which stretches of words may be known names: two sets of hashes that tell most others apart.

A hash of a stretch of text is had from sums over the whole text in a few operations, whatever its
length, so that all stretches of a text are looked at together. A set may say yes to what is not in
it (one time in ten at the most), never no to what is.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.entities.character_table import CodePoints, code_points
from openluke.entities.mapped_names import load_array
from openluke.entities.mention_keys import MentionForm, fold_text
from openluke.errors import CheckpointError
from openluke.tokenization.word_arrays import is_space, kinds_of, word_ranges

STARTS = "starts.npy"  # the set of what names begin with, whole words of them
WHOLES = "wholes.npy"  # the set of names
LENGTHS = "lengths.npy"  # how many names have 0, 1, 2 ... words

_START_BITS, _WHOLE_BITS = 8, 16
"""Bits of a set for each stretch in it, repeated ones counted."""
_FACTOR = 0x9E3779B97F4A7C15
_INVERSE = pow(_FACTOR, -1, 2**64)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_BATCH = 50_000

_Hashes = npt.NDArray[np.uint64]
_Places = npt.NDArray[np.int64]
_Bits = npt.NDArray[np.uint8]


class KeyedWords(NamedTuple):
    """The words of a text, with what names are compared by."""

    starts: _Places
    ends: _Places
    """Characters of the text."""
    points: CodePoints
    """The characters that are compared."""
    key_starts: _Places
    key_ends: _Places
    """Where the words are in ``points``."""


class Stretches(NamedTuple):
    """Stretches of words, by the numbers of the first and the last."""

    first: _Places
    last: _Places


class WordFilter:
    """What names begin with, and what they are."""

    def __init__(self, *, starts: _Bits, wholes: _Bits, lengths: npt.NDArray[np.int64]) -> None:
        self._starts, self._wholes, self._lengths = starts, wholes, lengths
        self.most_words = len(lengths) - 1
        """Of the longest name."""

    @classmethod
    def build(cls, keys: Iterable[str], *, lengths: npt.NDArray[np.int64]) -> "WordFilter":
        """The sets for names, each as it is compared.

        Args:
            keys: The names.
            lengths: How many of them have how many words: what ``count_words`` gives.
        """
        n_words = int((lengths * np.arange(len(lengths))).sum())
        n_names = int(lengths.sum())
        built = cls(
            starts=np.zeros((n_words - n_names) * _START_BITS // 8 + 1, dtype=np.uint8),
            wholes=np.zeros(n_names * _WHOLE_BITS // 8 + 1, dtype=np.uint8),
            lengths=lengths,
        )
        for batch in _batches(keys):
            names = _words_of_names(batch)
            hashes = _Sums(names.words).hashes(names.first, ends=names.words.key_ends)
            built._add(hashes, is_last=names.is_last)
        return built

    @classmethod
    def open(cls, directory: Path) -> "WordFilter":
        """Map the files that ``save`` has written."""
        opened = cls(
            starts=load_array(directory / STARTS, dtype=np.uint8),
            wholes=load_array(directory / WHOLES, dtype=np.uint8),
            lengths=load_array(directory / LENGTHS, dtype=np.int64),
        )
        if not (len(opened._starts) and len(opened._wholes) and len(opened._lengths)):
            raise CheckpointError(f"{directory}: empty sets of names; make the table again")
        return opened

    def save(self, directory: Path) -> None:
        """Write the sets into a directory."""
        np.save(directory / STARTS, self._starts, allow_pickle=False)
        np.save(directory / WHOLES, self._wholes, allow_pickle=False)
        np.save(directory / LENGTHS, self._lengths, allow_pickle=False)

    def stretches(self, words: KeyedWords) -> Stretches:
        """All stretches of words that may be names: every name, and a few others."""
        sums = _Sums(words)
        first = last = np.arange(len(words.starts))
        firsts, lasts = [first[:0]], [first[:0]]
        for _ in range(self.most_words):
            hashes = sums.hashes(first, ends=words.key_ends[last])
            is_whole = _are_in(self._wholes, places=_whole_places(hashes, bits=self._wholes))
            firsts.append(first[is_whole])
            lasts.append(last[is_whole])
            goes_on = _are_in(self._starts, places=_start_places(hashes, bits=self._starts))
            goes_on[np.searchsorted(last, len(words.starts) - 1) :] = False
            first = first[goes_on]
            last = last[goes_on] + 1
            if not len(first):
                break
        return Stretches(np.concatenate(firsts), np.concatenate(lasts))

    def _add(self, hashes: _Hashes, *, is_last: npt.NDArray[np.bool_]) -> None:
        wholes = _whole_places(hashes[is_last], bits=self._wholes)
        starts = _start_places(hashes[~is_last], bits=self._starts)
        for bits, places in ((self._wholes, wholes), (self._starts, starts)):
            at, flags = places >> np.uint64(3), (places & np.uint64(7)).astype(np.uint8)
            np.bitwise_or.at(bits, at, np.uint8(1) << flags)


def key_words(text: str, *, form: MentionForm, across_lines: bool) -> KeyedWords:
    """The words of a text; those of which nothing is compared, such as a lone accent, left out.

    Unless names may go across line breaks, these are compared as NUL, which no name has.
    """
    points = code_points(text)
    kinds = kinds_of(points)
    starts, ends = word_ranges(kinds)
    folded = fold_text(points, is_space=is_space(kinds), form=form)
    if not across_lines:
        # Of the white space around it a line break is the first, and kept, or follows what is.
        folded.points[folded.places[np.flatnonzero(points == ord("\n")) + 1] - 1] = 0
    key_starts, key_ends = folded.places[starts], folded.places[ends]
    kept = key_ends > key_starts
    if not kept.all():
        starts, ends, key_starts, key_ends = (
            values[kept] for values in (starts, ends, key_starts, key_ends)
        )
    return KeyedWords(starts, ends, folded.points, key_starts, key_ends)


def words_per_name(keys: Iterable[str]) -> Iterator[npt.NDArray[np.int64]]:
    """How many words each name has; the numbers come in groups."""
    for batch in _batches(keys):
        names = _words_of_names(batch)
        yield np.bincount(names.name, minlength=len(batch))


def count_words(keys: Iterable[str]) -> npt.NDArray[np.int64]:
    """How many names have 0, 1, 2 ... words, up to as many as the longest has."""
    lengths = np.zeros(1, dtype=np.int64)
    for n_words in words_per_name(keys):
        counts = np.bincount(n_words, minlength=len(lengths))
        counts[: len(lengths)] += lengths
        lengths = counts
    return lengths


class _Sums:
    """Sums over a text from which the hash of any stretch of it is had."""

    def __init__(self, words: KeyedWords) -> None:
        n_points = len(words.points)
        sums = np.zeros(n_points + 1, dtype=np.uint64)
        values = words.points.astype(np.uint64)
        values += np.uint64(1)  # so that it counts how many NULs a stretch begins with
        values *= _powers.up_to(n_points)
        np.cumsum(values, out=sums[1:])
        self._sums = sums
        self._at_starts = sums[words.key_starts]
        self._scales = _inverse_powers.up_to(n_points)[words.key_starts]

    def hashes(self, first: _Places, *, ends: _Places) -> _Hashes:
        """Of what stands from the start of each first word to each end."""
        hashes = self._sums[ends]
        hashes -= self._at_starts[first]
        hashes *= self._scales[first]
        hashes ^= hashes >> _HALF
        hashes *= _MIX
        hashes ^= hashes >> _HALF
        return hashes


class _Powers:
    """Powers of a factor, as many as were needed so far."""

    def __init__(self, factor: int) -> None:
        self._factor = factor
        self._values = np.ones(1, dtype=np.uint64)

    def up_to(self, size: int) -> _Hashes:
        """The first powers, from that of 0 on."""
        if size > len(self._values):
            factors = np.full(1 << size.bit_length(), self._factor, dtype=np.uint64)
            factors[0] = 1
            self._values = np.multiply.accumulate(factors)
        return self._values[:size]


class _Names(NamedTuple):
    """Names in one text, each on a line."""

    words: KeyedWords
    name: _Places
    """Of each word, the number of its name."""
    first: _Places
    """Of each word, the first word of the same name."""
    is_last: npt.NDArray[np.bool_]
    """Whether it ends its name."""


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    keys = iter(keys)
    while batch := list(islice(keys, _BATCH)):
        yield batch


def _words_of_names(keys: list[str]) -> _Names:
    words = key_words("\n".join(keys), form="written", across_lines=True)
    line_starts = np.cumsum([0, *(len(key) + 1 for key in keys[:-1])])
    line = np.searchsorted(line_starts, words.starts, side="right") - 1
    begins, is_last = np.ones((2, len(line)), dtype=np.bool_)
    begins[1:] = is_last[:-1] = line[1:] != line[:-1]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(line)), 0))
    return _Names(words, line, first, is_last)


def _start_places(hashes: _Hashes, *, bits: _Bits) -> _Hashes:
    return ((hashes >> _HALF) * np.uint64(8 * len(bits))) >> _HALF


def _whole_places(hashes: _Hashes, *, bits: _Bits) -> _Hashes:
    return ((hashes & _LOW) * np.uint64(8 * len(bits))) >> _HALF


def _are_in(bits: _Bits, *, places: _Hashes) -> npt.NDArray[np.bool_]:
    found = bits[places >> np.uint64(3)] >> (places & np.uint64(7)).astype(np.uint8)
    return (found & 1).astype(np.bool_)


_powers, _inverse_powers = _Powers(_FACTOR), _Powers(_INVERSE)
