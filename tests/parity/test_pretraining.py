"""The objective of pretraining is the loss of LukeForMaskedLM, on the same masks and weights."""

import numpy as np
import pytest
import torch

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.instances import Instance
from openluke.model.model import Model
from openluke.pretraining.masking import MaskingConfig
from openluke.pretraining.objective import MASKED, ObjectiveConfig, PretrainingObjective
from openluke.tokenization.tokenizer import WordTokenizer
from tests.parity.masked_batches import to_padded
from tests.parity.twins import ENTITIES, PAD, POSITIONS, make_twins, tie
from tests.pretraining.conftest import features_of, pieces_of

TEXTS = (
    "Tokyo is the capital of Japan.",
    "They go there.",
    "The match was lost.",
)
RANGES = (((1, 3), (4, 5), (6, 9)), (), ((1, 2), (2, 4)))
MENTION = 5


@pytest.fixture(scope="module")
def vocab() -> EntityVocab:
    return EntityVocab.build([VocabRow([Name(f"Title {i}")], 1) for i in range(ENTITIES - 3)])


@pytest.fixture(scope="module")
def instances(luke: WordTokenizer) -> list[Instance]:
    found = []
    for text, ranges in zip(TEXTS, RANGES, strict=True):
        ids = pieces_of(luke, text=text)[: POSITIONS - PAD - 1]
        n = len(ranges)
        features = features_of(ids, entities=range(5, 5 + n), ranges=ranges)
        found.append(Instance(features=(features,)))
    return found


@pytest.mark.parametrize("entity_aware", [True, False], ids=["entity-aware", "plain"])
@pytest.mark.parametrize("loss", ["full", "sampled"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_objective_is_that_of_transformers(luke, vocab, instances, entity_aware, loss, dtype):
    twins = tie(
        make_twins("LukeForMaskedLM", kind="masked", entity_aware=entity_aware, words=luke.n_words)
    )
    model = Model(twins.encoder, heads={MASKED: twins.head}).eval()
    for module in (model, twins.theirs):
        module.to(dtype)
    config = ObjectiveConfig(
        masking=MaskingConfig(words=0.3, entities=0.5),
        entity_loss=loss,
        n_sampled=ENTITIES,
        softmax_rows=2,
    )
    objective = PretrainingObjective(
        config, tokenizer=luke, entities=vocab, max_mention_length=MENTION
    )
    inputs = objective.collate(instances, rng=np.random.default_rng(0))
    assert min(inputs.n_targets.values()) > 1
    found = objective.losses(inputs, model=model)
    means = {name: found[name] / n for name, n in inputs.n_targets.items()}
    ours = sum(means.values())
    theirs = twins.run_theirs(to_padded(inputs, word_pad_id=PAD, max_mention_length=MENTION))
    assert torch.allclose(means["words"], theirs.mlm_loss, rtol=1e-6)
    assert torch.allclose(means["entities"], theirs.mep_loss, rtol=1e-6)
    assert torch.allclose(ours, theirs.loss, rtol=1e-6)
    ours.backward()
    theirs.loss.backward()
    gradients = twins.gradients()
    # those of key biases are zero but for rounding: what is added to all scores changes nothing
    rounding = 1e-7 * torch.stack([expected.norm() for expected, _ in gradients.values()]).norm()
    for name, (expected, gradient) in gradients.items():
        assert (gradient - expected).norm() <= 1e-5 * expected.norm() + rounding, name
