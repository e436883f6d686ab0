"""Scores of labels: one for each example, any number of them, or a choice."""

from collections.abc import Collection, Sequence

from openluke.evaluation.counts import (
    Ratios,
    count_labels,
    f1,
    label_scores,
    macro,
    micro,
    share,
    total,
    weighted,
)
from openluke.evaluation.pairing import check_paired, known
from openluke.records import ChoiceQuestion, ChosenAnswer, Scores


def score_labels(gold: Sequence[str], *, predicted: Sequence[str | None]) -> Scores:
    """Accuracy, and F1 averaged over labels, where each example has one label.

    Args:
        gold: The label of each example.
        predicted: As many; ``None`` is no prediction, and wrong.
    """
    check_paired(gold, predicted=predicted, what="examples")
    correct = [one for one, other in zip(gold, predicted, strict=True) if one == other]
    counts = count_labels(
        gold, predicted=[one for one in predicted if one is not None], correct=correct
    )
    return Scores(
        values={
            "accuracy": share(len(correct), of=len(gold)),
            **macro(counts).named("macro_"),
            **weighted(counts).named("weighted_"),
        },
        labels=label_scores(counts),
        counts={"examples": len(gold), "correct": len(correct)},
    )


def score_label_sets(
    gold: Sequence[Collection[str]], *, predicted: Sequence[Collection[str]]
) -> Scores:
    """Scores where each example has any number of labels, such as the types of a mention.

    ``f1``, ``precision`` and ``recall`` are the loose micro ones of Open Entity: over all decisions
    that a label holds. ``macro_f1`` averages over labels, ``loose_macro_f1`` over examples: its
    precision over those of which something was predicted, its recall over those that have a label,
    as in the scorer of Ultra-Fine Entity Typing. ``accuracy`` asks for exactly the same labels.
    """
    check_paired(gold, predicted=predicted, what="examples")
    right, found = [set(one) for one in gold], [set(one) for one in predicted]
    common = [one & other for one, other in zip(right, found, strict=True)]
    counts = count_labels(_all(right), predicted=_all(found), correct=_all(common))
    everything = total(counts)
    same = sum(one == other for one, other in zip(right, found, strict=True))
    return Scores(
        values={
            **micro(counts).named(),
            **macro(counts).named("macro_"),
            **weighted(counts).named("weighted_"),
            **_over_examples(common, gold=right, predicted=found).named("loose_macro_"),
            "accuracy": share(same, of=len(right)),
        },
        labels=label_scores(counts),
        counts={
            "examples": len(right),
            "gold": everything.gold,
            "predicted": everything.predicted,
            "correct": everything.correct,
        },
    )


def score_choices(
    gold: Sequence[ChoiceQuestion], *, predicted: Sequence[ChosenAnswer | None]
) -> Scores:
    """Accuracy of the choices that were taken; ``None`` is no choice, and wrong."""
    check_paired(gold, predicted=predicted, what="questions")
    answers = known([one.answer for one in gold], what="answer")
    taken = [one.answer if one else None for one in predicted]
    correct = sum(one == other for one, other in zip(answers, taken, strict=True))
    return Scores(
        values={"accuracy": share(correct, of=len(answers))},
        counts={"questions": len(answers), "correct": correct},
    )


def _all(sets: Sequence[set[str]]) -> list[str]:
    return [label for labels in sets for label in labels]


def _over_examples(
    common: Sequence[set[str]], *, gold: Sequence[set[str]], predicted: Sequence[set[str]]
) -> Ratios:
    precision = _mean_share(common, of=predicted)
    recall = _mean_share(common, of=gold)
    return Ratios(precision=precision, recall=recall, f1=f1(precision, recall=recall))


def _mean_share(parts: Sequence[set[str]], *, of: Sequence[set[str]]) -> float:
    shares = [len(part) / len(whole) for part, whole in zip(parts, of, strict=True) if whole]
    return share(sum(shares), of=len(shares))
