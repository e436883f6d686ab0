"""Our own records as JSON lines, read and written; what people like to write shorter may be."""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from openluke.artifacts import atomic_file
from openluke.errors import DataError
from openluke.formats.form import NUMBERS, Form, most_lines
from openluke.formats.json_rows import Row, read_rows, row_lines
from openluke.formats.json_scan import first_tokens
from openluke.formats.mention_table import TABLES, with_names
from openluke.formats.record_checks import check_record
from openluke.formats.record_cloze import with_placeholder
from openluke.records import (
    ClassifiedText,
    ClozeQuestion,
    Document,
    Question,
    TaggedText,
    from_json,
    to_json,
)

R = TypeVar("R")

_MAKERS: dict[type[Any], str] = {
    Document: "documents_of_rows",
    ClassifiedText: "texts_of_rows",
    Question: "questions_of_rows",
    TaggedText: "tagged_texts_of_rows",
}
_CLASS_NUMBER = re.compile(r"(label|(labels|tags)\[\d+\]): found -?\d+ \(int\), expected")


def read_records(path: str | Path, *, kind: type[R], encoding: str = "utf-8") -> Iterator[R]:
    """Read records of one kind from JSON lines, or from a JSON list.

    The fields have the records' own names. Shorter forms are: a label as its name, a mention as
    ``[start, end]`` or ``[start, end, label]``, a relation as ``[head, tail]`` or ``[head, tail,
    label]`` where head and tail are ``[start, end]``, an answer as its text, and the gap of a cloze
    question as ``@placeholder`` in its query. Texts of mentions and answers that are given have to
    be what stands at their places, labels and tags have to be names.

    Args:
        path: The file.
        kind: Which records.
        encoding: Of the file.
    """
    return records_of(read_rows(path, encoding=encoding), kind=kind)


def records_of(rows: Iterable[Row], *, kind: type[R]) -> Iterator[R]:
    """The records of rows.

    Args:
        rows: See ``read_records``.
        kind: Which records.
    """
    is_cloze = issubclass(kind, ClozeQuestion)

    def make(values: Mapping[str, Any]) -> R:
        complete = with_placeholder(values) if is_cloze else values
        return from_json(kind, values=complete, where=kind.__name__)

    return (record_of(row, make=make) for row in rows)


def record_of(row: Row, *, make: Callable[[Mapping[str, Any]], R]) -> R:
    """The record of a row; errors say where the row stands.

    Args:
        row: See ``read_records``.
        make: Makes it of its fields, shorter forms written out.
    """
    try:
        record = make(written_out(row.values))
        check_record(record)
    except DataError as error:
        hint = f"; {NUMBERS}" if _CLASS_NUMBER.search(str(error)) else ""
        raise row.error(f"{error}{hint}") from error
    return record


def write_records(path: str | Path, *, records: Iterable[Any]) -> int:
    """Write records as JSON lines, and say how many there were.

    It is the form of examples that every task reads: what is made in Python, for example of rows of
    a data set (see ``dataset_rows``), is trained on from there. The file is there once it is whole.
    """
    n_written = 0
    with atomic_file(path) as draft, draft.open("w", encoding="utf-8", newline="\n") as stream:
        for record in records:
            stream.write(json.dumps(to_json(record), ensure_ascii=False) + "\n")
            n_written += 1
    return n_written


def json_form(
    kind: type[Any], *, of_rows: Callable[[Iterator[Row]], Iterator[Any]] | None = None
) -> Form:
    """The form of files of records of one kind.

    Args:
        kind: Which records.
        of_rows: Makes the records of the rows; by default as ``read_records`` does.
    """
    of_rows = of_rows or functools.partial(records_of, kind=kind)
    names = [field.name for field in fields(kind)]
    needed = {
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    }
    if kind is ClozeQuestion:
        needed.remove("placeholder")  # the query may say it

    def looks_like(head: str) -> bool:
        keys = _first_keys(head)
        return needed <= keys <= {*names}

    def resembles(head: str) -> bool:
        keys = _first_keys(head)
        n_known = 2 * len(keys & {*names})
        is_close = n_known > len(keys) or (n_known == len(keys) and needed & keys)
        return bool(keys and is_close) or most_lines(looks_like)(head)

    return Form(
        name="jsonl",
        summary=f"JSON lines of our own {kind.__name__}: {', '.join(names)}.",
        read=_question_reader(of_rows) if kind is Question else _reader(of_rows),
        looks_like=looks_like,
        resembles=resembles,
        lines=row_lines,
        is_json=True,
        maker=_MAKERS.get(kind, "records_of_rows"),
        tables=TABLES if kind is Question else (),
    )


def _reader(of_rows: Callable[[Iterator[Row]], Iterator[R]]) -> Callable[..., Iterator[R]]:
    def read(path: str | Path, *, encoding: str = "utf-8") -> Iterator[R]:
        """Read records.

        Args:
            path: The file.
            encoding: Of the file.
        """
        return of_rows(read_rows(path, encoding=encoding))

    return read


def _question_reader(
    of_rows: Callable[[Iterator[Row]], Iterator[Question]],
) -> Callable[..., Iterator[Question]]:
    def read(
        path: str | Path,
        *,
        encoding: str = "utf-8",
        mentions: Path | None = None,
        question_mentions: Path | None = None,
        ignore_case: bool = False,
    ) -> Iterator[Question]:
        """Read questions.

        Args:
            path: The file.
            encoding: Of the file.
            mentions: A table of names and the entities that they name, which passages and questions
                without mentions are looked through for, see ``openluke.formats.mention_table``; a
                path from where the file lies. The title and the language are those of each line.
            question_mentions: One for the questions, where they have another language; its titles
                are written with theirs, as in ``es:Madrid``.
            ignore_case: Whether names are found in any case, as in the experiments of LUKE; the
                case counted in those of mLUKE.
        """
        return with_names(
            of_rows(read_rows(path, encoding=encoding)),
            path=path,
            mentions=mentions,
            question_mentions=question_mentions,
            ignore_case=ignore_case,
        )

    return read


def _first_keys(head: str) -> set[str]:
    """The keys of the first row."""
    keys = {key.removeprefix("[].") for key in first_tokens(_first_line(head))}
    return {key for key in keys if key.isidentifier()}


def _first_line(head: str) -> str:
    """The first row of JSON lines, or all that there is of a list."""
    start = head.lstrip()
    return start if start.startswith("[") else start.split("\n", 1)[0]


def written_out(values: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its shorter forms written out; see ``read_records``."""
    return {
        key: _LONG_FORMS[key](value) if key in _LONG_FORMS else value
        for key, value in values.items()
    }


def _each(write_out: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def of_list(value: Any) -> Any:
        items = cast("list[Any]", value)
        return [write_out(item) for item in items] if isinstance(value, list) else value

    return of_list


def _label(value: Any) -> Any:
    return {"label": value} if isinstance(value, str) else value


def _answer(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


def _mention(value: Any) -> Any:
    if isinstance(value, dict):
        return written_out(cast("dict[str, Any]", value))
    return _named(value, names=("start", "end", "label"))


def _relation(value: Any) -> Any:
    return _named(value, names=("head", "tail", "label"))


def _named(value: Any, *, names: tuple[str, str, str]) -> Any:
    items = cast("list[Any]", value)
    if not isinstance(value, list) or len(items) not in (2, 3):
        return value
    return dict(zip(names, items, strict=False))


_LONG_FORMS: dict[str, Callable[[Any], Any]] = {
    "labels": _each(_label),
    "answers": _each(_answer),
    "mentions": _each(_mention),
    "question_mentions": _each(_mention),
    "pair_mentions": _each(_mention),
    "choice_mentions": _each(_each(_mention)),
    "relations": _each(_relation),
}

LISTS = frozenset(_LONG_FORMS)
"""The fields of records and mentions that are lists of objects."""
