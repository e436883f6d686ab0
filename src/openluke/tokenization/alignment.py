"""Character places and piece places: the only file that does arithmetic on offsets.

A *boundary* is a place between two characters that no piece may go across. The text is cut into
*segments* at boundaries, each segment is encoded as if it stood alone, and the pieces of all are
joined, as LUKE has always done. A space (U+0020) directly before a boundary goes to the segment
after it. Boundaries at which a cut would change nothing are not cut (see ``cut_rules``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

from openluke.errors import DataError
from openluke.features import IntArray
from openluke.tokenization.tokenizer import WordTokenizer

RUN_CHARACTERS = 1 << 14
"""Longer texts are encoded in runs of about this many characters, which bounds the memory."""
_RUNS_AT_ONCE = 256

_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedText:
    """The pieces of one text, and where the boundaries asked for fall among them."""

    ids: IntArray
    """*Shape:* (L,)."""
    offsets: IntArray
    """*Shape:* (L, 2). Half-open character range of each piece, without space around it."""
    places: IntArray
    """How many pieces stand before each boundary. *Shape:* that of the boundaries."""


def align(
    texts: Sequence[str],
    *,
    boundaries: Sequence[_Array],
    tokenizer: WordTokenizer,
    prefix_space: Sequence[bool],
) -> list[AlignedText]:
    """Encode texts so that no piece goes across a boundary.

    Args:
        texts: The texts.
        boundaries: For each text an array, of any shape, of character places between 0 and the
            text's length.
        tokenizer: Whose pieces.
        prefix_space: For each text whether to encode it as if a space stood before it (unless
            one does). Only byte-level tokenizers make a difference.
    """
    spaced = tokenizer.family == "byte_level"
    sources = [
        _Source(text, boundaries=places, prefix=prefix and spaced, tokenizer=tokenizer)
        for text, places, prefix in zip(texts, boundaries, prefix_space, strict=True)
    ]
    aligned: dict[int, AlignedText] = {}
    countable = {number for number, source in enumerate(sources) if source.countable}
    for number, runs in _encode(sources, numbers=countable, tokenizer=tokenizer, offsets=False):
        text = sources[number].align_by_lengths(runs, lengths=tokenizer.piece_bytes)
        if text is not None:
            aligned[number] = text
    rest = set(range(len(sources))) - aligned.keys()
    for number, runs in _encode(sources, numbers=rest, tokenizer=tokenizer, offsets=True):
        aligned[number] = sources[number].align_by_offsets(runs)
    return [aligned[number] for number in range(len(sources))]


class _Run(NamedTuple):
    """What one call of the tokenizer gave for some segments of a text."""

    ids: IntArray
    offsets: _Array
    """In characters of the segment; empty when they were not asked for."""
    segments: _Array
    """Number of the segment of each piece; empty likewise."""


def _encode(
    sources: list["_Source"], *, numbers: set[int], tokenizer: WordTokenizer, offsets: bool
) -> Iterator[tuple[int, list[_Run]]]:
    """The runs of each of the sources of these numbers, many runs in one call."""
    waiting = iter(
        (number, first, segments)
        for number in sorted(numbers)
        for first, segments in sources[number].runs()
    )
    runs: dict[int, list[_Run]] = {number: [] for number in sorted(numbers)}
    while group := list(islice(waiting, _RUNS_AT_ONCE)):
        encodings = tokenizer.encode([segments for _, _, segments in group], offsets=offsets)
        for (number, first, _), encoding in zip(group, encodings, strict=True):
            runs[number].append(_read_run(encoding, first=first, offsets=offsets))
    yield from runs.items()


def _read_run(encoding: Encoding, *, first: int, offsets: bool) -> _Run:
    ids = np.array(encoding.ids, dtype=np.int32)
    if not offsets:
        return _Run(ids, ids[:0], ids[:0])
    ranges = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    segments = np.array(encoding.word_ids, dtype=np.int64) + first
    return _Run(ids, ranges, segments)


class _Source:
    """A text on its way through the tokenizer."""

    def __init__(
        self, text: str, *, boundaries: _Array, prefix: bool, tokenizer: WordTokenizer
    ) -> None:
        self.added = int(prefix and bool(text) and not text.startswith(" "))
        self.text = " " + text if self.added else text
        self.points = _code_points(self.text)
        self.has_special = tokenizer.has_added_token(self.text)
        # Where every byte of a text ends up in a piece, counting bytes gives the offsets.
        self.countable = bool(len(tokenizer.piece_bytes)) and not self.has_special
        places = boundaries + self.added
        if len(self.points):
            before = self.points[np.maximum(places, 1) - 1]
            places = places - ((places > 0) & (before == ord(" ")))
        self.places = places
        self.starts = self._cut(tokenizer)

    def _cut(self, tokenizer: WordTokenizer) -> _Array:
        """First characters of the segments."""
        cuts = _distinct(self.places)
        cuts = cuts[(cuts > 0) & (cuts < len(self.points))]
        if not self.has_special:
            if len(cuts):
                cuts = cuts[~self._unseen(cuts, tokenizer=tokenizer)]
            if len(self.points) > RUN_CHARACTERS:
                cuts = np.union1d(cuts, self._chances(tokenizer))
        return np.concatenate((np.zeros(1, dtype=np.int64), cuts))

    def _unseen(self, places: _Array, *, tokenizer: WordTokenizer) -> npt.NDArray[np.bool_]:
        following = np.minimum(places + 1, len(self.points) - 1)
        beyond = np.where(places + 1 < len(self.points), self.points[following], 0)
        return tokenizer.cut_rule.unseen(self.points[places - 1], self.points[places], beyond)

    def _chances(self, tokenizer: WordTokenizer) -> _Array:
        """About one place per run at which a cut is not seen."""
        places = np.arange(1, len(self.points))
        chances = places[self._unseen(places, tokenizer=tokenizer)]
        wanted = np.arange(RUN_CHARACTERS, len(self.points), RUN_CHARACTERS)
        found = np.searchsorted(chances, wanted)
        return chances[found[found < len(chances)]]

    def runs(self) -> Iterator[tuple[int, list[str]]]:
        """Number of the first segment, and the segments, of about one run of characters each."""
        starts = self.starts.tolist()
        ends = [*starts[1:], len(self.text)]
        first = 0
        while self.text and first < len(starts):
            last = first + 1
            while last < len(starts) and ends[last] <= starts[first] + RUN_CHARACTERS:
                last += 1
            ranges = zip(starts[first:last], ends[first:last], strict=True)
            yield first, [self.text[start:end] for start, end in ranges]
            first = last

    def align_by_lengths(self, runs: list[_Run], *, lengths: _Array) -> AlignedText | None:
        """Count bytes; ``None`` when the pieces do not hold all bytes of the text."""
        ids = _join([run.ids for run in runs])
        ends = np.cumsum(lengths[ids])
        starts = ends - lengths[ids]
        if self.text.isascii():
            if _last(ends) != len(self.points):
                return None
            places = np.searchsorted(ends, self.places, side="right")
        else:
            first_bytes = _first_bytes(self.points)
            if _last(ends) != first_bytes[-1]:
                return None
            places = np.searchsorted(ends, first_bytes[self.places], side="right")
            starts = np.searchsorted(first_bytes, starts, side="right") - 1
            ends = np.searchsorted(first_bytes, ends, side="left")
        return self._finish(ids, starts=starts, ends=ends, places=places)

    def align_by_offsets(self, runs: list[_Run]) -> AlignedText:
        """Take the tokenizer's own offsets, which count from the start of each segment."""
        ids = _join([run.ids for run in runs])
        segments = _join([run.segments for run in runs])
        offsets = np.concatenate([np.zeros((0, 2), np.int64), *(run.offsets for run in runs)])
        offsets = offsets + self.starts[segments][:, None]
        starts, ends = offsets[:, 0], offsets[:, 1]
        # A boundary that was cut is known by its segment, the others by the pieces' ends; within
        # a segment some normalizers make ends go back a little, but never across a word.
        segment = np.searchsorted(self.starts, self.places, side="right") - 1
        by_segment = np.searchsorted(segments, segment, side="left")
        by_end = np.searchsorted(np.maximum.accumulate(ends), self.places, side="right")
        is_cut = self.starts[segment] == self.places
        places = np.where(is_cut, by_segment, by_end)
        return self._finish(ids, starts=starts, ends=ends, places=places)

    def _finish(
        self, ids: IntArray, *, starts: _Array, ends: _Array, places: _Array
    ) -> AlignedText:
        if len(ids):
            starts, ends = _trim(starts, ends=ends, points=self.points)
        offsets = np.maximum(np.stack((starts, ends), axis=1) - self.added, 0)
        return AlignedText(
            ids=ids, offsets=offsets.astype(np.int32), places=places.astype(np.int32)
        )


def _code_points(text: str) -> _Array:
    """The characters of a text as numbers. *Shape:* (len(text),)."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    try:
        return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    except UnicodeEncodeError as error:
        raise DataError(
            f"character {error.start} of the text is U+{ord(text[error.start]):04X}, half of a "
            "surrogate pair, which is no character; decode the text with errors='replace', or "
            "join the pair with text.encode('utf-16', 'surrogatepass').decode('utf-16')"
        ) from error


def _first_bytes(points: _Array) -> _Array:
    """Where each character begins in UTF-8, and where the text ends. *Shape:* (N + 1,)."""
    lengths = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))


_IS_SPACE = np.zeros(0x110000, dtype=np.bool_)
_IS_SPACE[[point for point in range(0x3001) if chr(point).isspace()]] = True


def _trim(starts: _Array, *, ends: _Array, points: _Array) -> tuple[_Array, _Array]:
    """Take the space off both ends of each range, but keep ranges of nothing but space."""
    solid = np.flatnonzero(~_IS_SPACE[points])
    # Number of characters other than space before each place; a range of space holds none.
    first = np.searchsorted(solid, starts)
    last = np.searchsorted(solid, ends) - 1
    has_solid = first <= last
    if not len(solid):
        return starts, ends
    first, last = np.minimum(first, len(solid) - 1), np.maximum(last, 0)
    return np.where(has_solid, solid[first], starts), np.where(has_solid, solid[last] + 1, ends)


def _last(ends: _Array) -> int:
    return int(ends[-1]) if len(ends) else 0


def _distinct(places: _Array) -> _Array:
    """The places in order, each once: a set is faster than sorting for the usual few."""
    return np.array(sorted(set(places.ravel().tolist())), dtype=np.int64)


def _join(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
