"""What extractive question answering learns of its own options from data and scores."""

from dataclasses import replace

import pytest

from openluke.records import Answer, Question, Scores
from openluke.tasks.extractive_qa import TASK, ExtractiveQAConfig
from tests.tasks import tiny

LIVES = "Ana Ivanovic lives in Tokyo, Japan."


def make(**options):
    return TASK(ExtractiveQAConfig(**options), setup=tiny.make_setup())


def ask(*answers):
    given = tuple(Answer(text=each, start=LIVES.index(each)) for each in answers)
    return Question(question="Where does she live?", context=LIVES, answers=given)


@pytest.mark.parametrize(
    ("answers", "said", "learnt"),
    [
        ([("Tokyo",), ()], None, True),
        ([("Tokyo",), ("Japan",)], None, False),
        ([("Tokyo",), ()], False, False),
        ([("Tokyo",)], True, True),
    ],
)
def test_whether_there_may_be_no_answer_is_as_in_the_training_data(answers, said, learnt):
    examples = [ask(*each) for each in answers] + [Question(question="?", context="")]
    config = ExtractiveQAConfig(no_answer=said)
    assert TASK.settle(config, examples=iter(examples)) == replace(config, no_answer=learnt)


def test_the_threshold_is_fitted_where_nobody_said_one_and_it_is_better():
    found = {"f1": 0.4, "best_f1": 0.6, "best_f1_threshold": -1.5}
    scores = Scores(values=found)
    assert make(no_answer=True).fitted(scores) == {"no_answer_threshold": -1.5}
    assert make(no_answer=True, no_answer_threshold=0.0).fitted(scores) == {}
    assert make().fitted(scores) == {}
    assert make(no_answer=True).fitted(Scores(values=found | {"f1": 0.6})) == {}
    assert make(no_answer=True).fitted(Scores(values={"f1": 0.6})) == {}
