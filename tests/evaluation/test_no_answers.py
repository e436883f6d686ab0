import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.evaluation.no_answers import score_answers_or_none
from openluke.records import Answer, AnsweredQuestion, Question


def ask(*answers):
    return Question(
        question="?", context="Here.", answers=tuple(Answer(text=text) for text in answers)
    )


def say(text, *, score=None, candidates=()):
    return AnsweredQuestion(
        answer=None if text is None else Answer(text=text),
        candidates=tuple(Answer(text=one) for one in candidates),
        no_answer_score=score,
    )


def test_saying_that_there_is_no_answer_is_right_where_there_is_none():
    gold = [ask("a b", "b c"), ask("d"), ask(), ask()]
    scores = score_answers_or_none(gold, predicted=[say("b"), say(None), say(None), say("e")])
    assert scores.values == {
        "f1": (1 + 0 + 1 + 0) / 4,
        "exact_match": (1 + 0 + 1 + 0) / 4,
        "has_answer_f1": 1 / 2,
        "has_answer_exact_match": 1 / 2,
        "no_answer_f1": 1 / 2,
        "no_answer_exact_match": 1 / 2,
    }
    assert scores.counts == {"questions": 4, "has_answer": 2, "no_answer": 2, "unanswered": 0}


def test_no_prediction_is_wrong_also_where_there_is_no_answer():
    scores = score_answers_or_none([ask(), ask()], predicted=[None, say(None)])
    assert (scores["f1"], scores.counts["unanswered"]) == (1 / 2, 1)


def test_right_answers_of_which_nothing_is_left_do_not_count():
    """With none besides, the question is scored like one without an answer."""
    both = score_answers_or_none([ask("the", "end")], predicted=[say(None)])
    assert both["f1"] == 0.0
    alone = score_answers_or_none([ask("the")], predicted=[say(None)])
    assert (alone["f1"], alone["has_answer_f1"]) == (1.0, 1.0)
    assert score_answers_or_none([ask()], predicted=[say("an")])["f1"] == 1.0


def test_a_threshold_gives_answers_up():
    gold = [ask("a b"), ask(), ask("c")]
    found = [say("b", score=-1.0), say("d", score=2.0), say("c", score=3.0)]
    assert score_answers_or_none(gold, predicted=found)["f1"] == 2 / 3
    assert score_answers_or_none(gold, predicted=found, threshold=1.0)["f1"] == 2 / 3
    assert score_answers_or_none(gold, predicted=found, threshold=2.0)["f1"] == 1 / 3
    assert score_answers_or_none(gold, predicted=found, threshold=-2.0)["f1"] == 1 / 3
    unscored = [say("b"), say("d"), say("c")]
    assert score_answers_or_none(gold, predicted=unscored, threshold=1.0)["f1"] == 2 / 3


def test_the_best_threshold_answers_only_what_pays():
    gold = [ask("a b"), ask("c d e"), ask(), ask("f")]
    found = [
        say("b", score=-2.0),
        say("c d", score=0.5),
        say("x", score=1.0),
        say("g", score=2.0),
    ]
    scores = score_answers_or_none(gold, predicted=found)
    # Without any answer 1 is right; with the first 2, with the second 2 (exactly) and 2.8 (F1).
    assert (scores["best_exact_match"], scores["best_exact_match_threshold"]) == (2 / 4, -2.0)
    assert scores["best_f1"] == pytest.approx(2.8 / 4)
    assert scores["best_f1_threshold"] == 0.5


def test_the_search_counts_answers_that_were_given_up_already():
    found = [say(None, score=1.0, candidates=["y"]), say(None, score=2.0, candidates=["x"])]
    scores = score_answers_or_none([ask("y"), ask()], predicted=found)
    assert (scores["f1"], scores["best_f1"], scores["best_f1_threshold"]) == (1 / 2, 1.0, 1.0)


def test_where_no_answers_at_all_are_best_the_threshold_is_zero():
    scores = score_answers_or_none([ask(), ask()], predicted=[say("x", score=4.0)] * 2)
    assert (scores["best_f1"], scores["best_f1_threshold"]) == (1.0, 0.0)


def test_without_scores_there_is_no_search():
    found = [say("x", score=1.0), say("x")]
    assert "best_f1" not in score_answers_or_none([ask("x")] * 2, predicted=found).values
    missing = [say("x", score=1.0), None]
    assert score_answers_or_none([ask("x")] * 2, predicted=missing)["best_f1"] == 1 / 2


def test_an_empty_passage_surely_has_no_answer_in_the_search():
    gold = [ask("a"), ask(), ask("b"), ask()]
    found = [say("a", score=-1.0), say("c", score=2.0)]
    scores = score_answers_or_none(gold, predicted=[*found, say(None), say(None)])
    assert (scores["best_f1"], scores["best_f1_threshold"]) == (3 / 4, -1.0)
    # nothing is known of a model that always answers, nor where all passages are empty
    for nothing in ([say("a"), say("c")], [say(None), say(None)]):
        scores = score_answers_or_none(gold, predicted=[*nothing, say(None), say(None)])
        assert "best_f1" not in scores.values


QUESTIONS = st.tuples(st.sampled_from(["", "x", "y z"]), st.sampled_from(["", "x", "y", "y z"]))


@given(st.lists(QUESTIONS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_no_threshold_is_better_than_the_best(questions, random):
    gold = [ask(*[right] if right else []) for right, _ in questions]
    scores = random.sample(range(-20, 20), len(questions))
    found = [
        say(text or None, score=float(score))
        for (_, text), score in zip(questions, scores, strict=True)
    ]
    values = score_answers_or_none(gold, predicted=found).values
    for name in ("f1", "exact_match"):
        by_threshold = {
            threshold: score_answers_or_none(gold, predicted=found, threshold=threshold)[name]
            for threshold in (-100.0, *map(float, scores))
        }
        assert values[f"best_{name}"] == pytest.approx(max(by_threshold.values()))
        threshold = values[f"best_{name}_threshold"]
        if values[f"best_{name}"] > by_threshold[-100.0] + 1e-9:
            assert by_threshold[threshold] == pytest.approx(max(by_threshold.values()))


def test_nothing_scores_zero_and_what_is_not_known_is_refused():
    assert score_answers_or_none([], predicted=[]).values == {"f1": 0.0, "exact_match": 0.0}
    with pytest.raises(DataError, match="example 0 has no answers"):
        score_answers_or_none([Question(question="?", context="x")], predicted=[None])
    with pytest.raises(DataError, match="found 0 predictions for 1 questions"):
        score_answers_or_none([ask()], predicted=[])
