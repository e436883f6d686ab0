import numpy as np
import pytest

from openluke.errors import DataError
from openluke.evaluation.answers import answer_marks, score_answers, score_cloze
from openluke.evaluation.intervals import mean_of_counts
from openluke.records import Answer, AnsweredQuestion, ClozeQuestion, Question, Span


def ask(*answers, language=None):
    right = tuple(Answer(text=text) for text in answers)
    return Question(question="?", context="Here.", answers=right, language=language)


def say(text):
    return AnsweredQuestion(answer=None if text is None else Answer(text=text))


def test_the_best_of_the_right_answers_counts():
    gold = [ask("New York", "the city of New York"), ask("1999", "in 1999")]
    scores = score_answers(gold, predicted=[say("city of New York"), say("May 1999")])
    assert list(scores.values) == ["f1", "exact_match"]
    assert scores["exact_match"] == 1 / 2
    # "in 1999" and "1999" share one piece with it; the shorter one fits better.
    assert scores["f1"] == pytest.approx((1 + 2 / 3) / 2)


def test_all_questions_count_and_the_unanswered_have_nothing():
    gold = [ask("a b"), ask("the"), ask("c")]
    scores = score_answers(gold, predicted=[say("b"), say(None), None])
    assert (scores["f1"], scores["exact_match"]) == (1 / 3, 1 / 3)
    assert scores.counts == {"questions": 3, "unanswered": 2}


def test_rules_of_other_data_sets_can_be_asked_for():
    gold, found = [ask("die Stadt", language="de")], [say("Stadt")]
    assert score_answers(gold, predicted=found)["exact_match"] == 0.0
    assert score_answers(gold, predicted=found, rules="mlqa")["exact_match"] == 1.0
    assert score_answers([ask("東京")], predicted=[say("東京都")], rules="jsquad")["f1"] == 0.8
    with pytest.raises(DataError, match="the language of a question is None"):
        score_answers([ask("a")], predicted=[say("a")], rules="mlqa")


def cloze(*answers):
    return ClozeQuestion(
        query="X won.",
        placeholder=Span(0, 1),
        context="Ann won.",
        candidates=(Span(0, 3),),
        answers=tuple(Answer(text=text) for text in answers),
    )


def test_record_is_scored_by_exact_match_first():
    scores = score_cloze(
        [cloze("Ann", "Ann Lee"), cloze("Bob Ray"), cloze("Cy")],
        predicted=[say("Ann Lee"), say("bob"), None],
    )
    assert list(scores.values) == ["exact_match", "f1"]
    assert scores["exact_match"] == pytest.approx(1 / 3)
    assert scores["f1"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert scores.counts == {"questions": 3, "unanswered": 1}


def test_marks_of_each_question_give_the_scores():
    gold, found = [ask("a b"), ask("c d"), ask("e")], [say("b"), say("d"), None]
    marks = answer_marks(gold, predicted=found)
    assert marks.shape == (3, 2)
    scores = score_answers(gold, predicted=found)
    assert marks.mean(axis=0).tolist() == [scores["f1"], scores["exact_match"]]
    counts = np.stack([marks[:, 0], np.ones(3)], axis=1).sum(axis=0)[None]
    assert mean_of_counts(counts)[0] == pytest.approx(scores["f1"])


@pytest.mark.parametrize("score", [score_answers, score_cloze])
def test_nothing_scores_zero_and_other_lengths_are_refused(score):
    assert score([], predicted=[])["f1"] == 0.0
    with pytest.raises(DataError, match="found 1 predictions for 0 questions"):
        score([], predicted=[None])


def test_questions_need_answers_that_are_known_and_there():
    with pytest.raises(DataError, match="example 0 has no answers"):
        score_answers([Question(question="?", context="x")], predicted=[None])
    with pytest.raises(DataError, match="question 0 has no right answer; score questions that"):
        score_answers([ask()], predicted=[None])
