"""Token classification gives each word the tag of its first piece, however the text is cut."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from openluke.errors import ConfigError, DataError, ExampleError
from openluke.records import Mention, Span, TaggedText
from openluke.tasks.token_classification import TokenClassification, TokenClassificationConfig

LABELS = ("A", "B", "O")


def words_of(text):
    spans, start = [], 0
    for word in text.split(" "):
        spans.append(Span(start, start + len(word)))
        start += len(word) + 1
    return tuple(spans)


@pytest.fixture
def make(setup):
    def make(*, labels=LABELS, inputs=None, **options):
        config = TokenClassificationConfig(**options)
        return TokenClassification(config, setup=setup(labels=labels, **inputs or {}))

    return make


def test_the_first_piece_of_each_word_is_read(make, tokenizer):
    text = "Beyoncé lives in Los Angeles"
    example = TaggedText(text=text, words=words_of(text), tags=("A", "O", "O", "B", "B"))
    ((instance,),) = make().encode([example])
    assert instance.targets["tags"].tolist() == [0, 2, 2, 1, 1]
    (features,) = instance.features
    assert features.n_entities == 0
    firsts = [tokenizer.token(int(row)) for row in features.word_ids[instance.details.firsts]]
    assert firsts[0].startswith("B")
    assert all(first.startswith("Ġ") for first in firsts[1:])


def test_no_piece_goes_across_the_end_of_a_word(make):
    example = TaggedText(text="won't", words=(Span(0, 2), Span(2, 5)))
    ((instance,),) = make().encode([example])
    (features,) = instance.features
    first, second = instance.details.firsts
    assert features.word_offsets[second - 1, 1] == features.word_offsets[second, 0] == 2
    assert first < second


def test_every_word_of_a_long_text_is_read_once_where_it_has_most_context(make):
    text = " ".join(["in"] * 300)
    example = TaggedText(text=text, words=words_of(text))
    (instances,) = make(inputs={"max_words": 50, "stride": 20}).encode([example])
    assert len(instances) > 5
    assert sorted(word for one in instances for word in one.details.numbers) == list(range(300))
    for one in instances[1:-1]:
        places = one.details.firsts
        assert places.min() >= 8
        assert places.max() <= 50 - 8


def test_without_mentions_entities_have_no_part_in_it(make, model_for, run):
    text = "Ana won"
    example = TaggedText(text=text, words=words_of(text))
    task = make()
    model = model_for(task)
    before = run(task, model, [example])
    model.encoder.entities.table.weight.data.fill_(3.0)
    assert run(task, model, [example]) == before


def test_tags_are_the_likeliest_with_their_probabilities(make):
    text = "Ana won"
    example = TaggedText(text=text, words=words_of(text))
    task = make(temperature=2.0)
    instances = task.encode([example])[0]
    rows = np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 4.0]])
    found = task.decode(example, instances=instances, outputs=[{"scores": rows}])
    assert found.tags == ("A", "O")
    assert found.scores == pytest.approx((np.e / (np.e + 2), np.e**2 / (np.e**2 + 2)))


@pytest.mark.parametrize(("labels", "tag"), [(LABELS, "O"), (("X", "Y"), "X")])
def test_a_word_without_pieces_has_a_tag_without_a_probability(
    make, model_for, run, caplog, labels, tag
):
    example = TaggedText(text="a  b", words=(Span(0, 1), Span(1, 2), Span(3, 4)))
    task = make(labels=labels)
    instances = task.encode([example])[0]
    instances = [one for one in instances if 1 not in one.details.numbers]
    found = task.decode(
        example, instances=instances, outputs=[{"scores": np.zeros((2, 3))}] * len(instances)
    )
    assert found.tags[1] == tag
    assert found.scores[1] == 0.0
    assert len(list(task.judge(found, predicted=found))) == sum(score > 0 for score in found.scores)


def test_words_beyond_the_end_are_logged_and_wrong(make, model_for, run, caplog):
    text = " ".join(["in"] * 300)
    example = TaggedText(text=text, words=words_of(text), tags=("A",) * 300)
    task = make(inputs={"max_words": 50, "stride": 20, "on_overflow": "truncate"})
    with caplog.at_level(logging.WARNING):
        (found,) = run(task, model_for(task), [example])
    assert len(found.tags) == 300
    assert found.scores[-1] == 0.0
    assert "252 of 300 words have no pieces, or are beyond" in caplog.text
    assert task.score([example], predicted=[found])["accuracy"] <= 48 / 300


def test_words_of_unknown_tags_do_not_count(make):
    gold = [
        TaggedText(text="a b", words=words_of("a b"), tags=("A", "B")),
        TaggedText(text="a b", words=words_of("a b")),
    ]
    predicted = [
        TaggedText(text="a b", words=words_of("a b"), tags=("A", "A"), scores=(1.0, 0.5))
    ] * 2
    task = make()
    scores = task.score(gold, predicted=predicted)
    assert scores["accuracy"] == 0.5
    assert scores.counts["examples"] == 2
    assert list(task.judge(gold[0], predicted=predicted[0])) == [(1.0, True), (0.5, False)]
    assert list(task.judge(gold[1], predicted=predicted[1])) == []


def test_a_word_without_a_prediction_is_wrong(make):
    gold = TaggedText(text="a b", words=words_of("a b"), tags=("A", "B"))
    predicted = TaggedText(text="a b", words=(Span(0, 1),), tags=("A",))
    assert make().score([gold], predicted=[predicted])["accuracy"] == 0.5
    assert make().score([gold], predicted=[TaggedText(text="a b", words=())])["accuracy"] == 0.0


MARKS = ("B-LOC", "B-PER", "E-LOC", "I-LOC", "I-PER", "O")
MARKED = TaggedText(
    text="a b c d", words=words_of("a b c d"), tags=("B-PER", "I-PER", "O", "B-LOC")
)


def test_mentions_are_scored_where_tags_mark_them(make):
    task = make(labels=MARKS)
    assert (task.primary_metric, make().primary_metric) == ("f1", "accuracy")
    found = replace(MARKED, tags=("I-PER", "I-PER", "O", "O"))
    scores = task.score([MARKED, PLAIN], predicted=[found, PLAIN])
    assert next(iter(scores.values)) == "f1"
    assert (scores["precision"], scores["recall"]) == (1.0, 0.5)
    assert scores["accuracy"] == 0.5
    assert {label: one.support for label, one in scores.labels.items()} == {"LOC": 1, "PER": 1}
    strict = make(labels=MARKS[:2] + MARKS[3:], scheme="iob2")
    assert strict.score([MARKED], predicted=[found])["f1"] == 0.0
    of_tags = make(labels=MARKS, scoring="tags")
    assert of_tags.primary_metric == "accuracy"
    assert "f1" not in of_tags.score([MARKED], predicted=[found]).values


def test_a_word_without_a_prediction_is_in_no_mention_and_wrong(make):
    found = TaggedText(text="a b c d", words=MARKED.words[:1], tags=("B-PER",))
    scores = make(labels=MARKS).score([MARKED], predicted=[found])
    assert (scores["f1"], scores["accuracy"]) == (0.0, 0.25)


def test_the_training_data_decides_what_is_scored():
    config = TokenClassificationConfig()
    kind = TokenClassification
    assert kind.settle(config, examples=[MARKED]).scoring == "mentions"
    parts = [replace(MARKED, tags=("DET", "NOUN", "O", "O"))]
    assert kind.settle(config, examples=parts) == config
    of_tags = TokenClassificationConfig(scoring="tags")
    assert kind.settle(of_tags, examples=[MARKED]) == of_tags


def test_gold_that_marks_no_mentions_is_refused_before_training():
    config = TokenClassificationConfig(scoring="mentions")
    bad = replace(MARKED, tags=("B-PER", "PER", "O", "O"))
    with pytest.raises(ExampleError, match=r"found the tag 'PER', .*; scoring = 'tags'") as caught:
        TokenClassification.check_gold([MARKED, PLAIN, bad], config=config)
    assert caught.value.number == 2
    TokenClassification.check_gold([bad], config=TokenClassificationConfig())


def test_tags_and_scoring_that_do_not_go_together_are_refused(make):
    with pytest.raises(ConfigError, match="mark no mentions: found the tag 'A', expected O or"):
        make(scoring="mentions")
    with pytest.raises(ConfigError, match="found the tag 'E-LOC', expected O or one of B-LABEL, I"):
        make(labels=MARKS, scheme="iob2")
    with pytest.raises(ConfigError, match=r"found a scheme, .* beside scoring = 'tags'"):
        TokenClassificationConfig(scoring="tags", scheme="iob2")


NAMED = "Ana Ivanovic in Tokyo"
MENTIONS = (
    Mention(start=0, end=12, entity="Ana Ivanovic"),
    Mention(start=16, end=21, entity="Atlantis"),
    Mention(start=4, end=12),
)
PLAIN = TaggedText(text=NAMED, words=words_of(NAMED))
WITH_ENTITIES = replace(PLAIN, mentions=MENTIONS)


def test_mentions_are_read_beside_the_words(make, entities):
    special = entities.special
    ((instance,),) = make().encode([WITH_ENTITIES])
    ((plain,),) = make().encode([PLAIN])
    (features,) = instance.features
    assert features.entity_ids.tolist() == [entities.id("Ana Ivanovic"), special.mask]
    assert features.entity_sources.tolist() == [0, 2]
    assert features.word_ids.tolist() == plain.features[0].word_ids.tolist()
    assert instance.details.firsts.tolist() == plain.details.firsts.tolist()
    assert features.entity_ranges[:, 0].tolist() == plain.details.firsts[:2].tolist()
    ((instance,),) = make(unknown_titles="unk").encode([WITH_ENTITIES])
    assert instance.features[0].entity_ids.tolist()[1] == special.unk


def test_mentions_change_what_is_predicted_unless_words_are_read_alone(make, model_for, run):
    for mode in ("entities", "words"):
        task = make(mode=mode)
        assert task.needs_titles == (mode == "entities")
        model = model_for(task)
        (named,), (plain,) = (run(task, model, [one]) for one in (WITH_ENTITIES, PLAIN))
        assert not named.mentions
        assert (named.scores == plain.scores) == (mode == "words")


def test_many_mentions_of_a_long_text_are_each_read_once_and_limited(make, caplog):
    text = " ".join(["Tokyo"] * 100)
    mentions = tuple(Mention(start=s, end=e, entity="Tokyo") for s, e in words_of(text))
    example = TaggedText(text=text, words=words_of(text), mentions=mentions)
    inputs = {"max_words": 50, "stride": 20}
    (instances,) = make(inputs=inputs).encode([example])
    read = [row for one in instances for row in one.features[0].entity_sources.tolist()]
    assert sorted(read) == list(range(100))
    (instances,) = make(inputs=inputs | {"max_entities": 2}).encode([example])
    assert {one.features[0].n_entities for one in instances} == {2}
    assert sorted(row for one in instances for row in one.details.numbers) == list(range(100))
    assert "entities beyond max_entities = 2" in caplog.text


def test_mentions_that_overlap_are_refused_where_the_model_says_so(make):
    task = make(inputs={"allow_overlaps": False})
    with pytest.raises(DataError, match=r"span 0 \(0, 12\) and span 2 \(4, 12\) overlap"):
        task.encode([WITH_ENTITIES])
    assert len(task.encode([replace(WITH_ENTITIES, mentions=MENTIONS[:2])])) == 1
