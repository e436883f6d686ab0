"""Put pieces, special tokens and mentions of a batch together as model inputs, all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.features import SPECIAL_TEXT, Features, IntArray
from openluke.tokenization.layouts import Pieces
from openluke.tokenization.sheet import counts_before
from openluke.tokenization.tokenizer import WordTokenizer

_Array = npt.NDArray[np.integer[Any]]
NO_TEXT = -1


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
class Reading:
    """T texts as pieces, with the N mentions in them."""

    pieces: Pieces
    entity_ids: IntArray
    """*Shape:* (N,)."""
    entity_types: IntArray
    """*Shape:* (N,)."""
    ranges: _Array
    """Pieces of each mention, within its text. *Shape:* (N, 2)."""
    owners: _Array
    """The text of each mention. *Shape:* (N,)."""
    bounds: _Array
    """First mention of each text, and the end of the last. *Shape:* (T + 1,)."""


class Window(NamedTuple):
    """What one input holds: pieces of a text and perhaps of a second one, and mentions."""

    text: int
    start: int
    end: int
    rows: _Array
    """Rows of ``Reading``, of mentions in the first or the second text."""
    pair: int = NO_TEXT
    """Number of the second text."""
    pair_start: int = 0
    pair_end: int = 0


class _Columns:
    """The windows' numbers as columns, each of shape (W,)."""

    def __init__(self, windows: Sequence[Window], *, frame: Frame) -> None:
        table: _Array = np.array(
            [(w.text, w.start, w.end, w.pair, w.pair_start, w.pair_end) for w in windows],
            dtype=np.int64,
        )
        self.text: _Array = table[:, 0]
        self.start: _Array = table[:, 1]
        end: _Array = table[:, 2]
        self.pair: _Array = table[:, 3]
        self.pair_start: _Array = table[:, 4]
        pair_end: _Array = table[:, 5]
        self.n_first = end - self.start
        self.n_second = pair_end - self.pair_start
        self.has_pair = self.pair != NO_TEXT
        special = 2 + frame.n_separators * self.has_pair
        self.bounds = counts_before(self.n_first + self.n_second + special)
        self.second_begin = 1 + self.n_first + frame.n_separators
        """Where the second text begins in its input, if there is one."""


def assemble(windows: Sequence[Window], *, reading: Reading, frame: Frame) -> list[Features]:
    """The model input of each window.

    The arrays of the inputs are views of the batch's: one input keeps the arrays of all in memory.
    Copy what is kept for long of a large batch, and write into none.
    """
    if not windows:
        return []
    columns = _Columns(windows, frame=frame)
    words = _words(columns, pieces=reading.pieces, frame=frame)
    entities = _entities(columns, windows=windows, reading=reading)
    counts = [len(window.rows) for window in windows]
    entity_bounds = np.cumsum([0, *counts]).tolist()
    word_bounds = columns.bounds.tolist()
    inputs: list[Features] = []
    for number, window in enumerate(windows):
        word = slice(word_bounds[number], word_bounds[number + 1])
        entity = slice(entity_bounds[number], entity_bounds[number + 1])
        inputs.append(
            Features(
                word_ids=words.ids[word],
                word_offsets=words.offsets[word],
                word_texts=words.texts[word],
                word_types=words.types[word],
                entity_ids=entities.ids[entity],
                entity_ranges=entities.ranges[entity],
                entity_types=entities.types[entity],
                entity_sources=entities.sources[entity],
                starts=(window.start, window.pair_start),
            )
        )
    return inputs


class _Words(NamedTuple):
    ids: IntArray
    offsets: IntArray
    texts: IntArray
    types: IntArray


class _Entities(NamedTuple):
    ids: IntArray
    ranges: IntArray
    types: IntArray
    sources: IntArray


def _words(columns: _Columns, *, pieces: Pieces, frame: Frame) -> _Words:
    """Words of all inputs, one input behind the other."""
    has_pair = columns.has_pair
    begins = columns.bounds[:-1]
    # The stretches of pieces that are copied: from where, how many, to where, of which text.
    sources = pieces.bounds[columns.text] + columns.start
    sizes, targets = columns.n_first, begins + 1
    numbers = np.zeros(len(begins), dtype=np.int32)
    if has_pair.any():
        second = pieces.bounds[columns.pair[has_pair]] + columns.pair_start[has_pair]
        sources = np.concatenate((sources, second))
        sizes = np.concatenate((sizes, columns.n_second[has_pair]))
        targets = np.concatenate((targets, (begins + columns.second_begin)[has_pair]))
        numbers = np.concatenate((numbers, np.ones(len(second), dtype=np.int32)))
    total = int(columns.bounds[-1])
    # Every place that no piece is copied to belongs to an eos, but for the first of an input.
    ids = np.full(total, frame.eos, dtype=np.int32)
    ids[begins] = frame.bos
    texts = np.full(total, SPECIAL_TEXT, dtype=np.int32)
    offsets = np.zeros((total, 2), dtype=np.int32)
    before = sizes.cumsum() - sizes
    steps = np.arange(int(sizes.sum()))
    source = steps + (sources - before).repeat(sizes)
    target = steps + (targets - before).repeat(sizes)
    ids[target] = pieces.ids[source]
    offsets[target] = pieces.offsets[source]
    texts[target] = np.where(pieces.is_marker[source], SPECIAL_TEXT, numbers.repeat(sizes))
    full = sizes > 0
    offsets[targets[full] - 1] = offsets[targets[full], 0][:, None]
    offsets[(targets + sizes)[full]] = offsets[(targets + sizes)[full] - 1, 1][:, None]
    types = np.zeros(total, dtype=np.int32)
    if frame.second_type and has_pair.any():
        types[texts == 1] = frame.second_type
        types[columns.bounds[1:][has_pair] - 1] = frame.second_type
    return _Words(ids, offsets, texts, types)


def _entities(columns: _Columns, *, windows: Sequence[Window], reading: Reading) -> _Entities:
    """Entities of all inputs, one input behind the other."""
    rows = np.concatenate([window.rows for window in windows])
    counts = [len(window.rows) for window in windows]
    window = np.arange(len(windows)).repeat(counts)
    owners = reading.owners[rows]
    sources = rows - reading.bounds[owners]
    begin: _Array = np.ones(len(rows), dtype=np.int64)
    start: _Array = columns.start[window]
    size: _Array = columns.n_first[window]
    if columns.has_pair.any():
        second = owners != columns.text[window]
        begin = np.where(second, columns.second_begin[window], begin)
        start = np.where(second, columns.pair_start[window], start)
        size = np.where(second, columns.n_second[window], size)
        n_in_first = np.diff(reading.bounds)[columns.text[window]]
        sources = sources + np.where(second, n_in_first, 0)
    # A mention that goes beyond the window ends with it.
    inside = np.minimum(np.maximum(reading.ranges[rows] - start[:, None], 0), size[:, None])
    return _Entities(
        ids=reading.entity_ids[rows],
        ranges=(inside + begin[:, None]).astype(np.int32),
        types=reading.entity_types[rows],
        sources=sources.astype(np.int32),
    )
