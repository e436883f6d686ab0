"""What is lost of people's texts: told at once, or added up over many calls and told once."""

import logging
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """How many things were not read, or not found, and of how many."""

    message: str
    """With a place for the number of things, one for their number in all if that is given, and one
    for each of ``about``."""
    n: int
    n_all: int | None = None
    about: tuple[object, ...] = ()
    kinds: Mapping[str, int] = field(default_factory=dict[str, int])
    """What they are, with their numbers, where the message does not say it."""
    example: str = ""

    def __str__(self) -> str:
        counts = (self.n,) if self.n_all is None else (self.n, self.n_all)
        told = self.message % (*counts, *self.about)
        if self.kinds:
            kinds = sorted(self.kinds.items(), key=lambda item: (-item[1], item[0]))
            told += ": " + "; ".join(f"{kind} ({n})" for kind, n in kinds)
        return f"{told} (such as {self.example})" if self.example else told

    def __add__(self, other: "Shortfall") -> "Shortfall":
        return replace(
            self,
            n=self.n + other.n,
            n_all=None if self.n_all is None else self.n_all + (other.n_all or 0),
            kinds=Counter(self.kinds) + Counter(other.kinds),
            example=self.example or other.example,
        )


class Shortfalls:
    """Shortfalls of many calls; those that are told in the same words are added up."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, tuple[object, ...]], Shortfall] = {}

    def add(self, one: Shortfall) -> None:
        """Take one in."""
        key = (one.message, one.about)
        self._sums[key] = self._sums[key] + one if key in self._sums else one

    def __iter__(self) -> Iterator[Shortfall]:
        return iter(self._sums.values())

    def include(self, others: "Shortfalls") -> None:
        """Take in what was added up elsewhere."""
        for one in others:
            self.add(one)

    def tell(self) -> None:
        """Tell each of them."""
        for one in self:
            tell(one)


_around: ContextVar[Shortfalls | None] = ContextVar("_around", default=None)
"""What the calls around this one add up."""


def tell(shortfall: Shortfall) -> None:
    """Warn of a shortfall, if it is one, or leave that to who adds up what is told."""
    shortfalls = _around.get()
    if shortfalls is not None:
        shortfalls.add(shortfall)
    elif shortfall.n:
        _log.warning("%s", shortfall)


@contextmanager
def added_up() -> Generator[Shortfalls, None, None]:
    """Add up what is told while the block runs; no warning is made of it."""
    shortfalls = Shortfalls()
    token = _around.set(shortfalls)
    try:
        yield shortfalls
    finally:
        _around.reset(token)


@contextmanager
def told_once() -> Generator[None, None, None]:
    """Tell what is told while the block runs when it ends, each in one sum."""
    with added_up() as shortfalls:
        yield
    shortfalls.tell()
