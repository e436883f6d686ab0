"""LoRA: only adapters learn, and merged they compute what they computed beside the layers."""

import sys

import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.errors import ConfigError, MissingExtraError
from openluke.finetuning import adapters
from openluke.finetuning.adapters import add_adapters, merge_adapters
from openluke.finetuning.recipe import LoraConfig
from openluke.model.batch import Batch
from openluke.model.encoder import Encoder

peft = pytest.importorskip("peft")


def states(encoder: Encoder, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        output = encoder(batch)
    return torch.cat([output.words, output.entities])


def test_adapters_learn_beside_frozen_weights_and_are_merged() -> None:
    bundle = tiny_model(TEXTS)
    encoder = bundle.encoder
    windows = bundle.entity_inputs()("Ada wrote in London.", spans=[(0, 3), (13, 19)])
    batch = Batch.collate(list(windows), max_mention_length=30)
    before, names = states(encoder, batch), set(encoder.state_dict())
    chosen = add_adapters(encoder, config=LoraConfig(rank=2, alpha=8))
    assert "layers.0.attention.entity_to_entity_query" in chosen
    assert "layers.1.feed_forward.inner" in chosen
    learnt = [name for name, p in encoder.named_parameters() if p.requires_grad]
    assert learnt
    assert all("lora" in name for name in learnt)
    torch.testing.assert_close(states(encoder, batch), before)
    for mode in (encoder.train, encoder.eval):
        mode()
        torch.manual_seed(0)
        for name, parameter in encoder.named_parameters():
            if name in learnt:
                parameter.data.normal_(std=0.1)
    adapted = states(encoder, batch)
    assert (adapted - before).abs().max() > 0.01
    merge_adapters(encoder)
    assert set(encoder.state_dict()) == names
    torch.testing.assert_close(states(encoder, batch), adapted, atol=1e-5, rtol=1e-5)


def test_layers_that_cannot_be_adapted_are_named() -> None:
    encoder = tiny_model(TEXTS).encoder
    with pytest.raises(ConfigError, match="matches none of the encoder's linear layers"):
        add_adapters(encoder, config=LoraConfig(layers="encoder"))


def test_the_extra_is_named_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'openluke\[lora\]'"):
        add_adapters(tiny_model(TEXTS).encoder, config=LoraConfig())
    assert "peft" in sys.modules
