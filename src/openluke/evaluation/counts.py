"""Precision, recall and F1 from counts, of one label and averaged over labels."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from openluke.records import LabelScores


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """Precision, recall and F1."""

    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0

    def named(self, prefix: str = "") -> dict[str, float]:
        """The three of them by name, F1 first."""
        return {
            f"{prefix}f1": self.f1,
            f"{prefix}precision": self.precision,
            f"{prefix}recall": self.recall,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much there is, how much was predicted, and how much of that is correct."""

    correct: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: Self) -> "Counts":
        return Counts(
            correct=self.correct + other.correct,
            predicted=self.predicted + other.predicted,
            gold=self.gold + other.gold,
        )

    @property
    def ratios(self) -> Ratios:
        """Each is 0 where there is nothing to divide by, as most official scorers have it."""
        precision = share(self.correct, of=self.predicted)
        recall = share(self.correct, of=self.gold)
        return Ratios(precision=precision, recall=recall, f1=f1(precision, recall=recall))


def share(part: float, *, of: float) -> float:
    """A part of a whole; 0 if there is no whole."""
    return part / of if of else 0.0


def f1(precision: float, *, recall: float) -> float:
    """The harmonic mean of the two; 0 if both are."""
    return share(2 * precision * recall, of=precision + recall)


def count_labels(
    gold: Iterable[str], *, predicted: Iterable[str], correct: Iterable[str]
) -> dict[str, Counts]:
    """Counts of each label that is right or was predicted anywhere, sorted by label."""
    right, claimed, agreed = Counter(gold), Counter(predicted), Counter(correct)
    return {
        label: Counts(correct=agreed[label], predicted=claimed[label], gold=right[label])
        for label in sorted({*right, *claimed})
    }


def micro(counts: Mapping[str, Counts]) -> Ratios:
    """Of all labels together."""
    return total(counts).ratios


def macro(counts: Mapping[str, Counts]) -> Ratios:
    """The mean over labels, each of which counts the same; F1 is the mean of the labels' F1."""
    return _mean(counts, weights=[1] * len(counts))


def weighted(counts: Mapping[str, Counts]) -> Ratios:
    """The mean over labels, each of which counts as often as it is right."""
    return _mean(counts, weights=[one.gold for one in counts.values()])


def total(counts: Mapping[str, Counts]) -> Counts:
    """The sum over labels."""
    return sum(counts.values(), start=Counts())


def label_scores(counts: Mapping[str, Counts]) -> dict[str, LabelScores]:
    """The scores of each label."""
    return {
        label: LabelScores(
            precision=one.ratios.precision,
            recall=one.ratios.recall,
            f1=one.ratios.f1,
            support=one.gold,
        )
        for label, one in counts.items()
    }


def _mean(counts: Mapping[str, Counts], *, weights: list[int]) -> Ratios:
    if not sum(weights):
        return Ratios()
    ratios = [one.ratios for one in counts.values()]
    rows = np.array([[one.precision, one.recall, one.f1] for one in ratios])
    precision, recall, harmonic = (float(np.average(row, weights=weights)) for row in rows.T)
    return Ratios(precision=precision, recall=recall, f1=harmonic)
