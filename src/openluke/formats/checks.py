"""What a set of examples holds: how many, which labels, how long, and what looks wrong."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from openluke.formats.example_facts import ExampleFacts, facts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How numbers are spread."""

    count: int
    smallest: float
    median: float
    percentile_95: float
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """An example that asks what an earlier one asked; both counted from 0."""

    index: int
    earlier: int
    agrees: bool
    """Whether both say the same is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplesCheck:
    """What a set of examples holds. What does not fit a model, the model has to say."""

    n_examples: int
    n_unknown: int
    """Of how many it is not said what is right."""
    labels: dict[str, dict[str, int]]
    """For each kind of label, such as ``mention`` or ``relation``, how often each stands, the most
    frequent first."""
    lengths: dict[str, Spread]
    """Lengths of texts, mentions and so on by name, such as ``text: characters``, and numbers such
    as ``mentions per example``."""
    n_duplicates: int
    n_contradictions: int
    """How many of the duplicates say that something else is right."""
    duplicates: tuple[Duplicate, ...]
    """The first of them, those that contradict before the others."""
    shown: tuple[Any, ...]
    """The first examples."""


@dataclass(slots=True)
class _Counts:
    labels: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    numbers: dict[str, Counter[float]] = field(default_factory=dict[str, Counter[float]])
    seen: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    duplicates: list[Duplicate] = field(default_factory=list[Duplicate])
    n_unknown: int = 0

    def add(self, facts: ExampleFacts, *, index: int) -> None:
        self.n_unknown += not facts.known
        for kind, labels in facts.labels.items():
            self.labels.setdefault(kind, Counter()).update(labels)
        for name, numbers in facts.numbers.items():
            self.numbers.setdefault(name, Counter()).update(numbers)
        asked, right = _digest(facts.asked), _digest(facts.right)
        earlier = self.seen.setdefault(asked, (index, right))
        if earlier[0] != index:
            agrees = earlier[1] == right
            self.duplicates.append(Duplicate(index=index, earlier=earlier[0], agrees=agrees))


def check_examples(examples: Iterable[Any], *, n_shown: int = 3) -> ExamplesCheck:
    """Read all examples once and say what they hold.

    Args:
        examples: Records of one kind.
        n_shown: How many examples, and how many duplicates, are kept to be shown.
    """
    counts = _Counts()
    shown: list[Any] = []
    n_examples = 0
    for index, example in enumerate(examples):
        counts.add(facts_of(example), index=index)
        shown.extend([example] if index < n_shown else [])
        n_examples += 1
    worst_first = sorted(counts.duplicates, key=lambda each: each.agrees)
    return ExamplesCheck(
        n_examples=n_examples,
        n_unknown=counts.n_unknown,
        labels={kind: dict(each.most_common()) for kind, each in counts.labels.items()},
        lengths={name: _spread(each) for name, each in counts.numbers.items() if each},
        n_duplicates=len(counts.duplicates),
        n_contradictions=sum(not each.agrees for each in counts.duplicates),
        duplicates=tuple(worst_first[:n_shown]),
        shown=tuple(shown),
    )


def _digest(value: Any) -> int:
    return hash(json.dumps(value, ensure_ascii=False))


def _spread(counts: Counter[float]) -> Spread:
    values = sorted(counts)
    reached = [*accumulate(counts[value] for value in values)]
    count = reached[-1]

    def at(share: float) -> float:
        """The smallest value that at least this share of all does not exceed."""
        return next(value for value, n in zip(values, reached, strict=True) if n >= share * count)

    return Spread(
        count=count,
        smallest=values[0],
        median=at(0.5),
        percentile_95=at(0.95),
        largest=values[-1],
    )
