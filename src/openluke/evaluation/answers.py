"""Scores of answers where each question has one: exact match and F1 of the best fitting answer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError
from openluke.evaluation.answer_rules import AnswerRules, RulesName, answer_rules
from openluke.evaluation.pairing import check_paired, known
from openluke.records import Answer, AnsweredQuestion, ClozeQuestion, Question, Scores

Array = npt.NDArray[Any]


def score_answers(
    gold: Sequence[Question],
    *,
    predicted: Sequence[AnsweredQuestion | None],
    rules: RulesName = "squad",
) -> Scores:
    """F1 and exact match, the mean over all questions; an unanswered question has 0.

    This is the official scoring of SQuAD 1.1, XQuAD, MLQA, JSQuAD and JaQuAD. Where questions may
    have no answer, ``score_answers_or_none`` is the one.

    Args:
        gold: Questions with every answer that is right.
        predicted: As many answers; ``None`` where there is none.
        rules: Whose rules say when answers are the same; MLQA's need the language of questions.
    """
    marks = answer_marks(gold, predicted=predicted, rules=rules)
    return _scores(marks, predicted=predicted, names=("f1", "exact_match"))


def score_cloze(
    gold: Sequence[ClozeQuestion], *, predicted: Sequence[AnsweredQuestion | None]
) -> Scores:
    """Exact match and F1 of ReCoRD, the mean over all questions; an unanswered one has 0."""
    check_paired(gold, predicted=predicted, what="questions")
    right = known([one.answers for one in gold], what="answers")
    marks = _marks(
        right, predicted=predicted, rules=answer_rules("squad"), languages=[None] * len(gold)
    )
    return _scores(marks[:, ::-1], predicted=predicted, names=("exact_match", "f1"))


def answer_marks(
    gold: Sequence[Question],
    *,
    predicted: Sequence[AnsweredQuestion | None],
    rules: RulesName = "squad",
) -> Array:
    """F1 and exact match of each question. *Shape:* (questions, 2) float64."""
    check_paired(gold, predicted=predicted, what="questions")
    right = known([one.answers for one in gold], what="answers")
    languages = [one.language for one in gold]
    return _marks(right, predicted=predicted, rules=answer_rules(rules), languages=languages)


def best_marks(
    answer: str, *, gold: Sequence[str], rules: AnswerRules, language: str | None = None
) -> tuple[float, float]:
    """F1 and exact match of an answer with that of the right ones which it fits best."""
    return (
        max(rules.f1(answer, gold=one, language=language) for one in gold),
        max(rules.exact_match(answer, gold=one, language=language) for one in gold),
    )


def _marks(
    gold: Sequence[tuple[Answer, ...]],
    *,
    predicted: Sequence[AnsweredQuestion | None],
    rules: AnswerRules,
    languages: Sequence[str | None],
) -> Array:
    marks = np.zeros((len(gold), 2))
    for number, (right, answered) in enumerate(zip(gold, predicted, strict=True)):
        if not right:
            raise DataError(
                f"question {number} has no right answer; score questions that may have none with "
                "score_answers_or_none"
            )
        if answered is not None and answered.answer is not None:
            marks[number] = best_marks(
                answered.answer.text,
                gold=[one.text for one in right],
                rules=rules,
                language=languages[number],
            )
    return marks


def _scores(
    marks: Array, *, predicted: Sequence[AnsweredQuestion | None], names: Sequence[str]
) -> Scores:
    means = marks.mean(axis=0) if len(marks) else np.zeros(2)
    n_answered = sum(one is not None and one.answer is not None for one in predicted)
    return Scores(
        values=dict(zip(names, means.tolist(), strict=True)),
        counts={"questions": len(marks), "unanswered": len(marks) - n_answered},
    )
