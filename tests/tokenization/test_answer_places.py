"""Answers are found among the pieces of their passage, and in the windows that have them whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.records import Answer
from openluke.tokenization.alignment import span_of_pieces
from openluke.tokenization.answer_places import AnswerPlaces
from openluke.tokenization.passages import Passage
from openluke.tokenization.question_pairs import QuestionPairs
from openluke.tokenization.question_windows import WindowRule, cut_into_windows
from tests.tokenization.strategies import texts_with_spans

RULE = WindowRule(max_words=24, max_question=4, overlap=3)


def read(tokenizer, vocab, text):
    pairs = QuestionPairs(tokenizer, vocab=vocab, prefix_space=None)
    (pair,) = pairs.encode([Passage(text="Who?")], passages=[Passage(text=text)])
    return pair, list(cut_into_windows(pair, rule=RULE, question=(1, 2)))


def test_an_answer_is_in_the_windows_that_have_it_whole(tokenizer, vocab):
    text = "the world " * 40 + "Tokyo is there " + "the world " * 40
    answer = Answer(text="Tokyo", start=400)
    pair, windows = read(tokenizer, vocab, text)
    places = AnswerPlaces.of([answer], pair=pair)
    (begin, end), *more = places.ranges
    assert not more
    having = [window for window in windows if places.inside(window)]
    assert having
    for window in windows:
        n_pieces = window.passage[1] - window.passage[0]
        is_whole = window.first <= begin and end <= window.first + n_pieces
        assert (window in having) == is_whole
    for window in having:
        span = span_of_pieces(window.features, pieces=places.inside(window))
        assert span.of(text) == "Tokyo"


def test_the_first_answer_that_fits_is_taken(luke, vocab):
    text = "Ana and Tokyo"
    pair, (window,) = read(luke, vocab, text)
    answers = [Answer(text="Tokyo", start=8), Answer(text="Ana", start=0)]
    inside = AnswerPlaces.of(answers, pair=pair).inside(window)
    assert span_of_pieces(window.features, pieces=inside).of(text) == "Tokyo"


def test_answers_without_a_place_are_not_looked_for(luke, vocab):
    pair, (window,) = read(luke, vocab, "Tokyo")
    places = AnswerPlaces.of([Answer(text="Tokyo")], pair=pair)
    assert places.ranges == ()
    assert not places.is_unanswerable
    assert places.inside(window) is None


@pytest.mark.parametrize("start", [0, 1])
def test_an_answer_of_more_than_a_window_is_in_none(luke, vocab, start):
    text = "the world " * 40
    pair, windows = read(luke, vocab, text)
    places = AnswerPlaces.of([Answer(text=text[start:300], start=start)], pair=pair)
    assert not any(places.inside(window) for window in windows)


def test_no_answers_are_no_answer(luke, vocab):
    pair, _ = read(luke, vocab, "Tokyo")
    assert AnswerPlaces.of([], pair=pair).is_unanswerable


@given(passage=texts_with_spans(min_spans=1, max_spans=1), repeats=st.integers(1, 3))
@settings(max_examples=80)
def test_what_is_found_has_the_answer_and_no_word_beyond_it(luke, vocab, passage, repeats):
    text, [(start, end)] = passage
    text *= repeats
    pair, windows = read(luke, vocab, text)
    places = AnswerPlaces.of([Answer(text=text[start:end], start=start)], pair=pair)
    for window in windows:
        inside = places.inside(window)
        if inside is None:
            continue
        span = span_of_pieces(window.features, pieces=inside)
        solid = text[start:end].strip()
        assert solid in span.of(text)
        # Pieces at both ends touch the answer, so nothing stands around it but parts of them.
        first, last = window.features.word_offsets[[inside[0], inside[1] - 1]].tolist()
        assert first[1] > start
        assert last[0] < end
