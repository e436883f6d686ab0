"""Files with a word on each line, its tag in another column, and a blank line after a sentence."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openluke.errors import DataError
from openluke.formats.text_lines import read_lines

_SPACES = re.compile(r"[ \t]+")
_NEW_DOCUMENT = "-DOCSTART-"
_JSON = re.compile(r'\s*[\[{]\s*["\[{]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How the lines of a file are read."""

    word: int = 0
    """The column of the word, counted from 0, or from the last with -1."""
    tag: int | None = -1
    """The column of the tag; ``None`` if there is none."""
    comment: str | None = None
    """What lines begin with that are left out. By default those are left out that begin with # and
    have not as many columns as the first line that does not."""
    encoding: str = "utf-8"
    lenient: bool = False
    """Whether lines may differ in the number of their columns."""


def columns_of(
    *,
    word_column: int = 0,
    tag_column: int = -1,
    tagged: bool = True,
    comment: str | None = None,
    encoding: str = "utf-8",
    lenient: bool = False,
    **_: Any,
) -> Columns:
    """How lines are read by the options of a form, which may have others too."""
    return Columns(
        word=word_column,
        tag=tag_column if tagged else None,
        comment=comment,
        encoding=encoding,
        lenient=lenient,
    )


@dataclass(slots=True, kw_only=True)
class Sentence:
    """The words of a sentence, with their tags and the lines that they stand on."""

    words: list[str]
    tags: list[str]
    lines: list[int]
    begins_document: bool = False
    """Whether -DOCSTART- stands before it."""


def read_sentences(path: str | Path, *, columns: Columns) -> Iterator[Sentence]:
    """The sentences of a file, also the last where no blank line follows it."""
    rows = _Rows(path, columns=columns)
    begins, sentence = False, _empty()
    for number, line in read_lines(path, encoding=columns.encoding):
        starts_document = line.startswith(_NEW_DOCUMENT)
        if starts_document or not line.strip():
            if sentence.words:
                yield sentence
                begins, sentence = False, _empty()
            begins = begins or starts_document
            continue
        row = rows.read(line, number=number)
        if row is not None:
            sentence.begins_document = begins
            sentence.words.append(row[0])
            sentence.tags.append(row[1])
            sentence.lines.append(number)
    if sentence.words:
        yield sentence


def looks_tabular(head: str, *, n_lines: int = 200) -> list[list[str]]:
    """The first lines of a file as columns, if each has as many and at least two; else none."""
    if _JSON.match(head):
        return []
    lines = head.split("\n")
    lines = lines[: min(n_lines, max(1, len(lines) - 1))]
    rows = _Rows("", columns=Columns(word=0, tag=1))
    found: list[list[str]] = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith(_NEW_DOCUMENT):
            try:
                fields = rows.fields(line, number=number)
            except DataError:
                return []
            found.extend([fields] if fields else [])
    return found


def mostly_tabular(head: str, *, n_lines: int = 200) -> list[list[str]]:
    """The first lines of a file that have as many columns as most have, two or more; else none."""
    if _JSON.match(head):
        return []
    lines = head.split("\n")
    lines = [line for line in lines[: min(n_lines, max(1, len(lines) - 1))] if line.strip()]
    lines = [line for line in lines if not line.startswith(("#", _NEW_DOCUMENT))]
    by_tabs = 2 * sum("\t" in line for line in lines) > len(lines)
    rows = [line.split("\t") if by_tabs else _SPACES.split(line.strip(" \t")) for line in lines]
    ((usual, n_usual),) = Counter(map(len, rows)).most_common(1) or [(0, 0)]
    alike = usual > 1 and 2 * n_usual > len(rows)
    return [row for row in rows if len(row) == usual] if alike else []


class _Rows:
    """Splits lines as the first of them is split."""

    def __init__(self, path: str | Path, *, columns: Columns) -> None:
        self._path = path
        self._columns = columns
        self._first: tuple[int, int] | None = None
        """How many columns the first line has, and its number."""
        self._tabs = False

    def read(self, line: str, *, number: int) -> tuple[str, str] | None:
        """Word and tag of a line, or ``None`` of a comment."""
        fields = self.fields(line, number=number)
        if fields is None:
            return None
        columns = self._columns
        word = self._field(columns.word, fields=fields, number=number)
        tag = "" if columns.tag is None else self._field(columns.tag, fields=fields, number=number)
        return word, tag

    def fields(self, line: str, *, number: int) -> list[str] | None:
        """The columns of a line, or ``None`` of a comment."""
        if self._columns.comment and line.startswith(self._columns.comment):
            return None
        may_be_comment = self._columns.comment is None and line.startswith("#")
        if self._first is None:
            if may_be_comment and line[1:2] in (" ", "#", ""):
                return None
            self._tabs = "\t" in line
        fields = self._split(line)
        if self._first is None:
            self._first = len(fields), number
            self._check_count(fields, number=number)
        if len(fields) != self._first[0] and may_be_comment:
            return None
        if len(fields) != self._first[0] and not self._columns.lenient:
            by = "tabs" if self._tabs else "spaces"
            raise self._error(
                f"found {len(fields)} columns ({line[:60]!r}), expected {self._first[0]} as in "
                f"line {self._first[1]}, separated by {by}",
                number=number,
            )
        return fields

    def _split(self, line: str) -> list[str]:
        if self._tabs:
            return [field.strip(" ") or field for field in line.split("\t")]
        return _SPACES.split(line.strip(" \t"))

    def _check_count(self, fields: list[str], *, number: int) -> None:
        word, tag = (
            None if column is None else column + (len(fields) if column < 0 else 0)
            for column in (self._columns.word, self._columns.tag)
        )
        if word == tag:
            raise self._error(
                f"found {len(fields)} columns, of which the same is the word's and the tag's; "
                "expected a word and a tag, or tagged = false for words alone",
                number=number,
            )

    def _field(self, column: int, *, fields: list[str], number: int) -> str:
        if not -len(fields) <= column < len(fields):
            message = f"found {len(fields)} columns, expected one numbered {column}"
            raise self._error(message, number=number)
        if not fields[column]:
            raise self._error(f"column {column} is empty, expected a word or tag", number=number)
        return fields[column]

    def _error(self, message: str, *, number: int) -> DataError:
        return DataError(message, file=self._path, line=number)


def _empty() -> Sentence:
    return Sentence(words=[], tags=[], lines=[])
