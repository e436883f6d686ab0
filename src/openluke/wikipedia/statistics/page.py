"""Statistics as a page for a browser, in one file that needs nothing else."""

import json
from collections.abc import Iterator

from openluke.wikipedia.statistics.plots import plot, written
from openluke.wikipedia.statistics.records import Column, Figure, Section, Statistics, Value, shown

_STYLE = """\
:root { color-scheme: light dark; --paper: #fff; --panel: #f6f7f9; --ink: #1b1f24;
  --soft: #5a6472; --rule: #dde1e7; --mark: #2f6db3; --tint: #2f6db31f }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --panel: #1d2127; --ink: #e7eaee;
  --soft: #a3adba; --rule: #343b45; --mark: #6ea8e8; --tint: #6ea8e82e } }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 58rem; margin: 0 auto;
  padding: 1.5rem 1rem 4rem; color: var(--ink); background: var(--paper) }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere }
h2 { font-size: 1.15rem; margin: 0 0 .25rem }
p { margin: 0 0 .75rem; color: var(--soft); max-width: 44rem; overflow-wrap: anywhere }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0 0 1rem; font-size: .9rem }
a { color: var(--mark) }
section { margin-top: 2.5rem; border-top: 1px solid var(--rule); padding-top: 1.25rem }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .5rem;
  margin: 1.25rem 0 }
dl div { background: var(--panel); border-radius: .5rem; padding: .6rem .75rem;
  display: flex; flex-direction: column-reverse; justify-content: flex-end }
dt { color: var(--soft); font-size: .85rem; line-height: 1.3 }
dd { margin: 0; font-size: 1.3rem; font-weight: 600; font-variant-numeric: tabular-nums }
.wide { overflow-x: auto; margin: 0 0 1rem }
.long { max-height: 30rem; overflow-y: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .75rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--rule) }
th { color: var(--soft); font-weight: 500; font-size: .85rem; vertical-align: bottom;
  position: sticky; top: 0; background: var(--paper) }
.text { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 7rem;
  max-width: 26rem }
.bar { background: linear-gradient(90deg, var(--tint) var(--part), transparent 0) }
svg { display: block; width: 100%; min-width: 36rem; max-width: 44rem; height: auto }
svg text { font: 11.5px system-ui, sans-serif; fill: var(--soft) }
.label, .axis { text-anchor: middle }
.tick { text-anchor: end }
.grid { stroke: var(--rule) }
.mark { fill: var(--mark) }
.area { fill: var(--tint) }
.line { fill: none; stroke: var(--mark); stroke-width: 2 }
pre { background: var(--panel); padding: .75rem; border-radius: .5rem; overflow-x: auto }
"""
_LONG = 25
"""Rows of a table that is looked at through a window."""


def statistics_page(statistics: Statistics) -> str:
    """A page of HTML that shows statistics; it loads nothing, and no title can change it."""
    return "".join(_page(statistics))


def _page(statistics: Statistics) -> Iterator[str]:
    about, name = written(statistics.about), written(statistics.name)
    yield (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{about}: {name}</title>\n<style>\n{_STYLE}</style>\n"
        f"<h1>{about}</h1>\n<p><bdi>{name}</bdi> · {written(statistics.kind)}</p>\n"
    )
    yield "<dl>\n"
    yield from map(_figure, statistics.figures)
    yield "</dl>\n<nav>\n"
    for section in statistics.sections:
        yield f'<a href="#{written(section.key)}">{written(section.heading)}</a>\n'
    yield "</nav>\n"
    for section in statistics.sections:
        yield from _section(section)
    if statistics.options:
        text = json.dumps(statistics.options, ensure_ascii=False, indent=2, sort_keys=True)
        yield '<section id="options">\n<h2>Made with</h2>\n'
        yield f"<pre>{written(text)}</pre>\n</section>\n"
    yield "</html>\n"


def _figure(figure: Figure) -> str:
    value = written(shown(figure.value, form=figure.form))
    return f"<div><dt>{written(figure.name)}</dt><dd>{value}</dd></div>\n"


def _section(section: Section) -> Iterator[str]:
    yield f'<section id="{written(section.key)}">\n<h2>{written(section.heading)}</h2>\n'
    if section.note:
        yield f"<p>{written(section.note)}</p>\n"
    drawn = plot(section)
    if drawn:
        yield f'<div class="wide">{drawn}</div>\n'
    window = "wide long" if len(section.rows) > _LONG else "wide"
    yield f'<div class="{window}" tabindex="0">\n<table>\n<thead><tr>'
    for column in section.columns:
        yield f'<th scope="col"{_class(column)}>{written(column.name)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for row in section.rows:
        cells = zip(row, section.columns, strict=True)
        yield f"<tr>{''.join([_cell(value, column=column) for value, column in cells])}</tr>\n"
    yield "</tbody>\n</table>\n</div>\n</section>\n"


def _cell(value: Value, *, column: Column) -> str:
    text = written(shown(value, form=column.form))
    if column.form == "text":
        return f'<td class="text"><bdi>{text}</bdi></td>'
    if column.form == "share" and isinstance(value, int | float):
        part = min(max(value, 0.0), 1.0)
        return f'<td class="bar" style="--part: {part:.1%}">{text}</td>'
    return f"<td>{text}</td>"


def _class(column: Column) -> str:
    return ' class="text"' if column.form == "text" else ""
