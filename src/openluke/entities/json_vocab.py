"""The entity vocabulary of Hugging Face checkpoints: one JSON object from key to id."""

import json
import logging
import re
from collections.abc import Collection, Iterable, Iterator
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, NamedTuple, TextIO, cast

from openluke.entities.name_index import (
    REPAIR,
    KeyMaker,
    MemoryNames,
    VocabRow,
    VocabTable,
    check_ids,
    warn_of_repeated,
)
from openluke.entities.titles import SPECIAL_TITLES, has_prefix
from openluke.errors import CheckpointError, DataError

logger = logging.getLogger(__name__)

_NONE = "None:"
"""What a converter of transformers wrote before titles whose language is null."""
_PIECE = 1 << 16
"""Bytes that are parsed at a time: so few that they stay in the processor's cache."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TWO_LETTERS = frozenset(f"{a}{b}:" for a in _LETTERS for b in _LETTERS)
"""What the keys of most languages start with."""

_CUT = re.compile(rb'":\s*\d+\s*(,)\s*(?=")')
"""A comma between two entries, but for a title that looks just like that; then a piece is no JSON
and the file is read at once."""


def read_json(path: Path, *, has_languages: bool | None, repair: bool) -> VocabTable:
    """Read an ``entity_vocab.json``; see ``EntityVocab.read`` for the options."""
    data = path.read_bytes()
    ids = _read_pieces(data)
    if ids is None:
        ids = _read_at_once(data, path=path, repair=repair)
    del data
    if has_languages is not False:
        prefixes = _prefixes(ids)
        ids = _without_none(ids, prefixes=prefixes, path=path)
        has_languages = prefixes.languages > 0 if has_languages is None else has_languages
    check_ids(ids, path=path, repair=repair)
    return VocabTable(names=MemoryNames(ids), has_languages=has_languages)


def write_json(
    stream: TextIO, *, rows: Iterable[VocabRow], has_languages: bool, allow_ambiguous: bool
) -> None:
    """Write an ``entity_vocab.json``, one entry a line; see ``EntityVocab.write``."""
    maker = KeyMaker()
    n_bare = n_prefixed = n_none = 0
    separator = "{"
    for entity_id, row in enumerate(rows):
        if not row.names and not allow_ambiguous:
            raise DataError(f"id {entity_id} has no name, which this form cannot say; write jsonl")
        for name in row.names:
            key = maker.key(name)
            stream.write(f"{separator}{encode_basestring(key)}: {entity_id}")
            separator = ",\n"
            n_bare += not has_prefix(key) and key not in SPECIAL_TITLES
            n_prefixed += has_prefix(key)
            n_none += key.startswith(_NONE)
    stream.write("}\n")
    reads_as_languages = n_prefixed > 0 and n_bare == n_none
    if (reads_as_languages != has_languages or n_bare == n_none > 0) and not allow_ambiguous:
        raise DataError(
            f"{n_prefixed:,} names start with a language code, {n_none:,} with {_NONE!r}, "
            f"{n_bare - n_none:,} with neither: a reader would take it that "
            f"{'every' if reads_as_languages else 'no'} name has a language. Write jsonl or "
            f"mapped, or allow_ambiguous, and read that with {has_languages=}"
        )


class _Prefixes(NamedTuple):
    """How many keys of a file have which prefix; none has one unless all but the special do."""

    languages: int = 0
    """Keys ``language:title``."""
    none: int = 0
    """Keys ``None:title``."""


def _prefixes(keys: Collection[str]) -> _Prefixes:
    rest = (key for key in keys if key[:3] not in _TWO_LETTERS)  # a tenth of a regex's time
    n_special = n_none = 0
    for key in rest:
        if key in SPECIAL_TITLES:
            n_special += 1
        elif key.startswith(_NONE):
            n_none += 1
        elif not has_prefix(key):
            return _Prefixes()
    return _Prefixes(languages=len(keys) - n_special - n_none, none=n_none)


def _without_none(ids: dict[str, int], *, prefixes: _Prefixes, path: Path) -> dict[str, int]:
    """Bare titles for the keys ``None:title`` that a converter wrote where no language is known.

    A title that would then read as one in a language, or as another entity, keeps its key.
    """
    if not prefixes.none:
        return ids
    logger.warning(
        "%s: %s keys begin with %r, as a converter wrote them for titles without a language; they "
        "are read as titles without one",
        path,
        f"{prefixes.none:,}",
        _NONE,
    )
    bare: dict[str, int] = {}
    for key, entity_id in ids.items():
        title = key.removeprefix(_NONE)
        is_taken = title in SPECIAL_TITLES or (prefixes.languages > 0 and has_prefix(title))
        bare[key if title != key and is_taken else title] = entity_id
    return bare


def _read_pieces(data: bytes) -> dict[str, int] | None:
    """The entries, piece by piece: two thirds of the memory of reading the text at once.

    ``None`` when anything is unusual, so that only one place needs to say what.
    """
    ids: dict[str, int] = {}
    n_entries = 0
    try:
        for piece in _pieces(data):
            entries: dict[str, Any] = json.loads(piece.decode())
            if set(map(type, entries.values())) - {int}:
                return None
            ids.update(entries)
            n_entries += _count_strings(piece)
    except (ValueError, RecursionError):
        return None
    has_duplicates = n_entries != len(ids)
    return None if has_duplicates or min(ids.values(), default=0) < 0 else ids


def _count_strings(piece: bytes) -> int:
    if b"\\" in piece:
        piece = re.sub(rb"\\.", b"", piece)
    return piece.count(b'"') // 2


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cut an object into smaller ones."""
    start, end = data.find(b"{") + 1, data.rfind(b"}")
    while match := _CUT.search(data, min(start + _PIECE, end), end):
        yield b"{" + data[start : match.start(1)] + b"}"
        start = match.end()
    yield b"{" + data[start:end] + b"}"


def _read_at_once(data: bytes, *, path: Path, repair: bool) -> dict[str, int]:
    """The entries, every fault of the file being an error that names its line."""
    repeated: set[str] = set()

    def entries(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found and found[key] != value:
                if not repair:
                    raise CheckpointError(
                        f"{path}:{_line_of(key, data=data)}: {key!r} is given twice, with the ids "
                        f"{found[key]!r} and {value!r}; to keep the last, as the original project "
                        f"did, {REPAIR}"
                    )
                repeated.add(key)
            found[key] = value
        return found

    try:
        ids = json.loads(data.decode(), object_pairs_hook=entries)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CheckpointError(f"{path}:{line}: not UTF-8 ({error.reason})") from error
    except json.JSONDecodeError as error:
        raise CheckpointError(
            f"{path}:{error.lineno}: damaged JSON at character {error.pos:,} of {len(data):,} "
            f"bytes: {error.msg}; the file may be cut off, copy or download it again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: damaged JSON: {error}") from error
    for key, value in ids.items():
        if type(value) is not int or value < 0:
            raise CheckpointError(
                f"{path}:{_line_of(key, data=data)}: found id {value!r} of {key!r}, "
                "expected a whole number from 0 on"
            )
    warn_of_repeated(repeated, path=path)
    return cast("dict[str, int]", ids)


def _line_of(key: str, *, data: bytes) -> int:
    """The line of the last entry with a key, however its characters are written."""
    for ascii_only in (False, True):
        written = json.dumps(key, ensure_ascii=ascii_only).encode(errors="replace")
        places = [match.start() for match in re.finditer(re.escape(written) + rb"\s*:", data)]
        if places:
            return data.count(b"\n", 0, places[-1]) + 1
    return 1
