"""Character places and piece places: the only file that turns one into the other.

A *boundary* is a place between two characters that no piece may go across. Texts are cut into
*segments* at boundaries, each segment is encoded as if it stood alone, and the pieces of all are
joined, as LUKE has always done. A space (U+0020) directly before a boundary goes to the segment
after it. Boundaries at which a cut would change nothing are not cut (see ``cut_rules``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

from openluke.features import SPECIAL_TEXT, Features, IntArray
from openluke.records import Span
from openluke.tokenization.sheet import Sheet, counts_before
from openluke.tokenization.tokenizer import WordTokenizer

RUN_CHARACTERS = 1 << 14
"""Longer texts are encoded in runs of about this many characters, which bounds the memory."""
_RUNS_AT_ONCE = 256

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


class _Run(NamedTuple):
    """Segments of one text that are encoded together."""

    text: int
    segments: list[str]


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
    added = np.zeros(len(texts), dtype=np.int64)
    if tokenizer.family == "byte_level" and any(prefix_space):
        added[:] = [
            prefix and text[:1] not in ("", " ")
            for text, prefix in zip(texts, prefix_space, strict=True)
        ]
        texts = [" " + text if add else text for text, add in zip(texts, added, strict=True)]
    sheet = Sheet(texts)
    owners = np.arange(len(texts)).repeat(counts)
    places = _move_before_spaces(boundaries + added[owners], sheet=sheet, owners=owners)
    special = _texts_with_added_tokens(sheet, tokenizer=tokenizer)
    cuts = _choose_cuts(places, owners=owners, sheet=sheet, special=special, tokenizer=tokenizer)
    runs = list(_runs(sheet, cuts=cuts))
    # Where every byte of a text ends up in a piece, the pieces' lengths give the offsets.
    by_lengths = bool(len(tokenizer.piece_bytes)) and not special.any()
    ids, counts_of_runs, encodings = _encode(runs, tokenizer=tokenizer, offsets=not by_lengths)
    if by_lengths:
        ranges = _ranges_by_lengths(ids, places=places, sheet=sheet, lengths=tokenizer.piece_bytes)
    else:
        ranges = _ranges_by_offsets(encodings, runs=runs, places=places, sheet=sheet, cuts=cuts)
    lengths = np.zeros(len(texts), dtype=np.int64)
    np.add.at(lengths, [run.text for run in runs], counts_of_runs)
    bounds = counts_before(lengths)
    first_places = (sheet.bounds[:-1] + added).repeat(lengths)
    starts, ends = sheet.trim(ranges.starts, ends=ranges.ends)
    offsets = np.empty((len(ids), 2), dtype=np.int32)
    np.maximum(starts - first_places, 0, out=offsets[:, 0], casting="unsafe")
    np.maximum(ends - first_places, 0, out=offsets[:, 1], casting="unsafe")
    return Aligned(ids=ids, offsets=offsets, bounds=bounds, places=ranges.before - bounds[owners])


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


def _move_before_spaces(boundaries: _Array, *, sheet: Sheet, owners: _Array) -> _Array:
    """Boundaries as places of the sheet, those after a space moved before it."""
    places = sheet.bounds[owners] + boundaries
    if not len(sheet):
        return places
    after_space = sheet.points[np.maximum(places, 1) - 1] == ord(" ")
    return places - (after_space & (boundaries > 0))


def _texts_with_added_tokens(sheet: Sheet, *, tokenizer: WordTokenizer) -> npt.NDArray[np.bool_]:
    """Texts in which a special or added token may stand; cuts and lengths are not sure in them."""
    found = np.zeros(len(sheet.texts), dtype=np.bool_)
    if tokenizer.has_added_token(sheet.whole):
        found[:] = [tokenizer.has_added_token(text) for text in sheet.texts]
    return found


def _choose_cuts(
    places: _Array,
    *,
    owners: _Array,
    sheet: Sheet,
    special: npt.NDArray[np.bool_],
    tokenizer: WordTokenizer,
) -> _Array:
    """Places inside texts at which to cut, in order."""
    ends = sheet.bounds[owners + 1]
    inside = (places > sheet.bounds[owners]) & (places < ends)
    places, owners, ends = places[inside], owners[inside], ends[inside]
    seen = ~_unseen(places, ends=ends, sheet=sheet, tokenizer=tokenizer)
    cuts = places[seen | special[owners]]
    is_long = len(sheet) > RUN_CHARACTERS
    for text in np.flatnonzero(np.diff(sheet.bounds) > RUN_CHARACTERS) if is_long else ():
        if not special[text]:
            chances = _chances(sheet, text=int(text), tokenizer=tokenizer)
            cuts = np.concatenate((cuts, chances))
    return np.unique(cuts) if len(cuts) else cuts


def _unseen(
    places: _Array, *, ends: _Array, sheet: Sheet, tokenizer: WordTokenizer
) -> npt.NDArray[np.bool_]:
    """Whether cutting at each place surely changes no piece."""
    points = sheet.points
    following = np.minimum(places + 1, len(points) - 1)
    beyond = np.where(places + 1 < ends, points[following], 0)
    return tokenizer.cut_rule.unseen(points[places - 1], right=points[places], beyond=beyond)


def _chances(sheet: Sheet, *, text: int, tokenizer: WordTokenizer) -> _Array:
    """About one place per run of a long text at which a cut is not seen."""
    begin, end = int(sheet.bounds[text]), int(sheet.bounds[text + 1])
    places = np.arange(begin + 1, end)
    ends = np.full(len(places), end, dtype=np.int64)
    places = places[_unseen(places, ends=ends, sheet=sheet, tokenizer=tokenizer)]
    found = np.searchsorted(places, np.arange(begin + RUN_CHARACTERS, end, RUN_CHARACTERS))
    return places[found[found < len(places)]]


def _runs(sheet: Sheet, *, cuts: _Array) -> Iterator[_Run]:
    """The segments of each text, in runs of a bounded number of characters."""
    firsts = cuts.searchsorted(sheet.bounds).tolist()
    for number, text in enumerate(sheet.texts):
        if not text:
            continue
        first, last = firsts[number], firsts[number + 1]
        if first == last:
            yield _Run(number, [text])
            continue
        inside = (cuts[first:last] - sheet.bounds[number]).tolist()
        starts, ends = [0, *inside], [*inside, len(text)]
        segments = [text[start:end] for start, end in zip(starts, ends, strict=True)]
        if len(text) <= RUN_CHARACTERS:
            yield _Run(number, segments)
        else:
            yield from (_Run(number, group) for group in _groups(segments))


def _groups(segments: list[str]) -> Iterator[list[str]]:
    """Segments in groups of at most about a run of characters."""
    group: list[str] = []
    size = 0
    for segment in segments:
        if group and size + len(segment) > RUN_CHARACTERS:
            yield group
            group, size = [], 0
        group.append(segment)
        size += len(segment)
    yield group


def _encode(
    runs: list[_Run], *, tokenizer: WordTokenizer, offsets: bool
) -> tuple[IntArray, list[int], list[tuple[_Array, _Array]]]:
    """Ids of all runs, how many each run has, and offsets and segments where they are wanted."""
    waiting = iter(runs)
    ids: list[IntArray] = [np.zeros(0, dtype=np.int32)]
    counts: list[int] = []
    places: list[tuple[_Array, _Array]] = []
    while group := list(islice(waiting, _RUNS_AT_ONCE)):
        encodings = tokenizer.encode([run.segments for run in group], offsets=offsets)
        rows = [encoding.ids for encoding in encodings]
        counts += map(len, rows)
        ids.append(np.array(list(chain.from_iterable(rows)), dtype=np.int32))
        if offsets:
            places += map(_read_offsets, encodings)
    return np.concatenate(ids), counts, places


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
    runs: list[_Run],
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
