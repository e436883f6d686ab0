import pytest

from openluke.errors import DataError
from openluke.evaluation.pairing import match_by_id
from openluke.records import AnsweredQuestion, Question


def ask(key):
    return Question(question="?", context="x", id=key)


def say(key):
    return AnsweredQuestion(answer=None, id=key)


def test_predictions_are_brought_into_the_order_of_the_examples():
    found = match_by_id([ask("a"), ask("b"), ask("c")], predicted=[say("c"), say("a")])
    assert found == [say("a"), None, say("c")]
    assert match_by_id([], predicted=[]) == []


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        (["a"], ["b", "c"], "2 predictions are for ids that no example has, such as 'b'; score"),
        (["a"], ["a", "a"], "two predictions have the id 'a'"),
        (["a", "b", "a"], ["a"], "two examples have the id 'a'"),
        ([None], ["a"], "one example has no id"),
        (["a"], [None], "one prediction has no id"),
    ],
)
def test_ids_that_do_not_fit_are_refused(gold, predicted, message):
    with pytest.raises(DataError, match=message):
        match_by_id([ask(key) for key in gold], predicted=[say(key) for key in predicted])
