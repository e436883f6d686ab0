"""Arrays of a packed batch, made with numpy from unpadded features or from padded tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.errors import ConfigError, DataError
from openluke.features import Features
from openluke.model.layout import padded_slots

Array = npt.NDArray[Any]


class Extent(NamedTuple):
    """How many rows each table must have at least: one more than the largest index used."""

    word_ids: int
    word_types: int
    positions: int
    entity_ids: int
    entity_types: int
    mention_positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What ``Batch`` is built from."""

    word_counts: list[int]
    entity_counts: list[int]
    padded_shape: tuple[int, int, int]
    extent: Extent
    arrays: dict[str, Array]


def columns_of_features(features: Sequence[Features], *, max_mention_length: int) -> Columns:
    """Pack unpadded inputs."""
    if not features:
        raise DataError("a batch needs at least one input")
    if max_mention_length < 1:
        raise ConfigError(f"max_mention_length is {max_mention_length}, expected at least 1")
    word_counts = np.array([len(one.word_ids) for one in features])
    entity_counts = np.array([len(one.entity_ids) for one in features])
    _check_words(word_counts)
    _check_sizes(features)
    word_starts = np.cumsum(word_counts) - word_counts
    ranges = np.concatenate([one.entity_ranges for one in features])
    ranges = _whole(ranges, name="entity_ranges")
    sequence = np.repeat(np.arange(len(features)), entity_counts)
    _check_ranges(ranges, n_words=word_counts[sequence])
    start, end = ranges.T
    placed = end > start
    lengths = np.minimum(end - start, max_mention_length)
    row = word_starts[sequence]
    return _columns(
        word_counts=word_counts,
        entity_counts=entity_counts,
        padded_shape=(len(features), int(word_counts.max()), int(entity_counts.max())),
        word_ids=np.concatenate([one.word_ids for one in features]),
        word_types=np.concatenate([one.word_types for one in features]),
        word_positions=padded_slots(word_counts, stride=0),
        entity_ids=np.concatenate([one.entity_ids for one in features]),
        entity_types=np.concatenate([one.entity_types for one in features]),
        mention_positions=np.repeat(start, lengths) + padded_slots(lengths, stride=0),
        mention_offsets=np.cumsum(lengths) - lengths,
        entity_first=row + np.where(placed, start, 0),
        entity_last=row + np.where(placed, end - 1, 0),
        word_slots=padded_slots(word_counts, stride=int(word_counts.max())),
        entity_slots=padded_slots(entity_counts, stride=int(entity_counts.max())),
    )


def columns_of_padded(arrays: Mapping[str, Array | None], *, word_pad_id: int) -> Columns:
    """Pack padded tables; the names are those of ``Batch.from_padded``."""
    word_ids = _needed(arrays, name="word_ids", ndim=2)
    n_sequences, n_columns = word_ids.shape
    mask = _optional(arrays, name="word_mask", like=word_ids, default=1) != 0
    types = _optional(arrays, name="word_types", like=word_ids, default=0)
    entity_ids = arrays.get("entity_ids")
    if entity_ids is None:
        entity_ids = np.zeros((n_sequences, 0), dtype=np.int64)
    _check_shape(entity_ids, name="entity_ids", expected=(n_sequences, entity_ids.shape[-1]))
    entity_mask = _optional(arrays, name="entity_mask", like=entity_ids, default=1) != 0
    entity_types = _optional(arrays, name="entity_types", like=entity_ids, default=0)
    positions = _entity_positions(arrays, entity_ids=entity_ids)[entity_mask]
    _check_words(mask.sum(1))
    sequence = np.nonzero(entity_mask)[0]
    if positions.size and not -1 <= positions.min() <= positions.max() < n_columns:
        raise DataError(
            f"entity_positions reach from {positions.min()} to {positions.max()}, the inputs have "
            f"words 0 to {n_columns - 1}; -1 fills rows up"
        )
    readable = np.where(mask[sequence[:, None], np.maximum(positions, 0)], positions, -1)
    first, last = _mention_ends(arrays, mask=entity_mask, positions=readable)
    in_mention = positions != -1
    return _columns(
        word_counts=mask.sum(1),
        entity_counts=entity_mask.sum(1),
        padded_shape=(n_sequences, n_columns, entity_ids.shape[1]),
        word_ids=word_ids[mask],
        word_types=types[mask],
        word_positions=_running_positions(word_ids, pad_id=word_pad_id)[mask],
        entity_ids=entity_ids[entity_mask],
        entity_types=entity_types[entity_mask],
        mention_positions=positions[in_mention],
        mention_offsets=np.cumsum(in_mention.sum(1)) - in_mention.sum(1),
        entity_first=_packed_rows(mask, sequence=sequence, column=first),
        entity_last=_packed_rows(mask, sequence=sequence, column=last),
        word_slots=np.flatnonzero(mask),
        entity_slots=np.flatnonzero(entity_mask),
    )


def _columns(
    *, word_counts: Array, entity_counts: Array, padded_shape: tuple[int, int, int], **arrays: Array
) -> Columns:
    arrays = {name: _whole(array, name=name) for name, array in arrays.items()}
    for name in ("word_ids", "word_types", "entity_ids", "entity_types"):
        if arrays[name].size and arrays[name].min() < 0:
            raise DataError(f"{name} hold {arrays[name].min()}, expected no negative number")
    extent = Extent(
        word_ids=_rows(arrays["word_ids"]),
        word_types=_rows(arrays["word_types"]),
        positions=_rows(arrays["word_positions"]),
        entity_ids=_rows(arrays["entity_ids"]),
        entity_types=_rows(arrays["entity_types"]),
        mention_positions=_rows(arrays["mention_positions"]),
    )
    return Columns(
        word_counts=word_counts.tolist(),
        entity_counts=entity_counts.tolist(),
        padded_shape=padded_shape,
        extent=extent,
        arrays=arrays,
    )


def _whole(array: Array, *, name: str) -> Array:
    if array.dtype.kind not in "iu":
        raise DataError(f"{name} hold {array.dtype}, expected whole numbers")
    return array.astype(np.int64)


def _rows(indices: Array) -> int:
    return int(indices.max()) + 1 if indices.size else 0


def _running_positions(word_ids: Array, *, pad_id: int) -> Array:
    """Count the words that are no padding; padding is at -1, the row before the first word."""
    real = word_ids != pad_id
    return np.where(real, np.cumsum(real, axis=1), 0) - 1


def _entity_positions(arrays: Mapping[str, Array | None], *, entity_ids: Array) -> Array:
    positions = arrays.get("entity_positions")
    if positions is None:
        if entity_ids.size:
            raise DataError(
                "entity_ids are given without entity_positions; give the word indices of each "
                "mention, or rows of -1 for entities without a place in the text"
            )
        return np.zeros((*entity_ids.shape, 0), dtype=np.int64)
    _check_shape(
        positions, name="entity_positions", expected=(*entity_ids.shape, positions.shape[-1])
    )
    return positions


def _mention_ends(
    arrays: Mapping[str, Array | None], *, mask: Array, positions: Array
) -> tuple[Array, Array]:
    """First and last word index of every entity kept; -1 where it has no place.

    They are those given, or else those of the positions that the word mask leaves.
    """
    if positions.shape[1]:
        first = np.where(positions == -1, np.iinfo(np.int64).max, positions).min(1)
        first = np.where((positions != -1).any(1), first, -1)
        last = positions.max(1)
    else:
        first = last = np.full(len(positions), -1)
    start, end = arrays.get("entity_start"), arrays.get("entity_end")
    if start is not None:
        _check_shape(start, name="entity_start", expected=mask.shape)
        first = start[mask]
    if end is not None:
        _check_shape(end, name="entity_end", expected=mask.shape)
        last = end[mask]
    return first, last


def _packed_rows(mask: Array, *, sequence: Array, column: Array) -> Array:
    """Packed rows of words named by sequence and column; the first word where column is -1."""
    counts = mask.sum(1)
    starts = (np.cumsum(counts) - counts)[sequence]
    if column.size and (column.min() < -1 or column.max() >= mask.shape[1]):
        raise DataError(
            f"entity_start and entity_end reach from word {column.min()} to {column.max()}, the "
            f"inputs have words 0 to {mask.shape[1] - 1}"
        )
    placed = column >= 0
    kept = mask[sequence, np.maximum(column, 0)]
    if not np.all(kept | ~placed):
        bad = int(np.flatnonzero(placed & ~kept)[0])
        raise DataError(
            f"a mention of sequence {sequence[bad]} begins or ends at word {column[bad]}, which "
            "word_mask leaves out; unmask the word or mask the entity"
        )
    within = np.cumsum(mask, axis=1)[sequence, np.maximum(column, 0)] - 1
    return starts + np.where(placed, within, 0)


def _check_words(counts: Array) -> None:
    if counts.size == 0:
        raise DataError("a batch needs at least one input")
    if counts.min() < 1:
        raise DataError(f"input {int(counts.argmin())} of the batch has no words, expected some")


def _check_sizes(features: Sequence[Features]) -> None:
    """Raise where the arrays of an input are not as long as one another."""
    for i, one in enumerate(features):
        words, entities = one.word_ids.shape, one.entity_ids.shape
        for name, found, expected in (
            ("word_ids", words, (len(one.word_ids),)),
            ("word_types", one.word_types.shape, words),
            ("entity_ids", entities, (len(one.entity_ids),)),
            ("entity_types", one.entity_types.shape, entities),
            ("entity_ranges", one.entity_ranges.shape, (*entities, 2)),
        ):
            if found != expected:
                raise DataError(f"{name} of input {i} has shape {found}, expected {expected}")


def _check_ranges(ranges: Array, *, n_words: Array) -> None:
    start, end = ranges.T
    wrong = (start < 0) | (end < start) | (end > n_words)
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"an entity stands on word pieces {start[i]} to {end[i]} of an input that has "
            f"{n_words[i]}; expected 0 <= start <= end <= {n_words[i]}"
        )


def _needed(arrays: Mapping[str, Array | None], *, name: str, ndim: int) -> Array:
    array = arrays.get(name)
    if array is None or array.ndim != ndim:
        found = "none" if array is None else f"shape {array.shape}"
        raise DataError(f"{name}: found {found}, expected {ndim} dimensions")
    return array


def _optional(arrays: Mapping[str, Array | None], *, name: str, like: Array, default: int) -> Array:
    array = arrays.get(name)
    if array is None:
        return np.full(like.shape, default)
    _check_shape(array, name=name, expected=like.shape)
    return array


def _check_shape(array: Array, *, name: str, expected: tuple[int, ...]) -> None:
    if array.shape != expected:
        raise DataError(f"{name} has shape {array.shape}, expected {expected}")
