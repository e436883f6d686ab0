"""Predictions in colour on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from openluke.cli.visible_text import visible
from openluke.inference.views import Mark, View

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")


def print_view(view: View, *, console: Console, colours: dict[str, int]) -> None:
    """Print a prediction.

    Args:
        view: What to print.
        console: Where to.
        colours: The number of the colour of each label so far; new labels are added.
    """
    console.print(_marked(visible(view.text), marks=view.marks, colours=colours), soft_wrap=True)
    for note in view.notes:
        console.print(Text(f"  {visible(note)}", style="dim"), soft_wrap=True)


def _marked(text: str, *, marks: Sequence[Mark], colours: dict[str, int]) -> Text:
    """The text with each mark in its colour and its label behind it."""
    found = Text()
    done = 0
    for mark in sorted(marks, key=lambda mark: mark.end):
        found.append(text[done : mark.end])
        done = mark.end
        found.append(
            f" {visible(mark.label)} ", style=f"reverse {_colour(mark.label, colours=colours)}"
        )
    found.append(text[done:])
    shift = _shifts(marks)
    for mark in marks:
        style = f"bold {_colour(mark.label, colours=colours)}"
        found.stylize(style, mark.start + shift(mark.start), mark.end + shift(mark.end - 1))
    return found


class _shifts:  # noqa: N801 - called like a function
    """How far labels before a character move it."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._ends = [(mark.end, len(mark.label) + 2) for mark in marks]

    def __call__(self, place: int) -> int:
        return sum(length for end, length in self._ends if end <= place)


def _colour(label: str, *, colours: dict[str, int]) -> str:
    return _COLOURS[colours.setdefault(label, len(colours)) % len(_COLOURS)]
