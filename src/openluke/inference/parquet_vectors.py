"""Vectors as a Parquet table: a row for each text, a row group for each part."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from openluke.inference.vectors import EncodedText, SpanVectors

# Large lists count with 64 bits: the numbers of one text's vectors may be more than 2^31. Lists of
# a fixed size would not do, since pyarrow reads them back with 32 bits.
_VECTOR = pa.large_list(pa.float32())
_SPANS = pa.large_list(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("vector", _VECTOR)]))
_SCHEMA = pa.schema(
    [("text", pa.string()), ("pieces", _SPANS), ("mentions", _SPANS), ("text_vector", _VECTOR)]
)


def write_parquet(texts: Sequence[EncodedText], *, path: Path) -> None:
    """Write a row for each text."""
    columns = [
        pa.array([text.text for text in texts], pa.string()),
        _span_column([text.pieces for text in texts]),
        _span_column([text.mentions for text in texts]),
        _vector_column(np.stack([text.text_vector for text in texts])),
    ]
    with _writer(path) as writer:
        writer.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA))


def join_parquet(parts: Sequence[Path], *, path: Path) -> None:
    """Write the rows of all parts one after another, holding one part in memory."""
    with _writer(path) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part, schema=_SCHEMA))


def _writer(path: Path) -> pq.ParquetWriter:
    # no two vectors are alike, so that a dictionary of their numbers would only take time
    return pq.ParquetWriter(path, _SCHEMA, compression="zstd", use_dictionary=False)


def _span_column(vectors: Sequence[SpanVectors]) -> pa.Array:
    spans = np.concatenate([found.spans for found in vectors])
    structs = pa.StructArray.from_arrays(
        [
            pa.array(spans[:, 0], pa.int32()),
            pa.array(spans[:, 1], pa.int32()),
            _vector_column(_joined([found.vectors for found in vectors])),
        ],
        names=["start", "end", "vector"],
    )
    return pa.LargeListArray.from_arrays(_offsets(len(found) for found in vectors), structs)


def _joined(arrays: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _vector_column(vectors: npt.NDArray[np.float32]) -> pa.Array:
    count, width = vectors.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    return pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(vectors.ravel()))


def _offsets(sizes: Iterable[int]) -> pa.Array:
    return pa.array(np.cumsum([0, *sizes], dtype=np.int64))
