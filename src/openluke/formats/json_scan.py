"""Where things stand in JSON text, which may break off anywhere: no values are made."""

import re
from collections.abc import Iterator
from typing import NamedTuple

Steps = tuple[str | int, ...]
"""The way to a value: keys of objects, and numbers of items in lists."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


class Place(NamedTuple):
    """Where a value begins."""

    steps: Steps
    position: int
    written: str
    """A bracket, or the whole of a string, number or word as it is written."""


def places(text: str) -> Iterator[Place]:
    """Every value of JSON text, in order; of several values one after another all."""
    steps: list[str | int | None] = []
    for match in _TOKEN.finditer(text):
        written = match[0]
        if written in ("}", "]"):
            del steps[-1:]
        elif written == ",":
            last = steps[-1] if steps else None
            steps[-1:] = [last + 1 if isinstance(last, int) else None] if steps else []
        elif steps and steps[-1] is None:
            steps[-1] = written[1:-1]
        elif written != ":":
            yield Place(tuple(step for step in steps if step is not None), match.start(), written)
            if written in ("{", "["):
                steps.append(None if written == "{" else 0)


def line_of(text: str, *, steps: Steps) -> int | None:
    """The line, from 1, on which a value begins; ``None`` if the text has no such value."""
    for place in places(text):
        if place.steps == steps:
            return 1 + text.count("\n", 0, place.position)
    return None


def first_tokens(text: str) -> dict[str, str]:
    """For each way to a value, such as ``data[].title``, the token of the first that there is."""
    found: dict[str, str] = {}
    for place in places(text):
        found.setdefault(name_of(place.steps, numbers=False), place.written)
    return found


def name_of(steps: Steps, *, numbers: bool = True) -> str:
    """A way as people write it: ``data[3].title``, or ``data[].title`` without numbers."""
    name = ""
    for step in steps:
        if isinstance(step, int):
            name += f"[{step}]" if numbers else "[]"
        else:
            name += f".{step}" if name else step
    return name
