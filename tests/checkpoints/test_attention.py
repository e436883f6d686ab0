"""Entity-aware queries are copies when they are added, and leave no trace when taken away."""

from dataclasses import replace

import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.attention import with_attention
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import ConfigError
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig
from openluke.model.encoder import Encoder


@pytest.fixture
def bundle() -> Bundle:
    return tiny_model(TEXTS).with_head("masked", config=HeadConfig(kind="masked"))


def states(bundle: Bundle) -> torch.Tensor:
    (windows,) = [bundle.entity_inputs()("Ada wrote in London.", spans=[(0, 3), (13, 19)])]
    batch = Batch.collate(list(windows), max_mention_length=30)
    with torch.no_grad():
        output = bundle.encoder(batch)
        scores = bundle.head("masked").module(output, batch)
    return torch.cat([output.words.flatten(), output.entities.flatten(), scores.words.flatten()])


def test_added_queries_change_nothing_before_training(bundle: Bundle) -> None:
    plain = with_attention(bundle, entity_aware=False)
    assert not plain.encoder.config.entity_aware
    aware = with_attention(plain, entity_aware=True)
    assert aware.encoder.config == bundle.encoder.config
    torch.testing.assert_close(states(aware), states(plain))
    assert (states(bundle) - states(plain)).abs().max() > 1e-4


def test_a_tied_head_follows_its_encoder(bundle: Bundle, tmp_path) -> None:
    plain = with_attention(bundle, entity_aware=False)
    assert plain.head("masked").module.words.table is plain.encoder.words.tokens.weight
    save_bundle(plain, directory=tmp_path / "plain")
    torch.testing.assert_close(states(load_bundle(tmp_path / "plain")), states(plain))


def test_what_is_already_so_stays(bundle: Bundle) -> None:
    assert with_attention(bundle, entity_aware=True) is bundle


def test_a_model_without_entities_cannot_tell_them(bundle: Bundle) -> None:
    config = replace(bundle.encoder.config, n_entities=0, entity_aware=False)
    words = replace(bundle, encoder=Encoder(config), heads=())
    with pytest.raises(ConfigError, match="no entity table"):
        with_attention(words, entity_aware=True)
