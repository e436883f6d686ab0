"""Scores of relations: TACRED, KBP37 and RELX as LUKE scored them, SemEval-2010 task 8 officially.

Labels may end in the direction of the relation, ``(e1,e2)`` or ``(e2,e1)``. A prediction is correct
only if its direction is; it is counted for the relation whatever its direction.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.evaluation.counts import (
    Counts,
    count_labels,
    label_scores,
    macro,
    micro,
    share,
    total,
)
from openluke.evaluation.pairing import check_paired
from openluke.records import Scores

_DIRECTIONS = ("(e1,e2)", "(e2,e1)")


def without_direction(label: str) -> str:
    """The relation that a label names, whichever way it goes."""
    for direction in _DIRECTIONS:
        label = label.removesuffix(direction)
    return label


def score_relations(
    gold: Sequence[str], *, predicted: Sequence[str | None], no_relation: str | None = "no_relation"
) -> Scores:
    """F1, precision and recall of the relations that hold, and accuracy over all pairs.

    ``f1`` is TACRED's: over all pairs together, ``no_relation`` being neither right nor predicted.
    Where nothing was predicted, of all relations or of one, its precision is 1 and its F1 0, as in
    TACRED's script. ``macro_f1``, ``macro_precision`` and ``macro_recall`` are LUKE's: means over
    all relations that are right or predicted anywhere, one that was not predicted having 0.

    Args:
        gold: The label of each pair.
        predicted: As many; ``None`` where nothing was predicted, which is not even ``no_relation``.
        no_relation: The label that says that nothing holds; ``None`` if there is none.
    """
    check_paired(gold, predicted=predicted, what="pairs")
    counts = _count(gold, predicted=predicted, ignored=no_relation)
    correct = sum(one == other for one, other in zip(gold, predicted, strict=True))
    sums = _sums(counts, n_pairs=len(gold))
    values = {
        **micro(counts).named(),
        **macro(counts).named("macro_"),
        "accuracy": share(correct, of=len(gold)),
    }
    if not sums["predicted"]:
        values["precision"] = 1.0
    labels = {
        label: one if counts[label].predicted else replace(one, precision=1.0)
        for label, one in label_scores(counts).items()
    }
    return Scores(values=values, labels=labels, counts=sums)


def score_semeval(
    gold: Sequence[str], *, predicted: Sequence[str | None], other: str = "Other"
) -> Scores:
    """The scores of SemEval-2010 task 8, as its official scorer (version 1.2) gives them.

    ``macro_f1`` is the official one: the (9+1)-way evaluation with directions taken into account.
    Only relations that the key has are scored, so a relation that is only predicted lowers the
    recall of those that it was taken for and no precision. ``undirected_macro_f1`` does not look
    at directions, and ``two_way_macro_f1`` takes each direction for a label of its own.

    Args:
        gold: The label of each pair.
        predicted: As many; ``None`` for one that was skipped, which is as good as ``other``.
        other: The label of all that is none of the relations; it is not scored.
    """
    check_paired(gold, predicted=predicted, what="pairs")
    answered = [other if one is None else one for one in predicted]
    official = _of_key(_count(gold, predicted=answered, ignored=other))
    plain_gold = [without_direction(one) for one in gold]
    plain = [without_direction(one) for one in answered]
    undirected = _of_key(_count(plain_gold, predicted=plain, ignored=other))
    two_way = _of_key(_count(gold, predicted=answered, ignored=other, directed=True))
    correct = sum(one == another for one, another in zip(gold, answered, strict=True))
    return Scores(
        values={
            **macro(official).named("macro_"),
            **micro(official).named(),
            "accuracy": share(correct, of=len(gold)),
            "undirected_macro_f1": macro(undirected).f1,
            "two_way_macro_f1": macro(two_way).f1,
        },
        labels=label_scores(official),
        counts=_sums(official, n_pairs=len(gold)),
    )


def relation_counts(
    gold: Sequence[str], *, predicted: Sequence[str | None], no_relation: str | None = "no_relation"
) -> npt.NDArray[Any]:
    """Of each pair and relation how much is correct, predicted and right.

    *Shape:* (pairs, relations, 3) int64, the relations sorted, without directions; for
    ``bootstrap_interval`` with ``macro_f1_of_counts``, or summed over relations with
    ``f1_of_counts``.
    """
    check_paired(gold, predicted=predicted, what="pairs")
    rows = [
        _count([one], predicted=[other], ignored=no_relation)
        for one, other in zip(gold, predicted, strict=True)
    ]
    places = {
        label: place for place, label in enumerate(sorted({key for row in rows for key in row}))
    }
    table = np.zeros((len(rows), len(places), 3), dtype=np.int64)
    for number, row in enumerate(rows):
        for label, one in row.items():
            table[number, places[label]] = one.correct, one.predicted, one.gold
    return table


def _count(
    gold: Sequence[str],
    *,
    predicted: Sequence[str | None],
    ignored: str | None,
    directed: bool = False,
) -> dict[str, Counts]:
    name = str if directed else without_direction
    correct = [one for one, other in zip(gold, predicted, strict=True) if one == other]
    return count_labels(
        [name(one) for one in gold if one != ignored],
        predicted=[name(one) for one in predicted if one is not None and one != ignored],
        correct=[name(one) for one in correct if one != ignored],
    )


def _of_key(counts: dict[str, Counts]) -> dict[str, Counts]:
    return {label: one for label, one in counts.items() if one.gold}


def _sums(counts: dict[str, Counts], *, n_pairs: int) -> dict[str, int]:
    everything = total(counts)
    return {
        "pairs": n_pairs,
        "gold": everything.gold,
        "predicted": everything.predicted,
        "correct": everything.correct,
    }
