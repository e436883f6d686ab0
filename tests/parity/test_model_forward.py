"""The encoder computes what transformers' LukeModel computes, and so do its gradients."""

import pytest
import torch

from tests.parity.twins import Twins, make_inputs, make_twins

SHAPES = {
    "padded": {},
    "without entities": {"entities": 0},
    "one sequence": {"n": 1},
    "many entities": {"entities": 30, "words": 30},
    "equal lengths": {"n": 4, "words": 4, "entities": 2},
}


def encoder_twins(**options) -> Twins:
    return make_twins("LukeModel", kind=None, **options)


def difference(a: torch.Tensor, b: torch.Tensor, *, mask: torch.Tensor) -> float:
    keep = mask.bool()
    return (a[keep] - b[keep]).abs().max().item()


@pytest.mark.parametrize("entity_aware", [True, False], ids=["entity-aware", "plain"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_states_are_equal(shape, entity_aware):
    twins = encoder_twins(entity_aware=entity_aware)
    inputs = make_inputs(**shape)
    with torch.inference_mode():
        theirs, (ours, _) = twins.run_theirs(inputs), twins.run_ours(inputs)
    mask = inputs["attention_mask"]
    assert difference(theirs.last_hidden_state, ours.padded_words(), mask=mask) < 1e-5
    assert torch.allclose(theirs.pooler_output, ours.pooled(), atol=1e-5)
    if "entity_ids" in inputs:
        mask = inputs["entity_attention_mask"]
        padded = ours.padded_entities()
        assert difference(theirs.entity_last_hidden_state, padded, mask=mask) < 1e-5


def test_states_are_equal_without_a_projection():
    twins = encoder_twins(entity_size=32)
    inputs = make_inputs()
    with torch.inference_mode():
        theirs, (ours, _) = twins.run_theirs(inputs), twins.run_ours(inputs)
    mask = inputs["entity_attention_mask"]
    assert "entities.projection.weight" not in twins.encoder.state_dict()
    assert difference(theirs.entity_last_hidden_state, ours.padded_entities(), mask=mask) < 1e-5


def test_states_are_equal_when_the_mask_has_holes():
    twins = encoder_twins()
    inputs = make_inputs()
    inputs["attention_mask"][0, 3] = 0
    inputs["attention_mask"][1, 2] = 0
    inputs["entity_attention_mask"][2, 1] = 0
    with torch.inference_mode():
        theirs, (ours, _) = twins.run_theirs(inputs), twins.run_ours(inputs)
    mask = inputs["attention_mask"]
    assert difference(theirs.last_hidden_state, ours.padded_words(), mask=mask) < 1e-5
    mask = inputs["entity_attention_mask"]
    assert difference(theirs.entity_last_hidden_state, ours.padded_entities(), mask=mask) < 1e-5


def test_states_are_equal_when_padding_words_are_read():
    twins = encoder_twins()
    inputs = make_inputs(entities=0)
    inputs["attention_mask"] = torch.ones_like(inputs["attention_mask"])
    with torch.inference_mode():
        theirs, (ours, _) = twins.run_theirs(inputs), twins.run_ours(inputs)
    assert torch.allclose(theirs.last_hidden_state, ours.padded_words(), atol=1e-5)


def test_every_hidden_state_is_equal():
    twins = encoder_twins()
    inputs = make_inputs()
    _, batch = twins.run_ours(inputs)
    with torch.inference_mode():
        theirs = twins.theirs(**inputs, output_hidden_states=True)
        ours = twins.encoder(batch, hidden_states=True).hidden_states
    assert len(ours) == len(theirs.hidden_states) == 4
    masks = inputs["attention_mask"], inputs["entity_attention_mask"]
    for i, rows in enumerate(ours):
        words, entities = rows.split([batch.n_words, batch.n_entities])
        of_words, of_entities = theirs.hidden_states[i], theirs.entity_hidden_states[i]
        assert difference(of_words, batch.pad_words(words), mask=masks[0]) < 1e-5
        assert difference(of_entities, batch.pad_entities(entities), mask=masks[1]) < 1e-5


@pytest.mark.parametrize("entity_aware", [True, False], ids=["entity-aware", "plain"])
@pytest.mark.parametrize("entities", [4, 0])
def test_gradients_are_equal(entity_aware, entities):
    twins = encoder_twins(entity_aware=entity_aware)
    inputs = make_inputs(entities=entities)
    theirs, (ours, batch) = twins.run_theirs(inputs), twins.run_ours(inputs)
    words = batch.pad_words(torch.ones(batch.n_words, 1))
    loss = (theirs.last_hidden_state.sin() * words).sum() + theirs.pooler_output.sin().sum()
    our_loss = ours.words.sin().sum() + ours.pooled().sin().sum()
    if entities:
        entity_mask = inputs["entity_attention_mask"].unsqueeze(-1)
        loss = loss + (theirs.entity_last_hidden_state.cos() * entity_mask).sum()
        our_loss = our_loss + ours.entities.cos().sum()
    loss.backward()
    our_loss.backward()
    for name, (a, b) in twins.gradients().items():
        assert (a - b).abs().max() < 1e-4, name
