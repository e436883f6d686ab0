"""What is told of an artefact: numbers and tables, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Value = str | int | float | None
Form = Literal["text", "count", "number", "share"]
"""What a value is: text, a whole number, a number with decimals, or a share from 0 to 1."""
Plot = Literal["none", "columns", "curve"]
"""How a table is drawn: its second column as columns over the first, or as a curve."""


class Column(NamedTuple):
    """A column of a table."""

    name: str
    form: Form = "count"


class Figure(NamedTuple):
    """A number that stands for itself."""

    name: str
    value: Value
    form: Form = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table, with what it is about."""

    key: str
    """What programs know it by; it stays the same."""
    heading: str
    note: str = ""
    """What has to be known to read it."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    """Each with a value for every column; ``None`` where there is none."""
    plot: Plot = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What there is in an artefact, and what was dropped while it was made."""

    kind: str
    """What the artefact is, such as ``"wikipedia-pages"``."""
    name: str
    """What its file or directory is called."""
    about: str
    """What it is, for people."""
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]
    options: Mapping[str, Any]
    """Those that it was made with, where it says so."""

    def section(self, key: str) -> Section:
        """The section of a key."""
        return next(section for section in self.sections if section.key == key)

    def to_mapping(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "about": self.about,
            "options": dict(self.options),
            "figures": {figure.name: figure.value for figure in self.figures},
            "sections": {
                section.key: {
                    "heading": section.heading,
                    "note": section.note,
                    "columns": [column.name for column in section.columns],
                    "rows": [list(row) for row in section.rows],
                }
                for section in self.sections
            },
        }


def shown(value: Value, *, form: Form) -> str:
    """A value as people read it: with separators of thousands, shares in per cent."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if form == "share":
        return f"{value:.1%}"
    return f"{value:,.2f}" if form == "number" else f"{value:,.0f}"


def counted(
    key: str,
    *,
    heading: str,
    names: tuple[str, str],
    rows: Sequence[tuple[str, int]],
    note: str = "",
) -> Section:
    """A section of counts with the share that each has of their sum.

    Args:
        key: What programs know it by.
        heading: For people.
        names: Of the columns: what the rows are, and what is counted.
        rows: Names and counts.
        note: What has to be known to read it.
    """
    total = sum(n for _, n in rows)
    return Section(
        key=key,
        heading=heading,
        note=note,
        columns=(Column(names[0], "text"), Column(names[1]), Column("share", "share")),
        rows=tuple((name, n, share(n, of=total)) for name, n in rows),
    )


def share(part: float, *, of: float) -> float | None:
    """A part of a whole, rounded so that it is the same on every machine."""
    return round(part / of, 6) if of else None


def dropped_section(counts: Mapping[str, int]) -> Section:
    """What was dropped while an artefact was made, most first."""
    rows = [
        (name.replace("_", " "), n)
        for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if n and ("dropped" in name or name.startswith("damaged"))
    ]
    return Section(
        key="dropped",
        heading="Left out",
        note="What was not kept while this was made, and why.",
        columns=(Column("what", "text"), Column("how many")),
        rows=tuple(rows),
    )
