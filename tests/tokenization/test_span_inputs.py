"""Every span of every sentence is an entity of some input, and no other is."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import ConfigError
from openluke.records import Span
from openluke.tokenization.span_inputs import SpanInputs, SpanInputsConfig, regroup

CONFIG = SpanInputsConfig(max_words=20, max_entities=5, max_span_pieces=4, overlap=6)


def split(text: str) -> tuple[Span, ...]:
    """Words between spaces."""
    spans, place = [], 0
    for word in text.split():
        place = text.index(word, place)
        spans.append(Span(place, place + len(word)))
        place += len(word)
    return tuple(spans)


@pytest.fixture
def inputs(tokenizer, vocab):
    return lambda **options: SpanInputs(tokenizer, vocab=vocab, config=replace(CONFIG, **options))


def test_entities_stand_on_the_pieces_of_their_spans(inputs, vocab):
    text = "Ana Ivanovic said. Tokyo is in Japan, she said."
    sentences = [Span(0, 18), Span(19, len(text))]
    limits = inputs(max_words=60, max_span_pieces=12)
    (read,) = limits.encode([text], words=[split(text)], sentences=[sentences])
    assert len(read.windows) == 2
    for window in read.windows:
        assert len(window.inputs) > 1
        rows = 0
        for features in window.inputs:
            assert features.word_ids.tolist() == window.inputs[0].word_ids.tolist()
            assert set(features.entity_ids.tolist()) <= {vocab.special.mask}
            for (start, end), span in zip(
                features.entity_ranges, window.spans[rows:], strict=False
            ):
                offsets = features.word_offsets[start:end]
                assert offsets[-1, 1] == span[1]
                assert text[min(offsets[0, 0], span[0]) : span[0]].strip() == ""
            rows += features.n_entities
        assert rows == len(window.spans)
    both = np.concatenate([window.spans for window in read.windows])
    assert not ((both[:, 0] < 18) & (both[:, 1] > 18)).any()


def test_context_surrounds_the_sentence_and_can_be_left_out(inputs):
    text = "one two three. four five. six seven eight."
    sentences = [Span(0, 14), Span(15, 25), Span(26, len(text))]
    given = {"words": [split(text)], "sentences": [sentences]}
    (with_context,) = inputs(max_words=200).encode([text], **given)
    assert len({len(window.inputs[0]) for window in with_context.windows}) == 1
    (alone,) = inputs(max_words=200, context="sentence").encode([text], **given)
    for window, sentence in zip(alone.windows, sentences, strict=True):
        offsets = window.inputs[0].word_offsets[1:-1]
        assert text[offsets[0, 0] : offsets[-1, 1]].strip() == sentence.of(text)


def test_a_span_that_is_not_read_has_a_reason(inputs):
    text = "Ana Ivanovic said so today now. Tokyo"
    sentences = [Span(0, 31), Span(32, 37)]
    (read,) = inputs(max_words=40).encode([text], words=[split(text)], sentences=[sentences])
    words = read.words
    first = int(words.ends[0] - words.starts[0])
    assert first <= CONFIG.max_span_pieces
    assert read.fault(Span(0, 3)) is None
    assert read.fault(Span(1, 3)) == "does not begin and end with words"
    assert read.fault(Span(0, 4)) == "does not begin and end with words"
    assert read.fault(Span(0, 99)) == "does not begin and end with words"
    assert read.fault(Span(27, 37)) == "is not inside one sentence"
    assert read.fault(Span(0, 31)) == "has more than 4 word pieces"


def test_words_outside_all_sentences_are_in_no_span(inputs):
    text = "Ana said so"
    (read,) = inputs().encode([text], words=[split(text)], sentences=[[Span(4, 8)]])
    assert [window.spans.tolist() for window in read.windows] == [[[4, 8]]]
    assert read.fault(Span(0, 3)) == "is not inside one sentence"


def test_a_word_that_shares_a_piece_with_its_neighbour_says_so(tokenizer, inputs, monkeypatch):
    text = "ab"
    (read,) = inputs().encode([text], words=[None], sentences=[[Span(0, 2)]])
    words = replace(read.words, can_end=np.array([False]))
    assert replace(read, words=words).fault(Span(0, 2)) == "begins or ends inside a word piece"


@given(st.lists(st.integers(1, 30), min_size=1, max_size=4), st.sampled_from([3, 5, None]))
def test_each_span_that_has_no_fault_is_read_once(luke, vocab, lengths, most):
    text, sentences = "", []
    for length in lengths:
        sentence = " ".join(["word", "a", "Tokyo"][number % 3] for number in range(length))
        sentences.append(Span(len(text), len(text) + len(sentence)))
        text += sentence + " "
    config = replace(CONFIG, max_entities=most)
    given = {"words": [split(text)], "sentences": [sentences]}
    (read,) = SpanInputs(luke, vocab=vocab, config=config).encode([text], **given)
    found = [tuple(span) for window in read.windows for span in window.spans.tolist()]
    assert len(found) == len(set(found))
    words = split(text)
    every = [Span(a.start, b.end) for i, a in enumerate(words) for b in words[i:]]
    assert set(found) == {span for span in every if read.fault(span) is None}
    for window in read.windows:
        assert all(len(features) <= CONFIG.max_words for features in window.inputs)
        assert all(features.n_entities <= (most or 999) for features in window.inputs)


def test_spans_can_be_grouped_anew(inputs):
    text = "Ana said so to me"
    given = {"words": [split(text)], "sentences": [[Span(0, len(text))]]}
    (read,) = inputs(max_words=40).encode([text], **given)
    (window,) = read.windows
    (whole,) = regroup(window.inputs, most=None)
    assert whole.entity_sources.tolist() == list(range(len(window.spans)))
    (some,) = regroup(window.inputs, rows=np.array([1, 3]), most=5)
    assert some.entity_ranges.tolist() == whole.entity_ranges[[1, 3]].tolist()
    groups = regroup([whole], most=4)
    assert max(one.n_entities for one in groups) <= 4
    assert np.concatenate([one.entity_sources for one in groups]).tolist() == [
        *range(len(window.spans))
    ]


def test_texts_without_spans_have_no_windows(inputs):
    given = {"words": [None, None, ()], "sentences": [[], [Span(0, 1)], []]}
    read = inputs().encode(["", " ", "Ana"], **given)
    assert [one.windows for one in read] == [[], [], []]
    assert inputs().encode([], words=[], sentences=[]) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_span_pieces": 19}, "max_span_pieces is 19, expected 1 to 18"),
        ({"max_span_pieces": 0}, "max_span_pieces is 0"),
        ({"max_entities": 0}, "max_entities is 0, expected 1 or more, or None"),
    ],
)
def test_impossible_limits_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        replace(CONFIG, **options)


def published_inputs(words, boundaries, *, tokenizer, max_words, most, max_pieces):
    """What the first LUKE's reader makes of a document, written down anew from its description.

    Gives for each group of spans its word ids and its entities' pieces.
    """
    pieces = []
    for word in words:
        close = word[0] == "'" or (len(word) == 1 and not word.isalnum())
        (encoding,) = tokenizer.encode([[word if close else " " + word]], offsets=True)
        pieces.append(encoding.ids)
    before = [sum(map(len, pieces[:number])) for number in range(len(pieces) + 1)]
    everything = [row for of_word in pieces for row in of_word]
    found = []
    for first, end in boundaries:
        left, right = before[first], len(everything) - before[end]
        budget = max_words - 2
        size = before[end] - before[first]
        half = int((budget - size) / 2)
        if left < right:
            left = min(left, half)
            right = min(right, budget - left - size)
        else:
            right = min(right, half)
            left = min(left, budget - right - size)
        start = before[first] - left
        ids = [tokenizer.bos_id, *everything[start : before[end] + right], tokenizer.eos_id]
        spans = [
            (before[one] - start + 1, before[other + 1] - start + 1)
            for one in range(first, end)
            for other in range(one, end)
            if before[other + 1] - before[one] <= max_pieces
        ]
        n_groups = -(-len(spans) // most)
        size = -(-len(spans) // n_groups)
        found += [(ids, spans[place : place + size]) for place in range(0, len(spans), size)]
    return found


@pytest.mark.parametrize("max_words", [16, 24, 60])
def test_inputs_are_those_of_the_first_reader(luke, vocab, max_words):
    sentences = [
        ["Ana", "'s", "luck", "in", "Tokyo", "("],
        ["Japan", ")", "said", ",", "she", "was", "here"],
        ["Yes", "."],
    ]
    words = [word for sentence in sentences for word in sentence]
    text = " ".join(words)
    ends = np.cumsum([len(word) + 1 for word in words]).tolist()
    places = [Span(end - len(word) - 1, end - 1) for end, word in zip(ends, words, strict=True)]
    bounds = np.cumsum([0, *map(len, sentences)]).tolist()
    ranges = list(pairwise(bounds))
    config = SpanInputsConfig(
        max_words=max_words, max_entities=7, max_span_pieces=5, spacing="legacy", overlap=4
    )
    given = [Span(places[first].start, places[end - 1].end) for first, end in ranges]
    inputs = SpanInputs(luke, vocab=vocab, config=config)
    (read,) = inputs.encode([text], words=[places], sentences=[given])
    ours = [
        (features.word_ids.tolist(), [tuple(pair) for pair in features.entity_ranges.tolist()])
        for window in read.windows
        for features in window.inputs
    ]
    assert ours == published_inputs(
        words, ranges, tokenizer=luke, max_words=max_words, most=7, max_pieces=5
    )
