"""The likeliest rows of a vocabulary, at every temperature as likely as all scores say."""

import numpy as np
import pytest
import torch

from openluke.decoding.vocabulary_rows import likeliest_rows, probabilities_at

N_WORDS = 3000


@pytest.fixture
def logits() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    spreads = torch.tensor([0.01, 1.0, 3.0, 6.0, 12.0])[:, None]
    return torch.randn(5, N_WORDS, generator=generator) * spreads


def found(logits: torch.Tensor, **options):
    options = {"n_ids": N_WORDS, "n_best": 7, "sizes": [len(logits)]} | options
    return likeliest_rows(lambda states: states, states=logits, **options)


def test_the_best_rows_have_the_probabilities_of_the_whole_vocabulary(logits):
    (output,) = found(logits)
    best = logits.softmax(-1).topk(7)
    # what is hardly possible is so unlikely that floats lose it
    possible = best.values.numpy() > 1e-30
    assert output["ids"][possible].tolist() == best.indices.numpy()[possible].tolist()
    assert output["scores"] == pytest.approx(best.values.numpy(), rel=1e-4)
    assert probabilities_at(1.0, output=output) is output["scores"]


@pytest.mark.parametrize("temperature", [0.05, 0.3, 0.9, 1.1, 3.0, 20.0])
def test_a_temperature_is_put_on_all_scores(logits, temperature):
    (output,) = found(logits)
    expected = (logits.double() / temperature).softmax(-1).topk(7).values.numpy()
    result = probabilities_at(temperature, output=output)
    possible = output["scores"] > 1e-30
    tolerance = 0.06 if temperature < 0.1 else 0.01
    assert result[possible] == pytest.approx(expected[possible], rel=tolerance)
    assert np.all(result <= 1)
    assert np.all(np.diff(result, axis=-1) <= 0)


def test_states_are_shared_out_and_ids_beyond_the_vocabulary_are_none(logits):
    first, none, rest = found(logits, sizes=[2, 0, 3], n_ids=4, n_best=9)
    assert [len(one["ids"]) for one in (first, none, rest)] == [2, 0, 3]
    assert np.sort(rest["ids"]).tolist() == [[0, 1, 2, 3]] * 3
    assert probabilities_at(2.0, output=none).shape == (0, 4)
    many = found(logits.repeat(30, 1), sizes=[150])
    assert np.array_equal(many[0]["ids"][145:], found(logits)[0]["ids"])
