"""Answers are learnt where they stand and read back as they stand, over any number of windows."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from openluke.errors import ConfigError
from openluke.instances import collate_instances
from openluke.model.heads import AnswerScores
from openluke.model.labels import IGNORE
from openluke.records import Answer, AnsweredQuestion, Mention, Question
from openluke.tasks.extractive_qa import TASK, ExtractiveQAConfig
from tests.model.mean_losses import answer_loss
from tests.tasks import tiny
from tests.tokenization.strategies import texts_with_spans

RNG = np.random.default_rng(0)
LIVES = "Ana Ivanovic lives in Tokyo, Japan."
ODD = (
    "He was born\u202fin 1987\u00a0in Belgrade.\n\n"
    "Then 東京は日本の首都です。 Née façade 👩‍👩‍👧 (x)."
)


def make(*, max_words=96, stride=24, max_entities=128, **options):
    setup = tiny.make_setup(max_words=max_words, stride=stride, max_entities=max_entities)
    return TASK(ExtractiveQAConfig(**options), setup=setup)


def ask(context, *answers, question="Where does she live?", **more):
    given = [Answer(text=a, start=context.index(a)) if isinstance(a, str) else a for a in answers]
    return Question(question=question, context=context, answers=tuple(given), **more)


def ideal(instance):
    """Outputs that are sure of an instance's targets."""
    place = instance.details
    outputs = {name: np.zeros(place.end - place.begin) for name in ("start", "end")}
    none = np.zeros(1)
    for name, values in outputs.items():
        target = int(instance.targets[name][0])
        if target >= place.begin:
            values[target - place.begin] = 10.0
        elif target == 0:
            none += 10.0
    return {**outputs, "none": none}


def round_trip(task, example):
    (instances,) = task.encode([example])
    outputs = [ideal(instance) for instance in instances]
    return task.decode(example, instances=instances, outputs=outputs)


def test_targets_are_the_first_and_last_piece_of_the_answer(tokenizer):
    ((instance,),) = make().encode([ask(LIVES, "Tokyo, Japan")])
    (features,) = instance.features
    start, end = instance.targets["start"].item(), instance.targets["end"].item()
    assert tokenizer.decode(features.word_ids[start : end + 1]).strip() == "Tokyo, Japan"
    place = instance.details
    assert features.word_texts[place.begin : place.end].tolist() == [1] * (place.end - place.begin)


def test_an_answer_comes_back_as_it_stands_in_the_passage():
    for context, answer in (
        (LIVES, "Tokyo"),
        (ODD, "1987\u00a0in Belgrade"),
        (ODD, "born\u202fin"),
        (ODD, "Belgrade.\n\nThen"),
        (ODD, "東京"),
        (ODD, "👩‍👩‍👧"),
    ):
        predicted = round_trip(make(), ask(context, answer))
        assert answer in predicted.answer.text
        assert context[predicted.answer.start : predicted.answer.end] == predicted.answer.text


@st.composite
def contexts_with_answers(draw):
    """A passage and a few characters of it that are not only space."""
    context, [(start, end)] = draw(texts_with_spans(min_spans=1, max_spans=1, max_parts=40))
    end = min(end, start + 8)
    assume(context[start:end].strip())
    return context, start, end


@given(case=contexts_with_answers())
@settings(max_examples=60)
def test_every_answer_comes_back_up_to_the_pieces_that_it_is_of(case):
    context, start, end = case
    answer = context[start:end]
    task = make(max_words=90, stride=38, max_answer_pieces=1000, max_question_pieces=2)
    example = ask(context, Answer(text=answer, start=start))
    predicted = round_trip(task, example).answer
    assert predicted.text == context[predicted.start : predicted.end]
    assert answer.strip() in predicted.text
    # Whatever is more than the answer is of the pieces at its ends.
    (instances,) = task.encode([example])
    ends = np.concatenate([one.features[0].word_offsets for one in instances])
    touching = ends[(ends[:, 0] < end) & (ends[:, 1] > start)]
    assert predicted.start >= min(touching[:, 0].min(), start)
    assert predicted.end <= max(touching[:, 1].max(), end)


def test_of_several_answers_the_first_that_is_in_a_window_is_learnt():
    context = "In Tokyo. " + "the world " * 60 + "In Japan."
    task = make(max_words=60, stride=8)
    (instances,) = task.encode([ask(context, "Japan", "Tokyo")])
    assert len(instances) > 2
    learnt = []
    for instance in instances:
        start, end = instance.targets["start"].item(), instance.targets["end"].item()
        offsets = instance.features[0].word_offsets
        learnt.append(context[offsets[start, 0] : offsets[end, 1]] if start else None)
    assert learnt[0] == "Tokyo"
    assert learnt[-1] == "Japan"
    assert set(learnt[1:-1]) == {None}


def test_of_a_window_without_the_answer_nothing_may_be_learnt():
    context = "In Tokyo. " + "the world " * 60
    (instances,) = make(max_words=60, stride=8, windows_without_answer="ignore").encode(
        [ask(context, "Tokyo")]
    )
    assert instances[0].targets["start"].item() > 0
    assert [one.targets["start"].item() for one in instances[1:]] == [IGNORE] * (len(instances) - 1)
    inputs = make().collate(instances, rng=RNG)
    assert inputs.n_targets == {"answer": 2}


@pytest.mark.parametrize("windows_without_answer", ["none", "ignore"])
def test_of_a_passage_without_an_answer_that_is_learnt(windows_without_answer):
    task = make(windows_without_answer=windows_without_answer, no_answer=True)
    ((instance,),) = task.encode([ask(LIVES)])
    assert instance.targets["start"].item() == instance.targets["end"].item() == 0


def test_an_answer_without_a_place_teaches_nothing(caplog):
    ((instance,),) = make().encode([ask(LIVES, Answer(text="Kyoto"))])
    assert instance.targets["start"].item() == IGNORE
    assert "1 of 1 questions have no answer that a window holds whole" in caplog.text


def test_questions_without_known_answers_have_no_targets():
    question = Question(question="Where?", context=LIVES)
    ((instance,),) = make().encode([question])
    assert instance.targets == {}
    assert list(make().judge(question, predicted=AnsweredQuestion(answer=None))) == []


def test_what_is_not_read_is_said(caplog):
    caplog.set_level(logging.WARNING)
    long_question = ask(LIVES, "Tokyo", question="Where does she live? " * 20)
    no_passage = ask("", question="Where?")
    make().encode([long_question, no_passage, ask(LIVES, "Tokyo")])
    assert "1 of 3 questions have more than 48 pieces" in caplog.text
    assert "1 of 3 passages have no pieces" in caplog.text


def test_an_empty_passage_has_no_answer_and_counts():
    task = make()
    example = ask("", Answer(text="Tokyo"))
    assert task.encode([example]) == [[]]
    predicted = task.decode(example, instances=[], outputs=[])
    assert predicted == AnsweredQuestion(answer=None)
    right = AnsweredQuestion(answer=Answer(text="Tokyo"))
    scores = task.score([example, ask(LIVES, "Tokyo")], predicted=[predicted, right])
    assert scores["f1"] == scores["exact_match"] == 0.5
    assert next(iter(scores.values)) == "f1"


def test_entities_of_question_and_passage_are_read_by_their_titles(entities):
    question = ask(
        LIVES,
        "Tokyo",
        question="Is it Japan?",
        mentions=(Mention(start=22, end=27, entity="Tokyo"), Mention(start=0, end=12)),
        question_mentions=(
            Mention(start=6, end=11, entity="Japan"),
            Mention(start=0, end=2, entity="Atlantis"),
        ),
    )
    ((instance,),) = make().encode([question])
    ids = [entities.id("Japan"), entities.id("Tokyo"), entities.special.mask]
    assert instance.features[0].entity_ids.tolist() == ids
    ((instance,),) = make(unknown_titles="unk").encode([question])
    assert entities.special.unk in instance.features[0].entity_ids
    ((instance,),) = make(mode="words").encode([question])
    assert instance.features[0].n_entities == 0


def test_entities_are_in_every_window_that_holds_them_and_limited(caplog):
    context = "Tokyo and " * 30
    mentions = [Mention(start=10 * i, end=10 * i + 5, entity="Tokyo") for i in range(30)]
    question = ask(context, mentions=tuple(mentions))
    (instances,) = make(max_words=60, stride=20).encode([question])
    read = [set(one.features[0].entity_sources.tolist()) for one in instances]
    assert set().union(*read) == set(range(30))
    assert read[0] & read[1]
    (instances,) = make(max_words=60, stride=20, max_entities=3).encode([question])
    assert [one.features[0].n_entities for one in instances[:2]] == [3, 3]
    assert "entities beyond max_entities = 3 of an input are not read" in caplog.text


def test_titles_are_needed_where_entities_are_read():
    assert make().needs_titles
    assert not make(mode="words").needs_titles


def test_masks_of_the_published_loss_spare_first_token_and_passage():
    task, plain = make(masked_loss=True), make()
    model = tiny.make_model(task)
    instances = [
        one
        for found in task.encode([ask(LIVES, "Tokyo"), ask("Nothing. " + LIVES)])
        for one in found
    ]
    inputs = task.collate(instances, rng=RNG)
    raw = model.scores(inputs.batch, head="main")
    masked = [scores.clone() for scores in raw]
    first = 0
    for instance in instances:
        length = len(instance.features[0])
        masked[0][first + 1 : first + instance.details.begin] = -1e30
        masked[1][first + length - 1] = -1e30
        first += length
    expected = answer_loss(
        AnswerScores(*masked),
        batch=inputs.batch,
        start=inputs.targets["start"],
        end=inputs.targets["end"],
    )
    found = task.losses(inputs, model=model)["answer"] / inputs.n_targets["answer"]
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    assert plain.losses(inputs, model=model)["answer"] > found
    # What is predicted is not changed by it: a copy was masked.
    with torch.no_grad():
        for one, other in zip(
            task.outputs(inputs, model=model), plain.outputs(inputs, model=model), strict=True
        ):
            assert np.array_equal(one["start"], other["start"])


def decode(task, example, *, none, **best):
    """Decode with one sure answer, ``text=score``, and a score of no answer in each window."""
    (instances,) = task.encode([example])
    outputs = []
    for instance, of_none in zip(instances, none, strict=True):
        output = ideal(replace(instance, targets={k: np.array([IGNORE]) for k in ("start", "end")}))
        offsets = instance.features[0].word_offsets[instance.details.begin : instance.details.end]
        for text, score in best.items():
            start = example.context.index(text)
            for name, column, place in (("start", 0, start), ("end", 1, start + len(text))):
                output[name][offsets[:, column] == place] = score
        outputs.append({**output, "none": np.array([of_none])})
    return task.decode(example, instances=instances, outputs=outputs)


def test_there_is_no_answer_where_every_window_says_so_strongly_enough():
    context = "In Tokyo. " + "the world " * 60
    small = {"max_words": 60, "stride": 8, "no_answer": True}
    example = ask(context, "Tokyo")
    n_windows = len(make(**small).encode([example])[0])
    likely, unlikely = [9.0] * n_windows, [9.0] * (n_windows - 1) + [2.0]
    predicted = decode(make(**small), example, none=likely, Tokyo=4.0)
    assert predicted.answer is None
    assert predicted.no_answer_score == pytest.approx(1.0)
    assert predicted.candidates[0].text == "Tokyo"
    # The least of all windows counts.
    assert decode(make(**small), example, none=unlikely, Tokyo=4.0).answer.text == "Tokyo"
    lenient = make(**small, no_answer_threshold=2.0)
    assert decode(lenient, example, none=likely, Tokyo=4.0).answer.text == "Tokyo"
    always = make(max_words=60, stride=8)
    answered = decode(always, example, none=likely, Tokyo=4.0)
    assert answered.answer.text == "Tokyo"
    assert answered.no_answer_score is None


def test_what_is_said_is_judged_by_exact_match():
    task = make(no_answer=True)
    example = ask(LIVES, "Tokyo")
    answered = decode(task, example, none=[-9.0], Tokyo=4.0)
    assert list(task.judge(example, predicted=answered)) == [(answered.answer.score, True)]
    assert next(task.judge(ask(LIVES, "Japan"), predicted=answered))[1] is False
    none = decode(task, example, none=[30.0], Tokyo=4.0)
    ((share, is_right),) = task.judge(ask(LIVES), predicted=none)
    assert share > 0.99
    assert is_right
    ((_, is_right),) = task.judge(example, predicted=none)
    assert not is_right


def test_questions_without_answers_are_scored_as_squad_does():
    task = make(no_answer=True)
    gold = [ask(LIVES), ask(LIVES, "Tokyo")]
    predicted = [
        AnsweredQuestion(answer=None, no_answer_score=3.0),
        AnsweredQuestion(answer=Answer(text="the Tokyo"), no_answer_score=-3.0),
    ]
    scores = task.score(gold, predicted=predicted)
    assert scores["f1"] == scores["exact_match"] == scores["best_exact_match"] == 1.0
    # They are scored too where the model always answers.
    wrong = [AnsweredQuestion(answer=Answer(text="Japan")), predicted[1]]
    assert make().score(gold, predicted=wrong)["f1"] == 0.5


def test_the_rules_of_other_languages_can_be_asked_for():
    gold = [ask("東京。", "東京")]
    predicted = [AnsweredQuestion(answer=Answer(text="東京。"))]
    assert make().score(gold, predicted=predicted)["f1"] == 0.0
    assert make(rules="jsquad").score(gold, predicted=predicted)["f1"] == 1.0


def test_a_tiny_model_learns_where_answers_are(model_for, run, fit):
    task = make(max_words=60, stride=8)
    examples = [
        ask("the world " * 25 + LIVES, "Tokyo"),
        ask(LIVES, "Ana Ivanovic", question="Who lives there?"),
        ask(ODD, "1987", question="When?"),
    ]
    model = model_for(task)
    answers = ["Tokyo", "Ana Ivanovic", "1987"]

    def is_known():
        return [one.answer.text for one in run(task, model, examples)] == answers

    losses = fit(task, model, examples, steps=120, until=is_known, every=10)
    assert losses[-1] < 0.5 * losses[0]
    predicted = run(task, model, examples)
    assert [one.answer.text for one in predicted] == answers
    assert task.score(examples, predicted=predicted)["exact_match"] == 1.0


def test_company_does_not_change_an_answer(model_for, run):
    task = make(max_words=60, stride=8, no_answer=True)
    model = model_for(task)
    examples = [ask("the world " * n + LIVES, "Tokyo") for n in (0, 3, 30)]
    together = run(task, model, examples, batch_size=16)
    for one, example in zip(together, examples, strict=True):
        (alone,) = run(task, model, [example], batch_size=1)
        assert one.answer == alone.answer or one.answer.text == alone.answer.text
        assert one.no_answer_score == pytest.approx(alone.no_answer_score, abs=1e-4)


def test_windows_are_those_of_the_published_experiments():
    context = "the " * 200
    pieces = make(max_words=90, step=20).encode([ask(context)])[0]
    assert [one.details.first for one in pieces][:3] == [0, 20, 40]
    pieces = make(max_words=90, overlap=20).encode([ask(context)])[0]
    size = pieces[0].details.end - pieces[0].details.begin
    assert [one.details.first for one in pieces][:3] == [0, size - 20, 2 * (size - 20)]
    assert {len(one.features[0]) for one in pieces[:-1]} == {90}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0}, "temperature is 0"),
        ({"n_best": 0}, "n_best is 0, expected at least 1"),
        ({"max_answer_pieces": 0}, "max_answer_pieces is 0"),
        ({"overlap": 3, "step": 3}, "overlap is 3 and step is 3"),
        ({"max_words": 97, "overlap": 3}, "max_words is 97, the model reads 96"),
        ({"max_question_pieces": 0}, "a question may have 0 pieces"),
    ],
)
def test_options_that_cannot_work_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        TASK(ExtractiveQAConfig(**options), setup=tiny.make_setup())


def test_a_batch_without_targets_can_be_made():
    task = make()
    ((instance,),) = task.encode([Question(question="Where?", context=LIVES)])
    inputs = task.collate([instance], rng=RNG)
    assert inputs.n_targets == {}
    same = collate_instances([instance], max_mention_length=30)
    assert torch.equal(inputs.batch.word_ids, same.batch.word_ids)
