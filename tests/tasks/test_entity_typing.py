"""Entity typing reads each mention between markers and gives it the types that hold."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from openluke.errors import ConfigError, ExampleError
from openluke.instances import Instance
from openluke.model.labels import IGNORE
from openluke.records import Document, Label, Mention, from_json, to_json
from openluke.tasks.entity_typing import EntityTyping, EntityTypingConfig

TEXT = "Beyoncé lives in Los Angeles."
EXAMPLE = Document(
    text=TEXT,
    mentions=(
        Mention(start=0, end=7, labels=(Label(label="person"),)),
        Mention(start=17, end=28, labels=(Label(label="place"), Label(label="location"))),
        Mention(start=8, end=13),
    ),
)
LABELS = ("location", "person", "place")


@pytest.fixture
def make(setup):
    def make(*, labels=LABELS, inputs=None, **options):
        return EntityTyping(
            EntityTypingConfig(**options), setup=setup(labels=labels, **inputs or {})
        )

    return make


def test_labels_are_those_of_all_mentions_sorted():
    assert EntityTyping.labels_of([EXAMPLE], config=EntityTypingConfig()) == LABELS


def test_mentions_that_have_one_type_each_are_learnt_so():
    one = Document(text="Ana", mentions=(Mention(start=0, end=3, label="person"),))
    config = EntityTypingConfig()
    settled = EntityTyping.settle(config, examples=[one, one])
    assert settled == EntityTypingConfig(multi_label=False)
    assert EntityTyping.settle(config, examples=[one, EXAMPLE]) == config
    given = EntityTypingConfig(multi_label=True)
    assert EntityTyping.settle(given, examples=[one]) == given
    with pytest.raises(
        ExampleError, match=r"17 to 28 has 2 types .* multi_label = false"
    ) as caught:
        EntityTyping.labels_of([one, EXAMPLE], config=settled)
    assert caught.value.number == 1


def test_each_mention_is_an_instance_of_its_own(make, tokenizer, entities):
    ((beyonce, angeles, lives),) = make().encode([EXAMPLE])
    assert beyonce.targets["types"].tolist() == [[0, 1, 0]]
    assert angeles.targets["types"].tolist() == [[1, 0, 1]]
    assert set(lives.targets["types"].ravel().tolist()) == {IGNORE}
    (features,) = angeles.features
    ((first, last),) = features.entity_ranges.tolist()
    assert features.word_ids[[first, last - 1]].tolist() == [tokenizer.marker_id] * 2
    assert features.entity_ids.tolist() == [entities.special.mask]
    inside = features.word_offsets[first + 1 : last - 1]
    assert TEXT[inside[0, 0] : inside[-1, 1]].strip() == "Los Angeles"


def test_words_alone_are_read_in_the_mode_of_words(make, model_for):
    task = make(mode="words")
    model = model_for(task)
    instances = task.encode([EXAMPLE])[0]
    inputs = task.collate(instances, rng=np.random.default_rng(0))
    with torch.no_grad():
        before = task.outputs(inputs, model=model)
        model.encoder.entities.table.weight.fill_(9.0)
        after = task.outputs(inputs, model=model)
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one["scores"], other["scores"])


def decode(task, *scores):
    instances = [Instance(features=(), details=number) for number in range(len(scores))]
    outputs = [{"scores": np.array(row, dtype=np.float32)} for row in scores]
    return task.decode(EXAMPLE, instances=instances, outputs=outputs)


def test_types_above_their_thresholds_hold_the_likeliest_first(make):
    found = decode(make(), [0.0, 3.0, -1.0], [1.0, -1.0, 2.0]).mentions
    assert [[label.label for label in one.labels] for one in found] == [
        ["person"],
        ["place", "location"],
        [],
    ]
    assert [one.text for one in found] == ["Beyoncé", "Los Angeles", "lives"]
    found = decode(make(thresholds={"place": 0.95, "person": 0.1}), [0.0, -1.0, 2.0]).mentions
    assert [label.label for label in found[0].labels] == ["person"]


def test_exactly_one_type_is_the_likeliest(make):
    found = decode(make(multi_label=False), [0.0, 3.0, -1.0]).mentions
    assert found[0].label == "person"
    assert found[0].score > 0.9
    assert found[1].label is None


def test_predictions_have_labels_also_where_one_type_is_chosen(make):
    task = make(multi_label=False)
    predicted = decode(task, [0.0, 3.0, -1.0])
    first, *unread = predicted.mentions
    assert first.labels == (Label(label=first.label, score=first.score),)
    assert [one.labels for one in unread] == [(), ()]
    plain = Mention(start=0, end=7, label="person")
    gold = Document(text=TEXT, mentions=(plain, *(replace(one, labels=None) for one in unread)))
    assert task.score([gold], predicted=[predicted])["f1"] == 1.0
    assert list(task.judge(gold, predicted=predicted)) == [(first.score, True)]
    again = from_json(Document, values=to_json(predicted), where="line")
    assert task.score([gold], predicted=[again])["f1"] == 1.0
    learnt = Document(text=TEXT, mentions=(first,))
    assert EntityTyping.settle(EntityTypingConfig(), examples=[learnt]).multi_label is False
    both = Document(text=TEXT, mentions=(replace(EXAMPLE.mentions[1], label="place"),))
    assert EntityTyping.settle(EntityTypingConfig(), examples=[both]).multi_label is None


def test_every_decision_counts_and_what_is_not_known_does_not(make):
    task = make()
    predicted = decode(task, [-1.0, 3.0, -1.0], [1.0, 1.0, -1.0], [9.0, 9.0, 9.0])
    scores = task.score([EXAMPLE], predicted=[predicted])
    assert scores["precision"] == pytest.approx(2 / 3)
    assert scores["recall"] == pytest.approx(2 / 3)
    assert [is_right for _, is_right in task.judge(EXAMPLE, predicted=predicted)] == [
        True,
        True,
        False,
    ]


def test_what_is_not_read_counts_against_recall_and_is_logged(make, model_for, run, caplog):
    long = Document(
        text="word " * 200 + TEXT,
        mentions=(Mention(start=1000, end=1007, labels=(Label(label="person"),)),),
    )
    task = make(inputs={"on_overflow": "truncate"})
    with caplog.at_level(logging.WARNING):
        (found,) = run(task, model_for(task), [long])
    assert found.mentions[0].labels == ()
    assert task.score([long], predicted=[found])["recall"] == 0.0
    assert "1 of 1 inputs lack a marked mention" in caplog.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"thresholds": {"thing": 0.5}}, "a threshold is for 'thing'"),
    ],
)
def test_options_that_cannot_be_are_refused(make, options, message):
    with pytest.raises(ConfigError, match=message):
        make(**options)
