"""A batch holds exactly what its inputs hold, refuses what no model can read, and writes back."""

import dataclasses
import pickle

import numpy as np
import pytest
import torch

from openluke.errors import ConfigError, DataError
from openluke.model.batch import Batch
from tests.model.conftest import features


def test_rows_follow_one_another_without_padding(batch):
    assert batch.word_ids.tolist() == [0, 5, 6, 7, 2, 0, 8, 9, 2, 0, 10, 11, 12, 13, 14, 2]
    assert batch.word_positions.tolist() == [*range(5), *range(4), *range(7)]
    assert batch.entity_ids.tolist() == [1, 2, 1, 2, 3]
    assert batch.layout.word_counts == (5, 4, 7)
    assert batch.layout.entity_counts == (2, 0, 3)
    assert (len(batch), batch.n_words, batch.n_entities) == (3, 16, 5)


def test_mentions_are_cut_for_positions_and_not_for_their_ends(batch):
    bags = batch.mention_positions.tensor_split(batch.mention_offsets.tolist()[1:])
    assert [bag.tolist() for bag in bags] == [[1, 2], [3], [1, 2, 3], [], [2]]
    assert batch.entity_first.tolist() == [1, 3, 10, 9, 11]
    assert batch.entity_last.tolist() == [2, 3, 14, 9, 11]


def test_rows_can_be_written_to_a_padded_table_and_back(batch):
    padded = batch.pad_words(batch.word_ids.float(), fill=-1.0)
    assert padded.shape == (3, 7)
    assert padded[1].tolist() == [0, 8, 9, 2, -1, -1, -1]
    assert batch.pad_entities(torch.ones(5, 2)).sum(1).tolist() == [[2, 2], [0, 0], [3, 3]]
    assert batch.first_words().tolist() == [0, 5, 9]


def test_padded_tensors_give_the_same_batch(batch):
    words = batch.pad_words(batch.word_ids, fill=1)
    positions = torch.full((3, 3, 3), -1)
    positions[0, 0, :2] = torch.tensor([1, 2])
    positions[0, 1, 0] = 3
    positions[2, 0] = torch.tensor([1, 2, 3])
    positions[2, 2, 0] = 2
    again = Batch.from_padded(
        words,
        word_pad_id=1,
        word_mask=words != 1,
        entity_ids=batch.pad_entities(batch.entity_ids),
        entity_mask=batch.pad_entities(torch.ones(5)),
        entity_positions=positions,
        entity_end=torch.tensor([[2, 3, 0], [0, 0, 0], [5, 0, 2]]),
    )
    for field in dataclasses.fields(Batch):
        found, expected = getattr(again, field.name), getattr(batch, field.name)
        if isinstance(expected, torch.Tensor):
            assert torch.equal(found, expected), field.name
    assert again.layout.word_counts == batch.layout.word_counts
    assert again.extent == batch.extent


def test_holes_in_a_mask_are_left_out_and_kept_free_in_padded_outputs():
    words = torch.tensor([[0, 5, 6, 7, 2]])
    batch = Batch.from_padded(
        words,
        word_pad_id=1,
        word_mask=torch.tensor([[1, 1, 0, 1, 1]]),
        entity_ids=torch.tensor([[4]]),
        entity_positions=torch.tensor([[[2, 3]]]),
    )
    assert batch.word_positions.tolist() == [0, 1, 3, 4]
    assert batch.mention_positions.tolist() == [2, 3]
    assert batch.entity_first.tolist() == batch.entity_last.tolist() == [2]
    assert batch.pad_words(batch.word_ids, fill=-1).tolist() == [[0, 5, -1, 7, 2]]


def test_three_dimensions_are_questions_with_choices():
    batch = Batch.from_padded(torch.full((2, 3, 4), 5), word_pad_id=1)
    assert batch.choices == (3, 3)
    assert len(batch) == 6


def test_pairs_are_the_first_two_entities_or_those_given(batch):
    both = Batch.collate(
        [features([0, 5, 2], ranges=[(1, 2), (1, 2)]), features([0, 2], ranges=[(0, 1)] * 3)],
        max_mention_length=4,
    )
    assert both.pair_entities().tolist() == [[0, 1], [2, 3]]
    given = dataclasses.replace(batch, pairs=torch.tensor([[2, 4]]))
    assert given.pair_entities().tolist() == [[2, 4]]
    with pytest.raises(DataError, match="sequence 1 of the batch has 0 entities"):
        batch.pair_entities()


def test_a_batch_survives_pickling_and_moving(batch):
    batch.layout.padding(torch.device("cpu"))
    again = pickle.loads(pickle.dumps(batch)).to("cpu")
    assert again.layout.runs == batch.layout.runs
    assert torch.equal(again.word_ids, batch.word_ids)
    assert again.device.type == "cpu"


def test_moving_moves_every_tensor(batch):
    moved = dataclasses.replace(batch, pairs=torch.tensor([[0, 1]])).to("meta")
    values = [getattr(moved, field.name) for field in dataclasses.fields(moved)]
    assert {v.device.type for v in values if isinstance(v, torch.Tensor)} == {"meta"}


WRONG_FEATURES = {
    "no inputs": ([], "at least one input"),
    "no words": ([features([])], "input 0 of the batch has no words"),
    "range outside": ([features([0, 2], ranges=[(1, 3)])], "pieces 1 to 3 of an input that has 2"),
    "range reversed": ([features([0, 2], ranges=[(1, 0)])], "0 <= start <= end"),
    "negative id": ([features([0, -2])], "word_ids hold -2"),
    "negative entity": ([features([0], ranges=[(0, 1)], entities=[-1])], "entity_ids hold -1"),
}


THREE = features([0, 5, 2], ranges=[(0, 1), (1, 2)])
WHOLE = np.zeros(2, dtype=np.int32)
WRONG_FEATURES |= {
    f"{name} {message[:12]}": ([THREE, dataclasses.replace(THREE, **{name: value})], message)
    for name, value, message in [
        ("word_types", WHOLE, r"word_types of input 1 has shape \(2,\), expected \(3,\)"),
        ("word_ids", WHOLE[None], "word_ids of input 1 has shape"),
        ("entity_types", WHOLE[:1], "entity_types of input 1 has shape"),
        ("entity_ranges", WHOLE[None], r"has shape \(1, 2\), expected \(2, 2\)"),
        ("entity_ids", WHOLE.astype(float), "entity_ids hold float64, expected whole"),
        ("word_ids", np.full(3, 1.5), "word_ids hold float64, expected whole"),
        ("entity_ranges", np.full((2, 2), 0.5), "entity_ranges hold float64, expected whole"),
    ]
}


@pytest.mark.parametrize(("given", "message"), WRONG_FEATURES.values(), ids=WRONG_FEATURES)
def test_wrong_features_are_refused(given, message):
    with pytest.raises(DataError, match=message):
        Batch.collate(given, max_mention_length=3)


def test_wrong_options_are_refused(inputs):
    with pytest.raises(ConfigError, match="max_mention_length is 0"):
        Batch.collate(inputs, max_mention_length=0)
    with pytest.raises(DataError, match="count 4 sequences, the batch has 3"):
        Batch.collate(inputs, max_mention_length=3, choices=(2, 2))


WORDS = torch.tensor([[0, 5, 6, 2]])
ENTITY = {"entity_ids": torch.tensor([[4]])}
PLACE = {"entity_positions": torch.tensor([[[1]]])}
WRONG_TENSORS = {
    "mask shape": ({"word_mask": torch.ones(1, 3)}, r"word_mask has shape \(1, 3\)"),
    "all masked": ({"word_mask": torch.zeros(1, 4)}, "input 0 of the batch has no words"),
    "no positions": (ENTITY, "without entity_positions"),
    "position outside": (
        ENTITY | {"entity_positions": torch.tensor([[[4]]])},
        "entity_positions reach from 4 to 4, the inputs have words 0 to 3",
    ),
    "negative position": (
        ENTITY | {"entity_positions": torch.tensor([[[-2]]])},
        "entity_positions reach from -2 to -2",
    ),
    "end outside": (ENTITY | PLACE | {"entity_end": torch.tensor([[9]])}, "to 9, the inputs have"),
    "end masked": (
        ENTITY
        | PLACE
        | {"entity_end": torch.tensor([[2]]), "word_mask": torch.tensor([[1, 1, 0, 1]])},
        "begins or ends at word 2, which word_mask leaves out",
    ),
    "start scalar": (ENTITY | PLACE | {"entity_start": torch.tensor(1)}, "entity_start has shape"),
    "a list": ({"word_mask": [[1, 1, 1, 1]]}, "word_mask is a list, expected a tensor"),
    "ids scalar": ({"entity_ids": torch.tensor(1)}, "entity_ids has shape"),
    "start shape": (ENTITY | PLACE | {"entity_start": torch.tensor([1])}, "entity_start has shape"),
}


@pytest.mark.parametrize(("given", "message"), WRONG_TENSORS.values(), ids=WRONG_TENSORS)
def test_wrong_padded_tensors_are_refused(given, message):
    with pytest.raises(DataError, match=message):
        Batch.from_padded(WORDS, word_pad_id=1, **given)


@pytest.mark.parametrize("shape", [(), (2,), (1, 1, 1, 2)])
def test_words_have_two_dimensions_or_three(shape):
    with pytest.raises(DataError, match="expected 2 dimensions, or 3"):
        Batch.from_padded(torch.zeros(shape, dtype=torch.int64), word_pad_id=1)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.bool, torch.uint8])
def test_a_mask_may_have_any_type(dtype):
    mask = torch.tensor([[1, 1, 0, 1]], dtype=dtype)
    assert Batch.from_padded(WORDS, word_pad_id=1, word_mask=mask).word_ids.tolist() == [0, 5, 2]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["word_types", "entity_ids", "entity_positions", "entity_end"])
def test_what_counts_has_whole_numbers(name, dtype):
    given = ENTITY | PLACE | {"word_types": WORDS * 0, "entity_end": torch.tensor([[1]])}
    given[name] = given[name].to(dtype)
    with pytest.raises(DataError, match=f"{name} has type {dtype}, expected whole numbers"):
        Batch.from_padded(WORDS, word_pad_id=1, **given)


def test_questions_and_their_entities_have_the_same_shape():
    with pytest.raises(DataError, match=r"entity_ids has shape \(3, 2, 1\), expected 3 dim"):
        Batch.from_padded(
            torch.full((2, 3, 4), 5), word_pad_id=1, entity_ids=torch.ones(3, 2, 1).long()
        )


WRONG_GROUPS = {
    "pairs outside": ({"pairs": torch.tensor([[0, 5]])}, "to 5, the batch has 5 entities"),
    "pairs below": ({"pairs": torch.tensor([[-1, 2]])}, "pairs reach from entity -1 to 2"),
    "pairs flat": ({"pairs": torch.tensor([0, 1])}, r"pairs has shape \(2,\)"),
    "triples": ({"pairs": torch.zeros(1, 3).long()}, r"pairs has shape \(1, 3\)"),
    "pairs float": ({"pairs": torch.zeros(1, 2)}, "type torch.float32"),
    "choices below": ({"choices": (-1, 4)}, "at least 1 for each question"),
    "no choices": ({"choices": (0, 3)}, "at least 1 for each question"),
    "choices float": ({"choices": (1.0, 2.0)}, "a whole number"),
    "choices sum": ({"choices": (1, 1)}, "count 2 sequences, the batch has 3"),
}


@pytest.mark.parametrize(("change", "message"), WRONG_GROUPS.values(), ids=WRONG_GROUPS)
def test_groups_that_the_batch_does_not_have_are_refused(batch, change, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(batch, **change)


OUTSIDE = {
    "word ids": ({"n_words": 14}, "word ids reach 14, the model's table has 14 rows"),
    "entity ids": ({"n_entities": 3}, "entity ids reach 3"),
    "too long": ({"n_positions": 8}, "7 word pieces, the model reads at most 6; cut it"),
}


@pytest.mark.parametrize(("change", "message"), OUTSIDE.values(), ids=OUTSIDE)
def test_ids_outside_of_the_tables_are_named(config, batch, change, message):
    batch.check(config)
    with pytest.raises(DataError, match=message):
        batch.check(dataclasses.replace(config, **change))


def test_entities_need_an_encoder_with_entities(config, batch):
    with pytest.raises(ConfigError, match="the batch has entities, the encoder has none"):
        batch.check(dataclasses.replace(config, n_entities=0))
