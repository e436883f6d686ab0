"""Named entity recognition: spans are read, learnt, found and scored."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from openluke.errors import ConfigError, DataError
from openluke.records import Document, Label, Mention, Span
from openluke.tasks.ner import OUTSIDE, PROPOSER, Ner, NerConfig
from tests.tasks import tiny


def document(text: str, *names: tuple[str, str], **fields) -> Document:
    """A text whose names are where they first stand in it."""
    mentions = []
    for name, label in names:
        start = text.index(name)
        mentions.append(Mention(start=start, end=start + len(name), label=label))
    return Document(text=text, mentions=tuple(mentions), **fields)


NAMES = [
    document(
        "Ana went to Tokyo. Japan is far.", ("Ana", "PER"), ("Tokyo", "LOC"), ("Japan", "LOC")
    ),
    document("The Nile flows through Egypt", ("Nile", "LOC"), ("Egypt", "LOC")),
    document("Nobody went anywhere."),
    document("Los Angeles is where Ana lives", ("Los Angeles", "LOC"), ("Ana", "PER")),
]


def make(*, labels=(OUTSIDE, "LOC", "PER"), **options) -> Ner:
    return Ner(NerConfig(**options), setup=tiny.make_setup(labels=labels))


def found(document: Document) -> list[tuple[str, str]]:
    return [(mention.text, mention.label) for mention in document.mentions]


def expected(document: Document) -> list[tuple[str, str]]:
    ordered = sorted(document.mentions, key=lambda mention: (mention.start, mention.end))
    return [(mention.span.of(document.text), mention.label) for mention in ordered]


def learn(task: Ner, examples=NAMES, *, steps: int = 120):
    model = tiny.make_model(task)
    right = [expected(example) for example in examples]
    tiny.fit(
        task,
        model,
        examples,
        steps=steps,
        until=lambda: [found(one) for one in tiny.predict(task, model, examples)] == right,
    )
    return model


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"features": "words"},
        {"features": "entity"},
        {"mode": "words"},
        {"context": "sentence", "max_entities": None},
        {"max_entities": 7},
        {"negatives": 20},
    ],
)
def test_examples_are_learnt_by_heart(options):
    task = make(**options)
    model = learn(task)
    predicted = tiny.predict(task, model, NAMES)
    assert [found(one) for one in predicted] == [expected(one) for one in NAMES]
    assert task.score(NAMES, predicted=predicted)["f1"] == 1.0
    assert task.primary_metric in task.score(NAMES, predicted=predicted).values
    judged = [
        pair
        for gold, one in zip(NAMES, predicted, strict=True)
        for pair in task.judge(gold, predicted=one)
    ]
    assert len(judged) == 7
    assert all(0.5 < score <= 1 and right for score, right in judged)


def test_labels_come_from_the_data_the_one_of_no_mention_first():
    assert Ner.labels_of(NAMES, config=NerConfig()) == (OUTSIDE, "LOC", "PER")
    assert Ner.labels_of(NAMES, config=NerConfig(multi_label=True)) == ("LOC", "PER")


@pytest.mark.parametrize(
    ("mentions", "message"),
    [
        ((), "no mention was found to learn from"),
        ((Mention(start=0, end=3),), "example 0: the mention at characters 0 to 3 has no label"),
        ((Mention(start=0, end=3, label="O"),), "has the label 'O', which says of spans"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(mentions, message):
    with pytest.raises(DataError, match=message):
        Ner.labels_of([Document(text="Ana said", mentions=mentions)], config=NerConfig())


def test_a_published_models_own_first_label_says_that_there_is_no_mention():
    task = make(labels=("NIL", "MISC", "PER", "ORG", "LOC"))
    (instances,) = task.encode([document("Ana went", ("Ana", "PER"))])
    assert instances[0].targets["spans"].tolist() == [2, 0, 0]
    logits = np.eye(5, dtype=np.float32)[[2, 0, 0]]
    output = {"rows": np.arange(3), "scores": logits}
    example = document("Ana went")
    predicted = task.decode(example, instances=instances, outputs=[output])
    assert found(predicted) == [("Ana", "PER")]


def test_files_of_columns_are_read_and_every_name_in_them_is_a_candidate(tmp_path, caplog):
    path = tmp_path / "names.conll"
    path.write_text("Ana B-PER\nwent O\n\nTo O\nLos B-LOC\nAngeles I-LOC\n. O\n")
    (form,) = [form for form in Ner.forms if form.looks_like(path.read_text())]
    examples = list(form.read(path, unit="document"))
    assert Ner.labels_of(examples, config=NerConfig()) == (OUTSIDE, "LOC", "PER")
    (instances,) = make().encode(examples)
    assert [int(one.targets["spans"].sum()) for one in instances] == [2, 1]
    assert not caplog.records


def test_each_sentence_is_read_with_its_document_around_it():
    task = make()
    (instances,) = task.encode(NAMES[:1])
    assert len(instances) == 2
    words = [instance.features[0].word_ids.tolist() for instance in instances]
    assert words[0] == words[1]
    (apart,) = make(context="sentence").encode(NAMES[:1])
    assert sum(len(one.features[0]) - 2 for one in apart) == len(words[0]) - 2
    (whole,) = make(sentences="whole").encode(NAMES[:1])
    assert len(whole) == 1


APART = [document("Ana went. "), document("Tokyo is far."), document("The Nile.")]


@pytest.mark.parametrize(
    ("examples", "options", "context"),
    [
        (APART, {}, "sentence"),
        ([*APART, document("Ana went. Bob too. So did he. Nobody else.")], {}, "document"),
        ([document("Ana went. Bob too.")], {"sentences": "whole"}, "sentence"),
        ([document("Ana went", sentences=(Span(0, 3), Span(4, 8)))], {}, "document"),
        (APART, {"context": "document"}, "document"),
        (APART[:0], {}, "sentence"),
    ],
)
def test_context_is_read_as_the_training_data_has_it_unless_said(examples, options, context):
    config = NerConfig(**options)
    assert Ner.settle(config, examples=iter(examples)) == replace(config, context=context)


def test_a_mention_with_several_labels_lets_all_have_several():
    labels = (Label(label="LOC"), Label(label="ORG"))
    two = Document(text="Tokyo won", mentions=(Mention(start=0, end=5, labels=labels),))
    config = NerConfig(context="sentence")
    settled = Ner.settle(config, examples=iter([*NAMES, two]))
    assert settled == replace(config, multi_label=True)
    assert Ner.labels_of([two], config=settled) == ("LOC", "ORG")
    given = replace(config, multi_label=False)
    assert Ner.settle(given, examples=[two]) == given


def test_a_model_whose_data_decided_nothing_reads_documents():
    assert (
        make().encode(NAMES[:1])[0][0].n_rows
        == make(context="document").encode(NAMES[:1])[0][0].n_rows
    )


def test_a_word_of_n_words_has_as_many_candidates_as_pairs():
    words = ("Ana", "went", "to", "Tokyo", "yesterday")
    text = " ".join(words)
    spans = tuple(Span(text.index(word), text.index(word) + len(word)) for word in words)
    given = Document(text=text, words=spans, sentences=(Span(0, len(text)),))
    ((instance,),) = make(max_span_pieces=60).encode([given])
    assert len(instance.details) == 5 * 6 // 2


def test_mentions_that_are_no_candidates_count_against_recall_and_are_logged(caplog):
    text = "Ana Ivanovic went to Tokyo. Japan is far."
    example = document(
        text,
        ("Ana", "PER"),
        ("Ivanovic went to", "PER"),
        ("Toky", "LOC"),
        ("Tokyo. Japan", "LOC"),
        ("far", "MISC"),
        id="a",
    )
    again = replace(
        example, mentions=(*example.mentions, replace(example.mentions[0], label="LOC"))
    )
    task = make(max_span_pieces=4)
    with caplog.at_level(logging.WARNING):
        task.encode([again])
    (record,) = caplog.records
    message = record.getMessage()
    assert message.startswith("5 of 6 labelled mentions cannot be found, which counts against")
    for reason in (
        "has more than 4 word pieces (1)",
        "does not begin and end with words (1)",
        "is not inside one sentence (1)",
        "has the label 'MISC', which is not among the model's (1)",
        "has a label already (1)",
    ):
        assert reason in message
    assert "characters 4 to 20 of document 'a'" in message
    scores = task.score([example], predicted=[replace(example, mentions=example.mentions[:1])])
    assert scores["recall"] == pytest.approx(1 / 5)


def test_a_label_that_the_model_does_not_know_is_no_target():
    task = make()
    ((instance,),) = task.encode([document("Ana went", ("Ana", "MISC"))])
    assert instance.targets["spans"].tolist() == [-100, 0, 0]
    inputs = task.collate([instance], rng=np.random.default_rng(0))
    assert inputs.n_targets == {"spans": 2}


def test_mentions_inside_mentions_are_found_where_they_may_be():
    text = "University of Tokyo"
    nested = [document(text, (text, "ORG"), ("Tokyo", "LOC"))]
    task = make(labels=(OUTSIDE, "LOC", "ORG"), overlaps="nested")
    model = learn(task, nested)
    (predicted,) = tiny.predict(task, model, nested)
    assert found(predicted) == expected(nested[0])
    flat = make(labels=(OUTSIDE, "LOC", "ORG"))
    assert len(tiny.predict(flat, model, nested)[0].mentions) == 1


def test_a_mention_may_have_many_labels():
    text = "Washington spoke"
    labels = (Label(label="LOC"), Label(label="PER"))
    examples = [Document(text=text, mentions=(Mention(start=0, end=10, labels=labels),))]
    task = make(labels=("LOC", "ORG", "PER"), multi_label=True, thresholds={"ORG": 0.9})
    model = tiny.make_model(task)
    tiny.fit(task, model, examples, steps=60)
    (predicted,) = tiny.predict(task, model, examples)
    assert sorted(found(predicted)) == [("Washington", "LOC"), ("Washington", "PER")]
    assert task.score(examples, predicted=[predicted])["f1"] == 1.0


def test_some_negatives_are_drawn_anew_each_time_and_all_mentions_kept():
    task = make(negatives=5)
    instances = [one for encoded in task.encode(NAMES) for one in encoded]
    rng = np.random.default_rng(0)
    batches = [task.collate(instances, rng=rng) for _ in range(2)]
    for batch in batches:
        assert (batch.targets["spans"] > 0).sum() == 7
        assert batch.n_targets["spans"] == len(batch.targets["spans"])
        assert batch.batch.n_entities == batch.n_targets["spans"]
        assert batch.n_targets["spans"] <= 7 + 5 * len(instances)
    places = [batch.batch.entity_first.tolist() for batch in batches]
    assert places[0] != places[1]
    again = task.collate(instances, rng=np.random.default_rng(0))
    assert again.batch.entity_first.tolist() == places[0]


def test_what_is_predicted_does_not_depend_on_the_negatives_drawn():
    model = tiny.make_model(make())
    every, some = make(), make(negatives=3)
    assert tiny.predict(every, model, NAMES) == tiny.predict(some, model, NAMES)


def test_the_proposer_learns_which_spans_to_keep_and_saves_the_others():
    exact = make(proposer=True, proposer_layers=1, negatives=20)
    model = learn(exact, steps=200)
    tiny.fit(exact, model, NAMES, steps=100)
    assert set(exact.head_configs()) == {"main", PROPOSER}
    fast = make(proposer=True, proposer_layers=1, keep=0.1)
    instances = [one for encoded in fast.encode(NAMES) for one in encoded]
    outputs = tiny.outputs_of(fast, model, instances)
    kept = sum(len(output["rows"]) for output in outputs)
    assert 7 <= kept < 0.5 * sum(len(instance.details) for instance in instances)
    predicted = tiny.predict(fast, model, NAMES)
    assert [found(one) for one in predicted] == [expected(one) for one in NAMES]


def test_keeping_all_is_exact():
    exact, all_kept = make(proposer=True), make(proposer=True, keep=0.0)
    model = tiny.make_model(exact)
    for one, other in zip(
        tiny.predict(exact, model, NAMES), tiny.predict(all_kept, model, NAMES), strict=True
    ):
        assert found(one) == found(other)
        assert [m.score for m in one.mentions] == pytest.approx([m.score for m in other.mentions])


def test_keeping_none_finds_nothing():
    task = make(proposer=True, keep=0.01)
    model = tiny.make_model(task)
    model.head(PROPOSER).output.bias.data.fill_(-1000.0)
    assert all(not one.mentions for one in tiny.predict(task, model, NAMES))


def test_the_losses_are_sums_over_spans_in_any_batch():
    task = make(proposer=True, max_entities=6)
    model = tiny.make_model(task)
    instances = [one for encoded in task.encode(NAMES) for one in encoded]
    rng = np.random.default_rng(0)
    with torch.no_grad():
        whole = task.losses(task.collate(instances, rng=rng), model=model)
        parts = [task.losses(task.collate([one], rng=rng), model=model) for one in instances]
    for name, value in whole.items():
        total = sum(part[name].item() for part in parts)
        assert total == pytest.approx(value.item(), rel=1e-5)


def test_batches_do_not_change_outputs():
    task = make(proposer=True, keep=0.4)
    model = tiny.make_model(task)
    together = tiny.predict(task, model, NAMES, batch_size=16)
    alone = tiny.predict(task, model, NAMES, batch_size=1)
    assert [found(one) for one in together] == [found(one) for one in alone]


def test_texts_without_words_have_no_mentions():
    task = make()
    model = tiny.make_model(task)
    for one in tiny.predict(task, model, [Document(text=""), Document(text=" \n ")]):
        assert one.mentions == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep": 0.1}, "keep asks a span proposer"),
        ({"keep": 1.0, "proposer": True}, "keep is 1.0, expected a probability below 1"),
        ({"proposer": True, "mode": "words"}, "proposer = true saves entity inputs"),
        ({"negatives": 0}, "negatives is 0, expected 1 or more"),
        ({"thresholds": {"A": 0.5}}, "thresholds go with multi_label"),
        ({"temperature": 0.0}, "temperature is 0.0"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        NerConfig(**options)
