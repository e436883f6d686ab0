"""A form of files: how it is read, and how it is told from others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


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
