"""Vectors as an npz archive: the rows of all texts one after another, and how many each has."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from openluke.inference.vectors import EncodedText

_BLOCK = 1 << 24
_Read = Callable[[EncodedText], npt.NDArray[Any]]
_ARRAYS: dict[str, _Read] = {
    "piece_spans": lambda text: text.pieces.spans,
    "piece_vectors": lambda text: text.pieces.vectors,
    "mention_spans": lambda text: text.mentions.spans,
    "mention_vectors": lambda text: text.mentions.vectors,
    "text_vectors": lambda text: text.text_vector[None],
    "piece_counts": lambda text: np.array([len(text.pieces)], np.int64),
    "mention_counts": lambda text: np.array([len(text.mentions)], np.int64),
}


def write_npz(texts: Sequence[EncodedText], *, path: Path) -> None:
    """Write the arrays of all texts; the vectors are not copied."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, read in _ARRAYS.items():
            arrays = [np.ascontiguousarray(read(text)) for text in texts]
            with _member(archive, name=name) as stream:
                stream.write(_header(arrays[0], rows=sum(map(len, arrays))))
                for array in arrays:
                    if array.size:
                        stream.write(array.view(np.uint8).data)


def join_npz(parts: Sequence[Path], *, path: Path) -> None:
    """Join array by array: rows are copied from part to whole, a block at a time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in _ARRAYS:
            with _member(archive, name=name) as stream:
                _join_array(parts, name=name, target=stream)


def _join_array(parts: Sequence[Path], *, name: str, target: IO[bytes]) -> None:
    heads: list[npt.NDArray[Any]] = []
    for part in parts:
        with zipfile.ZipFile(part) as archive, archive.open(f"{name}.npy") as source:
            heads.append(_read_header(source))
    target.write(_header(heads[0], rows=sum(map(len, heads))))
    for part in parts:
        with zipfile.ZipFile(part) as archive, archive.open(f"{name}.npy") as source:
            _read_header(source)
            for block in _blocks(source):
                target.write(block)


def _blocks(source: IO[bytes]) -> Iterable[bytes]:
    while block := source.read(_BLOCK):
        yield block


def _member(archive: zipfile.ZipFile, *, name: str) -> IO[bytes]:
    # with a fixed date, so that the same vectors make the same file
    return archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True)


def _header(like: npt.NDArray[Any], *, rows: int) -> bytes:
    """The head of a .npy file of arrays with that row shape."""
    stream = io.BytesIO()
    values = {"descr": like.dtype.str, "fortran_order": False, "shape": (rows, *like.shape[1:])}
    np.lib.format.write_array_header_2_0(stream, values)
    return stream.getvalue()


def _read_header(source: IO[bytes]) -> npt.NDArray[Any]:
    """An array without memory that has the shape and type that the head of a .npy file states."""
    np.lib.format.read_magic(source)
    shape, _, dtype = np.lib.format.read_array_header_2_0(source)
    return np.broadcast_to(np.zeros((), dtype), shape)
