"""From text to probabilities, every task does what its class in transformers does."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from openluke.model.model import Model
from openluke.records import (
    ChoiceQuestion,
    ClassifiedText,
    Document,
    Label,
    MaskedText,
    Mention,
    Relation,
    Span,
    TaggedText,
)
from openluke.task import MAIN, TaskSetup
from openluke.tasks.entity_typing import EntityTyping, EntityTypingConfig
from openluke.tasks.fill_mask import FillMask, FillMaskConfig
from openluke.tasks.multiple_choice import MultipleChoice, MultipleChoiceConfig
from openluke.tasks.relation_classification import (
    RelationClassification,
    RelationClassificationConfig,
)
from openluke.tasks.sequence_classification import (
    SequenceClassification,
    SequenceClassificationConfig,
)
from openluke.tasks.token_classification import TokenClassification, TokenClassificationConfig
from openluke.tokenization.inputs_config import EntityInputsConfig
from tests.parity.twins import make_twins, tie
from tests.tasks.tiny import predict

TEXT = "Ana Ivanovic said on Thursday."
LABELS = ("A", "B", "C")
AWARE = pytest.mark.parametrize("entity_aware", [True, False], ids=["entity-aware", "plain"])


@pytest.fixture
def setup(luke, entity_vocab):
    """What tasks are made with."""
    return TaskSetup(
        tokenizer=luke,
        entities=entity_vocab,
        inputs=EntityInputsConfig(max_words=38, stride=8),
        labels=LABELS,
    )


@pytest.fixture
def twins_of(setup):
    """Twins large enough for the vocabularies."""

    def make(architecture, **options):
        sizes = {"words": setup.tokenizer.n_words, "entities": setup.entities.n_ids}
        return make_twins(architecture, **sizes | options)

    return make


@torch.no_grad()
def logits_of(twins, tokenizer, *texts, **options):
    """What the class of transformers says of what its tokenizer makes of a text."""
    inputs = tokenizer(*texts, return_tensors="pt", **options)
    return twins.theirs(**inputs).logits


def run(task, twins, *examples):
    return predict(task, Model(twins.encoder, heads={MAIN: twins.head}), list(examples))


def close(found, expected):
    if isinstance(expected, torch.Tensor):
        expected = expected.tolist()
    return np.allclose(found, expected, atol=1e-5)


@AWARE
@pytest.mark.parametrize("span", [(0, 12), (21, 29)])
def test_entity_typing(entity_aware, span, setup, twins_of, luke_of_transformers):
    twins = twins_of("LukeForEntityClassification", kind="entity", entity_aware=entity_aware)
    tokenizer = luke_of_transformers("entity_classification")
    expected = logits_of(twins, tokenizer, TEXT, entity_spans=[span])[0].sigmoid().tolist()
    task = EntityTyping(EntityTypingConfig(thresholds=dict.fromkeys(LABELS, 0.0)), setup=setup)
    start, end = span
    (found,) = run(task, twins, Document(text=TEXT, mentions=(Mention(start=start, end=end),)))
    scores = {label.label: label.score for label in found.mentions[0].labels}
    assert close([scores[label] for label in LABELS], expected)


@AWARE
@pytest.mark.parametrize("pair", [((0, 12), (21, 29)), ((21, 29), (0, 3))])
def test_relation_classification(entity_aware, pair, setup, twins_of, luke_of_transformers):
    twins = twins_of(
        "LukeForEntityPairClassification",
        kind="entity_pair",
        entity_aware=entity_aware,
        bias=False,
    )
    tokenizer = luke_of_transformers("entity_pair_classification")
    expected = logits_of(twins, tokenizer, TEXT, entity_spans=list(pair))[0].softmax(-1)
    task = RelationClassification(RelationClassificationConfig(), setup=setup)
    assert task.head_configs()[MAIN] == twins.head.config
    head, tail = (Span(*span) for span in pair)
    (found,) = run(task, twins, Document(text=TEXT, relations=(Relation(head=head, tail=tail),)))
    assert found.relations[0].label == LABELS[expected.argmax()]
    assert close(found.relations[0].score, expected.max())


@AWARE
@pytest.mark.parametrize("pair", [None, "He said so."])
def test_sequence_classification(entity_aware, pair, setup, twins_of, luke_of_transformers):
    twins = twins_of("LukeForSequenceClassification", kind="sequence", entity_aware=entity_aware)
    texts = (TEXT,) if pair is None else (TEXT, pair)
    expected = logits_of(twins, luke_of_transformers(), *texts)[0].softmax(-1).tolist()
    task = SequenceClassification(SequenceClassificationConfig(), setup=setup)
    (found,) = run(task, twins, ClassifiedText(text=TEXT, pair=pair))
    assert close([found.scores[label] for label in LABELS], expected)


ANA, THURSDAY = Mention(start=0, end=12, entity="Ana Ivanovic"), Mention(start=21, end=29)
PAIR, JAPAN = "He was in Japan.", Mention(start=10, end=15, entity="Japan")
OF_ANA = {"entity_spans": [(0, 12), (21, 29)], "entities": ["Ana Ivanovic", "[MASK]"]}


@AWARE
def test_sequence_classification_with_entities(entity_aware, setup, twins_of, luke_of_transformers):
    twins = twins_of("LukeForSequenceClassification", kind="sequence", entity_aware=entity_aware)
    task = SequenceClassification(SequenceClassificationConfig(), setup=setup)
    example = ClassifiedText(text=TEXT, mentions=(ANA, THURSDAY))
    (found,) = run(task, twins, example)
    expected = logits_of(twins, luke_of_transformers(), TEXT, **OF_ANA)[0].softmax(-1).tolist()
    assert close([found.scores[label] for label in LABELS], expected)
    words = SequenceClassification(SequenceClassificationConfig(mode="words"), setup=setup)
    (found,) = run(words, twins, example)
    assert not close([found.scores[label] for label in LABELS], expected)
    pair = ClassifiedText(text=TEXT, pair=PAIR, mentions=(ANA, THURSDAY), pair_mentions=(JAPAN,))
    (found,) = run(task, twins, pair)
    of_pair = {"entity_spans_pair": [(10, 15)], "entities_pair": ["Japan"]}
    expected = logits_of(twins, luke_of_transformers(), TEXT, PAIR, **OF_ANA, **of_pair)[0]
    assert close([found.scores[label] for label in LABELS], expected.softmax(-1))


def test_sequence_regression(setup, twins_of, luke_of_transformers):
    twins = twins_of(
        "LukeForSequenceClassification", kind="sequence", n_labels=1, problem="regression"
    )
    expected = logits_of(twins, luke_of_transformers(), TEXT, "He said so.")
    task = SequenceClassification(SequenceClassificationConfig(problem="regression"), setup=setup)
    (found,) = run(task, twins, ClassifiedText(text=TEXT, pair="He said so."))
    assert close(found.value, expected.item())


@pytest.mark.parametrize("mentions", [(), (ANA, THURSDAY)], ids=["words", "entities"])
def test_token_classification(mentions, setup, luke, twins_of):
    """Fed with our pieces, since their tokenizer has no offsets."""
    twins = twins_of("LukeForTokenClassification", kind="token")
    task = TokenClassification(TokenClassificationConfig(), setup=setup)
    words = (Span(0, 3), Span(4, 12), Span(13, 17), Span(18, 20), Span(21, 29), Span(29, 30))
    example = TaggedText(text=TEXT, words=words, mentions=mentions)
    (found,) = run(task, twins, example)
    ((instance,),) = task.encode([example])
    (features,) = instance.features
    places = [
        [*range(start, end), *[-1] * (30 - (end - start))]
        for start, end in features.entity_ranges.tolist()
    ]
    of_entities = {
        "entity_ids": torch.tensor(features.entity_ids.astype(np.int64))[None],
        "entity_position_ids": torch.tensor(places, dtype=torch.long)[None],
    }
    assert features.n_entities == len(mentions)
    with torch.no_grad():
        theirs = twins.theirs(
            torch.tensor(features.word_ids.astype(np.int64))[None],
            **of_entities if mentions else {},
        )
    logits = theirs.logits[0]
    firsts = instance.details.firsts.tolist()
    assert firsts == sorted(set(firsts))
    best = logits.softmax(-1)[firsts].max(-1)
    assert close(found.scores, best.values)
    assert list(found.tags) == [LABELS[row] for row in best.indices.tolist()]


@AWARE
def test_multiple_choice(entity_aware, setup, twins_of, luke_of_transformers):
    twins = twins_of("LukeForMultipleChoice", kind="multiple_choice", entity_aware=entity_aware)
    choices = ("Ana", "She said", PAIR)
    tokenizer = luke_of_transformers()
    task = MultipleChoice(MultipleChoiceConfig(), setup=setup)
    plain = ChoiceQuestion(question=TEXT, choices=choices)
    named = replace(plain, question_mentions=(ANA, THURSDAY), choice_mentions=((), (), (JAPAN,)))
    entities = {
        "entity_spans": [OF_ANA["entity_spans"]] * 3,
        "entities": [OF_ANA["entities"]] * 3,
        "entity_spans_pair": [[], [], [(10, 15)]],
        "entities_pair": [[], [], ["Japan"]],
    }
    for question, more in ((plain, {}), (named, entities)):
        inputs = tokenizer([TEXT] * 3, list(choices), padding=True, return_tensors="pt", **more)
        with torch.no_grad():
            expected = twins.theirs(**{name: x[None] for name, x in inputs.items()}).logits[0]
        (found,) = run(task, twins, question)
        assert close(found.scores, expected.softmax(-1))


@AWARE
def test_fill_mask(entity_aware, setup, twins_of, luke_of_transformers):
    twins = tie(twins_of("LukeForMaskedLM", kind="masked", entity_aware=entity_aware))
    tokenizer = luke_of_transformers()
    text = "Tokyo is the <mask> of Japan."
    spans, titles = [(0, 5), (23, 28)], ["Tokyo", "[MASK]"]
    inputs = tokenizer(text, entity_spans=spans, entities=titles, return_tensors="pt")
    with torch.no_grad():
        theirs = twins.theirs(**inputs)
    row = inputs["input_ids"][0].tolist().index(tokenizer.mask_token_id)
    words = theirs.logits[0, row].softmax(-1).topk(5)
    entities = theirs.entity_logits[0, 1].softmax(-1)
    task = FillMask(FillMaskConfig(), setup=setup)
    example = MaskedText(
        text=text.replace("<mask>", "capital"),
        masks=(Span(13, 20),),
        mentions=(Mention(start=0, end=5, entity="Tokyo"), Mention(start=24, end=29)),
    )
    (found,) = run(task, twins, example)
    (filled,), (entity,) = found.words, found.entities
    assert [one.text for one in filled.candidates] == [
        tokenizer.decode([word]).strip() for word in words.indices.tolist()
    ]
    assert close([one.score for one in filled.candidates], words.values)
    rows = [setup.entities.id(one.text) for one in entity.candidates]
    assert close([one.score for one in entity.candidates], entities[rows])
    assert rows == sorted(rows, key=lambda row: -entities[row])
    assert len(rows) == 3
    literal = run(task, twins, MaskedText(text=text, mentions=(Mention(start=0, end=5),)))[0]
    assert [(one.start, one.end) for one in literal.words] == [(13, 19)]


def test_multi_label_texts(setup, twins_of, luke_of_transformers):
    twins = twins_of("LukeForSequenceClassification", kind="sequence", problem="multi_label")
    expected = logits_of(twins, luke_of_transformers(), TEXT)[0].sigmoid().tolist()
    task = SequenceClassification(SequenceClassificationConfig(problem="multi_label"), setup=setup)
    (found,) = run(task, twins, ClassifiedText(text=TEXT))
    held = [label for label, score in zip(LABELS, expected, strict=True) if score > 0.5]
    assert {label.label for label in found.labels} == set(held)
    assert close([found.scores[label] for label in LABELS], expected)
    assert all(isinstance(label, Label) for label in found.labels)
