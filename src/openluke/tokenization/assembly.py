"""Put the pieces of one or two texts, special tokens and mentions together as model inputs."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.features import SPECIAL_TEXT, Features, IntArray
from openluke.tokenization.layouts import Pieces
from openluke.tokenization.tokenizer import WordTokenizer

_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The special tokens around texts: ``bos first eos``, ``bos first eos… second eos``."""

    bos: int
    eos: int
    n_separators: int
    """How many ``eos`` stand between two texts."""
    second_type: int
    """Word type of the second text and the ``eos`` after it."""

    @classmethod
    def of(cls, tokenizer: WordTokenizer) -> "Frame":
        """BERT has one separator and types of its own, the RoBERTa family two separators."""
        is_bert = tokenizer.family == "wordpiece"
        return cls(
            bos=tokenizer.bos_id,
            eos=tokenizer.eos_id,
            n_separators=1 if is_bert else 2,
            second_type=int(is_bert),
        )

    def n_special(self, *, pair: bool) -> int:
        """How many special tokens an input has."""
        return 2 + self.n_separators if pair else 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mentions:
    """The mentions of one or two texts, those of the second after those of the first."""

    ids: IntArray
    """Entity ids. *Shape:* (N,)."""
    types: IntArray
    """*Shape:* (N,)."""
    ranges: _Array
    """Pieces of each mention in its own text. *Shape:* (N, 2)."""
    n_first: int
    """How many belong to the first text."""

    def __len__(self) -> int:
        return len(self.ids)


class Window(NamedTuple):
    """What one input holds of the texts: ranges of their pieces and rows of their mentions."""

    first: tuple[int, int]
    second: tuple[int, int] | None
    rows: _Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """One or two texts as pieces, from which windows are made."""

    frame: Frame
    first: Pieces
    second: Pieces | None
    mentions: Mentions

    @property
    def is_pair(self) -> bool:
        """Whether there are two texts."""
        return self.second is not None

    def features(self, window: Window) -> Features:
        """One model input."""
        start, end = window.first
        parts = [_stretch(self.first, start=start, end=end)]
        ranges = self.mentions.ranges[window.rows] + (1 - start)
        if len(ranges):
            np.clip(ranges, 1, 1 + end - start, out=ranges)
        n_first = end - start + 2
        if self.second is not None and window.second is not None:
            parts.append(_stretch(self.second, start=window.second[0], end=window.second[1]))
            in_second = window.rows >= self.mentions.n_first
            begin = n_first + self.frame.n_separators - 1
            moved = self.mentions.ranges[window.rows] + (begin - window.second[0])
            moved = np.clip(moved, begin, begin + window.second[1] - window.second[0])
            ranges = np.where(in_second[:, None], moved, ranges)
        return _features(
            parts,
            frame=self.frame,
            ids=self.mentions.ids[window.rows],
            types=self.mentions.types[window.rows],
            ranges=ranges.astype(np.int32, copy=False),
            sources=window.rows.astype(np.int32),
            starts=(start, window.second[0] if window.second is not None else 0),
        )


def _stretch(pieces: Pieces, *, start: int, end: int) -> Pieces:
    """Some pieces in a row, without copying them."""
    return Pieces(
        ids=pieces.ids[start:end],
        offsets=pieces.offsets[start:end],
        texts=pieces.texts[start:end],
        ranges=pieces.ranges,
    )


def _features(
    parts: list[Pieces],
    *,
    frame: Frame,
    ids: IntArray,
    types: IntArray,
    ranges: IntArray,
    sources: IntArray,
    starts: tuple[int, int],
) -> Features:
    is_pair = len(parts) == 2
    length = sum(map(len, parts)) + frame.n_special(pair=is_pair)
    # Every place that no piece is written to belongs to an eos, but for the first.
    word_ids = np.full(length, frame.eos, dtype=np.int32)
    word_ids[0] = frame.bos
    offsets = np.zeros((length, 2), dtype=np.int32)
    texts = np.full(length, SPECIAL_TEXT, dtype=np.int32)
    word_types = np.zeros(length, dtype=np.int32)
    begin = 1
    for number, part in enumerate(parts):
        end = begin + len(part)
        word_ids[begin:end] = part.ids
        offsets[begin:end] = part.offsets
        texts[begin:end] = part.texts
        if len(part):
            offsets[begin - 1] = part.offsets[0, 0]
            offsets[end] = part.offsets[-1, 1]
        if number:
            word_types[begin : end + 1] = frame.second_type
        begin = end + frame.n_separators
    return Features(
        word_ids=word_ids,
        word_offsets=offsets,
        word_texts=texts,
        word_types=word_types,
        entity_ids=ids,
        entity_ranges=ranges,
        entity_types=types,
        entity_sources=sources,
        starts=starts,
    )
