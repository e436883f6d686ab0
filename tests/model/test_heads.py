"""Heads give a score for each thing they are about, and refuse what they cannot read."""

import copy
import dataclasses
import pickle

import pytest
import torch

from openluke.errors import ConfigError, DataError
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head
from tests.model.conftest import features

SHAPES = {
    "entity": (5, 3),
    "entity_span": (5, 3),
    "mention_word": (5, 3),
    "span_words": (5, 3),
    "token": (16, 3),
    "sequence": (3, 3),
}


def scores_of(head, *, encoder, batch):
    return head(encoder(batch, last_rows=head.last_rows), batch)


@pytest.mark.parametrize(("kind", "shape"), SHAPES.items(), ids=SHAPES)
def test_every_row_has_its_scores(encoder, batch, kind, shape):
    head = build_head(HeadConfig(kind=kind, n_labels=3), encoder=encoder)
    assert scores_of(head, encoder=encoder, batch=batch).shape == shape
    assert set(head.state_dict()) == {"classifier.weight", "classifier.bias"}


def test_a_head_can_go_without_a_bias(encoder):
    head = build_head(HeadConfig(kind="entity_pair", bias=False), encoder=encoder)
    assert set(head.state_dict()) == {"classifier.weight"}


def test_a_pair_has_scores_in_the_order_of_the_pairs(encoder, batch):
    head = build_head(HeadConfig(kind="entity_pair"), encoder=encoder).eval()
    output = encoder(batch)
    pairs = torch.tensor([[0, 1], [4, 2], [1, 0]])
    found = head(output, dataclasses.replace(batch, pairs=pairs))
    weight, bias = head.classifier.weight, head.classifier.bias
    expected = torch.cat([output.entities[4], output.entities[2]]) @ weight.T + bias
    assert torch.allclose(found[1], expected, atol=1e-6)
    assert found.shape == (3, 2)


def test_questions_may_have_any_number_of_choices(encoder, inputs):
    head = build_head(HeadConfig(kind="multiple_choice"), encoder=encoder).eval()
    batch = Batch.collate(inputs, max_mention_length=3, choices=(1, 2))
    found = scores_of(head, encoder=encoder, batch=batch)
    assert found.shape == (2, 2)
    assert found.isinf().tolist() == [[False, True], [False, False]]


def test_choices_must_be_said(encoder, batch):
    head = build_head(HeadConfig(kind="multiple_choice"), encoder=encoder)
    with pytest.raises(DataError, match="choices of one question"):
        scores_of(head, encoder=encoder, batch=batch)


def test_answers_have_two_scores_for_each_word(encoder, batch):
    head = build_head(HeadConfig(kind="extractive_qa"), encoder=encoder)
    start, end = scores_of(head, encoder=encoder, batch=batch)
    assert start.shape == end.shape == (16,)


@pytest.mark.parametrize(
    ("kind", "drops"), [("extractive_qa", False), ("token", True), ("multiple_choice", True)]
)
def test_only_the_head_that_finds_answers_reads_all_of_its_inputs_in_training(
    encoder, inputs, kind, drops
):
    batch = Batch.collate(inputs, max_mention_length=3, choices=(1, 2))
    head = build_head(HeadConfig(kind=kind, dropout=0.5, n_labels=2), encoder=encoder)
    output = encoder(batch)
    in_training, expected = head.train()(output, batch), head.eval()(output, batch)
    assert torch.equal(in_training[0], expected[0]) is not drops


def test_a_tied_masked_head_has_no_table_and_trains_that_of_the_encoder(encoder, batch):
    head = build_head(HeadConfig(kind="masked"), encoder=encoder)
    assert not any("decoder" in name for name in head.state_dict())
    assert sum(p.numel() for p in head.parameters()) < 1000
    scores = scores_of(head, encoder=encoder, batch=batch)
    assert scores.words.shape == (16, 50)
    assert scores.entities.shape == (5, 12)
    (scores.words.sum() + scores.entities.sum()).backward()
    assert (encoder.words.tokens.weight.grad[49] != 0).any()
    pad = encoder.config.entity_pad_id
    assert (encoder.entities.table.weight.grad[pad] != 0).any()


def test_a_masked_head_scores_the_rows_asked_for(encoder, batch):
    head = build_head(HeadConfig(kind="masked"), encoder=encoder).eval()
    output = encoder(batch)
    every = head(output, batch)
    some = head(output, batch, word_rows=torch.tensor([3, 1]), entity_rows=batch.entity_ids == 2)
    assert torch.allclose(some.words, every.words[[3, 1]], atol=1e-5)
    assert torch.allclose(some.entities, every.entities[[1, 3]], atol=1e-5)


def test_a_masked_head_follows_the_encoder_when_its_weights_are_replaced(encoder, batch):
    head = build_head(HeadConfig(kind="masked"), encoder=encoder).eval()
    encoder.words.tokens.weight = torch.nn.Parameter(torch.zeros(50, 16))
    scores = head(encoder(batch), batch)
    assert (scores.words == head.words.bias).all()


COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda module: pickle.loads(pickle.dumps(module))}


@pytest.mark.parametrize("again", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("order", [("encoder", "head"), ("head", "encoder")])
def test_a_masked_head_that_is_copied_with_its_encoder_is_tied_to_the_copy(encoder, again, order):
    parts = {"encoder": encoder, "head": build_head(HeadConfig(kind="masked"), encoder=encoder)}
    model = again(torch.nn.ModuleDict({name: parts[name] for name in order}))
    assert model["head"].words.table is model["encoder"].words.tokens.weight
    assert model["head"].entities.table is model["encoder"].entities.table.weight
    assert model["head"].words.table is not encoder.words.tokens.weight


def test_an_untied_masked_head_has_tables_of_its_own(encoder):
    head = build_head(HeadConfig(kind="masked", tied=False), encoder=encoder)
    assert head.words.decoder.weight.shape == (50, 16)
    assert head.entities.decoder.weight.shape == (12, 8)


def test_a_masked_head_without_entities_scores_words_only(config):
    encoder = Encoder(dataclasses.replace(config, n_entities=0))
    head = build_head(HeadConfig(kind="masked"), encoder=encoder)
    batch = Batch.collate([features([0, 4, 2])], max_mention_length=3)
    assert head(encoder(batch), batch).entities is None


@pytest.mark.parametrize("kind", ["entity", "entity_pair", "entity_span"])
def test_entity_heads_need_an_encoder_with_entities(config, kind):
    encoder = Encoder(dataclasses.replace(config, n_entities=0))
    with pytest.raises(ConfigError, match="the encoder has none"):
        build_head(HeadConfig(kind=kind), encoder=encoder)


@pytest.mark.parametrize("kind", ["sequence", "multiple_choice"])
def test_heads_of_whole_inputs_need_a_pooler(config, kind):
    encoder = Encoder(dataclasses.replace(config, pooler=False))
    with pytest.raises(ConfigError, match="pooler=True"):
        build_head(HeadConfig(kind=kind), encoder=encoder)


def test_heads_begin_as_the_generator_says(encoder):
    config = HeadConfig(kind="token")
    made = [
        build_head(config, encoder=encoder, generator=torch.Generator().manual_seed(5)).state_dict()
        for _ in range(2)
    ]
    assert torch.equal(made[0]["classifier.weight"], made[1]["classifier.weight"])


def test_a_mention_vector_is_one_layer_over_each_entity(encoder, batch):
    head = build_head(HeadConfig(kind="mention_vector"), encoder=encoder).eval()
    output = encoder(batch)
    expected = torch.tanh(output.entities @ head.dense.weight.T + head.dense.bias)
    assert torch.allclose(scores_of(head, encoder=encoder, batch=batch), expected, atol=1e-6)
