"""A linear layer is the same with its steps fused, packed or apart."""

import copy
import pickle

import pytest
import torch
from torch.nn import functional

import openluke.model.linear as linear_module
from openluke.model.activations import activate
from openluke.model.linear import Linear, pack

ACTIVATIONS = [None, "gelu", "gelu_tanh", "relu", "silu"]


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return Linear(24, 17)


@pytest.fixture
def rows():
    return torch.randn(5, 24, generator=torch.Generator().manual_seed(1))


def expected(layer, rows, *, activation=None, add=None):
    found = functional.linear(rows, layer.weight, layer.bias)
    if activation is not None:
        found = activate(found, kind=activation)
    return found if add is None else found + add


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("added", [False, True])
def test_inference_is_the_same_as_training(layer, rows, packed, activation, added):
    add = torch.ones(5, 17) if added else None
    if packed:
        assert layer.pack()
    with torch.inference_mode():
        found = layer(rows, activation=activation, add=add)
    wanted = expected(layer, rows, activation=activation, add=add)
    assert torch.allclose(found, wanted, atol=1e-6)
    assert torch.allclose(layer(rows, activation=activation, add=add), wanted, atol=1e-6)


def test_a_layer_without_bias_is_fused_too(rows):
    layer = Linear(24, 17, bias=False)
    with torch.inference_mode():
        assert torch.allclose(
            layer(rows, activation="gelu"), expected(layer, rows, activation="gelu"), atol=1e-6
        )


def test_no_rows_give_no_rows(layer):
    with torch.inference_mode():
        assert layer(torch.empty(0, 24)).shape == (0, 17)


def test_without_the_private_operator_nothing_changes(layer, rows, monkeypatch):
    monkeypatch.setattr(linear_module, "_HAS_FUSED", False)
    assert pack(layer) == 0
    with torch.inference_mode():
        found = layer(rows, activation="gelu")
    assert torch.equal(found, expected(layer, rows, activation="gelu"))


def test_packed_weights_are_dropped_when_the_weights_change(layer, rows):
    assert pack(layer) == 1
    with torch.no_grad():
        layer.weight.mul_(2)
        assert torch.allclose(layer(rows), expected(layer, rows), atol=1e-6)
        layer.pack()
        layer.load_state_dict(Linear(24, 17).state_dict())
        assert torch.allclose(layer(rows), expected(layer, rows), atol=1e-6)
        layer.pack()
        layer.weight = torch.nn.Parameter(torch.randn(17, 24))
        assert torch.allclose(layer(rows), expected(layer, rows), atol=1e-6)


def _step(layer):
    optimizer = torch.optim.AdamW(layer.parameters(), lr=1.0, fused=True)
    layer(torch.ones(2, 24)).sum().backward()
    optimizer.step()


def _step_without_forward(layer):
    optimizer = torch.optim.AdamW(layer.train().parameters(), lr=1.0, fused=True)
    functional.linear(torch.ones(2, 24), layer.weight, layer.bias).sum().backward()
    optimizer.step()
    layer.eval()


def _change_under_inference_mode(layer):
    with torch.inference_mode():
        layer.weight.mul_(2)


def _keep_some_rows(layer):
    layer.weight.data, layer.bias.data = layer.weight.data[:9], layer.bias.data[:9]


def _load_under_inference_mode(layer):
    with torch.inference_mode():
        layer.load_state_dict(Linear(24, 17).state_dict())


CHANGES = {
    "a fused step": _step,
    "a fused step in training mode": _step_without_forward,
    "a write under inference_mode": _change_under_inference_mode,
    "loading under inference_mode": _load_under_inference_mode,
    "precision lost and regained": lambda layer: layer.bfloat16().float(),
    "data replaced": lambda layer: setattr(layer.weight, "data", torch.randn(17, 24)),
    "rows taken away": _keep_some_rows,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_result_comes_from_weights_that_were(layer, rows, change):
    assert pack(layer) == 1
    change(layer)
    with torch.inference_mode():
        assert torch.allclose(layer(rows), expected(layer, rows), atol=1e-6)


def test_packing_again_takes_a_write_through_data_into_account(layer, rows):
    pack(layer)
    layer.weight.data.mul_(2)
    pack(layer)
    with torch.inference_mode():
        assert torch.allclose(layer(rows), expected(layer, rows), atol=1e-6)


def test_evaluation_and_inference_keep_what_was_packed(layer, rows):
    pack(layer)
    layer.eval()
    with torch.inference_mode():
        layer(rows)
    assert layer.is_packed
    layer.train()
    assert not layer.is_packed


def test_weights_whose_changes_leave_no_trace_are_not_packed():
    with torch.inference_mode():
        assert pack(Linear(24, 17)) == 0


def test_packed_layers_can_be_copied_and_saved(layer, rows):
    pack(layer)
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        with torch.no_grad():
            assert torch.allclose(again(rows), expected(layer, rows), atol=1e-6)
    assert set(layer.state_dict()) == {"weight", "bias"}


def test_only_float32_layers_are_packed(layer):
    assert pack(layer.double()) == 0
    assert pack(torch.nn.Linear(2, 2)) == 0
    assert pack(Linear(2, 2, device="meta")) == 0


def test_low_precision_and_autocast_take_the_public_way(layer, rows):
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(rows).dtype == torch.bfloat16
    with torch.inference_mode():
        assert layer.bfloat16()(rows.bfloat16()).dtype == torch.bfloat16
