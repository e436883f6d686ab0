"""Multiple choice reads each choice with its question, however many there are."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from openluke.records import ChoiceQuestion, Mention
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


NAMED = ChoiceQuestion(
    question="Where is Ana Ivanovic?",
    context="It was in Tokyo.",
    choices=("Japan", "here"),
    mentions=(Mention(start=10, end=15, entity="Tokyo"),),
    question_mentions=(Mention(start=9, end=21), Mention(start=9, end=12, entity="Atlantis")),
    choice_mentions=((Mention(start=0, end=5, entity="Japan"),), ()),
)


def test_entities_of_question_passage_and_choice_are_read(setup, tokenizer, entities, caplog):
    def encode(**options):
        task = MultipleChoice(MultipleChoiceConfig(**options), setup=setup())
        return task.encode([NAMED])[0][0].features

    first, second = encode()
    tokyo, japan = entities.id("Tokyo"), entities.id("Japan")
    special = entities.special
    assert first.entity_ids.tolist() == [special.mask, tokyo, japan]
    assert second.entity_ids.tolist() == [special.mask, tokyo]
    texts = [tokenizer.decode(first.word_ids[start:end]) for start, end in first.entity_ranges]
    assert [text.strip() for text in texts] == ["Ana Ivanovic", "Tokyo", "Japan"]
    assert "2 of 7 mentions name an entity that the vocabulary does not have" in caplog.text
    assert encode(unknown_titles="unk")[1].entity_ids.tolist() == [
        special.mask,
        special.unk,
        tokyo,
    ]
    assert [one.n_entities for one in encode(mode="words")] == [0, 0]


@pytest.mark.parametrize("where", ["mentions", "question_mentions", "choice_mentions"])
@pytest.mark.parametrize("mode", ["entities", "words"])
def test_mentions_change_what_is_predicted_unless_words_are_read_alone(
    setup, model_for, run, mode, where
):
    task = MultipleChoice(MultipleChoiceConfig(mode=mode), setup=setup())
    assert task.needs_titles == (mode == "entities")
    model = model_for(task)
    (found,) = run(task, model, [NAMED])
    (other,) = run(task, model, [replace(NAMED, **{where: ()})])
    assert (found.scores == other.scores) == (mode == "words")
