"""Tables of texts with labels or numbers, as CSV, TSV or with any other delimiter."""

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openluke.errors import ConfigError, DataError
from openluke.formats.delimited_rows import Cells, Dialect, names_in, read_cells
from openluke.formats.form import Form, most_lines, option_hint
from openluke.formats.json_rows import shown
from openluke.records import ClassifiedText, Label

_OF_JSICK = {
    "text": "sentence_A_Ja",
    "pair": "sentence_B_Ja",
    "label": "entailment_label_Ja",
    "value": "relatedness_score_Ja",
    "id": "pair_ID",
}


def read_table(
    path: str | Path,
    *,
    text: str = "text",
    pair: str | None = None,
    label: str | None = None,
    value: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's name
    columns: tuple[str, ...] | None = None,
    separator: str | None = None,
    delimiter: str | None = None,
    quotes: bool | None = None,
    encoding: str = "utf-8",
) -> Iterator[ClassifiedText]:
    """Read texts from the rows of a table, whose first line names its columns.

    A column that is not said is taken if there is one of the field's own name. Where label or value
    are empty, they are not known.

    Args:
        path: The file.
        text: The column of the text.
        pair: The column of the second text.
        label: The column of the label.
        value: The column of the number, for regression.
        id: The column of the names of rows.
        columns: The names of all columns, of a file that does not begin with them.
        separator: What stands between labels, where there may be any number of them; where nothing
            stands in the column then, no label holds.
        delimiter: What stands between columns: a character, or ``tab``, ``comma`` or ``semicolon``;
            by default told from the first line.
        quotes: Whether a column may stand between quotes; by default not in files with tabs.
        encoding: The encoding of the file.
    """
    if separator == "":
        raise ConfigError("separator is empty, expected what stands between labels")
    dialect = Dialect(delimiter=delimiter, quotes=quotes, encoding=encoding)
    said = {"text": text, "pair": pair, "label": label, "value": value, "id": id}
    reader: _Reader | None = None
    for cells in read_cells(path, dialect=dialect, names=columns):
        if reader is None:
            columns_of = _columns(said, names=[*cells.values], file=path)
            reader = _Reader(columns=columns_of, separator=separator)
        yield reader.read(cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Makes texts of rows."""

    columns: dict[str, str]
    """The columns of fields that there are, by field."""
    separator: str | None

    def read(self, cells: Cells) -> ClassifiedText:
        label = self._cell("label", cells=cells)
        several = self.separator is not None and "label" in self.columns
        return ClassifiedText(
            text=self._text("text", cells=cells),
            pair=self._text("pair", cells=cells) if "pair" in self.columns else None,
            label=None if several else label,
            labels=self._labels(label or "", cells=cells) if several else None,
            value=self._number(cells),
            id=self._cell("id", cells=cells),
        )

    def _cell(self, field: str, *, cells: Cells) -> str | None:
        """What stands in a field's column; ``None`` if nothing does."""
        return cells.values[self.columns[field]].strip() or None if field in self.columns else None

    def _text(self, field: str, *, cells: Cells) -> str:
        column = self.columns[field]
        if not cells.values[column].strip():
            raise cells.error("nothing stands there, expected a text", column=column)
        return cells.values[column]

    def _labels(self, written: str, *, cells: Cells) -> tuple[Label, ...]:
        names = [name.strip() for name in written.split(self.separator)] if written else []
        if "" in names or len({*names}) < len(names):
            message = f"found {shown(written)}, expected different labels"
            raise cells.error(message, column=self.columns["label"])
        return tuple(Label(label=name) for name in names)

    def _number(self, cells: Cells) -> float | None:
        written = self._cell("value", cells=cells)
        if written is None:
            return None
        try:
            number = float(written)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            message = f"found {shown(written)}, expected a number"
            raise cells.error(message, column=self.columns["value"])
        return number


def table_lines(
    path: str | Path,
    *,
    columns: tuple[str, ...] | None = None,
    delimiter: str | None = None,
    quotes: bool | None = None,
    encoding: str = "utf-8",
    **_: Any,
) -> Iterator[int]:
    """The lines of rows; the options are those of ``read_table``."""
    dialect = Dialect(delimiter=delimiter, quotes=quotes, encoding=encoding)
    return (cells.line for cells in read_cells(path, dialect=dialect, names=columns))


def _columns(
    said: Mapping[str, str | None], *, names: Sequence[str], file: str | Path
) -> dict[str, str]:
    """The column of each field that has one."""
    for field, name in said.items():
        if name is not None and name not in names:
            raise DataError(
                f"found no column {name!r}, expected the {field} there; columns are "
                f"{', '.join(names)}; say it by "
                f"{option_hint(field)}, or, if the file does not begin with them, the names of all "
                f"by {option_hint('columns')}",
                file=file,
            )
    wanted = {field: field if name is None else name for field, name in said.items()}
    return {field: name for field, name in wanted.items() if name in names}


def looks_like_table(head: str) -> bool:
    """Whether the first line names a column ``text``, or a column ``label`` beside others."""
    names = names_in(head)
    return "text" in names or ("label" in names and len(names) > 1)


def looks_like_text_and_label(head: str) -> bool:
    """Whether lines have two columns, with the label of the first again in others.

    So the first is none that names the columns.
    """
    lines = head.split("\n")
    lines = [line for line in lines[: max(1, len(lines) - 1)] if line.strip()]
    rows = [line.split("\t") for line in lines]
    if looks_like_table(head) or not rows or {len(row) for row in rows} != {2}:
        return False
    return not head.lstrip().startswith(("{", "[")) and rows[0][1] in {row[1] for row in rows[1:]}


def has_two_columns(line: str) -> bool:
    """Whether a line is a text, a tab and one more column."""
    text, _, label = line.strip().partition("\t")
    return bool(text and label) and "\t" not in label and not text.startswith(("{", "["))


def looks_like_jsick(head: str) -> bool:
    """Whether the first line names the columns of JSICK."""
    return {*_OF_JSICK.values()} <= {*names_in(head)}


FORM = Form(
    name="table",
    summary="CSV or TSV whose first line names the columns: text, pair, label, value, id.",
    read=read_table,
    looks_like=looks_like_table,
    lines=table_lines,
)
TEXT_AND_LABEL = Form(
    name="text-label",
    summary="On each line a text, a tab and its label; no names of columns.",
    read=functools.partial(read_table, columns=("text", "label")),
    looks_like=looks_like_text_and_label,
    resembles=most_lines(has_two_columns),
    lines=functools.partial(table_lines, columns=("text", "label")),
)
JSICK = Form(
    name="jsick",
    summary="The table of JSICK: pairs of sentences with an entailment label and a relatedness.",
    read=functools.partial(read_table, **_OF_JSICK),
    looks_like=looks_like_jsick,
    lines=table_lines,
)
