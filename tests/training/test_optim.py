"""What is trained, and at which rates."""

from typing import Any

import pytest
import torch
from torch import nn

from openluke.errors import ConfigError
from openluke.model.config import EncoderConfig
from openluke.model.encoder import Encoder
from openluke.training.optim import (
    OptimizerConfig,
    Rates,
    default_rate,
    freeze,
    make_optimizer,
    parameter_groups,
    rates_of,
    set_rates,
)
from tests.training import toy


def grouped(**options: Any) -> dict[str, tuple[float, float]]:
    """The decay and the factor of each trainable parameter."""
    model = toy.make_model()
    freeze(model, config=OptimizerConfig(**options))
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    found = {}
    for group in parameter_groups(model, config=OptimizerConfig(**options)):
        for parameter in group["params"]:
            found[names.pop(id(parameter))] = (group["weight_decay"], group["lr_factor"])
    return found


def test_matrices_decay_and_biases_norms_and_entities_do_not():
    for name, (decay, _) in grouped(weight_decay=0.1).items():
        is_vector = name.endswith("bias") or "norm" in name
        assert decay == (0.0 if is_vector or name == "encoder.entities.table.weight" else 0.1), name


def test_the_entity_table_decays_where_it_is_asked_to():
    assert grouped(decay_entities=True)["encoder.entities.table.weight"][0] == 0.01


def test_every_parameter_is_in_one_group():
    assert set(grouped()) == {name for name, _ in toy.make_model().named_parameters()}


def test_heads_and_layers_have_rates_of_their_own():
    factors = {
        name: factor for name, (_, factor) in grouped(head_factor=5, layer_factor=0.5).items()
    }
    assert factors["heads.main.classifier.weight"] == 5
    assert factors["encoder.pooler.weight"] == 1
    assert factors["encoder.layers.1.attention.key.weight"] == 0.5
    assert factors["encoder.layers.0.feed_forward.inner.bias"] == 0.25
    assert factors["encoder.words.tokens.weight"] == 0.125
    assert factors["encoder.entities.table.weight"] == 0.125


def test_only_what_is_asked_for_is_trained():
    names = set(
        grouped(trained=("encoder.entities", "heads.main"), frozen=("heads.main.classifier.bias",))
    )
    assert "encoder.entities.table.weight" in names
    assert "heads.main.classifier.weight" in names
    assert not any(name.startswith(("encoder.words", "encoder.layers")) for name in names)
    assert "heads.main.classifier.bias" not in names


def test_a_module_that_is_not_there_is_an_error():
    with pytest.raises(ConfigError, match=r"called 'encoder.entity'; .* encoder.entities"):
        grouped(frozen=("encoder.entity",))


def test_something_must_be_trained():
    with pytest.raises(ConfigError, match="nothing is left"):
        grouped(frozen=("encoder", "heads"))


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 0.0},
        {"warmup": 1.5},
        {"warmup_steps": -1},
        {"weight_decay": -0.1},
        {"betas": (0.9, 1.0)},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any]):
    with pytest.raises(ConfigError, match=next(iter(options))):
        OptimizerConfig(**options)


def test_rates_of_groups_follow_the_schedule():
    model = toy.make_model()
    config = OptimizerConfig(learning_rate=1e-3, warmup_steps=1, head_factor=10)
    optimizer = make_optimizer(model, config=config)
    assert set_rates(optimizer, config=config, step=0, n_steps=10) == 5e-4
    assert {group["lr"] for group in optimizer.param_groups} == {5e-4, 5e-3}
    assert set_rates(optimizer, config=config, step=1, n_steps=10) == 1e-3
    assert config.schedule == "warmup_linear"


@pytest.mark.parametrize(
    ("width", "rate", "factor"),
    [
        (1024, 1e-5, 1.0),
        (768, 1e-5, 1.0),
        (512, 3.8e-5, 10.0),
        (384, 1e-4, 10.0),
        (312, 2e-4, 10.0),
        (128, 5e-4, 10.0),
    ],
)
def test_narrow_encoders_learn_faster_unless_it_is_said(width: int, rate: float, factor: float):
    assert default_rate(width) == rate
    model = nn.ModuleList([encoder_of(width)])
    found = rates_of(OptimizerConfig(), model=model, new_heads=True)
    assert found == Rates(learning_rate=rate, head_factor=factor)
    known = rates_of(OptimizerConfig(learning_rate=2e-5), model=model)
    assert known == Rates(learning_rate=2e-5, head_factor=1.0)
    said = OptimizerConfig(head_factor=3.0)
    assert rates_of(said, model=model, new_heads=True).head_factor == 3.0


def test_the_rate_that_is_not_said_is_used():
    model = toy.make_model()
    config = OptimizerConfig(warmup_steps=0)
    optimizer = make_optimizer(model, config=config)
    assert set_rates(optimizer, config=config, step=0, n_steps=10) == 5e-4


def encoder_of(width: int) -> Encoder:
    config = EncoderConfig(n_words=8, n_entities=0, hidden_size=width, n_heads=2, n_layers=1)
    with torch.device("meta"):
        return Encoder(config)


def test_the_share_of_the_warm_up_is_rounded_down():
    model = toy.make_model()
    config = OptimizerConfig(learning_rate=1.0, warmup=0.06)
    optimizer = make_optimizer(model, config=config)
    assert set_rates(optimizer, config=config, step=0, n_steps=99) == pytest.approx(1 / 6)


def test_steps_without_bias_correction_are_those_of_the_published_training():
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 2).double()
    config = OptimizerConfig(
        learning_rate=0.1, weight_decay=0.1, betas=(0.9, 0.98), eps=1e-6, bias_correction=False
    )
    weight, bias = layer.weight.detach().clone(), layer.bias.detach().clone()
    optimizer = make_optimizer(layer, config=config)
    mean = square = torch.zeros_like(weight)
    for step in range(6):
        grad = torch.randn(2, 3).double()
        layer.weight.grad = None if step == 3 else grad.clone()  # a head may have none
        set_rates(optimizer, config=config, step=step, n_steps=10)
        optimizer.step()
        if step == 3:
            continue
        rate = 0.1 * (10 - step) / 10
        mean = 0.9 * mean + 0.1 * grad
        square = 0.98 * square + 0.02 * grad**2
        weight -= rate * mean / (square.sqrt() + 1e-6)
        weight -= rate * 0.1 * weight
    torch.testing.assert_close(layer.weight.detach(), weight, atol=1e-12, rtol=1e-12)
    assert torch.equal(layer.bias, bias)


def test_steps_are_those_of_a_plain_reference():
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 2)
    config = OptimizerConfig(learning_rate=0.1, weight_decay=0.1, betas=(0.9, 0.98), eps=1e-6)
    weight = layer.weight.detach().double().clone()
    optimizer = make_optimizer(layer, config=config)
    mean = square = torch.zeros_like(weight)
    for step in range(1, 6):
        grad = torch.randn(2, 3)
        layer.weight.grad = grad.clone()
        optimizer.step()
        mean = 0.9 * mean + 0.1 * grad
        square = 0.98 * square + 0.02 * grad.double() ** 2
        weight *= 1 - 0.1 * 0.1
        root = (square / (1 - 0.98**step)).sqrt() + 1e-6
        weight -= 0.1 * (mean / (1 - 0.9**step)) / root
    torch.testing.assert_close(layer.weight.detach().double(), weight, atol=1e-5, rtol=1e-5)
