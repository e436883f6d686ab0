"""Answers as people read them, from ranges of pieces with their scores."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from openluke.decoding.answers import PieceAnswer
from openluke.decoding.probabilities import softmax
from openluke.features import Features
from openluke.records import Answer, AnsweredQuestion, Span
from openluke.tokenization.alignment import span_of_pieces


class Reach(NamedTuple):
    """An input and the first of the passage's pieces in it."""

    features: Features
    begin: int


class ScoredSpan(NamedTuple):
    """Characters of a passage that may be the answer."""

    span: Span
    score: float
    """A logit."""


def distinct_answers(
    found: Sequence[PieceAnswer], *, windows: Sequence[Reach], context: str, n_best: int
) -> list[ScoredSpan]:
    """The characters of the first ``n_best`` answers that read differently.

    Space around an answer is not of it, and nothing but space is none.

    Args:
        found: The best answers first.
        windows: What they were found in.
        context: The passage.
        n_best: How many answers are wanted.
    """
    answers: dict[str, ScoredSpan] = {}
    for one in found:
        features, begin = windows[one.window]
        span = span_of_pieces(features, pieces=(begin + one.start, begin + one.end))
        text = "" if span is None else span.of(context)
        solid = text.strip()
        if span is not None and solid and solid not in answers:
            start = span.start + text.index(solid)
            answers[solid] = ScoredSpan(Span(start, start + len(solid)), one.score)
            if len(answers) == n_best:
                break
    return list(answers.values())


def answered_question(
    found: Sequence[ScoredSpan],
    *,
    context: str,
    none: float | None,
    threshold: float,
    temperature: float,
) -> AnsweredQuestion:
    """The best answer, or that there is none, with the probabilities of all answers.

    Where there may be none, what the probabilities lack of 1 is that of no answer.

    Args:
        found: Answers, the best first.
        context: The passage.
        none: The logit of no answer; ``None`` if there always is one.
        threshold: How much more than that of the best answer it must be.
        temperature: What logits are divided by.
    """
    if not found:
        return AnsweredQuestion(answer=None)
    logits = [one.score for one in found] + ([] if none is None else [none])
    shares = softmax(np.array(logits), temperature=temperature).tolist()
    candidates = tuple(
        Answer(text=span.of(context), start=span.start, end=span.end, score=share)
        for (span, _), share in zip(found, shares, strict=False)
    )
    if none is None:
        return AnsweredQuestion(answer=candidates[0], candidates=candidates)
    difference = none - found[0].score
    return AnsweredQuestion(
        answer=None if difference > threshold else candidates[0],
        candidates=candidates,
        no_answer_score=difference,
    )
