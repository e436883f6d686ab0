"""Printing facts: a table for people, JSON for programs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openluke.cli.visible_text import visible


def print_facts(title: str, *, facts: Mapping[str, Any], as_json: bool) -> None:
    """Print a titled set of facts; nested ones are indented below their name."""
    if as_json:
        print(json.dumps({"kind": title, **facts}, ensure_ascii=False))
        return
    console = Console()
    console.print(Text(title, style="italic"))
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for name, value in _rows(facts, depth=0):
        table.add_row(Text(visible(name)), Text(visible(value)))
    console.print(table)


def _rows(facts: Mapping[str, Any], *, depth: int) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        label = "  " * depth + name
        if isinstance(value, Mapping):
            yield label, ""
            yield from _rows(cast("Mapping[str, Any]", value), depth=depth + 1)
        elif _is_list_of_mappings(value):
            for item in value:
                yield label, ""
                yield from _rows(item, depth=depth + 1)
        else:
            yield label, _text(value)


def _is_list_of_mappings(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    items = cast("list[Any]", value)
    return bool(items) and all(isinstance(item, Mapping) for item in items)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(_text, cast("list[Any]", value))) or "none"
    return str(value)
