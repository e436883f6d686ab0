"""Vectors as JSON lines, written a block of vectors at a time."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.inference.vectors import EncodedText, SpanVectors

_DECIMALS = 6
_BLOCK = 1024
"""Vectors that are text in memory at the same time."""


def write_jsonl(texts: Sequence[EncodedText], *, path: Path) -> None:
    """Write a line for each text."""
    with path.open("w", encoding="utf-8") as stream:
        for text in texts:
            stream.writelines(_line(text))


def join_jsonl(parts: Sequence[Path], *, path: Path) -> None:
    """Write the lines of all parts one after another."""
    with path.open("wb") as stream:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(1 << 20):
                    stream.write(block)


def _line(text: EncodedText) -> Iterator[str]:
    yield f'{{"text":{_dumps(text.text)},"pieces":['
    yield from _spans(text.pieces)
    yield '],"mentions":['
    yield from _spans(text.mentions)
    yield f'],"text_vector":{_dumps(_numbers(text.text_vector))}}}\n'


def _spans(vectors: SpanVectors) -> Iterator[str]:
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        places = block.spans.tolist()
        rows = [
            {"start": begin, "end": end, "vector": numbers}
            for (begin, end), numbers in zip(places, _numbers(block.vectors), strict=True)
        ]
        yield ("," if start else "") + _dumps(rows)[1:-1]


def _numbers(vectors: npt.NDArray[np.float32]) -> list[Any]:
    return np.round(vectors.astype(np.float64), _DECIMALS).tolist()


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
