"""Character places and piece places: the only file that turns one into the other.

A *boundary* is a place between two characters that no piece may go across. Texts are cut into
*segments* at boundaries, each segment is encoded as if it stood alone, and the pieces of all are
joined, as LUKE has always done. A space (U+0020) directly before a boundary goes to the segment
after it. Boundaries at which a cut would change nothing are not cut (see ``cut_rules``).
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

from openluke.features import SPECIAL_TEXT, Features, IntArray
from openluke.records import Span
from openluke.tokenization.cutting import (
    GROUP_CHARACTERS,
    Run,
    choose_cuts,
    groups_of_runs,
    places_near_tokens,
    runs_of_texts,
)
from openluke.tokenization.sheet import Sheet, counts_before
from openluke.tokenization.tokenizer import WordTokenizer
from openluke.tokenization.work_ahead import may_use_threads, work_ahead

_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aligned:
    """The pieces of T texts, one text behind the other, and where boundaries fall among them."""

    ids: IntArray
    """*Shape:* (L,)."""
    offsets: IntArray
    """Half-open character range of each piece in its text, without the space around it.
    *Shape:* (L, 2)."""
    bounds: _Array
    """First piece of each text, and the end of the last. *Shape:* (T + 1,)."""
    places: _Array
    """How many pieces of its text stand before each boundary. *Shape:* (K,)."""


class _Ranges(NamedTuple):
    """Pieces with the places that they cover on the sheet, and the pieces before each boundary."""

    starts: _Array
    ends: _Array
    before: _Array


def align(
    texts: Sequence[str],
    *,
    boundaries: _Array,
    counts: Sequence[int],
    tokenizer: WordTokenizer,
    prefix_space: Sequence[bool],
) -> Aligned:
    """Encode texts so that no piece goes across a boundary.

    Args:
        texts: The texts.
        boundaries: Character places in the texts, those of the first text first. *Shape:* (K,).
        counts: How many boundaries each text has.
        tokenizer: Whose pieces.
        prefix_space: For each text whether to encode it as if a space stood before it (unless
            one does). Only byte-level tokenizers make a difference.
    """
    firsts = counts_before(np.array(counts, dtype=np.int64)).tolist()
    parts = (
        _Part(
            texts[part],
            boundaries=boundaries[firsts[part.start] : firsts[part.stop]],
            counts=counts[part],
            tokenizer=tokenizer,
            prefix_space=prefix_space[part],
            first=part.start if len(texts) > 1 else None,
        )
        for part in _slices(texts)
    )
    steps = ((part, runs) for part in parts for runs in groups_of_runs(part.runs))

    def encode(step: tuple[_Part, list[Run]]) -> list[Encoding]:
        part, runs = step
        return tokenizer.encode([run.segments for run in runs], offsets=not part.by_lengths)

    if sum(map(len, texts)) > GROUP_CHARACTERS and may_use_threads():
        results = work_ahead(steps, work=encode)
    else:
        results = ((step, encode(step)) for step in steps)
    aligned: list[Aligned] = []
    with closing(results):
        for (part, _), encodings in results:
            part.take(encodings)
            if part.is_complete:
                aligned.append(part.align())
    return aligned[0] if len(aligned) == 1 else _join(aligned)


def pieces_of_span(features: Features, *, span: Span, text: int = 0) -> tuple[int, int]:
    """The half-open range of pieces of an input that touch a span of characters.

    The range is empty where the input holds nothing of the span.

    Args:
        features: The input.
        span: Characters of the text.
        text: 0 for the first text of the input, 1 for the second.
    """
    starts, ends = features.word_offsets[:, 0], features.word_offsets[:, 1]
    touches = (features.word_texts == text) & (starts < span.end) & (ends > span.start)
    found = np.flatnonzero(touches)
    return (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)


def span_of_pieces(features: Features, *, pieces: tuple[int, int]) -> Span | None:
    """The characters from the first to the last piece of a half-open range of one text's pieces.

    ``None`` if the range holds nothing but special tokens.
    """
    place = slice(*pieces)
    offsets = features.word_offsets[place][features.word_texts[place] != SPECIAL_TEXT]
    if not len(offsets):
        return None
    return Span(int(offsets[:, 0].min()), int(offsets[:, 1].max()))


def words_of_pieces(features: Features, *, words: Sequence[str], text: int = 0) -> IntArray:
    """For each piece of an input the index of the word that it is of; -1 for all other pieces.

    *Shape:* (L,).

    Args:
        features: The input.
        words: The words that were given as the text.
        text: 0 for the first text of the input, 1 for the second.
    """
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    # The space before a word, if it is a piece of its own, is the word's.
    begins = np.cumsum(lengths + 1) - lengths - 2
    indices = np.searchsorted(begins, features.word_offsets[:, 0], side="right") - 1
    return np.where(features.word_texts == text, indices, -1).astype(np.int32)


def _slices(texts: Sequence[str]) -> Iterator[slice]:
    """Neighbouring texts in stretches that make a group, or a little more."""
    start = size = 0
    for number, text in enumerate(texts):
        size += len(text)
        if size >= GROUP_CHARACTERS:
            yield slice(start, number + 1)
            start, size = number + 1, 0
    if start < len(texts) or not texts:
        yield slice(start, len(texts))


class _Part:
    """Some texts on the way to their pieces: prepared, then given encodings, then aligned.

    The arguments are those of ``align``, for these texts.

    Args:
        first: Number of the first text, for messages; ``None`` for a text that is alone.
    """

    def __init__(
        self,
        texts: Sequence[str],
        *,
        boundaries: _Array,
        counts: Sequence[int],
        tokenizer: WordTokenizer,
        prefix_space: Sequence[bool],
        first: int | None,
    ) -> None:
        self._added = np.zeros(len(texts), dtype=np.int64)
        if tokenizer.family == "byte_level" and any(prefix_space):
            self._added[:] = [
                prefix and text[:1] not in ("", " ")
                for text, prefix in zip(texts, prefix_space, strict=True)
            ]
            added = zip(texts, self._added, strict=True)
            texts = [" " + text if add else text for text, add in added]
        self._sheet = sheet = Sheet(texts, first=first)
        self._owners = owners = np.arange(len(texts)).repeat(counts)
        boundaries = boundaries + self._added[owners]
        self._places = _move_before_spaces(boundaries, sheet=sheet, owners=owners)
        near_tokens = places_near_tokens(sheet, tokenizer=tokenizer)
        self._cuts = choose_cuts(
            self._places, owners=owners, sheet=sheet, near_tokens=near_tokens, tokenizer=tokenizer
        )
        self._piece_bytes = tokenizer.piece_bytes
        self.runs = list(runs_of_texts(sheet, cuts=self._cuts))
        self.by_lengths = bool(len(tokenizer.piece_bytes)) and near_tokens is None
        """Whether the pieces' lengths give the offsets, as they do where every byte of a text
        ends up in a piece."""
        self._ids: list[IntArray] = [np.zeros(0, dtype=np.int32)]
        self._counts: list[int] = []
        self._offsets: list[tuple[_Array, _Array]] = []

    @property
    def is_complete(self) -> bool:
        """Whether there are encodings of all runs."""
        return len(self._counts) == len(self.runs)

    def take(self, encodings: list[Encoding]) -> None:
        """Keep what is needed of the encodings of the next runs."""
        rows = [encoding.ids for encoding in encodings]
        counts = [len(row) for row in rows]
        self._ids.append(np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=sum(counts)))
        self._counts += counts
        if not self.by_lengths:
            self._offsets += map(_read_offsets, encodings)

    def align(self) -> Aligned:
        """The pieces of the texts, once the encodings of all runs are there."""
        ids = np.concatenate(self._ids)
        ranges = self._ranges(ids)
        sheet = self._sheet
        lengths = np.zeros(len(sheet.texts), dtype=np.int64)
        np.add.at(lengths, [run.text for run in self.runs], self._counts)
        bounds = counts_before(lengths)
        first_places = (sheet.bounds[:-1] + self._added).repeat(lengths)
        starts, ends = sheet.trim(ranges.starts, ends=ranges.ends)
        offsets = np.empty((len(ids), 2), dtype=np.int32)
        np.maximum(starts - first_places, 0, out=offsets[:, 0], casting="unsafe")
        np.maximum(ends - first_places, 0, out=offsets[:, 1], casting="unsafe")
        places = ranges.before - bounds[self._owners]
        return Aligned(ids=ids, offsets=offsets, bounds=bounds, places=places)

    def _ranges(self, ids: IntArray) -> _Ranges:
        sheet, places = self._sheet, self._places
        if self.by_lengths:
            return _ranges_by_lengths(ids, places=places, sheet=sheet, lengths=self._piece_bytes)
        return _ranges_by_offsets(
            self._offsets, runs=self.runs, places=places, sheet=sheet, cuts=self._cuts
        )


def _join(parts: Sequence[Aligned]) -> Aligned:
    """The pieces of neighbouring parts as those of one."""
    return Aligned(
        ids=np.concatenate([part.ids for part in parts]),
        offsets=np.concatenate([part.offsets for part in parts]),
        bounds=counts_before(np.concatenate([np.diff(part.bounds) for part in parts])),
        places=np.concatenate([part.places for part in parts]),
    )


def _move_before_spaces(boundaries: _Array, *, sheet: Sheet, owners: _Array) -> _Array:
    """Boundaries as places of the sheet, those after a space moved before it."""
    places = sheet.bounds[owners] + boundaries
    if not len(sheet):
        return places
    after_space = sheet.points[np.maximum(places, 1) - 1] == ord(" ")
    return places - (after_space & (boundaries > 0))


def _read_offsets(encoding: Encoding) -> tuple[_Array, _Array]:
    """Offsets within segments, and the numbers of the segments within their run."""
    offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    return offsets, np.array(encoding.word_ids, dtype=np.int64)


def _ranges_by_lengths(
    ids: IntArray, *, places: _Array, sheet: Sheet, lengths: IntArray
) -> _Ranges:
    """Count the bytes of the pieces."""
    sizes = lengths[ids]
    ends = sizes.cumsum(dtype=np.int64)
    is_end = np.zeros(sheet.n_bytes + 1, dtype=np.bool_)
    is_end[ends] = True
    before = is_end.cumsum(dtype=np.int64)[sheet.to_bytes(places)]
    return _Ranges(*sheet.to_characters(ends - sizes, ends=ends), before)


def _ranges_by_offsets(
    encodings: list[tuple[_Array, _Array]],
    *,
    runs: list[Run],
    places: _Array,
    sheet: Sheet,
    cuts: _Array,
) -> _Ranges:
    """Take the tokenizer's own offsets, which count from the start of each segment."""
    # Segments begin where texts begin and at cuts; runs hold them in the order of the sheet.
    begins = np.union1d(sheet.bounds[:-1][np.diff(sheet.bounds) > 0], cuts)
    n_segments = np.cumsum([0, *(len(run.segments) for run in runs)]).tolist()
    offsets = np.concatenate([np.zeros((0, 2), np.int64), *(pair[0] for pair in encodings)])
    numbers = [first + pair[1] for first, pair in zip(n_segments, encodings, strict=False)]
    segments = np.concatenate([np.zeros(0, np.int64), *numbers])
    starts = offsets[:, 0] + begins[segments]
    ends = offsets[:, 1] + begins[segments]
    # A boundary that begins a segment is known by it, another by the ends of the pieces. Within a
    # segment a normalizer may make ends go back a little, but never across such a boundary.
    segment = np.searchsorted(begins, places, side="right") - 1
    by_segment = np.searchsorted(segments, segment, side="left")
    by_end = np.searchsorted(np.maximum.accumulate(ends), places, side="right")
    begins_here = begins[segment] == places if len(begins) else segment == places
    return _Ranges(starts, ends, np.where(begins_here, by_segment, by_end))
