"""A sampled softmax is right on average, and is the full one where all is sampled."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.pretraining.sampled_softmax import EntitySampler, inclusion_chances, sampled_softmax

N, SIZE, N_ROWS = 6, 5, 43
SAMPLINGS = pytest.mark.parametrize("sampling", ["log_uniform", "unigram"])


@pytest.fixture
def drawn():
    rng = torch.Generator().manual_seed(0)
    states, table, bias = (
        torch.randn(*shape, generator=rng).requires_grad_()
        for shape in ((N, SIZE), (N_ROWS, SIZE), (N_ROWS,))
    )
    return states, table, bias, torch.randint(3, N_ROWS, (N,), generator=rng)


def run(drawn, *, sample):
    states, table, bias, labels = drawn
    return sampled_softmax(
        states,
        table=table,
        bias=bias,
        labels=labels,
        negatives=torch.from_numpy(sample.rows),
        log_chances=torch.from_numpy(sample.log_chances),
    )


def full(drawn):
    states, table, bias, labels = drawn
    return functional.cross_entropy(functional.linear(states, table, bias), labels, reduction="sum")


@SAMPLINGS
@pytest.mark.parametrize("n", [N_ROWS, 100])
def test_with_all_entities_it_is_the_full_softmax(drawn, vocab, sampling, n):
    sample = EntitySampler(vocab, sampling=sampling, n=n).draw(np.random.default_rng(0))
    assert sample.rows.tolist() == list(range(N_ROWS))
    found, expected = run(drawn, sample=sample), full(drawn)
    assert torch.allclose(found, expected)
    ours = torch.autograd.grad(found, drawn[:3])
    theirs = torch.autograd.grad(expected, drawn[:3])
    for a, b in zip(ours, theirs, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


@SAMPLINGS
def test_sums_of_powers_are_right_on_average(drawn, vocab, sampling):
    states, table, bias, labels = drawn
    sampler, rng = EntitySampler(vocab, sampling=sampling, n=9), np.random.default_rng(0)
    scores = functional.linear(states / 4, table, bias / 4).detach()
    powers = scores.exp().scatter(1, labels[:, None], 0.0)
    sums = []
    for _ in range(4000):
        sample = sampler.draw(rng)
        chances = torch.from_numpy(np.exp(sample.log_chances))
        sums.append((powers[:, sample.rows] / chances).sum(1))
    assert torch.allclose(torch.stack(sums).mean(0), powers.sum(1), rtol=0.05)


@SAMPLINGS
def test_each_entity_is_drawn_as_often_as_its_chance_says(vocab, sampling):
    sampler, rng = EntitySampler(vocab, sampling=sampling, n=9), np.random.default_rng(0)
    counts, chances = np.zeros(N_ROWS), np.zeros(N_ROWS)
    for _ in range(5000):
        sample = sampler.draw(rng)
        assert len(set(sample.rows.tolist())) == 9
        counts[sample.rows] += 1
        chances[sample.rows] = np.exp(sample.log_chances)
    assert counts / 5000 == pytest.approx(chances, abs=0.03)
    assert chances[3] > chances[20] > chances[40] > 0


@pytest.mark.parametrize("n", [1, 2, 5, 9, 10])
def test_chances_are_in_proportion_to_weights_and_add_up(n):
    weights = np.array([1, 100, 2, 3, 50, 4, 5, 1, 1, 1], dtype=np.float64)
    chances = inclusion_chances(weights, n=n)
    assert chances.sum() == pytest.approx(n)
    assert chances.max() <= 1
    unsure = chances < 1
    if unsure.any():
        factors = chances[unsure] / weights[unsure]
        assert factors == pytest.approx(factors[0])
        assert (weights[~unsure] * factors[0] >= 1 - 1e-9).all()


def test_only_rows_of_targets_and_of_the_sample_have_a_gradient(drawn, vocab):
    _, table, bias, labels = drawn
    sample = EntitySampler(vocab, sampling="log_uniform", n=9).draw(np.random.default_rng(0))
    run(drawn, sample=sample).backward()
    touched = {*labels.tolist(), *sample.rows.tolist()}
    assert len(touched) < N_ROWS
    for gradient in (table.grad.abs().sum(1), bias.grad):
        assert set(gradient.nonzero().squeeze(-1).tolist()) == touched


def test_a_target_in_the_sample_does_not_count_as_wrong(drawn):
    states, table, bias, labels = drawn
    sample = EntitySampler.__new__(EntitySampler)
    sample.rows, sample.log_chances = labels[:1].numpy(), np.zeros(1, dtype=np.float32)
    found = run((states[:1], table, bias, labels[:1]), sample=sample)
    assert found == 0


def test_nothing_to_predict_is_a_loss_of_zero(drawn, vocab):
    states, table, bias, labels = drawn
    sample = EntitySampler(vocab, sampling="log_uniform", n=9).draw(np.random.default_rng(0))
    loss = run((states[:0], table, bias, labels[:0]), sample=sample)
    loss.backward()
    assert loss == 0


def test_a_loss_is_in_float32_under_autocast(drawn, vocab):
    sample = EntitySampler(vocab, sampling="log_uniform", n=9).draw(np.random.default_rng(0))
    with torch.autocast("cpu", torch.bfloat16):
        found = run(drawn, sample=sample)
    assert found.dtype == torch.float32
    assert torch.equal(found, run(drawn, sample=sample))


def test_counts_that_are_not_there_are_asked_for():
    vocab = EntityVocab.build([VocabRow([Name("Tokyo")], None)])
    with pytest.raises(ConfigError, match="does not count links; take 'log_uniform'"):
        EntitySampler(vocab, sampling="unigram", n=1)
