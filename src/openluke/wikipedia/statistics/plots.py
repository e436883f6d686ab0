"""Small plots as SVG, which a page has in itself."""

import math
import re
from collections.abc import Iterator, Sequence
from html import escape

from openluke.wikipedia.statistics.records import Column, Section, Value, shown

_WIDTH, _HEIGHT = 640, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 14, 12, 40
_INNER = _WIDTH - _LEFT - _RIGHT
_DEPTH = _HEIGHT - _TOP - _BOTTOM
_LETTER = 6.6
"""About how wide a letter is."""
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def plot(section: Section) -> str:
    """The plot of a section as an ``<svg>`` element; empty if it has none, or nothing to show."""
    rows = [row for row in section.rows if isinstance(row[1], int | float)]
    if section.plot == "none" or not any(row[1] for row in rows):
        return ""
    x, y = section.columns[:2]
    draw = _columns if section.plot == "columns" else _curve
    body = "".join(draw(rows, x=x, y=y))
    label = written(f"{section.heading}: {y.name} by {x.name}")
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{body}'
        f'<text class="axis" x="{_LEFT + _INNER / 2:g}" y="{_HEIGHT - 5}">{written(x.name)}</text>'
        "</svg>"
    )


def written(text: str) -> str:
    """Text as it stands in HTML, whoever wrote it."""
    return escape(_UNWRITABLE.sub("\ufffd", text))


def compact(value: float) -> str:
    """A number in few letters, such as ``1.2M``."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def ticks(highest: float) -> list[float]:
    """Round numbers from 0, the last of which is at or above the highest value."""
    power = 10.0 ** math.floor(math.log10(highest))
    step = next(
        one * power for one in (0.2, 0.25, 0.5, 1.0, 2.0, 2.5) if 5 * one * power >= highest
    )
    return [number * step for number in range(math.ceil(highest / step - 1e-9) + 1)]


_Rows = Sequence[tuple[Value, ...]]


def _columns(rows: _Rows, *, x: Column, y: Column) -> Iterator[str]:
    scale = ticks(max(_number(row[1]) for row in rows))
    yield from _grid([(tick / scale[-1], compact(tick)) for tick in scale])
    step = _INNER / len(rows)
    labels = [_short(shown(row[0], form=x.form)) for row in rows]
    every = max(1, math.ceil((max(map(len, labels)) + 1) * _LETTER / step))
    total = sum(_number(row[1]) for row in rows)
    for number, (row, label) in enumerate(zip(rows, labels, strict=True)):
        value = _number(row[1])
        height = max(_DEPTH * value / scale[-1], 1.0 if value else 0.0)
        told = f"{shown(row[0], form=x.form)}: {shown(row[1], form=y.form)}"
        part = shown(value / total, form="share")
        left = _LEFT + number * step
        yield (
            f'<rect class="mark" x="{left + step * 0.08:.1f}" width="{step * 0.84:.1f}" '
            f'y="{_TOP + _DEPTH - height:.1f}" height="{height:.1f}" rx="1.5">'
            f"<title>{written(f'{told} ({part})')}</title></rect>"
        )
        if number % every == 0:
            yield _label(left + step / 2, text=label)


def _curve(rows: _Rows, *, x: Column, y: Column) -> Iterator[str]:
    """A curve over the logarithm of the first column; shares are of 1."""
    yield from _grid([(tick / 4, shown(tick / 4, form="share")[:-3] + "%") for tick in range(5)])
    logs = [math.log10(max(_number(row[0]), 1)) for row in rows]
    low, span = logs[0], (logs[-1] - logs[0]) or 1.0
    points = [
        (_LEFT + _INNER * (log - low) / span, _TOP + _DEPTH * (1 - _number(row[1])))
        for log, row in zip(logs, rows, strict=True)
    ]
    line = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
    first, last = (f"{points[place][0]:.1f},{_TOP + _DEPTH}" for place in (0, -1))
    yield f'<polygon class="area" points="{first} {line} {last}"/>'
    yield f'<polyline class="line" points="{line}"/>'
    free = 0.0
    for row, (left, top) in zip(rows, points, strict=True):
        label = compact(_number(row[0]))
        told = f"{shown(row[0], form=x.form)}: {shown(row[1], form=y.form)}"
        yield (
            f'<circle class="mark" cx="{left:.1f}" cy="{top:.1f}" r="3.5">'
            f"<title>{written(told)}</title></circle>"
        )
        if left >= free:
            yield _label(left, text=label)
            free = left + (len(label) + 2) * _LETTER


def _grid(lines: Sequence[tuple[float, str]]) -> Iterator[str]:
    """Lines at parts of the height, with their names."""
    for part, name in lines:
        top = _TOP + _DEPTH * (1 - part)
        yield (
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{top:.1f}" '
            f'y2="{top:.1f}"/><text class="tick" x="{_LEFT - 6}" y="{top + 4:.1f}">{name}</text>'
        )


def _label(left: float, *, text: str) -> str:
    return f'<text class="label" x="{left:.1f}" y="{_TOP + _DEPTH + 16}">{written(text)}</text>'


def _short(label: str) -> str:
    """A bin by where it begins, in few letters."""
    first = label.partition("–")[0].replace(",", "")
    return compact(int(first)) if first.isascii() and first.isdigit() else label


def _number(value: Value) -> float:
    return value if isinstance(value, int | float) else 0.0
