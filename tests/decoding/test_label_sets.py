"""Labels become targets of heads, and scores of heads become labels."""

import numpy as np
import pytest

from openluke.decoding.label_sets import LabelSet
from openluke.errors import ConfigError, DataError
from openluke.records import Label

UNKNOWN = -100


def test_one_of_several_labels_is_chosen():
    labels = LabelSet(labels=("A", "B", "C"))
    assert labels.problem == "single_label"
    assert labels.target(["C"], unknown=UNKNOWN).tolist() == [2]
    assert labels.target(["other"], unknown=UNKNOWN).tolist() == [UNKNOWN]
    best = labels.best(np.array([0.0, 2.0, 0.0]))
    assert best.label == "B"
    assert best.score == pytest.approx(np.exp(2) / (np.exp(2) + 2))


def test_any_number_of_labels_may_hold():
    labels = LabelSet(labels=("A", "B", "C"), is_multi_label=True)
    assert labels.problem == "multi_label"
    assert labels.target(["C", "A", "other"], unknown=UNKNOWN).tolist() == [[1, 0, 1]]
    assert labels.target([], unknown=UNKNOWN).tolist() == [[0, 0, 0]]
    held = labels.holding(np.array([0.1, 0.0, 3.0]))
    assert [label.label for label in held] == ["C", "A"]
    assert labels.holding(np.array([-1.0, 0.0, -3.0])) == ()


def test_a_label_holds_above_its_own_threshold():
    labels = LabelSet(labels=("A", "B"), is_multi_label=True, thresholds={"A": 0.8, "B": 0.1})
    assert [label.label for label in labels.holding(np.array([1.0, -2.0]))] == ["B"]


def test_the_temperature_changes_probabilities_and_no_choice():
    scores = np.array([0.5, 2.0, -1.0])
    cold, hot = (LabelSet(labels=("A", "B", "C"), temperature=t) for t in (0.5, 5.0))
    assert cold.best(scores).label == hot.best(scores).label == "B"
    assert cold.scores(scores)["B"] > hot.scores(scores)["B"]
    assert sum(hot.scores(scores).values()) == pytest.approx(1.0)


def test_of_one_label_alone_it_is_learnt_how_likely_it_is():
    labels = LabelSet(labels=("A",))
    assert labels.problem == "multi_label"
    assert labels.target(["A"], unknown=UNKNOWN).tolist() == [[1.0]]
    assert labels.best(np.array([0.0])) == Label(label="A", score=0.5)


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [({"D": 0.5}, "a threshold is for 'D'; labels are: A, B"), ({"A": 1.5}, "of 'A' is 1.5")],
)
def test_thresholds_are_probabilities_of_labels(thresholds, message):
    with pytest.raises(ConfigError, match=message):
        LabelSet(labels=("A", "B"), is_multi_label=True, thresholds=thresholds)


@pytest.mark.parametrize("is_multi_label", [False, True])
def test_what_is_not_known_is_no_target(is_multi_label):
    labels = LabelSet(labels=("A", "B"), is_multi_label=is_multi_label)
    assert set(labels.target(None, unknown=UNKNOWN).ravel().tolist()) == {UNKNOWN}


@pytest.mark.parametrize("found", [[], ["A", "B"]])
def test_where_one_label_holds_no_other_number_is_taken(found):
    with pytest.raises(DataError, match=f"found {len(found)} labels .*, expected one"):
        LabelSet(labels=("A", "B")).target(found, unknown=UNKNOWN)
