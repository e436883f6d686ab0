"""Predictions as a page for a browser, in one file that needs nothing else."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from openluke.artifacts import atomic_file
from openluke.inference.views import Mark, View

_HUES = 12
_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>openluke</title>
<style>
body { font: 16px/1.8 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
section { border-bottom: 1px solid #ddd; padding: 1rem 0 }
p { margin: 0; white-space: pre-wrap }
mark { border-radius: .3em; padding: .1em .2em; color: inherit }
mark b { font-size: .7em; margin-left: .4em; text-transform: none }
li { color: #555 }
</style>
"""


def write_page(views: Iterable[View], *, path: Path) -> None:
    """Write a page that shows predictions one below the other."""
    colours: dict[str, int] = {}
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write(_HEAD)
        for view in views:
            stream.write(_section(view, colours=colours))


def _section(view: View, *, colours: dict[str, int]) -> str:
    text = "".join(_pieces(view.text, marks=view.marks, colours=colours))
    notes = "".join(f"<li>{escape(note)}</li>" for note in view.notes)
    return f"<section>\n<p>{text}</p>\n" + (f"<ul>{notes}</ul>\n" if notes else "") + "</section>\n"


def _pieces(text: str, *, marks: Sequence[Mark], colours: dict[str, int]) -> Iterator[str]:
    """The text with tags around marks; marks that cross are closed and opened again."""
    open_ones: list[Mark] = []
    waiting = list(marks)
    places = sorted({0, len(text), *(p for mark in marks for p in (mark.start, mark.end))})
    for place, following in zip(places, [*places[1:], len(text)], strict=True):
        crossed: list[Mark] = []
        while any(mark.end == place for mark in open_ones):
            mark = open_ones.pop()
            ends = mark.end == place
            yield f"<b>{escape(mark.label)}</b></mark>" if ends else "</mark>"
            if not ends:
                crossed.append(mark)
        while waiting and waiting[0].start == place:
            crossed.append(waiting.pop(0))
        for mark in sorted(crossed, key=lambda mark: -mark.end):
            hue = colours.setdefault(mark.label, len(colours)) * 360 // _HUES % 360
            yield f'<mark style="background: hsl({hue} 80% 85%)">'
            open_ones.append(mark)
        yield escape(text[place:following])
