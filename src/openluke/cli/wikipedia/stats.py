"""``openluke wikipedia stats``: what there is in pages, vocabularies and tables of names."""

import json as json_module
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openluke.artifacts import atomic_file
from openluke.cli.flags import Flag
from openluke.cli.visible_text import visible
from openluke.cli.wikipedia.machine import Joining
from openluke.errors import ConfigError
from openluke.wikipedia.statistics import (
    Column,
    Section,
    Statistics,
    collect_statistics,
    shown,
    statistics_page,
)

_HERE = Joining()


def stats(
    artefact: Path,
    page: Path | None = None,
    *,
    json: Flag = False,
    replace: Flag = False,
    machine: Joining = _HERE,
) -> None:
    """Show what there is in a page store, a vocabulary, an interwiki table or a table of names.

    Args:
        artefact: What one of the other stages made, or a vocabulary in any form.
        page: A page for a browser to write, with tables and plots; without it, tables are printed.
        json: Print one JSON object instead of tables.
        replace: Replace a page that is there.
        machine: What may be taken of this machine.
    """
    if page is not None and page.exists() and not replace:
        raise ConfigError(f"{page}: exists already; choose another name, or replace it (--replace)")
    found = collect_statistics(artefact, limits=machine.limits)
    if page is not None:
        with atomic_file(page) as partial:
            partial.write_text(statistics_page(found), encoding="utf-8")
    if json:
        print(json_module.dumps(found.to_mapping(), ensure_ascii=False))
    elif page is not None:
        print(f"{page}: {found.about}")
    else:
        _print(found)


def _print(statistics: Statistics) -> None:
    console = Console()
    console.print(Text(statistics.about, style="italic"))
    figures = Table(show_header=False, box=None, pad_edge=False)
    figures.add_column(style="cyan")
    figures.add_column(justify="right")
    for figure in statistics.figures:
        figures.add_row(visible(figure.name), visible(shown(figure.value, form=figure.form)))
    console.print(figures)
    for section in statistics.sections:
        if section.rows:
            console.print(Text(f"\n{visible(section.heading)}", style="bold"))
            console.print(_table(section))
            if section.note:
                console.print(Text(visible(section.note), style="dim"))


def _table(section: Section) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in section.columns:
        justify = "left" if column.form == "text" else "right"
        table.add_column(Text(visible(column.name)), justify=justify)
    for row in section.rows:
        table.add_row(
            *(_cell(value, column) for value, column in zip(row, section.columns, strict=True))
        )
    return table


def _cell(value: str | float | None, column: Column, /) -> Text:
    return Text(visible(shown(value, form=column.form)))
