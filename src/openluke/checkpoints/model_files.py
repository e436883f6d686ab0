"""The files of a model's directory, told by how they begin or by their keys."""

import json
from pathlib import Path
from typing import Any, cast

_PARTS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"format", "encoder", "inputs"}), "openluke.json of a model"),
    (frozenset({"kind", "format_version", "files"}), "list of the files of an artefact"),
    (frozenset({"model_type"}), "configuration of a model"),
    (frozenset({"model", "added_tokens"}), "tokenizer of a model"),
    (frozenset({"tokenizer_class"}), "configuration of a tokenizer"),
    (frozenset({"weight_map"}), "index of the files of a model's weights"),
    (frozenset({"model_config"}), "metadata of an archive of the original LUKE project"),
)
"""Keys that a file has, and what it is then; the first that fits."""
_BEGINNINGS = (
    (b"#version:", "merges of a tokenizer"),
    (b"\n\x0e\n\x05<unk>", "SentencePiece model of a tokenizer"),
)
_WORDS = ({"<s>", "</s>", "<pad>"}, {"[CLS]", "[SEP]", "[PAD]"})
"""Pieces by which a vocabulary of words is told from one of entities."""


def read_object(path: Path) -> dict[str, Any] | None:
    """The JSON object that a whole file is; ``None`` for any other file."""
    with path.open("rb") as stream:
        if stream.read(64).lstrip()[:1] != b"{":
            return None
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", values) if isinstance(values, dict) else None


def part_of_model(path: Path) -> str | None:
    """What a file is in the directory of a model; ``None`` if it is no such part."""
    with path.open("rb") as stream:
        start = stream.read(64)
    for beginning, kind in _BEGINNINGS:
        if start.startswith(beginning):
            return kind
    values = read_object(path)
    if values is None:
        return None
    for keys, kind in _PARTS:
        if keys <= values.keys():
            return kind
    if any(words <= values.keys() for words in _WORDS):
        return "word pieces of a tokenizer"
    return None
