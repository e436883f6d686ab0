"""Sequence classification: one label, several or a number, of texts of any length."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from openluke.errors import ConfigError, DataError, ExampleError
from openluke.model.config import HeadConfig
from openluke.records import ClassifiedText, Label, Mention
from openluke.task import MAIN
from openluke.tasks.sequence_classification import (
    SequenceClassification,
    SequenceClassificationConfig,
)

LONG = ClassifiedText(text="word " * 200 + "end", label="A")


@pytest.fixture
def make(setup):
    def make(*, labels=("A", "B"), inputs=None, **options):
        config = SequenceClassificationConfig(**options)
        return SequenceClassification(config, setup=setup(labels=labels, **inputs or {}))

    return make


def decode(task, example, *rows):
    outputs = [{"scores": np.array(row, dtype=np.float32)} for row in rows]
    return task.decode(example, instances=[None] * len(rows), outputs=outputs)


HEADS = {
    "single_label": HeadConfig(kind="sequence", n_labels=2),
    "multi_label": HeadConfig(kind="sequence", n_labels=2, problem="multi_label"),
    "regression": HeadConfig(kind="sequence", n_labels=1, problem="regression"),
}
METRICS = {"single_label": "accuracy", "multi_label": "f1", "regression": "pearson"}


@pytest.mark.parametrize("problem", HEADS)
def test_head_and_metric_go_with_the_problem(make, problem):
    task = make(problem=problem)
    assert task.head_configs() == {MAIN: HEADS[problem]}
    assert task.primary_metric == METRICS[problem]


def test_labels_are_found_in_both_forms_and_numbers_have_none():
    examples = [
        ClassifiedText(text="a", label="B"),
        ClassifiedText(text="b", labels=(Label(label="A"), Label(label="C"))),
    ]
    config = SequenceClassificationConfig()
    assert SequenceClassification.labels_of(examples, config=config) == ("A", "B", "C")
    numbers = [ClassifiedText(text="a", value=1.0), ClassifiedText(text="b")]
    for problem in (None, "regression"):
        config = SequenceClassificationConfig(problem=problem)
        assert SequenceClassification.labels_of(iter(numbers), config=config) == ()


def said(**values):
    several = values.pop("labels", None)
    labels = None if several is None else tuple(Label(label=name) for name in several)
    return ClassifiedText(text="a", labels=labels, **values)


@pytest.mark.parametrize(
    ("examples", "problem"),
    [
        ([said(value=1.0), said()], "regression"),
        ([said(labels=["A", "B"]), said(label="A")], "multi_label"),
        ([said(labels=[]), said(labels=["A"])], "multi_label"),
        ([said(labels=["A"]), said(labels=["B"])], "single_label"),
        ([said(label="A", value=1.0), said()], "single_label"),
        ([said()], "single_label"),
    ],
)
def test_the_examples_pose_the_problem_unless_it_is_said(examples, problem):
    open_one = SequenceClassificationConfig()
    settled = SequenceClassification.settle(open_one, examples=iter(examples))
    assert settled.problem == problem
    given = SequenceClassificationConfig(problem="multi_label")
    assert SequenceClassification.settle(given, examples=examples) == given


@pytest.mark.parametrize(
    ("example", "problem", "message"),
    [
        (said(labels=["A", "B"]), "single_label", r"2 labels \(A, B\), .* 'multi_label' learns"),
        (said(labels=[]), "single_label", r"0 labels \(none\), expected one"),
        (said(value=2.0), "single_label", "found the number 2 and no label.*'regression' learns"),
        (said(value=2.0), None, "found the number 2"),
        (said(label="A"), "regression", r"found labels \(A\) and no value, expected a number"),
    ],
)
def test_what_does_not_suit_the_problem_is_named_with_the_option(example, problem, message):
    fitting = said(value=1.0) if problem == "regression" else said(label="A")
    config = SequenceClassificationConfig(problem=problem)
    with pytest.raises(ExampleError, match=message) as caught:
        SequenceClassification.labels_of([fitting, said(), example], config=config)
    assert caught.value.number == 2
    with pytest.raises(ExampleError, match=message) as caught:
        SequenceClassification.check_gold([said(), example], config=config)
    assert caught.value.number == 1


def test_the_likeliest_label_and_all_probabilities_are_predicted(make):
    found = decode(make(), LONG, [0.0, 2.0])
    assert found.label == "B"
    assert found.score == found.scores["B"] == pytest.approx(1 / (1 + np.exp(-2)))
    assert found.scores["A"] + found.scores["B"] == pytest.approx(1.0)


def test_windows_are_averaged(make):
    assert decode(make(), LONG, [0.0, 2.0], [4.0, -2.0]).label == "A"
    assert decode(make(problem="regression", labels=()), LONG, [1.0], [2.0]).value == 1.5


def test_any_number_of_labels_may_be_above_their_thresholds(make):
    task = make(problem="multi_label", thresholds={"A": 0.9})
    found = decode(task, LONG, [1.0, 1.0])
    assert [label.label for label in found.labels] == ["B"]
    assert set(found.scores) == {"A", "B"}


def test_of_a_long_text_the_beginning_is_read_and_it_is_logged(make, caplog):
    with caplog.at_level(logging.WARNING):
        (instances,) = make().encode([LONG])
    assert len(instances) == 1
    assert "1 of 1 texts are longer than max_words" in caplog.text


def test_all_of_a_long_text_is_read_in_windows_that_all_learn(make, caplog):
    (instances,) = make(long_texts="mean").encode([LONG])
    assert len(instances) > 2
    assert all(one.targets["labels"].tolist() == [0] for one in instances)
    last = instances[-1].features[0]
    assert last.word_offsets[-2, 1] == len(LONG.text)
    assert not caplog.records


def test_of_a_long_pair_both_beginnings_are_read(make, tokenizer):
    pair = replace(LONG, pair=LONG.text)
    single = ClassifiedText(text="short", label="A")
    encoded = make(long_texts="mean").encode([pair, single, LONG])
    assert [len(instances) for instances in encoded][:2] == [1, 1]
    (features,) = encoded[0][0].features
    assert features.word_ids.tolist().count(tokenizer.eos_id) == 3
    assert set(features.word_texts.tolist()) == {-1, 0, 1}


def test_long_texts_are_an_error_where_the_model_says_so(make):
    with pytest.raises(DataError, match="on_overflow"):
        make(long_texts="mean", inputs={"on_overflow": "error"}).encode([LONG])


def test_only_what_is_known_is_scored(make):
    gold = [ClassifiedText(text="a", label="A"), ClassifiedText(text="b")]
    predicted = [replace(one, label="A", score=0.9) for one in gold]
    task = make()
    scores = task.score(gold, predicted=predicted)
    assert scores["accuracy"] == 1.0
    assert scores.counts["examples"] == 1
    judged = [list(task.judge(g, predicted=p)) for g, p in zip(gold, predicted, strict=True)]
    assert judged == [[(0.9, True)], []]


def test_numbers_are_scored_by_their_correlation(make):
    gold = [ClassifiedText(text="a", value=float(value)) for value in range(4)]
    predicted = [replace(one, value=one.value * 2 + 1) for one in gold]
    scores = make(problem="regression", labels=()).score(gold, predicted=predicted)
    assert scores["pearson"] == pytest.approx(1.0)
    assert next(iter(scores.values)) == "pearson"


def test_a_number_that_is_not_predicted_is_no_zero(make):
    task = make(problem="regression", labels=())
    gold = [ClassifiedText(text="a"), ClassifiedText(text="b", value=2.0)]
    with pytest.raises(ExampleError, match="example 1: no value is predicted"):
        task.score(gold, predicted=[gold[0], ClassifiedText(text="b")])


def test_two_labels_where_one_is_chosen_are_refused(make):
    example = ClassifiedText(text="a", labels=(Label(label="A"), Label(label="B")))
    with pytest.raises(DataError, match="found 2 labels"):
        make().encode([example])


def test_thresholds_without_several_labels_are_refused():
    with pytest.raises(ConfigError, match="thresholds are for problem = 'multi_label'"):
        SequenceClassificationConfig(thresholds={"A": 0.5})


def test_what_is_not_known_is_not_learnt(make, model_for):
    known, unknown = ClassifiedText(text="a", value=2.0), ClassifiedText(text="b")
    task = make(problem="regression", labels=())
    instances = [one for found in task.encode([known, unknown]) for one in found]
    inputs = task.collate(instances, rng=np.random.default_rng(0))
    assert inputs.n_targets == {"labels": 1}
    model = model_for(task)
    alone = task.collate(instances[:1], rng=np.random.default_rng(0))
    assert task.losses(inputs, model=model)["labels"].item() == pytest.approx(
        task.losses(alone, model=model)["labels"].item(), rel=1e-5
    )


NAMED = ClassifiedText(
    text="Ana Ivanovic won in Tokyo.",
    pair="She was in Japan.",
    mentions=(
        Mention(start=20, end=25, entity="Tokyo"),
        Mention(start=0, end=12),
        Mention(start=0, end=3, entity="Atlantis"),
    ),
    pair_mentions=(Mention(start=11, end=16, entity="Japan"),),
)


def test_entities_of_both_texts_are_read_by_their_titles(make, entities, caplog):
    special = entities.special
    ids = [entities.id("Tokyo"), special.mask, entities.id("Japan")]
    ((instance,),) = make().encode([NAMED])
    assert instance.features[0].entity_ids.tolist() == ids
    assert "1 of 4 mentions name an entity that the vocabulary does not have" in caplog.text
    ((instance,),) = make(unknown_titles="unk").encode([NAMED])
    assert instance.features[0].entity_ids.tolist() == [*ids[:2], special.unk, ids[2]]
    ((instance,),) = make(mode="words").encode([NAMED])
    assert instance.features[0].n_entities == 0


@pytest.mark.parametrize("where", ["mentions", "pair_mentions"])
@pytest.mark.parametrize("mode", ["entities", "words"])
def test_mentions_change_what_is_predicted_unless_words_are_read_alone(
    make, model_for, run, mode, where
):
    task = make(mode=mode)
    model = model_for(task)
    (found,) = run(task, model, [NAMED])
    (other,) = run(task, model, [replace(NAMED, **{where: ()})])
    assert (found.scores == other.scores) == (mode == "words")
    assert found.mentions == found.pair_mentions == ()


def test_titles_are_needed_where_entities_are_read(make):
    assert make().needs_titles
    assert not make(mode="words").needs_titles


def test_entities_are_read_in_their_windows_and_no_more_than_an_input_has(make, caplog):
    mentions = tuple(
        Mention(start=5 * word, end=5 * word + 4, entity="Tokyo") for word in range(0, 200, 10)
    )
    example = replace(LONG, mentions=mentions)
    (instances,) = make(long_texts="mean").encode([example])
    read = [row for one in instances for row in one.features[0].entity_sources.tolist()]
    assert sorted(read) == list(range(20))
    ((instance,),) = make(inputs={"max_entities": 2}).encode([example])
    assert instance.features[0].entity_sources.tolist() == [0, 1]
    assert "entities beyond max_entities = 2 of an input are not read" in caplog.text
    task = make(inputs={"max_entities": 2, "on_overflow": "error"})
    with pytest.raises(DataError, match="an input has 3 entities, more than max_entities = 2"):
        task.encode([NAMED])
