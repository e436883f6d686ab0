"""Batches keep their budget and lose nothing; streams are cut into bounded chunks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openluke.features import Features
from openluke.inference.scheduling import batches_by_length, blocks_of_windows, chunks_of_texts


def features(n_words: int, n_entities: int) -> Features:
    words, entities = np.zeros(n_words, np.int32), np.zeros(n_entities, np.int32)
    return Features(
        word_ids=words,
        word_offsets=np.zeros((n_words, 2), np.int32),
        word_texts=words,
        word_types=words,
        entity_ids=entities,
        entity_ranges=np.zeros((n_entities, 2), np.int32),
        entity_types=entities,
        entity_sources=entities,
    )


SHAPES = st.lists(st.tuples(st.integers(2, 40), st.integers(0, 20)), max_size=30)


@given(SHAPES, st.integers(1, 100))
def test_every_input_is_in_one_batch_within_the_budget(shapes, max_rows) -> None:
    inputs = [features(*shape) for shape in shapes]
    batches = list(batches_by_length(inputs, max_rows=max_rows))
    assert sorted(i for batch in batches for i in batch) == list(range(len(inputs)))
    for batch in batches:
        rows = sum(sum(shapes[i]) for i in batch)
        assert rows <= max_rows or len(batch) == 1


@given(SHAPES)
def test_inputs_of_equal_shape_are_neighbours(shapes) -> None:
    inputs = [features(*shape) for shape in shapes]
    order = [shapes[i] for batch in batches_by_length(inputs, max_rows=10**6) for i in batch]
    assert order == sorted(shapes, reverse=True)


@given(st.lists(st.text(max_size=12)), st.integers(1, 5), st.integers(1, 30))
def test_chunks_keep_order_and_bounds(texts, max_texts, max_characters) -> None:
    chunks = list(
        chunks_of_texts(texts, size=len, max_texts=max_texts, max_characters=max_characters)
    )
    assert [text for chunk in chunks for text in chunk] == texts
    for chunk in chunks:
        assert 0 < len(chunk) <= max_texts
        assert sum(map(len, chunk)) <= max_characters or len(chunk) == 1


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(1, 7))
def test_blocks_hold_every_window_once_and_are_made_when_needed(counts, size) -> None:
    made: list[int] = []

    def windows(owner: int):
        for number in range(counts[owner]):
            made.append(owner)
            yield features(2 + number, 0)

    total = 0
    for block in blocks_of_windows([windows(i) for i in range(len(counts))], size=size):
        total += len(block)
        assert 0 < len(block) <= size
        assert len(made) == total
        assert [window.owner for window in block] == made[total - len(block) :]
    assert total == sum(counts)
