"""Files of vectors looked at: whether a file is one, how many vectors it has, how wide they are."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openluke.errors import DataError
from openluke.inference.vector_files import VectorForm

_COLUMNS = {"text", "pieces", "mentions", "text_vector"}
_NPZ = {"piece_vectors.npy", "mention_vectors.npy", "text_vectors.npy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorFacts:
    """What can be said of a file that ``openluke embed`` has written."""

    form: VectorForm
    n_texts: int
    width: int
    """How many numbers a vector has."""


def vector_facts(path: Path) -> VectorFacts | None:
    """Facts about a file of vectors, by its content; ``None`` if it is something else.

    Raises:
        DataError: It has the beginning of one but is damaged.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == b"PAR1":
        return _of_parquet(path)
    if start[:2] == b"PK":
        return _of_npz(path)
    return _of_jsonl(path) if start[:1] == b"{" else None


def _of_parquet(path: Path) -> VectorFacts | None:
    try:
        with pq.ParquetFile(path) as file:
            if not set(file.schema_arrow.names) >= _COLUMNS:
                return None
            first = file.read_row_group(0, columns=["text_vector"])
            width = len(first["text_vector"][0])
            return VectorFacts(form="parquet", n_texts=file.metadata.num_rows, width=width)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"damaged Parquet file: {_first_line(error)}", file=path) from error


def _of_npz(path: Path) -> VectorFacts | None:
    try:
        with zipfile.ZipFile(path) as archive:
            if not set(archive.namelist()) >= _NPZ:
                return None
        with np.load(path, allow_pickle=False) as arrays:
            n_texts, width = arrays["text_vectors"].shape
    except zipfile.BadZipFile:
        return None  # torch's files are such archives too, and their reader says more
    except (ValueError, OSError) as error:
        raise DataError(f"damaged npz file: {_first_line(error)}", file=path) from error
    return VectorFacts(form="npz", n_texts=n_texts, width=width)


def _of_jsonl(path: Path) -> VectorFacts | None:
    with path.open("rb") as stream:
        first = stream.readline()
        try:
            row: Any = json.loads(first)
        except (ValueError, RecursionError):
            return None
        if not isinstance(row, dict) or not row.keys() >= _COLUMNS:
            return None
        n_texts = 1 + sum(1 for line in stream if not line.isspace())
    return VectorFacts(form="jsonl", n_texts=n_texts, width=len(row["text_vector"]))


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
