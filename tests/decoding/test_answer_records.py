"""Answers read as the passage does, and their probabilities add up."""

import numpy as np
import pytest

from openluke.decoding.answer_records import (
    Reach,
    ScoredSpan,
    answered_question,
    distinct_answers,
)
from openluke.decoding.answers import PieceAnswer
from openluke.features import Features
from openluke.records import Span

TEXT = " the cat, the cat  sat"


def features(*offsets):
    empty = np.zeros(0, dtype=np.int32)
    words = np.zeros(len(offsets), dtype=np.int32)
    return Features(
        word_ids=words,
        word_offsets=np.array(offsets, dtype=np.int32).reshape(-1, 2),
        word_texts=words + 1,
        word_types=words,
        entity_ids=empty,
        entity_ranges=np.zeros((0, 2), dtype=np.int32),
        entity_types=empty,
        entity_sources=empty,
    )


PIECES = features((1, 4), (5, 8), (8, 9), (10, 13), (14, 17), (17, 19), (19, 22))


def found(*answers, n_best=20):
    return distinct_answers(
        [PieceAnswer(score, 0, start, end) for score, start, end in answers],
        windows=[Reach(PIECES, 0)],
        context=TEXT,
        n_best=n_best,
    )


def test_an_answer_is_the_characters_of_its_pieces():
    assert found((2.0, 0, 2)) == [ScoredSpan(Span(1, 8), 2.0)]
    reach = Reach(features((0, 0), (0, 1), *PIECES.word_offsets.tolist()), 2)
    moved = distinct_answers([PieceAnswer(2.0, 0, 0, 2)], windows=[reach], context=TEXT, n_best=20)
    assert moved == found((2.0, 0, 2))


def test_of_answers_that_read_the_same_the_best_is_kept():
    assert found((3.0, 3, 5), (2.0, 0, 2), (1.0, 0, 1)) == [
        ScoredSpan(Span(10, 17), 3.0),
        ScoredSpan(Span(1, 4), 1.0),
    ]


def test_space_is_no_answer_nor_part_of_one():
    assert found((3.0, 5, 6), (2.0, 5, 7)) == [ScoredSpan(Span(19, 22), 2.0)]


def test_no_more_answers_than_wanted():
    assert len(found((3.0, 0, 1), (2.0, 1, 2), (1.0, 2, 3), n_best=2)) == 2


def answered(*scores, none=None, threshold=0.0, temperature=1.0):
    spans = [ScoredSpan(Span(place, place + 1), score) for place, score in enumerate(scores)]
    return answered_question(
        spans, context="abc", none=none, threshold=threshold, temperature=temperature
    )


def test_probabilities_are_a_softmax_over_the_best_answers():
    one = answered(2.0, 1.0, 0.0)
    shares = np.exp([2.0, 1.0, 0.0])
    assert [a.score for a in one.candidates] == pytest.approx(shares / shares.sum())
    assert one.answer == one.candidates[0]
    assert (one.answer.text, one.answer.start, one.answer.end) == ("a", 0, 1)
    assert one.no_answer_score is None


def test_temperature_brings_probabilities_closer():
    sharp, soft = answered(2.0, 0.0), answered(2.0, 0.0, temperature=10.0)
    assert sharp.answer.score > soft.answer.score > 0.5


def test_there_is_no_answer_where_that_is_likelier_by_more_than_the_threshold():
    assert answered(2.0, none=2.0).answer is not None
    assert answered(2.0, none=2.5).answer is None
    assert answered(2.0, none=2.5, threshold=0.5).answer is not None
    assert answered(2.0, none=1.5, threshold=-1.0).answer is None


def test_what_probabilities_lack_of_one_is_that_of_no_answer():
    one = answered(2.0, 1.0, none=3.0)
    shares = np.exp([2.0, 1.0, 3.0])
    shares /= shares.sum()
    assert one.no_answer_score == 1.0
    assert 1 - sum(a.score for a in one.candidates) == pytest.approx(shares[2])
    assert [a.text for a in one.candidates] == ["a", "b"]


def test_where_nothing_is_found_there_is_no_answer():
    assert answered().answer is None
    assert answered(none=1.0).candidates == ()
