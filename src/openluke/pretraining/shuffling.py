"""Orders that are computed, not stored: which number stands at a place of a shuffled range."""

from collections.abc import Sequence
from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.errors import ConfigError

_ROUNDS = 8
_MOST = 1 << 60
"""So that no sum of two numbers leaves 64 bits."""

Numbers = npt.NDArray[np.int64]
_Words = npt.NDArray[np.uint64]


class Permutation:
    """The numbers from 0 to n - 1 in an order that a key decides, in memory that n does not change.

    A number is written as two digits, and each digit is moved on by a hash of the other, turn and
    turn about (a Feistel network). That takes every pair of digits to another one; what leaves the
    range is moved on until it is back.

    Args:
        n: How many numbers there are.
        key: Numbers from 0 on, such as a seed and an epoch; every other key gives another order.
    """

    def __init__(self, n: int, *, key: Sequence[int]) -> None:
        if not 0 < n <= _MOST:
            raise ConfigError(f"found n={n:,} numbers to shuffle, expected 1 to {_MOST:,}")
        if not key or min(key) < 0:
            raise ConfigError(f"found the key {list(key)}, expected numbers from 0 on")
        self._n = n
        # Two digits of about the same size, so that hardly any pair of them is out of the range.
        self._first = isqrt(n - 1) + 1
        self._second = -(-n // self._first)
        # With its length, since a seed sequence does not tell [1] from [1, 0].
        seeds = np.random.SeedSequence([len(key), *key])
        self._keys = seeds.generate_state(_ROUNDS, np.uint64)

    def __call__(self, places: npt.NDArray[np.integer[Any]]) -> Numbers:
        """The numbers that stand at places. *Shapes:* (N,) and (N,)."""
        numbers = self._step(places.astype(np.uint64))
        while (outside := np.flatnonzero(numbers >= self._n)).size:
            numbers[outside] = self._step(numbers[outside])
        return numbers.astype(np.int64)

    def _step(self, numbers: _Words) -> _Words:
        """Another number below ``first * second`` for each."""
        one, other = np.divmod(numbers, np.uint64(self._second))
        sizes = np.uint64(self._first), np.uint64(self._second)
        for key in self._keys:
            one = (one + _hash(other ^ key) % sizes[0]) % sizes[0]
            one, other, sizes = other, one, sizes[::-1]
        return one * np.uint64(self._second) + other


def _hash(words: _Words) -> _Words:
    """Mix all bits of each word with each other, as SplitMix64 does."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
