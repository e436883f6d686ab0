"""Multiple choice reads each choice with its question, however many there are."""

import logging

import numpy as np
import pytest

from openluke.records import ChoiceQuestion
from openluke.tasks.multiple_choice import MultipleChoice, MultipleChoiceConfig

QUESTION = ChoiceQuestion(
    question="Where?", context="It was in Tokyo.", choices=("Tokyo", "Japan", "Iran"), answer=0
)


@pytest.fixture
def task(setup):
    return MultipleChoice(MultipleChoiceConfig(temperature=2.0), setup=setup())


def test_each_choice_is_a_pair_with_the_question_and_its_passage(task, tokenizer):
    ((instance,),) = task.encode([QUESTION])
    assert len(instance.features) == 3
    assert instance.targets["answer"].tolist() == [0]
    for features, choice in zip(instance.features, QUESTION.choices, strict=True):
        first = features.word_ids[features.word_texts == 0]
        second = features.word_ids[features.word_texts == 1]
        assert tokenizer.decode(first) == "Where? It was in Tokyo."
        assert tokenizer.decode(second) == choice


@pytest.mark.parametrize("counts", [(1, 1), (1, 4), (2, 7, 1)])
def test_questions_of_any_number_of_choices_are_read_together(task, model_for, run, counts):
    questions = [
        ChoiceQuestion(question="Who?", choices=tuple(f"name {i}" for i in range(count)))
        for count in counts
    ]
    model = model_for(task)
    together = run(task, model, questions)
    for question, found in zip(questions, together, strict=True):
        (alone,) = run(task, model, [question])
        assert found.scores == pytest.approx(alone.scores, abs=1e-6)
        assert sum(found.scores) == pytest.approx(1.0)
        assert found.text == question.choices[found.answer]


def test_the_likeliest_choice_is_taken(task):
    scores = np.array([0.0, 2.0, -2.0])
    found = task.decode(QUESTION, instances=[None], outputs=[{"scores": scores}])
    assert (found.answer, found.text) == (1, "Japan")
    assert found.score == found.scores[1] == pytest.approx(np.e / (np.e + 1 + 1 / np.e))


def test_a_passage_that_is_too_long_is_cut_at_its_end(task, caplog):
    long = ChoiceQuestion(question="Where?", context="word " * 200, choices=("here", "there"))
    with caplog.at_level(logging.WARNING):
        ((instance,),) = task.encode([long])
    assert len(instance.features) == 2
    assert "2 of 2 choices with their questions are longer" in caplog.text
    texts = instance.features[1].word_texts.tolist()
    assert texts.count(1) >= 1


def test_only_questions_with_known_answers_are_scored(task, model_for, run):
    gold = [QUESTION, ChoiceQuestion(question="Who?", choices=("a", "b"))]
    predicted = [
        task.decode(one, instances=[None], outputs=[{"scores": np.array([1.0, 0.0])}])
        for one in gold
    ]
    scores = task.score(gold, predicted=predicted)
    assert scores["accuracy"] == 1.0
    assert scores.counts["questions"] == 1
    assert [
        len(list(task.judge(g, predicted=p))) for g, p in zip(gold, predicted, strict=True)
    ] == [1, 0]
