"""What is pretrained on, in which order: one corpus or several, mixed, of any size."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from openluke.errors import ConfigError, DataError
from openluke.instances import Instance
from openluke.pretraining.corpus.shards import Shards
from openluke.pretraining.shuffling import Numbers, Permutation

BLOCK = 1 << 16
"""Places of the stream in which each corpus has its share."""

_WHOLE = 1 << 30
_LEAST = 1 << 15
"""The least weight, of ``_WHOLE`` for all: a place in each block."""
_KEPT = 2
_ORDER, _CHOICE = 0, 1


class _Member(NamedTuple):
    """A window of one of the corpora."""

    source: int
    number: int


class _Block(NamedTuple):
    """Some places of the stream."""

    sources: Numbers
    """Which corpus has each place. *Shape:* (BLOCK,)."""
    draws: Numbers
    """How many places that corpus has before it, in the whole stream. *Shape:* (BLOCK,)."""


class CorpusData:
    """Micro-batches of windows of corpora, epoch after epoch; a ``DataSource``.

    All is computed from the seed and the position, in memory that the size of the corpora does not
    change. The windows of a corpus come in an order that is drawn anew each time all have come. Of
    several corpora, the one of n windows has a share of places in proportion to n to the power of
    ``smoothing``; at the end of each block it has it to within one window. An epoch has as many
    windows as all corpora together.

    Args:
        sources: The windows of each corpus.
        seed: Where the orders come from.
        batch_size: Windows of a micro-batch; the last one of an epoch may have fewer.
        smoothing: 1 takes each corpus by its size, 0 takes all alike.
    """

    def __init__(
        self, sources: Sequence[Shards], *, seed: int, batch_size: int, smoothing: float = 0.7
    ) -> None:
        if not sources or not all(map(len, sources)):
            raise DataError(
                f"found corpora of {[len(source) for source in sources]} windows, expected one or "
                "more corpora, each with windows to learn from"
            )
        if batch_size < 1:
            raise ConfigError(f"batch_size is {batch_size}, expected 1 or more")
        if not 0 <= smoothing <= 1:
            raise ConfigError(f"smoothing is {smoothing}, expected 0 to 1")
        if seed < 0:
            raise ConfigError(f"seed is {seed}, expected 0 or more")
        self._sources = tuple(sources)
        self._seed, self._batch_size, self._smoothing = seed, batch_size, smoothing
        self._n = sum(map(len, sources))
        self._n_batches = -(-self._n // batch_size)
        self._weights = _weights([len(source) for source in sources], smoothing=smoothing)
        self._blocks: dict[int, _Block] = {}

    @property
    def fingerprint(self) -> str:
        """Of the corpora, their shares and the order."""
        facts = [source.fingerprint for source in self._sources]
        facts.append(repr((self._seed, self._batch_size, self._smoothing)))
        return hashlib.blake2b("\n".join(facts).encode(), digest_size=16).hexdigest()

    def start(self, epoch: int) -> int:
        """The position at which an epoch begins."""
        return epoch * self._n_batches

    def batch(self, position: int) -> list[Instance]:
        """The windows of a micro-batch; the target ``"page"`` is the row of each one's page."""
        return [
            Instance(
                features=(example.features,),
                targets={"page": np.array([example.page], dtype=np.int64)},
            )
            for source, number in self._members(position)
            for example in self._sources[source].read([number])
        ]

    def describe(self, position: int) -> list[str]:
        """The title of the page of each window of a micro-batch, and where the window lies."""
        several = len(self._sources) > 1
        return [
            f"{title} (window {number}{f' of corpus {source}' if several else ''})"
            for source, number in self._members(position)
            for title in self._sources[source].titles([number])
        ]

    def _members(self, position: int) -> list[_Member]:
        epoch, batch = divmod(position, self._n_batches)
        first = batch * self._batch_size
        places = epoch * self._n + np.arange(first, min(first + self._batch_size, self._n))
        sources, draws = self._drawn(places)
        numbers = np.empty_like(draws)
        for source in np.unique(sources).tolist():
            own = sources == source
            numbers[own] = self._numbers(source, draws=draws[own])
        return list(map(_Member, sources.tolist(), numbers.tolist()))

    def _drawn(self, places: Numbers) -> tuple[Numbers, Numbers]:
        """For places of the stream the corpus that each has, and how many that one had before."""
        numbers, within = np.divmod(places, BLOCK)
        blocks = [self._block(number) for number in np.unique(numbers).tolist()]
        within += (numbers - numbers[0]) * BLOCK
        sources = np.concatenate([block.sources for block in blocks])
        draws = np.concatenate([block.draws for block in blocks])
        return sources[within], draws[within]

    def _numbers(self, source: int, *, draws: Numbers) -> Numbers:
        """The windows that are drawn from a corpus at some times, counted from 0."""
        times, places = np.divmod(draws, len(self._sources[source]))
        numbers = np.empty_like(places)
        for time in np.unique(times).tolist():
            now = times == time
            key = [self._seed, _ORDER, source, time]
            numbers[now] = Permutation(len(self._sources[source]), key=key)(places[now])
        return numbers

    def _block(self, number: int) -> _Block:
        block = self._blocks.get(number)
        if block is None:
            while len(self._blocks) >= _KEPT:
                self._blocks.pop(next(iter(self._blocks)))
            block = self._blocks[number] = self._make_block(number)
        return block

    def _make_block(self, number: int) -> _Block:
        before = np.array(places_of(self._weights, n_places=number * BLOCK))
        counts = np.array(places_of(self._weights, n_places=(number + 1) * BLOCK)) - before
        owners = np.arange(len(counts)).repeat(counts)
        draws_in_turn = np.arange(BLOCK) + (before - (counts.cumsum() - counts))[owners]
        order = Permutation(BLOCK, key=[self._seed, _CHOICE, number])(np.arange(BLOCK))
        sources = owners[order]
        draws = np.empty(BLOCK, dtype=np.int64)
        draws[np.argsort(sources, kind="stable")] = draws_in_turn
        return _Block(sources, draws)


def places_of(weights: Sequence[int], *, n_places: int) -> list[int]:
    """How many of the first places of a stream each corpus has; together they are all.

    Each has its share, rounded down or up. Whoever has a place or more in each block never has
    fewer at the end of one than before it.
    """
    whole = sum(weights)
    shares = [divmod(n_places * weight, whole) for weight in weights]
    counts = [count for count, _ in shares]
    by_rest = sorted(range(len(shares)), key=lambda index: -shares[index][1])
    for index in by_rest[: n_places - sum(counts)]:
        counts[index] += 1
    return counts


def _weights(sizes: Sequence[int], *, smoothing: float) -> list[int]:
    """Whole numbers in proportion to smoothed sizes."""
    smoothed = [size**smoothing for size in sizes]
    return [max(_LEAST, round(_WHOLE * one / sum(smoothed))) for one in smoothed]
