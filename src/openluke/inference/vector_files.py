"""Files of vectors: JSON lines, Parquet and npz, written in parts and joined without loading."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from openluke.inference.vectors import EncodedText, SpanVectors

VectorForm = Literal["jsonl", "parquet", "npz"]
_DECIMALS = 6
"""Of numbers in JSON; Parquet and npz hold float32 as it is."""


@dataclass(frozen=True, slots=True)
class FormFunctions:
    """How a form is written: one part at a time, then all parts in one file."""

    write: Callable[[Sequence[EncodedText], Path], None]
    join: Callable[[Sequence[Path], Path], None]


def _write_jsonl(texts: Sequence[EncodedText], path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for text in texts:
            row = {
                "text": text.text,
                "pieces": _rows(text.pieces),
                "mentions": _rows(text.mentions),
                "text_vector": _numbers(text.text_vector),
            }
            stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def _join_jsonl(parts: Sequence[Path], path: Path) -> None:
    with path.open("wb") as stream:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(1 << 20):
                    stream.write(block)


def _rows(vectors: SpanVectors) -> list[dict[str, Any]]:
    return [
        {"start": start, "end": end, "vector": numbers}
        for (start, end), numbers in zip(
            vectors.spans.tolist(), _numbers(vectors.vectors), strict=True
        )
    ]


def _numbers(vectors: npt.NDArray[np.float32]) -> list[Any]:
    return np.round(vectors.astype(np.float64), _DECIMALS).tolist()


_SPAN = pa.list_(
    pa.struct([("start", pa.int32()), ("end", pa.int32()), ("vector", pa.list_(pa.float32()))])
)
_SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("pieces", _SPAN),
        ("mentions", _SPAN),
        ("text_vector", pa.list_(pa.float32())),
    ]
)


def _write_parquet(texts: Sequence[EncodedText], path: Path) -> None:
    columns = [
        pa.array([text.text for text in texts], pa.string()),
        _span_column([text.pieces for text in texts]),
        _span_column([text.mentions for text in texts]),
        _vector_column(np.stack([text.text_vector for text in texts])),
    ]
    pq.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA), path, compression="zstd")


def _join_parquet(parts: Sequence[Path], path: Path) -> None:
    with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
        for part in parts:
            writer.write_table(pq.read_table(part, schema=_SCHEMA))


def _span_column(vectors: Sequence[SpanVectors]) -> pa.Array:
    spans = np.concatenate([found.spans for found in vectors])
    structs = pa.StructArray.from_arrays(
        [
            pa.array(spans[:, 0]),
            pa.array(spans[:, 1]),
            _vector_column(np.concatenate([found.vectors for found in vectors])),
        ],
        names=["start", "end", "vector"],
    )
    return pa.ListArray.from_arrays(_offsets(len(found) for found in vectors), structs)


def _vector_column(vectors: npt.NDArray[np.float32]) -> pa.Array:
    count, width = vectors.shape
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(vectors.ravel()))


def _offsets(sizes: Iterable[int]) -> pa.Array:
    return pa.array(np.cumsum([0, *sizes]).astype(np.int32))


_ARRAYS = ("piece_spans", "piece_vectors", "mention_spans", "mention_vectors", "text_vectors")
_COUNTS = ("piece_counts", "mention_counts")


def _write_npz(texts: Sequence[EncodedText], path: Path) -> None:
    arrays = {
        "piece_spans": np.concatenate([text.pieces.spans for text in texts]),
        "piece_vectors": np.concatenate([text.pieces.vectors for text in texts]),
        "piece_counts": np.array([len(text.pieces) for text in texts], np.int64),
        "mention_spans": np.concatenate([text.mentions.spans for text in texts]),
        "mention_vectors": np.concatenate([text.mentions.vectors for text in texts]),
        "mention_counts": np.array([len(text.mentions) for text in texts], np.int64),
        "text_vectors": np.stack([text.text_vector for text in texts]),
    }
    with path.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def _join_npz(parts: Sequence[Path], path: Path) -> None:
    """Join array by array: rows are copied from part to whole, never all in memory."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in (*_ARRAYS, *_COUNTS):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                _join_array(parts, name=name, write=stream.write)


def _join_array(parts: Sequence[Path], *, name: str, write: Callable[[bytes], Any]) -> None:
    rows, width, dtype = 0, (), np.dtype(np.float32)
    for part in parts:
        with np.load(part) as arrays:
            rows += len(arrays[name])
            width, dtype = arrays[name].shape[1:], arrays[name].dtype
    header = {"descr": dtype.str, "fortran_order": False, "shape": (rows, *width)}
    write(_npy_header(header))
    for part in parts:
        with np.load(part) as arrays:
            write(np.ascontiguousarray(arrays[name]).tobytes())


def _npy_header(header: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_2_0(stream, header)
    return stream.getvalue()


FORMS: dict[VectorForm, FormFunctions] = {
    "jsonl": FormFunctions(_write_jsonl, _join_jsonl),
    "parquet": FormFunctions(_write_parquet, _join_parquet),
    "npz": FormFunctions(_write_npz, _join_npz),
}
