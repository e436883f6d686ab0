"""Every form that an entity vocabulary is kept in, told apart by structure, never by name."""

import json
from pathlib import Path
from typing import Literal, get_args

from openluke.artifacts import MANIFEST_NAME, atomic_file
from openluke.entities.json_vocab import read_json, write_json
from openluke.entities.line_vocab import TSV_LINE, read_jsonl, read_tsv, write_jsonl, write_tsv
from openluke.entities.mapped_names import Rows, open_mapped, write_mapped
from openluke.entities.name_index import VocabTable
from openluke.errors import CheckpointError, ConfigError, DataError

Form = Literal["huggingface", "jsonl", "tsv", "mapped"]
"""Hugging Face ``entity_vocab.json``, the original project's two forms, and our own directory."""

_HEAD = 1 << 20


class NoVocabError(CheckpointError):
    """A file that does not begin as an entity vocabulary does."""


def detect_form(path: str | Path) -> Form:
    """Which form a file or directory has."""
    path = Path(path)
    if path.is_dir():
        if (path / MANIFEST_NAME).exists():
            return "mapped"
        raise CheckpointError(
            f"{path}: a directory without {MANIFEST_NAME}; expected an entity vocabulary, "
            "for a model directory that is its entity_vocab.json"
        )
    try:
        with path.open("rb") as stream:
            first = stream.readline(_HEAD)
            while first.isspace():
                first = stream.readline(_HEAD)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from error
    if not first:
        raise NoVocabError(f"{path}: empty file, expected an entity vocabulary")
    return _form_of_line(first, path=path)


def read_table(path: str | Path, *, has_languages: bool | None, repair: bool) -> VocabTable:
    """Read an entity vocabulary of any form; see ``EntityVocab.read``."""
    path = Path(path)
    form = detect_form(path)
    if form == "huggingface":
        return read_json(path, has_languages=has_languages, repair=repair)
    if form == "jsonl":
        return read_jsonl(path, repair=repair)
    return read_tsv(path, repair=repair) if form == "tsv" else open_mapped(path)


def write_table(
    path: str | Path,
    *,
    form: Form,
    rows: Rows,
    has_languages: bool,
    allow_ambiguous: bool = False,
    replace: bool = False,
) -> None:
    """Write an entity vocabulary in a form; see ``EntityVocab.write``."""
    if form not in get_args(Form):
        raise ConfigError(f"found form {form!r}, expected one of {', '.join(get_args(Form))}")
    if form == "mapped":
        write_mapped(path, rows=rows, replace=replace)
        return
    if not replace and Path(path).exists():
        raise CheckpointError(
            f"{path}: exists already; choose another place, or replace it (--replace)"
        )
    try:
        with (
            atomic_file(path) as partial,
            partial.open("w", encoding="utf-8", newline="\n") as stream,
        ):
            if form == "huggingface":
                write_json(
                    stream,
                    rows=rows(),
                    has_languages=has_languages,
                    allow_ambiguous=allow_ambiguous,
                )
            elif form == "jsonl":
                write_jsonl(stream, rows=rows())
            else:
                write_tsv(stream, rows=rows())
    except UnicodeEncodeError as error:
        raise DataError(f"{error.object[:80]!r} has a lone surrogate; repair the text") from error


def _form_of_line(first: bytes, *, path: Path) -> Form:
    """The form that a file with this first line has."""
    if TSV_LINE.fullmatch(first.decode(errors="replace")):
        return "tsv"
    if first.lstrip().startswith(b"{"):
        return "jsonl" if _is_record(first) else "huggingface"
    raise NoVocabError(
        f"{path}: begins with {first[:60]!r}; expected entity_vocab.json, lines of "
        '{"id", "entities", "count"}, or lines of title<TAB>count'
    )


def _is_record(line: bytes) -> bool:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record.get("entities"), list)
