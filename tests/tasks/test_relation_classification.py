"""Relation classification asks for the right pairs, reads them apart or together, and scores."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from openluke.errors import ConfigError
from openluke.instances import Instance
from openluke.records import Document, Mention, Relation, Span
from openluke.tasks.relation_classification import (
    RelationClassification,
    RelationClassificationConfig,
)
from openluke.tokenization.pairs_in_windows import PairedWindow

TEXT = "Beyoncé lives in Los Angeles, not in Tokyo."
PLACES = {"Beyoncé": "PER", "Los Angeles": "LOC", "Tokyo": "LOC"}
SPANS = {name: Span(TEXT.index(name), TEXT.index(name) + len(name)) for name in PLACES}
MENTIONS = tuple(
    Mention(start=SPANS[name].start, end=SPANS[name].end, label=label)
    for name, label in PLACES.items()
)


def pair(head, tail, label=None):
    return Relation(head=SPANS[head], tail=SPANS[tail], label=label)


GIVEN = Document(
    text=TEXT,
    mentions=MENTIONS,
    relations=(
        pair("Beyoncé", "Los Angeles", "lives_in"),
        pair("Los Angeles", "Beyoncé", "home_of"),
        pair("Beyoncé", "Tokyo", "no_relation"),
    ),
)
BARE = Document(text=TEXT, mentions=MENTIONS)
LABELS = ("no_relation", "home_of", "lives_in")


@pytest.fixture
def make(setup):
    def make(*, labels=LABELS, inputs=None, **options):
        config = RelationClassificationConfig(**options)
        return RelationClassification(config, setup=setup(labels=labels, **inputs or {}))

    return make


def test_labels_begin_with_no_relation():
    labels = RelationClassification.labels_of([GIVEN], config=RelationClassificationConfig())
    assert labels == LABELS
    every = RelationClassificationConfig(pairs="all", no_relation="none")
    assert RelationClassification.labels_of([GIVEN], config=every)[0] == "none"
    plain = Document(text=TEXT, relations=(pair("Beyoncé", "Tokyo", "knows"),))
    config = RelationClassificationConfig()
    assert RelationClassification.labels_of([plain], config=config) == ("knows",)


def test_each_pair_is_read_between_its_markers(make, tokenizer, entities):
    instances = make().encode([GIVEN])[0]
    assert [one.targets["relations"].tolist() for one in instances] == [[2], [1], [0]]
    (features,) = instances[1].features
    head, tail = features.entity_ranges.tolist()
    assert features.word_ids[head[0]] == features.word_ids[head[1] - 1] == tokenizer.marker_id
    assert features.word_ids[tail[0]] == features.word_ids[tail[1] - 1] == tokenizer.marker2_id
    assert head[0] > tail[0]
    assert features.entity_ids.tolist() == [entities.special.mask, entities.special.mask2]


def test_pairs_of_a_text_are_read_together_without_markers(make):
    (instance,) = make(mode="words", markers=False).encode([GIVEN])[0]
    assert instance.targets["relations"].tolist() == [2, 1, 0]
    assert instance.features[0].n_entities == 3


@pytest.mark.parametrize("text", [TEXT, "so " * 60 + TEXT + " then" * 90], ids=["short", "long"])
def test_pairs_read_together_are_as_those_read_alone(make, model_for, run, text):
    task = make(mode="words", markers=False, inputs={"max_words": 60})
    model = model_for(task)
    offset = text.index("Beyoncé")
    moved = [
        Relation(
            head=Span(one.head.start + offset, one.head.end + offset),
            tail=Span(one.tail.start + offset, one.tail.end + offset),
        )
        for one in GIVEN.relations[:2]
    ]
    together = Document(text=text, relations=tuple(moved))
    alone = [Document(text=text, relations=(one,)) for one in moved]
    (found,) = run(task, model, [together])
    for one, other in zip(found.relations, run(task, model, alone), strict=True):
        assert one.label == other.relations[0].label
        assert one.score == pytest.approx(other.relations[0].score, abs=1e-5)


def test_mentions_alone_have_all_their_pairs_asked_for(make, model_for, run):
    task = make(labels=("home_of", "lives_in"))
    (found,) = run(task, model_for(task), [BARE])
    assert len(found.relations) == 6
    assert [mention.text for mention in found.mentions] == list(PLACES)
    typed = make(labels=("home_of", "lives_in"), pair_types=(("PER", "LOC"),))
    (found,) = run(typed, model_for(typed), [BARE])
    assert {relation.head for relation in found.relations} == {SPANS["Beyoncé"]}


def decode(task, example, *labels):
    rows = [20.0 * (np.arange(3) == LABELS.index(label)) for label in labels]
    windows = [
        PairedWindow(features=None, pairs=(number,), entities=np.zeros((1, 2)))
        for number in range(len(labels))
    ]
    instances = [Instance(features=(), details=window) for window in windows]
    outputs = [{"scores": row[None]} for row in rows]
    return task.decode(example, instances=instances, outputs=outputs)


def test_given_pairs_are_all_answered_found_ones_only_if_related(make):
    answered = decode(make(), GIVEN, "lives_in", "no_relation", "no_relation").relations
    assert [one.label for one in answered] == ["lives_in", "no_relation", "no_relation"]
    found = decode(make(), BARE, "lives_in", *["no_relation"] * 5).relations
    assert [(one.head, one.tail) for one in found] == [(SPANS["Beyoncé"], SPANS["Los Angeles"])]


def test_tacred_counts_what_is_related(make):
    task = make()
    assert task.primary_metric == "f1"
    predicted = decode(task, GIVEN, "lives_in", "lives_in", "lives_in")
    scores = task.score([GIVEN], predicted=[predicted])
    assert next(iter(scores.values)) == "f1"
    assert scores["precision"] == pytest.approx(1 / 3)
    assert scores["recall"] == pytest.approx(1 / 2)
    judged = list(task.judge(GIVEN, predicted=predicted))
    assert [is_right for _, is_right in judged] == [True, False, False]


def test_each_of_several_labels_of_a_pair_is_right(make):
    asked = [pair("Beyoncé", "Tokyo", label) for label in LABELS[:2]]
    gold = replace(BARE, relations=tuple(asked))
    for label in LABELS:
        found = replace(asked[0], label=label, score=0.9)
        judged = make().judge(gold, predicted=replace(BARE, relations=(found,)))
        assert [*judged] == [(0.9, label in LABELS[:2])]


def test_where_all_pairs_are_asked_for_those_not_named_are_unrelated(make):
    task = make(pairs="all")
    assert len(task.encode([GIVEN])[0]) == 6
    predicted = decode(task, GIVEN, "lives_in", "home_of", "no_relation", "lives_in")
    scores = task.score([GIVEN], predicted=[predicted])
    assert scores["precision"] == pytest.approx(2 / 3)
    assert scores.counts["pairs"] == 6


DEFAULTS = {
    "tacred": ("no_relation", "lives_in"),
    "kbp37": ("no_relation", "lives_in(e1,e2)"),
    "semeval": ("Other", "lives_in(e2,e1)", "lives_in(e1,e2)"),
    "accuracy": ("lives_in", "home_of"),
}
METRICS = {"tacred": "f1", "kbp37": "macro_f1", "semeval": "macro_f1", "accuracy": "accuracy"}


@pytest.mark.parametrize(("scoring", "labels"), DEFAULTS.items(), ids=DEFAULTS)
def test_labels_tell_the_rules_of_scoring(make, scoring, labels):
    label = next(label for label in labels if label not in ("no_relation", "Other"))
    gold = Document(text=TEXT, relations=(pair("Beyoncé", "Tokyo", label),))
    by_default, by_name = make(labels=labels), make(labels=labels, scoring=scoring)
    assert by_default.primary_metric == METRICS[scoring]
    found = by_default.score([gold], predicted=[gold])
    assert found == by_name.score([gold], predicted=[gold])
    assert next(iter(found.values)) == METRICS[scoring]
    assert found[METRICS[scoring]] == 1.0


def test_a_pair_that_no_window_holds_is_unrelated_and_logged(make, model_for, run, caplog):
    text = "Ana " + "word " * 300 + "Tokyo"
    far = Document(
        text=text,
        relations=(
            Relation(head=Span(0, 3), tail=Span(len(text) - 5, len(text)), label="lives_in"),
        ),
    )
    task = make(mode="words", markers=False)
    with caplog.at_level(logging.WARNING):
        (found,) = run(task, model_for(task), [far])
    assert [(one.label, one.score) for one in found.relations] == [("no_relation", None)]
    assert "1 of 1 pairs stand too far apart" in caplog.text
    assert task.score([far], predicted=[found])["recall"] == 0.0


def test_with_markers_a_pair_is_read_however_far_apart(make, model_for, run, caplog):
    text = "Ana " + "word " * 300 + "Tokyo"
    far = Relation(head=Span(0, 3), tail=Span(len(text) - 5, len(text)))
    task = make()
    (found,) = run(task, model_for(task), [Document(text=text, relations=(far,))])
    assert found.relations[0].score is not None
    assert not caplog.records


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"markers": False}, "markers = false goes with mode = 'words' alone"),
        ({"markers": False, "mode": "words", "spaces": True}, "spaces are put around markers"),
        ({"temperature": -1.0}, "temperature is -1.0"),
    ],
)
def test_options_that_cannot_be_are_refused(make, options, message):
    with pytest.raises(ConfigError, match=message):
        make(**options)
