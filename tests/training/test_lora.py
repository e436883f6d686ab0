"""LoRA of the package peft on our layers: it trains, and once merged computes the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from openluke.model.batch import Batch
from openluke.model.encoder import Encoder
from openluke.model.linear import Linear
from tests.training import toy

peft = pytest.importorskip("peft", reason="an extra: pip install 'openluke[lora]'")

TARGETS = ["query", "value", "inner", "outer"]


@pytest.fixture
def batch() -> Batch:
    made = toy.ToyObjective().collate(toy.make_instances(n=6), rng=np.random.default_rng(0))
    return made.batch


@torch.no_grad()
def words(encoder: torch.nn.Module, batch: Batch) -> torch.Tensor:
    return encoder.eval()(batch).words


def test_adapters_train_and_are_merged(tmp_path: Path, batch: Batch):
    model = toy.make_model()
    config = peft.LoraConfig(target_modules=["query", "value"], r=4)
    before = toy.weights(model.encoder)
    first = words(model.encoder, batch)
    model.encoder = peft.get_peft_model(model.encoder, config)
    assert torch.equal(words(model.encoder, batch), first)
    toy.make_trainer(tmp_path, model=model, max_steps=2).run()
    learnt = words(model.encoder, batch)
    assert not torch.allclose(learnt, first, atol=1e-3)
    encoder = model.encoder.merge_and_unload()
    assert isinstance(encoder, Encoder)
    assert isinstance(encoder.layers[0].attention.query, Linear)
    torch.testing.assert_close(words(encoder, batch), learnt, atol=1e-5, rtol=1e-5)
    changed = {name for name, x in encoder.state_dict().items() if not torch.equal(x, before[name])}
    assert changed
    assert all("attention.query" in name or "attention.value" in name for name in changed)


def test_checkpoints_hold_the_adapters_alone(tmp_path: Path):
    whole, light = toy.make_model(), toy.make_model()
    light.encoder = peft.get_peft_model(light.encoder, peft.LoraConfig(target_modules=["query"]))
    sizes = []
    for name, model in (("whole", whole), ("light", light)):
        toy.make_trainer(tmp_path / name, model=model, max_steps=1).run()
        files = (tmp_path / name / "checkpoints").rglob("*.safetensors")
        sizes.append(sum(file.stat().st_size for file in files))
    assert sizes[1] < sizes[0] / 4


def test_adapters_come_before_activations(batch: Batch):
    encoder = toy.make_model().encoder
    config = peft.LoraConfig(target_modules=TARGETS, r=4, init_lora_weights=False)
    adapted = peft.get_peft_model(encoder, config)
    expected = words(adapted, batch)
    with torch.enable_grad():
        unfused = adapted(batch).words.detach()
    torch.testing.assert_close(unfused, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        words(adapted.merge_and_unload(), batch), expected, atol=1e-5, rtol=1e-5
    )
