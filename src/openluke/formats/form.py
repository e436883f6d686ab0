"""A form of files: how it is read, and how it is told from others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

NUMBERS = (
    "labels are names: write that of the class in place of its number (openluke.formats."
    "dataset_rows reads Hugging Face data sets, which know them)"
)
"""What messages say where a label is a number."""
_N_LINES = 200
"""How many lines are looked at."""


def option_hint(name: str, *, value: str = "…") -> str:
    """What messages call an option of a form, and how the command line has it."""
    return f"the option {name} (--option {name}={value})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of files that a task can read.

    Each module of this package has one, called ``FORM`` (or a function that makes one). A task
    names those that it reads, in the order in which they are shown. Where a task reads a form with
    other defaults, it takes ``replace(FORM, read=functools.partial(FORM.read, unit="sentence"))``.
    """

    name: str
    """What a user says, for example ``conll``; unique among the forms of a task."""
    summary: str
    """One sentence: what stands in such a file."""
    read: Callable[..., Iterator[Any]]
    """``read(path, **options)`` gives the examples of a file one after another."""
    looks_like: Callable[[str], bool]
    """Whether a file that begins with this text has this form. It never sees the file's name."""
    resembles: Callable[[str], bool] = lambda head: False  # noqa: ARG005
    """Whether this form was likely meant by a file that has none of those that may be, so that its
    reader can say which line is wrong."""
    lines: Callable[..., Iterator[int | None]] | None = None
    """``lines(path, **options)`` gives the line on which each example begins, in the order of
    ``read``; ``None`` where examples do not have lines of their own."""
    is_json: bool = False
    """Whether it is a form of JSON; its summary then says the keys."""
    maker: str | None = None
    """What of ``openluke.formats.dataset_rows`` makes such records of the rows of a data set."""
    tables: tuple[str, ...] = ()
    """Options that name another file, by a path from where the one that is read lies."""


def most_lines(looks_like: Callable[[str], bool]) -> Callable[[str], bool]:
    """Whether most lines, each by itself, look like a form."""

    def resembles(head: str) -> bool:
        lines = head.split("\n")
        # the last may be cut
        lines = [line for line in lines[: max(1, min(len(lines) - 1, _N_LINES))] if line.strip()]
        return 2 * sum(looks_like(line + "\n") for line in lines) > len(lines)

    return resembles
