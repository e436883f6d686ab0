"""Sentences one after another, until a window is full; links with them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.integer[Any]]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PieceText:
    """L word pieces of some pages, with S sentences and K links in order."""

    ids: Array
    """*Shape:* (L,)."""
    sentences: Array
    """The half-open range of pieces of each; they do not overlap. *Shape:* (S, 2)."""
    pages: Array
    """Number of the page that each sentence is of; it never falls. *Shape:* (S,)."""
    links: Array
    """The half-open range of pieces of each, within its sentence. *Shape:* (K, 2)."""
    owners: Array
    """The sentence of each link; it never falls. *Shape:* (K,)."""
    entities: Array
    """The entity of each link. *Shape:* (K,)."""


class Packed(NamedTuple):
    """Sentences of a page that stand one after another, some of those between them left out."""

    page: int
    """Number of the page."""
    words: Array
    """Ids of the word pieces. *Shape:* (L,)."""
    entities: Array
    """*Shape:* (M,)."""
    ranges: Array
    """The half-open range of pieces of each entity. *Shape:* (M, 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packer:
    """Makes windows of text, and counts what is left out of them."""

    min_words: int
    """Pieces of a sentence at least."""
    max_words: int
    """Pieces of a window at most."""
    max_entities: int
    """Entities of a window at most."""
    keep_plain: bool
    """Whether windows without an entity are kept."""

    def pack(self, text: PieceText, *, counts: Counter[str]) -> Iterator[Packed]:
        """The windows of a text in order; each sentence is in one window at most.

        A sentence that is too short or too long is left out, and the next one takes its place. A
        window ends where the next sentence is of another page or would make it too long.

        Args:
            text: Some whole pages.
            counts: Where it is counted what is kept, and what is left out and why.
        """
        lengths = text.sentences[:, 1] - text.sentences[:, 0]
        kept = self._count_sentences(text, lengths=lengths, counts=counts)
        windows = np.full(len(lengths), -1)
        windows[kept] = fill(lengths[kept], pages=text.pages[kept], limit=self.max_words)
        linked = self._count_links(text, windows=windows, counts=counts)
        n_windows = int(windows.max(initial=-1)) + 1
        n_links = np.bincount(windows[text.owners[linked]], minlength=n_windows)
        n_pieces = np.bincount(windows[kept], weights=lengths[kept], minlength=n_windows)
        is_plain = n_links == 0 if not self.keep_plain else np.zeros(n_windows, dtype=np.bool_)
        dropped = int(n_pieces[is_plain].sum())
        counts["dropped_windows_without_entities"] += int(is_plain.sum())
        counts["dropped_pieces_of_windows_without_entities"] += dropped
        counts["sentences"] += int(kept.sum()) - int(is_plain[windows[kept]].sum())
        counts["dropped_sentences_of_windows_without_entities"] += int(
            is_plain[windows[kept]].sum()
        )
        counts["pieces"] += int(n_pieces.sum()) - dropped
        yield from _cut(text, windows=windows, linked=linked, is_dropped=is_plain)

    def _count_sentences(self, text: PieceText, *, lengths: Array, counts: Counter[str]) -> _Mask:
        """Which sentences are neither too short nor too long."""
        short, long = lengths < self.min_words, lengths > self.max_words
        for is_dropped, what in ((short, "short"), (long, "long")):
            counts[f"dropped_sentences_{what}"] += int(is_dropped.sum())
            counts[f"dropped_pieces_of_{what}_sentences"] += int(lengths[is_dropped].sum())
            n_links = int(is_dropped[text.owners].sum())
            counts[f"dropped_links_of_{what}_sentences"] += n_links
        return ~(short | long)

    def _count_links(self, text: PieceText, *, windows: Array, counts: Counter[str]) -> _Mask:
        """Which links are kept: those that have pieces, and are not too many for their window."""
        is_left = windows[text.owners] >= 0
        has_pieces = text.links[:, 1] > text.links[:, 0]
        counts["dropped_links_without_pieces"] += int((is_left & ~has_pieces).sum())
        numbers = np.flatnonzero(is_left & has_pieces)
        owners = windows[text.owners[numbers]]
        rank = np.arange(len(owners)) - owners.searchsorted(owners)
        counts["dropped_links_beyond_max_entities"] += int((rank >= self.max_entities).sum())
        linked = np.zeros(len(text.links), dtype=np.bool_)
        linked[numbers[rank < self.max_entities]] = True
        counts["mentions"] += int(linked.sum())
        return linked


def fill(lengths: Array, *, pages: Array, limit: int) -> Array:
    """The window of each sentence, counted from 0.

    Args:
        lengths: Pieces of each sentence, at most ``limit``. *Shape:* (S,).
        pages: The page that each is of; windows do not go from one to the next. *Shape:* (S,).
        limit: Pieces of a window at most.
    """
    windows: list[int] = []
    number, room, page = -1, 0, None
    for length, own in zip(lengths.tolist(), pages.tolist(), strict=True):
        if own != page or length > room:
            number, room, page = number + 1, limit, own
        room -= length
        windows.append(number)
    return np.array(windows, dtype=np.int64)


def _cut(text: PieceText, *, windows: Array, linked: _Mask, is_dropped: _Mask) -> Iterator[Packed]:
    """The windows, of the sentences and links that are kept."""
    kept = windows >= 0
    steps = np.zeros(len(text.ids) + 1, dtype=np.int64)
    np.add.at(steps, text.sentences[kept, 0], 1)
    np.add.at(steps, text.sentences[kept, 1], -1)
    is_kept = steps.cumsum()[:-1] > 0
    # The place of each piece among those that are kept, which stand window by window.
    places = np.concatenate(([0], is_kept.cumsum()))
    words, ranges = text.ids[is_kept], places[text.links[linked]]
    entities = text.entities[linked]
    firsts = np.flatnonzero(np.diff(windows[kept], prepend=-1))
    bounds = [*places[text.sentences[kept, 0][firsts]].tolist(), len(words)]
    pages = text.pages[kept][firsts].tolist()
    link_bounds = windows[text.owners[linked]].searchsorted(np.arange(len(pages) + 1)).tolist()
    for number, (page, (start, end), (first, last)) in enumerate(
        zip(pages, pairwise(bounds), pairwise(link_bounds), strict=True)
    ):
        if not is_dropped[number]:
            own = slice(first, last)
            yield Packed(page, words[start:end], entities[own], ranges[own] - start)
