"""The encoder keeps its promises about shapes, padding, precision and what it leaves out."""

import dataclasses

import pytest
import torch

from openluke.errors import ConfigError, DataError
from openluke.model.attention import EXTRA_QUERIES
from openluke.model.batch import Batch
from openluke.model.encoder import Encoder
from tests.model.conftest import features


def with_dropout(config):
    return dataclasses.replace(config, hidden_dropout=0.3, attention_dropout=0.3)


def loss_of(output):
    return output.words.sin().sum() + output.entities.cos().sum() + output.pooled().sum()


def test_parameters_have_the_agreed_names(encoder):
    names = set(encoder.state_dict())
    assert "words.tokens.weight" in names
    assert "entities.projection.weight" in names
    assert "layers.1.attention.word_to_entity_query.bias" in names
    assert "layers.0.feed_forward_norm.weight" in names
    assert {"pooler.weight", "pooler.bias"} <= names


def test_outputs_have_the_shapes_of_the_batch(encoder, batch):
    output = encoder(batch, hidden_states=True)
    assert output.words.shape == (16, 16)
    assert output.entities.shape == (5, 16)
    assert output.padded_words().shape == (3, 7, 16)
    assert output.padded_entities().shape == (3, 3, 16)
    assert output.pooled().shape == (3, 16)
    assert [x.shape for x in output.hidden_states] == [(21, 16)] * 3
    assert encoder(batch).hidden_states == ()


def test_company_in_the_batch_changes_nothing(encoder, inputs):
    together = encoder(Batch.collate(inputs, max_mention_length=3))
    words, entities = 0, 0
    for one in inputs:
        alone = encoder(Batch.collate([one], max_mention_length=3))
        n, m = len(one), one.n_entities
        assert torch.allclose(alone.words, together.words[words : words + n], atol=1e-6)
        assert torch.allclose(alone.entities, together.entities[entities : entities + m], atol=1e-6)
        words, entities = words + n, entities + m


def test_entities_only_are_the_entities_of_all(encoder, batch):
    every, some = encoder(batch), encoder(batch, last_rows="entities")
    assert torch.allclose(every.entities, some.entities, atol=1e-6)
    with pytest.raises(ConfigError, match='last_rows="all"'):
        _ = some.words


def test_entities_only_of_inputs_without_entities_are_none(encoder):
    batch = Batch.collate([features([0, 4, 2])], max_mention_length=3)
    assert encoder(batch, last_rows="entities").entities.shape == (0, 16)


def test_equal_queries_make_entity_aware_attention_plain(config, batch):
    plain = Encoder(dataclasses.replace(config, entity_aware=False)).eval()
    weights = plain.state_dict()
    weights |= {
        name.replace(".query.", f".{extra}."): weight
        for name, weight in weights.items()
        for extra in EXTRA_QUERIES
        if ".query." in name
    }
    aware = Encoder(config).eval()
    aware.load_state_dict(weights)
    found, expected = aware(batch), plain(batch)
    assert torch.allclose(found.words, expected.words, atol=5e-6)
    assert torch.allclose(found.entities, expected.entities, atol=5e-6)


def test_entities_without_a_place_have_no_position(encoder):
    one = Batch.collate([features([0, 4, 2], ranges=[(0, 0)])], max_mention_length=3)
    before = encoder(one).entities
    with torch.no_grad():
        encoder.entities.positions.weight.add_(1.0)
    assert torch.equal(encoder(one).entities, before)


def test_an_encoder_without_entities_is_the_plain_encoder(config, encoder, inputs):
    bare = Encoder(dataclasses.replace(config, n_entities=0)).eval()
    assert not any(name.startswith("entities.") for name in bare.state_dict())
    assert not any("_to_" in name for name in bare.state_dict())
    bare.load_state_dict({k: v for k, v in encoder.state_dict().items() if k in bare.state_dict()})
    only_words = Batch.collate(
        [features(one.word_ids.tolist()) for one in inputs], max_mention_length=3
    )
    found, expected = bare(only_words), encoder(only_words)
    assert torch.allclose(found.words, expected.words, atol=1e-6)
    assert found.entities.shape == (0, 16)


def test_words_alone_are_what_a_model_without_entities_makes_of_them(config, encoder, batch):
    found = encoder(batch, words_only=True)
    plain = Encoder(dataclasses.replace(config, n_entities=0)).eval()
    plain.load_state_dict(
        {k: v for k, v in encoder.state_dict().items() if k in plain.state_dict()}
    )
    assert torch.equal(found.words, plain(batch, words_only=True).words)
    assert len(found.entities) == 0
    assert not torch.allclose(found.words, encoder(batch).words)


def test_the_first_layers_can_be_had_without_the_others(encoder, batch):
    states = encoder(batch, hidden_states=True).hidden_states
    for n in range(3):
        output = encoder(batch, n_layers=n)
        assert torch.equal(torch.cat([output.words, output.entities]), states[n])


def test_entity_types_are_read_from_their_table(config, inputs):
    encoder = Encoder(dataclasses.replace(config, n_entity_types=4)).eval()
    plain = Batch.collate(inputs, max_mention_length=3)
    typed = dataclasses.replace(plain, entity_types=torch.tensor([0, 3, 0, 0, 0]))
    assert not torch.allclose(encoder(plain).entities, encoder(typed).entities)
    beyond = [dataclasses.replace(inputs[0], entity_types=inputs[0].entity_types + 4)]
    with pytest.raises(DataError, match="entity types reach 4, the model's table has 4 rows"):
        encoder(Batch.collate(beyond, max_mention_length=3))


@pytest.mark.parametrize("pad", [0, 5])
def test_the_padding_entity_is_zero_and_learns_nothing_from_being_looked_up(config, pad):
    encoder = Encoder(dataclasses.replace(config, entity_pad_id=pad))
    table = encoder.entities.table.weight
    assert (table[pad] == 0).all()
    inputs = [features([0, 4, 2], ranges=[(1, 2)] * 3, entities=[0, 5, 2])]
    loss_of(encoder(Batch.collate(inputs, max_mention_length=3))).backward()
    assert (table.grad[pad] == 0).all()
    assert (table.grad[5 - pad] != 0).any()
    assert (table.grad[2] != 0).any()


def test_the_first_values_are_those_of_the_generator(config):
    first, again, other = (
        Encoder(config, generator=torch.Generator().manual_seed(seed)).state_dict()
        for seed in (3, 3, 4)
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["words.tokens.weight"], other["words.tokens.weight"])
    assert (first["words.tokens.weight"][config.word_pad_id] == 0).all()
    assert (first["layers.0.attention.key.bias"] == 0).all()
    assert (first["words.norm.weight"] == 1).all()
    assert 0.25 < first["layers.0.feed_forward.inner.weight"].std() < 0.35


@pytest.mark.parametrize("entity_aware", [True, False], ids=["entity-aware", "plain"])
@pytest.mark.parametrize("dropout", [True, False], ids=["dropout", "no dropout"])
def test_checkpointed_gradients_are_the_gradients(config, batch, entity_aware, dropout):
    config = dataclasses.replace(
        with_dropout(config) if dropout else config, entity_aware=entity_aware
    )
    encoder = Encoder(config, generator=torch.Generator().manual_seed(0)).train()
    gradients = []
    for checkpointing in (False, True):
        encoder.gradient_checkpointing = checkpointing
        encoder.zero_grad()
        torch.manual_seed(7)
        loss_of(encoder(batch)).backward()
        gradients.append({name: p.grad.clone() for name, p in encoder.named_parameters()})
    for name, expected in gradients[0].items():
        assert torch.allclose(expected, gradients[1][name], atol=1e-5), name


@pytest.mark.parametrize("entity_aware", [True, False], ids=["entity-aware", "plain"])
def test_a_batch_that_was_encoded_can_be_trained_on(config, batch, entity_aware):
    config = dataclasses.replace(with_dropout(config), entity_aware=entity_aware)
    encoder = Encoder(config).train()
    with torch.inference_mode():
        encoder(batch)
    loss_of(encoder(batch)).backward()


def test_every_parameter_of_the_layers_learns_from_entities_alone(encoder, batch):
    encoder.train()
    output = encoder(batch, last_rows="entities")
    output.entities.sin().sum().backward()
    without = {name for name, p in encoder.named_parameters() if p.grad is None}
    assert without == {"pooler.weight", "pooler.bias"}
    with pytest.raises(ConfigError, match='last_rows="all"'):
        _ = output.words


def test_dropout_acts_in_training_only(config, batch):
    encoder = Encoder(with_dropout(config))
    assert not torch.allclose(encoder(batch).words, encoder(batch).words)
    encoder.eval()
    assert torch.equal(encoder(batch).words, encoder(batch).words)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("training", [False, True])
def test_autocast_is_finite_and_near(config, batch, dtype, training):
    encoder = Encoder(with_dropout(config) if training else config).train(training)
    with torch.autocast("cpu", dtype=dtype):
        output = encoder(batch)
        loss = loss_of(output)
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in encoder.parameters() if p.grad is not None)
    if not training:
        assert torch.allclose(output.words.float(), encoder(batch).words, atol=0.1)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_weights_of_other_types_are_near(encoder, batch, dtype):
    expected = encoder(batch)
    with torch.inference_mode():
        output = encoder.to(dtype)(batch)
    assert output.words.dtype == dtype
    assert torch.allclose(output.words.float(), expected.words, atol=0.1)
    assert torch.allclose(output.entities.float(), expected.entities, atol=0.1)


def test_an_encoder_without_a_pooler_says_so(config, batch):
    output = Encoder(dataclasses.replace(config, pooler=False))(batch)
    with pytest.raises(ConfigError, match="pooler=True"):
        output.pooled()


def test_an_encoder_is_made_without_values_on_the_meta_device(config, encoder):
    with torch.device("meta"):
        made = Encoder(config)
    made.load_state_dict(encoder.state_dict(), assign=True)
    assert made.words.tokens.weight.device.type == "cpu"


def test_a_batch_that_no_table_holds_is_refused(encoder):
    with pytest.raises(DataError, match="word ids reach 50"):
        encoder(Batch.collate([features([0, 50, 2])], max_mention_length=3))
