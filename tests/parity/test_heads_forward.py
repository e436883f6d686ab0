"""Every head computes what its class in transformers computes: scores, losses and gradients."""

import pytest
import torch

from openluke.model.losses import IGNORE
from tests.model.mean_losses import answer_loss, classification_loss, masked_loss, single_label_loss
from tests.parity.twins import add_ends, make_inputs, make_twins, our_name, tie

AWARE = pytest.mark.parametrize("entity_aware", [True, False], ids=["entity-aware", "plain"])


def assert_close(a, b, *, atol=1e-5):
    assert a.shape == b.shape
    assert (a - b).abs().max() < atol


def assert_gradients_equal(twins):
    for name, (a, b) in twins.gradients().items():
        assert (a - b).abs().max() < 1e-4, name


@AWARE
@pytest.mark.parametrize("multi_label", [False, True], ids=["single label", "multi label"])
def test_entity_classification_is_equal(entity_aware, multi_label):
    twins = make_twins("LukeForEntityClassification", kind="entity", entity_aware=entity_aware)
    inputs = make_inputs()
    labels = torch.tensor([0, 2, 1])
    if multi_label:
        labels = torch.tensor([[0, 1, 1], [0, 0, 0], [1, 0, 1]])
    theirs = twins.run_theirs(inputs, labels=labels)
    ours, batch = twins.run_ours(inputs)
    scores = ours[list(batch.layout.entity_starts)]
    assert_close(theirs.logits, scores)
    problem = "multi_label" if multi_label else "single_label"
    loss = classification_loss(scores, labels=labels, problem=problem)
    assert_close(theirs.loss, loss)
    theirs.loss.backward()
    loss.backward()
    assert_gradients_equal(twins)


@AWARE
def test_entity_pair_classification_is_equal(entity_aware):
    twins = make_twins(
        "LukeForEntityPairClassification",
        kind="entity_pair",
        entity_aware=entity_aware,
        bias=False,
    )
    inputs = make_inputs()
    labels = torch.tensor([0, 2, 1])
    theirs = twins.run_theirs(inputs, labels=labels)
    ours, _ = twins.run_ours(inputs)
    assert_close(theirs.logits, ours)
    loss = single_label_loss(ours, labels=labels)
    assert_close(theirs.loss, loss)
    theirs.loss.backward()
    loss.backward()
    assert_gradients_equal(twins)


@AWARE
def test_entity_span_classification_is_equal(entity_aware):
    twins = make_twins(
        "LukeForEntitySpanClassification", kind="entity_span", entity_aware=entity_aware
    )
    inputs = add_ends(make_inputs())
    mask = inputs["entity_attention_mask"].bool()
    labels = torch.where(mask, torch.arange(mask.numel()).view(mask.shape) % 3, IGNORE)
    theirs = twins.run_theirs(inputs, labels=labels)
    ours, _ = twins.run_ours(inputs)
    assert_close(theirs.logits[mask], ours)
    loss = single_label_loss(ours, labels=labels[mask])
    assert_close(theirs.loss, loss)
    theirs.loss.backward()
    loss.backward()
    assert_gradients_equal(twins)


def test_mention_ends_are_taken_from_positions_when_they_are_not_given():
    twins = make_twins("LukeForEntitySpanClassification", kind="entity_span")
    inputs = make_inputs()
    theirs = twins.run_theirs(add_ends(inputs))
    ours, _ = twins.run_ours(inputs)
    assert_close(theirs.logits[inputs["entity_attention_mask"].bool()], ours)


@AWARE
@pytest.mark.parametrize("entities", [4, 0])
def test_token_classification_is_equal(entity_aware, entities):
    twins = make_twins("LukeForTokenClassification", kind="token", entity_aware=entity_aware)
    inputs = make_inputs(entities=entities)
    mask = inputs["attention_mask"].bool()
    labels = torch.where(mask, torch.arange(mask.numel()).view(mask.shape) % 3, IGNORE)
    theirs = twins.run_theirs(inputs, labels=labels)
    ours, _ = twins.run_ours(inputs)
    assert_close(theirs.logits[mask], ours)
    loss = single_label_loss(ours, labels=labels[mask])
    assert_close(theirs.loss, loss)
    theirs.loss.backward()
    loss.backward()
    assert_gradients_equal(twins)


PROBLEMS = {
    "single_label": ("single_label_classification", 3, torch.tensor([2, 0, 1])),
    "multi_label": (
        "multi_label_classification",
        3,
        torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]),
    ),
    "regression": ("regression", 1, torch.tensor([0.5, -1.0, 3.0])),
}


@AWARE
@pytest.mark.parametrize("problem", PROBLEMS)
def test_sequence_classification_is_equal(entity_aware, problem):
    name, n_labels, labels = PROBLEMS[problem]
    twins = make_twins(
        "LukeForSequenceClassification",
        kind="sequence",
        entity_aware=entity_aware,
        n_labels=n_labels,
        problem=problem,
    )
    twins.theirs.config.problem_type = name
    inputs = make_inputs()
    theirs = twins.run_theirs(inputs, labels=labels)
    ours, _ = twins.run_ours(inputs)
    assert_close(theirs.logits, ours)
    loss = classification_loss(ours, labels=labels, problem=problem)
    assert_close(theirs.loss, loss)
    theirs.loss.backward()
    loss.backward()
    assert_gradients_equal(twins)


@AWARE
def test_question_answering_is_equal(entity_aware):
    twins = make_twins(
        "LukeForQuestionAnswering", kind="extractive_qa", entity_aware=entity_aware, n_labels=2
    )
    inputs = make_inputs()
    mask = inputs["attention_mask"].bool()
    theirs = twins.run_theirs(inputs)
    ours, _ = twins.run_ours(inputs)
    assert_close(theirs.start_logits[mask], ours.start)
    assert_close(theirs.end_logits[mask], ours.end)


def test_question_answering_drops_nothing_of_what_it_reads():
    twins = make_twins("LukeForQuestionAnswering", kind="extractive_qa", n_labels=2, dropout=0.5)
    twins.theirs.qa_outputs.train()
    twins.head.train()
    inputs = make_inputs()
    mask = inputs["attention_mask"].bool()
    theirs = twins.run_theirs(inputs)
    ours, _ = twins.run_ours(inputs)
    assert_close(theirs.start_logits[mask], ours.start)


ENTITY_HEADS = {
    "entity": "LukeForEntityClassification",
    "entity_pair": "LukeForEntityPairClassification",
    "entity_span": "LukeForEntitySpanClassification",
}


@AWARE
@pytest.mark.parametrize("kind", ENTITY_HEADS)
def test_the_same_parameters_have_a_gradient_in_training(kind, entity_aware):
    bias = {"bias": False} if kind == "entity_pair" else {}
    twins = make_twins(ENTITY_HEADS[kind], kind=kind, entity_aware=entity_aware, **bias)
    inputs = add_ends(make_inputs()) if kind == "entity_span" else make_inputs()
    for model in (twins.theirs, twins.encoder, twins.head):
        model.train()
    twins.run_theirs(inputs).logits.sum().backward()
    twins.run_ours(inputs)[0].sum().backward()
    ours = {*twins.encoder.named_parameters(), *_named(twins.head)}
    have = {name for name, p in ours if p.grad is not None}
    assert have == {
        our_name(name) for name, p in twins.theirs.named_parameters() if p.grad is not None
    }


def _named(head):
    return {(f"head.{name}", p) for name, p in head.named_parameters()}


def test_question_answering_loss_is_equal_where_nothing_is_padded():
    # The softmax of transformers runs over padding too, so only full inputs can be compared.
    twins = make_twins("LukeForQuestionAnswering", kind="extractive_qa", n_labels=2)
    inputs = make_inputs(n=2, words=4, entities=2)
    start, end = torch.tensor([1, 2]), torch.tensor([3, 50])
    theirs = twins.run_theirs(inputs, start_positions=start.clone(), end_positions=end.clone())
    ours, batch = twins.run_ours(inputs)
    loss = answer_loss(ours, batch=batch, start=start, end=end)
    assert_close(theirs.loss, loss)
    theirs.loss.backward()
    loss.backward()
    assert_gradients_equal(twins)


@AWARE
def test_multiple_choice_is_equal(entity_aware):
    twins = make_twins("LukeForMultipleChoice", kind="multiple_choice", entity_aware=entity_aware)
    flat = make_inputs(n=6)
    inputs = {name: tensor.unflatten(0, (2, 3)) for name, tensor in flat.items()}
    labels = torch.tensor([2, 0])
    theirs = twins.run_theirs(inputs, labels=labels)
    ours, batch = twins.run_ours(inputs)
    assert batch.choices == (3, 3)
    assert_close(theirs.logits, ours)
    loss = single_label_loss(ours, labels=labels)
    assert_close(theirs.loss, loss)
    theirs.loss.backward()
    loss.backward()
    assert_gradients_equal(twins)


def masked_twins(*, entity_aware):
    return tie(make_twins("LukeForMaskedLM", kind="masked", entity_aware=entity_aware))


@AWARE
def test_masked_language_model_is_equal(entity_aware):
    twins = masked_twins(entity_aware=entity_aware)
    inputs = make_inputs()
    masks = inputs["attention_mask"].bool(), inputs["entity_attention_mask"].bool()
    labels = inputs["input_ids"].clone()
    labels[:, ::2] = IGNORE
    labels[~masks[0]] = IGNORE
    entity_labels = inputs["entity_ids"].clone()
    entity_labels[:, 1:3] = IGNORE
    entity_labels[~masks[1]] = IGNORE
    theirs = twins.run_theirs(inputs, labels=labels, entity_labels=entity_labels)
    ours, batch = twins.run_ours(inputs)
    assert_close(theirs.logits[masks[0]], ours.words)
    assert_close(theirs.entity_logits[masks[1]], ours.entities)

    loss = masked_loss(
        twins.head,
        output=twins.encoder(batch),
        word_labels=labels[masks[0]],
        entity_labels=entity_labels[masks[1]],
    )
    assert_close(theirs.loss, loss.total)
    assert_close(theirs.mlm_loss, loss.words)
    assert_close(theirs.mep_loss, loss.entities)
    theirs.loss.backward()
    loss.total.backward()
    assert_gradients_equal(twins)


def test_an_untied_masked_head_has_decoders_of_its_own():
    twins = make_twins("LukeForMaskedLM", kind="masked", tied=False)
    theirs = twins.theirs
    theirs.lm_head.decoder.bias = theirs.lm_head.bias
    twins.head.words.bias.data.copy_(theirs.lm_head.bias)
    with torch.no_grad():
        twins.head.entities.decoder.weight.copy_(theirs.entity_predictions.decoder.weight)
    inputs = make_inputs()
    with torch.inference_mode():
        expected = twins.run_theirs(inputs)
        ours, _ = twins.run_ours(inputs)
    assert_close(expected.logits[inputs["attention_mask"].bool()], ours.words)
    assert_close(expected.entity_logits[inputs["entity_attention_mask"].bool()], ours.entities)
