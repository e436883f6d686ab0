"""Scores of answers where a question may have none: those of the SQuAD 2.0 script.

A question that has no answer is answered rightly by saying so. The script also looks for the
threshold that would have been best: the answer of a question is given up for no answer where the
no-answer score lies above it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from openluke.evaluation.answer_rules import AnswerRules, RulesName, answer_rules
from openluke.evaluation.answers import best_marks
from openluke.evaluation.counts import share
from openluke.evaluation.pairing import check_paired, known
from openluke.records import Answer, AnsweredQuestion, Question, Scores

_METRICS = ("f1", "exact_match")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """A question with the marks of its answer."""

    has_answer: bool
    says_none: bool
    """Whether the answer is that there is none."""
    marks: dict[str, float]
    no_answer_score: float | None


def score_answers_or_none(
    gold: Sequence[Question],
    *,
    predicted: Sequence[AnsweredQuestion | None],
    threshold: float | None = None,
    rules: RulesName = "squad",
) -> Scores:
    """F1 and exact match over all questions, over those with and those without an answer.

    Where every prediction has a no-answer score, the best threshold is searched for too: for an
    answer that was given up already, the first candidate counts in the search, and one of an empty
    passage, which has neither score nor candidates, is surely without an answer. Thresholds are
    chosen on the data that they are reported for, so they say what was possible, not how good a
    model is.

    Args:
        gold: Questions with every answer that is right, or none.
        predicted: As many; an ``AnsweredQuestion`` without an answer says that there is none, and
            ``None`` is no prediction at all, which is wrong. The script leaves such questions out
            of its totals, and then fails where it scores those with and without an answer.
        threshold: No answer is given where the no-answer score lies above it; without it answers
            are taken as they were decoded.
        rules: Whose rules say when answers are the same.
    """
    check_paired(gold, predicted=predicted, what="questions")
    # Two empty answers agree here: no answer was expected, and none was given.
    own_rules = replace(answer_rules(rules), empty_agree=True)
    given = [_given(one, threshold=threshold) for one in predicted]
    marked = _mark_all(gold, predicted=predicted, answers=given, rules=own_rules)
    values = _means(marked)
    for prefix, wanted in (("has_answer_", True), ("no_answer_", False)):
        group = [one for one in marked if one.has_answer is wanted]
        values |= {f"{prefix}{name}": mean for name, mean in _means(group).items() if group}
    scored = [_no_answer_score(one) for one in predicted if one is not None]
    if any(one not in (None, math.inf) for one in scored) and None not in scored:
        first = [_first(one) for one in predicted]
        raw = _mark_all(gold, predicted=predicted, answers=first, rules=own_rules)
        for name in _METRICS:
            values |= _best(raw, metric=name)
    n_with = sum(one.has_answer for one in marked)
    return Scores(
        values=values,
        counts={
            "questions": len(marked),
            "has_answer": n_with,
            "no_answer": len(marked) - n_with,
            "unanswered": sum(one is None for one in predicted),
        },
    )


def _no_answer_score(answered: AnsweredQuestion) -> float | None:
    """How sure it is that there is no answer: quite, where a passage has nothing to choose from."""
    if answered.no_answer_score is None and answered.answer is None and not answered.candidates:
        return math.inf
    return answered.no_answer_score


def _given(answered: AnsweredQuestion | None, *, threshold: float | None) -> str:
    if answered is None or answered.answer is None:
        return ""
    score = answered.no_answer_score
    if threshold is not None and score is not None and score > threshold:
        return ""
    return answered.answer.text


def _first(answered: AnsweredQuestion | None) -> str:
    if answered is None:
        return ""
    if answered.answer is None:
        return answered.candidates[0].text if answered.candidates else ""
    return answered.answer.text


def _mark_all(
    gold: Sequence[Question],
    *,
    predicted: Sequence[AnsweredQuestion | None],
    answers: Sequence[str],
    rules: AnswerRules,
) -> list[_Marked]:
    right = known([one.answers for one in gold], what="answers")
    return [
        _mark(
            answer,
            gold=right[number],
            answered=predicted[number],
            rules=rules,
            language=gold[number].language,
        )
        for number, answer in enumerate(answers)
    ]


def _mark(
    answer: str,
    *,
    gold: Sequence[Answer],
    answered: AnsweredQuestion | None,
    rules: AnswerRules,
    language: str | None,
) -> _Marked:
    # Right answers of which nothing is left, such as a lone article, do not count.
    texts = [one.text for one in gold if rules.normalise(one.text, language)] or [""]
    marks = (0.0, 0.0)
    if answered is not None:
        marks = best_marks(answer, gold=texts, rules=rules, language=language)
    return _Marked(
        has_answer=bool(gold),
        says_none=not answer,
        marks=dict(zip(_METRICS, marks, strict=True)),
        no_answer_score=None if answered is None else _no_answer_score(answered),
    )


def _means(marked: Sequence[_Marked]) -> dict[str, float]:
    return {
        name: share(sum(one.marks[name] for one in marked), of=len(marked)) for name in _METRICS
    }


def _best(marked: Sequence[_Marked], *, metric: str) -> dict[str, float]:
    """The best mean that any threshold gives, and the threshold.

    It begins with no answer to any question, and gives the answers one after another in the order
    of their no-answer scores. As in the official script, 0 is the threshold if nothing is better
    than no answers at all, and of questions with equal scores the first may be answered alone.
    """
    score = best = float(sum(not one.has_answer for one in marked))
    threshold = 0.0
    scores = ((one.no_answer_score, one) for one in marked)
    scored = [(each, one) for each, one in scores if each is not None and each < math.inf]
    for no_answer_score, one in sorted(scored, key=lambda pair: pair[0]):
        if one.has_answer:
            score += one.marks[metric]
        elif not one.says_none:
            score -= 1
        if score > best:
            best, threshold = score, no_answer_score
    return {
        f"best_{metric}": share(best, of=len(marked)),
        f"best_{metric}_threshold": threshold,
    }
