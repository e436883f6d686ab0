"""How often texts could not be read as they were given, and on which lines of a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from openluke.tokenization.reports import Report

_SHOWN = 5
_MEANINGS = {
    "unknown_titles": "mentions with a title that the entity vocabulary does not have, read as "
    "[UNK]",
    "long_mentions": "mentions of more pieces than max_mention_length, whose position is that of "
    "the first ones",
    "cut_mentions": "mentions longer than an input, read as far as it goes",
    "placeless_mentions": "mentions whose characters make no piece, so that they have no place",
    "placeless_words": "words whose characters make no piece, so that they are not read",
    "lost_mentions": "mentions that were not read",
    "unread": "stretches of text that were not read",
}


@dataclass(slots=True)
class Tally:
    """Counts by kind of loss, and the places of the first."""

    counts: dict[str, int] = field(default_factory=dict[str, int])
    places: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Tally":
        """Count what reports say; places are their indices."""
        tally = cls()
        for index, report in enumerate(reports):
            for kind in _MEANINGS:
                count = len(getattr(report, kind))
                if count:
                    tally._add(kind, count=count, places=[index])
        return tally

    def add(self, other: "Tally", *, lines: Sequence[int]) -> None:
        """Take in the tally of some texts.

        Args:
            other: The tally; its places are indices of the texts.
            lines: The line of each of the texts.
        """
        for kind, count in other.counts.items():
            self._add(kind, count=count, places=[lines[index] for index in other.places[kind]])

    def messages(self) -> Iterator[str]:
        """A line for each kind of loss that there was."""
        for kind, meaning in _MEANINGS.items():
            if self.counts.get(kind):
                lines = ", ".join(map(str, self.places[kind]))
                yield f"{meaning}: {self.counts[kind]:,} (first on lines {lines})"

    def _add(self, kind: str, *, count: int, places: Sequence[int]) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + count
        self.places[kind] = [*self.places.get(kind, ()), *places][:_SHOWN]
