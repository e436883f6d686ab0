"""Pairs of mentions are read in the window in which both have most context."""

import numpy as np
import pytest

from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.pairs_in_windows import pairs_in_windows

TEXT = "".join(f"a{number} was " for number in range(100))
SPANS = [
    (place, place + 2)
    for place in range(len(TEXT))
    if TEXT[place] == "a" and TEXT[place + 1].isdigit()
]


@pytest.fixture
def windows(tokenizer, vocab):
    config = EntityInputsConfig(max_words=40, stride=20, max_entities=None)
    return list(EntityInputs(tokenizer, vocab, config)(TEXT, spans=SPANS))


def test_neighbours_are_read_together_wherever_they_stand(windows):
    pairs = np.array([(number, number + 1) for number in range(99)])
    assert len(windows) > 5
    read = pairs_in_windows(windows, pairs=pairs)
    assert sorted(number for window in read for number in window.pairs) == list(range(99))
    for window in read:
        sources = window.features.entity_sources[window.entities]
        assert sources.tolist() == pairs[list(window.pairs)].tolist()
        for (start, end), source in zip(
            window.features.entity_ranges.tolist(), window.features.entity_sources, strict=True
        ):
            offsets = window.features.word_offsets[start:end]
            assert (offsets[0, 0], offsets[-1, 1]) == SPANS[source]


def test_a_pair_too_far_apart_is_nowhere(windows):
    assert pairs_in_windows(windows, pairs=np.array([(0, 99)])) == []


def test_both_directions_and_a_mention_with_itself_are_pairs(windows):
    (read,) = pairs_in_windows(windows, pairs=np.array([(1, 0), (0, 1), (1, 1)]))
    places = read.entities.tolist()
    assert places[0] == places[1][::-1]
    assert places[2] == [places[0][0]] * 2


def test_no_pairs_need_no_window(windows):
    assert pairs_in_windows(windows, pairs=np.zeros((0, 2), dtype=np.int64)) == []
