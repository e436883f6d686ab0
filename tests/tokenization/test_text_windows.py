"""Inputs of very long texts are made when asked for, and are the same."""

import tracemalloc

import numpy as np
import pytest

from openluke.tokenization import entity_inputs
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.passages import Passage
from openluke.tokenization.text_windows import MANY

ARRAYS = ("word_ids", "word_offsets", "word_texts", "word_types", "entity_ids", "entity_ranges")
TEXT = "Tokyo is the capital of Japan. " * 400
SPANS = [(31 * i, 31 * i + 5) for i in range(400)]


@pytest.fixture
def inputs(luke, vocab) -> EntityInputs:
    return EntityInputs(luke, vocab, EntityInputsConfig(max_words=16, stride=4))


def same(one, other) -> bool:
    arrays = (*ARRAYS, "entity_types", "entity_sources")
    equal = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
    return equal and one.starts == other.starts


def test_lazy_inputs_are_those_made_at_once(inputs: EntityInputs, monkeypatch) -> None:
    lazy = inputs(TEXT, spans=SPANS)
    assert len(lazy) > 3 * MANY
    monkeypatch.setattr(entity_inputs, "MANY", 10**9)
    at_once = list(inputs(TEXT, spans=SPANS))
    assert len(lazy) == len(at_once)
    assert all(map(same, lazy, at_once))
    assert all(map(same, lazy[70:75], at_once[70:75]))
    assert same(lazy[-1], at_once[-1])


def test_going_through_many_inputs_keeps_few(inputs: EntityInputs) -> None:
    windows = inputs(TEXT * 10, spans=())
    tracemalloc.start()
    total = sum(features.word_ids.nbytes + features.word_offsets.nbytes for features in windows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < total / 3


def test_spans_and_pieces_are_those_of_the_text(inputs: EntityInputs) -> None:
    words = ["Ana", "Ivanovic", "won", "."]
    whole, pair = inputs.encode(
        [Passage(text=words, spans=[(3, 4), (0, 2)]), Passage(text="Tokyo", spans=[(0, 5)])],
        pairs=[None, Passage(text="Japan won", spans=[(6, 9)])],
    )
    assert whole.spans.tolist() == [[17, 18], [0, 12]]
    assert whole.n_pieces == max(w.starts[0] + int((w.word_texts == 0).sum()) for w in whole)
    assert pair.spans.tolist() == [[0, 5], [6, 9]]
    assert pair.n_pieces == int((pair[0].word_texts == 0).sum())
