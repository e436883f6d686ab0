import pytest

from openluke.errors import DataError
from openluke.evaluation.intervals import f1_of_counts, macro_f1_of_counts
from openluke.evaluation.relations import (
    relation_counts,
    score_relations,
    score_semeval,
    without_direction,
)


def test_tacred_does_not_score_what_does_not_hold():
    gold = ["no_relation", "no_relation", "born", "born", "died", "died"]
    found = ["no_relation", "born", "born", "no_relation", "born", "died"]
    scores = score_relations(gold, predicted=found)
    assert next(iter(scores.values)) == "f1"
    assert scores["precision"] == 2 / 4
    assert scores["recall"] == 2 / 4
    assert scores["f1"] == 0.5
    assert scores["accuracy"] == 3 / 6
    born, died = 2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2), 2 * 1 * (1 / 2) / (1 + 1 / 2)
    assert scores["macro_f1"] == pytest.approx((born + died) / 2)
    assert set(scores.labels) == {"born", "died"}
    assert scores.counts == {"pairs": 6, "gold": 4, "predicted": 4, "correct": 2}


def test_a_wrong_direction_is_wrong_but_counts_for_its_relation():
    gold = ["made(e1,e2)", "made(e1,e2)", "part(e2,e1)"]
    found = ["made(e1,e2)", "made(e2,e1)", "part(e2,e1)"]
    scores = score_relations(gold, predicted=found)
    assert scores["f1"] == pytest.approx(2 / 3)
    made = scores.labels["made"]
    assert (made.precision, made.recall, made.support) == (1 / 2, 1 / 2, 2)
    assert scores["macro_f1"] == (1 / 2 + 1) / 2


def test_the_macro_mean_counts_relations_that_were_only_predicted():
    scores = score_relations(["a", "no_relation"], predicted=["a", "b"])
    assert scores["macro_f1"] == 1 / 2
    assert scores.labels["b"].support == 0


def test_semeval_scores_only_the_relations_of_the_key():
    gold = ["Cause(e1,e2)", "Cause(e2,e1)", "Other", "Cause(e1,e2)", "Whole(e1,e2)"]
    found = ["Cause(e1,e2)", "Cause(e1,e2)", "Cause(e1,e2)", "Topic(e1,e2)", "Whole(e1,e2)"]
    scores = score_semeval(gold, predicted=found)
    assert next(iter(scores.values)) == "macro_f1"
    cause = scores.labels["Cause"]
    # Three were called Cause, one of them right, one the wrong way round, one Other.
    assert (cause.precision, cause.recall, cause.support) == (1 / 3, 1 / 3, 3)
    assert set(scores.labels) == {"Cause", "Whole"}
    assert scores["macro_f1"] == pytest.approx((1 / 3 + 1) / 2)
    # The prediction of Topic, which the key lacks, is in no denominator.
    assert (scores["precision"], scores["recall"]) == (2 / 4, 2 / 4)
    assert scores["accuracy"] == 2 / 5
    undirected = 2 * (2 / 3) * (2 / 3) / (2 / 3 + 2 / 3)
    assert scores["undirected_macro_f1"] == pytest.approx((undirected + 1) / 2)
    forward = 2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2)
    assert scores["two_way_macro_f1"] == pytest.approx((forward + 0 + 1) / 3)


def test_semeval_takes_a_skipped_pair_for_other():
    gold = ["Cause(e1,e2)", "Other", "Cause(e1,e2)"]
    skipped = score_semeval(gold, predicted=["Cause(e1,e2)", None, None])
    assert skipped == score_semeval(gold, predicted=["Cause(e1,e2)", "Other", "Other"])
    assert skipped["accuracy"] == 2 / 3
    assert skipped["precision"] == 1.0


def test_where_nothing_was_predicted_it_is_not_even_no_relation():
    scores = score_relations(["no_relation", "born"], predicted=[None, None])
    assert (scores["f1"], scores["accuracy"]) == (0.0, 0.0)


def test_where_nothing_was_predicted_the_precision_is_that_of_tacreds_script():
    silent = score_relations(["born", "no_relation"], predicted=["no_relation"] * 2)
    assert (silent["precision"], silent["recall"], silent["f1"]) == (1.0, 0.0, 0.0)
    assert silent["macro_precision"] == 0.0
    scores = score_relations(["born", "died"], predicted=["born", "no_relation"])
    assert (scores["precision"], scores["recall"]) == (1.0, 0.5)
    died = scores.labels["died"]
    assert (died.precision, died.recall, died.f1) == (1.0, 0.0, 0.0)
    assert scores["macro_precision"] == 0.5
    wrong = score_relations(["born", "died"], predicted=["died", "no_relation"])
    assert wrong["precision"] == 0.0
    assert [wrong.labels[name].precision for name in ("born", "died")] == [1.0, 0.0]


def test_counts_of_each_pair_give_the_scores():
    gold = ["Cause(e1,e2)", "Cause(e2,e1)", "Other", "Cause(e1,e2)", "Whole(e1,e2)"]
    found = ["Cause(e1,e2)", "Cause(e1,e2)", "Cause(e1,e2)", None, "Whole(e1,e2)"]
    counts = relation_counts(gold, predicted=found, no_relation="Other")
    assert counts.shape == (5, 2, 3)
    official = score_semeval(gold, predicted=found)
    assert macro_f1_of_counts(counts.sum(axis=0)[None])[0] == pytest.approx(official["macro_f1"])
    assert f1_of_counts(counts.sum(axis=(0, 1))[None])[0] == pytest.approx(official["f1"])


def test_only_a_direction_at_the_end_is_one():
    assert without_direction("made(e1,e2)") == without_direction("made(e2,e1)") == "made"
    assert without_direction("made(e1,e2)x") == "made(e1,e2)x"


@pytest.mark.parametrize("score", [score_relations, score_semeval])
def test_nothing_and_what_does_not_hold_score_zero(score):
    for labels in ([], ["no_relation"], ["Other"]):
        assert 0.0 <= score(labels, predicted=labels)["macro_f1"] <= 1.0
    assert score([], predicted=[])["f1"] == 0.0
    assert relation_counts([], predicted=[]).shape == (0, 0, 3)
    with pytest.raises(DataError, match="found 0 predictions for 1 pairs"):
        score(["a"], predicted=[])
