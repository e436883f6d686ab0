"""How often each value occurs: what is needed of it to tell quantiles, bins and shares exactly."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate

from openluke.wikipedia.statistics.records import Column, Section, share

QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)


class Distribution:
    """Values that are whole numbers from 0, each with how often it occurs."""

    def __init__(self, times: Iterable[tuple[int, int]]) -> None:
        """Take values in any order, each once; those that never occur are left out."""
        pairs = sorted(pair for pair in times if pair[1])
        self.values = [value for value, _ in pairs]
        self.times = [n for _, n in pairs]
        self._ranks = [0, *accumulate(self.times)]
        self.n = self._ranks[-1]
        """How many values there are."""
        self.total = sum(value * n for value, n in pairs)
        """Their sum."""

    def quantile(self, part: float) -> int | None:
        """The smallest value that so many of all are not above; none if there are none."""
        if not self.n:
            return None
        rank = max(1, -(-round(part * self.n * 1_000_000) // 1_000_000))
        return self.values[bisect_left(self._ranks, rank) - 1]

    def top(self, n: int) -> int:
        """The sum of the ``n`` largest values."""
        left, total = n, 0
        for value, times in zip(reversed(self.values), reversed(self.times), strict=True):
            if left <= 0:
                break
            total += value * min(times, left)
            left -= times
        return total

    def bins(self) -> list[tuple[str, int, int]]:
        """For bins that grow by 1, 2, 5, 10, …: their names, how many values, and their sum.

        The first bin is the first that has a value, and the last is the last.
        """
        found: list[tuple[str, int, int]] = []
        for low, high in _bounds(self.values[-1] if self.values else -1):
            first, end = bisect_left(self.values, low), bisect_right(self.values, high)
            if end == 0:
                continue
            n = self._ranks[end] - self._ranks[first]
            inside = zip(self.values[first:end], self.times[first:end], strict=True)
            name = f"{low:,}" if low == high else f"{low:,}–{high:,}"
            found.append((name, n, sum(value * times for value, times in inside)))
        return found


def quantile_section(
    key: str, *, heading: str, note: str = "", rows: Iterable[tuple[str, Distribution]]
) -> Section:
    """A section of means and quantiles.

    Args:
        key: What programs know it by.
        heading: For people.
        note: What has to be known to read it.
        rows: Names and values.
    """
    names = {0.0: "least", 0.5: "median", 1.0: "most"}
    columns = [Column(names.get(part, f"{part:.0%}")) for part in QUANTILES]
    return Section(
        key=key,
        heading=heading,
        note=note,
        columns=(Column("what", "text"), Column("mean", "number"), *columns),
        rows=tuple(
            (
                name,
                share(values.total, of=values.n),
                *[values.quantile(part) for part in QUANTILES],
            )
            for name, values in rows
        ),
    )


def bin_section(
    key: str, *, heading: str, note: str = "", names: tuple[str, str, str], values: Distribution
) -> Section:
    """A section of bins, which is drawn.

    Args:
        key: What programs know it by.
        heading: For people.
        note: What has to be known to read it.
        names: Of the columns: the value, what has it, and the sum of values.
        values: How often each occurs.
    """
    return Section(
        key=key,
        heading=heading,
        note=note,
        columns=(Column(names[0], "text"), Column(names[1]), Column(names[2])),
        rows=tuple(values.bins()),
        plot="columns",
    )


def coverage_section(values: Distribution, *, total: int, note: str) -> Section:
    """How many of all links the entities with most links have, by how many entities these are.

    Args:
        values: Links of each entity.
        total: All links, those to what is no entity included.
        note: What has to be known to read it.
    """
    sizes = [size for size in _sizes() if size < values.n]
    rows = [
        (size, share(covered, of=total), covered)
        for size in [*sizes, *([values.n] if values.n else [])]
        for covered in [values.top(size)]
    ]
    return Section(
        key="coverage",
        heading="Links covered by a vocabulary",
        note=note,
        columns=(Column("entities"), Column("share of links", "share"), Column("links")),
        rows=tuple(rows),
        plot="curve",
    )


def _bounds(highest: int) -> Iterable[tuple[int, int]]:
    low = 0
    for step in _steps():
        if low > highest:
            return
        yield low, step - 1
        low = step


def _steps() -> Iterable[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _sizes() -> Iterable[int]:
    """Sizes of vocabularies, up to more than there are entities in the world."""
    for power in range(1, 10):
        yield from (10**power, 2 * 10**power, 5 * 10**power)
