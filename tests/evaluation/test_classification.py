import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from openluke.errors import DataError
from openluke.evaluation.classification import score_choices, score_label_sets, score_labels
from openluke.records import ChoiceQuestion, ChosenAnswer

LABEL = st.sampled_from("abcd")
SETS = st.sets(LABEL)


@given(st.lists(st.tuples(LABEL, LABEL), min_size=1))
def test_scores_of_single_labels_equal_scikit_learn(pairs):
    gold, found = [one for one, _ in pairs], [other for _, other in pairs]
    scores = score_labels(gold, predicted=found)
    assert scores["accuracy"] == pytest.approx(accuracy_score(gold, found))
    for average in ("macro", "weighted"):
        expected = f1_score(gold, found, average=average, zero_division=0)
        assert scores[f"{average}_f1"] == pytest.approx(expected)


@given(st.lists(st.tuples(SETS, SETS), min_size=1))
def test_scores_of_label_sets_equal_scikit_learn(pairs):
    gold, found = [one for one, _ in pairs], [other for _, other in pairs]
    labels = sorted(set().union(*gold, *found))
    scores = score_label_sets(gold, predicted=found)
    if len(labels) < 2:  # of one column scikit-learn scores the zeros too
        return
    binarizer = MultiLabelBinarizer(classes=labels)
    binarizer.fit([labels])
    right, claimed = binarizer.transform(gold), binarizer.transform(found)
    for prefix, average in (("", "micro"), ("macro_", "macro"), ("weighted_", "weighted")):
        expected = f1_score(right, claimed, average=average, zero_division=0)
        assert scores[f"{prefix}f1"] == pytest.approx(expected)
    assert scores["accuracy"] == pytest.approx(accuracy_score(right, claimed))


def test_open_entity_is_scored_over_all_decisions():
    gold = [["person"], ["place", "location"], ["event"], []]
    found = [["person", "group"], ["place"], [], []]
    scores = score_label_sets(gold, predicted=found)
    assert next(iter(scores.values)) == "f1"
    assert (scores["precision"], scores["recall"]) == (2 / 3, 2 / 4)
    assert scores["f1"] == pytest.approx(2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2))
    # Over examples: precision of the two that have predictions, recall of the three with labels.
    assert scores["loose_macro_precision"] == (1 / 2 + 1) / 2
    assert scores["loose_macro_recall"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert scores["accuracy"] == 1 / 4
    assert scores.labels["group"].support == 0
    assert scores.counts == {"examples": 4, "gold": 4, "predicted": 3, "correct": 2}


def test_examples_without_labels_are_right_where_none_are_predicted():
    scores = score_label_sets([set(), set(), {"a"}], predicted=[set(), {"a"}, {"a"}])
    assert scores["accuracy"] == 2 / 3
    assert (scores["precision"], scores["recall"]) == (1 / 2, 1.0)
    assert score_label_sets([set()], predicted=[set()])["f1"] == 0.0


def test_labels_that_are_said_twice_count_once():
    assert score_label_sets([["a"]], predicted=[["a", "a"]])["precision"] == 1.0


def test_no_prediction_is_wrong_and_is_no_label():
    scores = score_labels(["a", "b"], predicted=["a", None])
    assert scores["accuracy"] == 1 / 2
    assert set(scores.labels) == {"a", "b"}
    assert scores.labels["b"].recall == 0.0


def test_one_label_that_is_always_right_is_perfect():
    assert score_labels(["a"] * 3, predicted=["a"] * 3)["macro_f1"] == 1.0


def test_choices_are_right_or_wrong():
    gold = [ChoiceQuestion(question="?", choices=("a", "b"), answer=n) for n in (0, 1, 1)]
    taken = [ChosenAnswer(answer=n, text="a", score=1.0, scores=(1.0, 0.0)) for n in (0, 0)]
    scores = score_choices(gold, predicted=[*taken, None])
    assert scores["accuracy"] == 1 / 3
    assert scores.counts == {"questions": 3, "correct": 1}


def test_a_question_without_an_answer_cannot_be_scored():
    question = ChoiceQuestion(question="?", choices=("a",))
    with pytest.raises(DataError, match="example 0 has no answer"):
        score_choices([question], predicted=[None])


@pytest.mark.parametrize("score", [score_labels, score_label_sets, score_choices])
def test_nothing_scores_zero_and_other_lengths_are_refused(score):
    assert score([], predicted=[])["accuracy"] == 0.0
    with pytest.raises(DataError, match="found 1 predictions for 0"):
        score([], predicted=["a"])
