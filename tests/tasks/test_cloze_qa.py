"""Candidates are scored with the gap in every window that holds them; the best one fills it."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from openluke.errors import ConfigError
from openluke.model.config import HeadConfig
from openluke.records import Answer, AnsweredQuestion, ClozeQuestion, Span
from openluke.tasks.cloze_qa import PUBLISHED_TOKENS, TASK, ClozeQAConfig
from tests.tasks import tiny
from tests.tokenization.strategies import texts_with_spans

RNG = np.random.default_rng(0)
PASSAGE = "Ana Ivanovic met Beyoncé in Tokyo.\n@highlight Ana won."


def make(*, max_words=96, stride=24, max_entities=128, tokenizer=None, **options):
    setup = tiny.make_setup(
        max_words=max_words, stride=stride, max_entities=max_entities, tokenizer=tokenizer
    )
    return TASK(ClozeQAConfig(**options), setup=setup)


def ask(context, *candidates, answer=None, query="the city is X .", **more):
    spans = tuple(Span(context.index(one), context.index(one) + len(one)) for one in candidates)
    start = query.index("X")
    answers = None
    if answer is not None:
        first = context.index(answer)
        answers = (Answer(text=answer, start=first, end=first + len(answer)),)
    return ClozeQuestion(
        query=query,
        placeholder=Span(start, start + 1),
        context=context,
        candidates=spans,
        answers=answers,
        **more,
    )


def covered(instance, tokenizer):
    """What each entity of an instance stands on, as text with the tokens' names."""
    (features,) = instance.features
    names = {tokenizer.marker_id: "<ent>", tokenizer.mask_id: "<mask>"}
    return [
        "".join(
            names.get(row) or tokenizer.decode([row])
            for row in features.word_ids[start:end].tolist()
        )
        for start, end in features.entity_ranges.tolist()
    ]


def test_the_gap_comes_first_then_the_candidates_between_their_tokens(tokenizer, entities):
    example = ask(PASSAGE, "Tokyo", "Ana Ivanovic", answer="Tokyo")
    ((instance,),) = make(prefix_space=True).encode([example])
    found = covered(instance, tokenizer)
    assert found[0] == "<mask>"
    assert [one.replace(" ", "") for one in found[1:]] == [
        "<ent>AnaIvanovic<ent>",
        "<ent>Tokyo<ent>",
    ]
    assert instance.features[0].entity_ids.tolist() == [entities.special.mask] * 3
    assert instance.details == tuple(sorted(example.candidates))
    assert instance.targets["candidates"].tolist() == [[0], [1]]


def test_the_published_tokens_are_put_in_where_the_tokenizer_has_them():
    tokenizer = tiny.tiny_tokenizer().with_tokens(tuple(PUBLISHED_TOKENS))
    at = PASSAGE.index("@highlight")
    example = ask(PASSAGE, "Tokyo", query="it is X now", highlights=(Span(at, at + 10),))
    ((instance,),) = make(tokenizer=tokenizer, tokens="published").encode([example])
    words = [tokenizer.token(row) or "" for row in instance.features[0].word_ids.tolist()]
    text = "".join(words).replace("Ġ", " ")
    assert "it is[PLACEHOLDER] now</s></s>" in text
    assert "[ENTITY] Tokyo[ENTITY]" in text
    assert "[HIGHLIGHT] Ana" in text
    assert "@" not in text
    assert instance.features[0].n_entities == 2


def test_the_published_tokens_are_missed_by_name():
    message = r"no \[ENTITY\], \[PLACEHOLDER\], \[HIGHLIGHT\]; add them with"
    with pytest.raises(ConfigError, match=message):
        make(tokens="published")


def test_line_breaks_are_read_as_spaces(tokenizer):
    one, other = make().encode([ask(PASSAGE, "Tokyo"), ask(PASSAGE.replace("\n", " "), "Tokyo")])
    assert np.array_equal(one[0].features[0].word_ids, other[0].features[0].word_ids)


@given(passage=texts_with_spans(min_spans=1, max_parts=60, max_spans=8))
@settings(max_examples=40)
def test_every_window_has_the_gap_and_every_candidate_that_is_whole_in_it(passage):
    text, spans = passage
    example = ClozeQuestion(
        query="Who is X?",
        placeholder=Span(7, 8),
        context=text,
        candidates=tuple(Span(*span) for span in spans),
    )
    task = make(max_words=60, stride=16)
    (instances,) = task.encode([example])
    for instance in instances:
        (features,) = instance.features
        assert len(features) <= 60
        assert features.n_entities == len(instance.details) + 1 >= 2
        for span, (start, end) in zip(
            instance.details, features.entity_ranges[1:].tolist(), strict=True
        ):
            inner = features.word_offsets[start:end][features.word_texts[start:end] == 1]
            if len(inner) and span.of(text).strip():
                # Pieces may have characters beyond the candidate only where it cuts one.
                assert inner[:, 0].min() <= span.end
                assert inner[:, 1].max() >= span.start
    found = {span for instance in instances for span in instance.details}
    assert found <= set(example.candidates)


def test_a_candidate_is_read_in_every_window_that_holds_it():
    context = "the world " * 12 + "Tokyo" + " the world" * 12
    (instances,) = make(max_words=50, stride=18).encode([ask(context, "Tokyo")])
    assert len(instances) == 2
    assert instances[0].details == instances[1].details


def test_windows_without_candidates_are_not_read():
    context = "Tokyo " + "the world " * 200
    (instances,) = make(max_words=60, stride=8).encode([ask(context, "Tokyo")])
    assert len(instances) == 1


def test_more_candidates_than_entities_are_read_in_turn():
    context = " ".join(f"n{number}." for number in range(10))
    example = ask(context, *(f"n{number}." for number in range(10)))
    (instances,) = make(max_entities=4).encode([example])
    assert [len(one.details) for one in instances] == [3, 3, 3, 1]
    assert sorted(span for one in instances for span in one.details) == sorted(example.candidates)
    assert all(one.features[0].entity_sources[0] == 0 for one in instances)


def test_of_a_long_sentence_the_gap_stays():
    query = "the world " * 40 + "X" + " the world" * 40
    ((instance,),) = make().encode([ask("in Tokyo", "Tokyo", query=query)])
    (features,) = instance.features
    assert features.word_ids[features.entity_ranges[0, 0]] == tiny.tiny_tokenizer().mask_id
    assert len(features) <= 96


def test_questions_that_cannot_be_answered_count_and_are_said(caplog):
    caplog.set_level(logging.WARNING)
    task = make(max_words=60, stride=8)
    long = "x" * 300
    examples = [ask("in Tokyo", answer="Tokyo"), ask(long, long, answer=long)]
    assert task.encode(examples) == [[], []]
    assert "1 of 1 candidates are whole in no window" in caplog.text
    assert "2 of 2 questions have no candidate that can be read" in caplog.text
    none = task.decode(examples[0], instances=[], outputs=[])
    assert none == AnsweredQuestion(answer=None)
    right = AnsweredQuestion(answer=Answer(text="the tokyo"))
    scores = task.score([examples[0]] * 2, predicted=[none, right])
    assert scores["exact_match"] == scores["f1"] == 0.5
    assert next(iter(scores.values)) == "exact_match"
    assert list(task.judge(examples[0], predicted=none)) == []


def test_the_best_score_of_any_window_decides():
    context = "Tokyo and " + "the world " * 12 + "Nile" + " the world" * 12
    example = ask(context, "Tokyo", "Nile", id="seven", answer="Nile")
    task = make(max_words=50, stride=18)
    (instances,) = task.encode([example])
    tokyo, nile = sorted(example.candidates)
    scores = [{tokyo: 1.0, nile: -3.0}, {nile: 2.0}]
    outputs = [
        {"scores": np.array([of_window[span] for span in instance.details])}
        for instance, of_window in zip(instances, scores, strict=True)
    ]
    predicted = task.decode(example, instances=instances, outputs=outputs)
    assert predicted.id == "seven"
    assert predicted.answer == predicted.candidates[0]
    assert (predicted.answer.text, predicted.answer.start) == ("Nile", nile.start)
    assert predicted.answer.score == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert [one.text for one in predicted.candidates] == ["Nile", "Tokyo"]
    assert predicted.no_answer_score is None
    assert list(task.judge(example, predicted=predicted)) == [(predicted.answer.score, True)]
    soft = make(max_words=50, stride=18, temperature=4.0)
    again = soft.decode(example, instances=instances, outputs=outputs)
    assert 0.5 < again.answer.score < predicted.answer.score


def test_equal_candidates_are_told_by_their_place():
    example = ask("Tokyo Nile", "Nile", "Tokyo")
    ((instance,),) = make().encode([example])
    outputs = [{"scores": np.zeros(2)}]
    predicted = make().decode(example, instances=[instance], outputs=outputs)
    assert predicted.answer.text == "Tokyo"


def test_answers_are_right_by_place_or_where_that_is_unknown_by_text():
    context = "Tokyo or Tokyo"
    spans = (Span(0, 5), Span(9, 14))
    for answer, expected in (
        (Answer(text="Tokyo", start=9), [0, 1]),
        (Answer(text="Tokyo", start=9, end=14), [0, 1]),
        (Answer(text="Tokyo"), [1, 1]),
        (Answer(text="Kyoto"), [0, 0]),
    ):
        example = replace(ask(context, "Tokyo"), candidates=spans, answers=(answer,))
        ((instance,),) = make().encode([example])
        assert instance.targets["candidates"][:, 0].tolist() == expected
    ((instance,),) = make().encode([ask(context, "Tokyo")])
    assert instance.targets == {}


def test_each_candidate_is_paired_with_the_gap_of_its_own_window():
    task = make()
    examples = [ask(PASSAGE, "Tokyo", "Beyoncé"), ask("in Japan", "Japan")]
    instances = [one for found in task.encode(examples) for one in found]
    inputs = task.collate(instances, rng=RNG)
    assert inputs.batch.pairs.tolist() == [[0, 1], [0, 2], [3, 4]]


def test_modes_are_heads_on_the_same_inputs():
    entities, words = make(), make(mode="words")
    assert entities.head_configs() == {
        "main": HeadConfig(kind="entity_pair", n_labels=1, problem="multi_label")
    }
    assert words.head_configs()["main"].kind == "pair_words"
    assert not entities.needs_titles
    example = ask(PASSAGE, "Tokyo")
    one, other = (task.encode([example])[0][0].features[0] for task in (entities, words))
    assert np.array_equal(one.word_ids, other.word_ids)


def test_words_alone_do_not_look_at_entities(model_for):
    task = make(mode="words")
    model = model_for(task)
    ((instance,),) = task.encode([ask(PASSAGE, "Tokyo")])
    inputs = task.collate([instance], rng=RNG)
    with torch.no_grad():
        before = task.outputs(inputs, model=model)[0]["scores"]
        model.encoder.entities.table.weight.add_(1.0)
        assert np.array_equal(task.outputs(inputs, model=model)[0]["scores"], before)


@pytest.mark.parametrize("mode", ["entities", "words"])
def test_a_tiny_model_learns_what_fills_gaps(mode, model_for, run, fit):
    task = make(mode=mode, max_words=60, stride=20)
    long = "the world " * 25
    examples = [
        ask("in Tokyo and Japan", "Tokyo", "Japan", answer="Tokyo"),
        ask("in Tokyo and Japan", "Tokyo", "Japan", answer="Japan", query="the land is X"),
        ask(f"{long}Ana met Beyoncé", "Ana", "Beyoncé", answer="Ana", query="X won"),
    ]
    model = model_for(task)

    def exact_match():
        return task.score(examples, predicted=run(task, model, examples))["exact_match"]

    fit(task, model, examples, steps=200, until=lambda: exact_match() == 1.0, every=10)
    assert exact_match() == 1.0


def test_company_does_not_change_an_answer(model_for, run):
    task = make(max_words=60, stride=20)
    model = model_for(task)
    examples = [ask("the world " * n + PASSAGE, "Tokyo", "Beyoncé") for n in (0, 3, 30)]
    together = run(task, model, examples, batch_size=16)
    for one, example in zip(together, examples, strict=True):
        (alone,) = run(task, model, [example], batch_size=1)
        scores = [[candidate.score for candidate in each.candidates] for each in (one, alone)]
        assert scores[0] == pytest.approx(scores[1], abs=1e-5)
