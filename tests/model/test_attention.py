"""Attention is the formula, whichever kernel computes it."""

import dataclasses

import pytest
import torch

import openluke.model.attention as attention_module
from openluke.model.attention import Attention
from openluke.model.layout import Layout
from openluke.model.merged_attention import Queries, can_merge, merged_attention
from openluke.model.padded_attention import doubled_attention, plain_attention
from tests.model import reference

LAYOUTS = {
    "one sequence": ([5], [3]),
    "equal sequences": ([4, 4, 4], [2, 2, 2]),
    "runs of equal sequences": ([4, 4, 6, 6, 3], [2, 2, 2, 2, 5]),
    "some without entities": ([5, 3, 3, 6], [2, 0, 0, 4]),
    "more entities than words": ([2, 4], [40, 33]),
    "one word": ([1, 1], [1, 2]),
}
KERNELS = {"merged": merged_attention, "doubled": doubled_attention}
all_layouts = pytest.mark.parametrize("shape", LAYOUTS.values(), ids=LAYOUTS)
all_kernels = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)


def tensors(layout, *, dtype, only_entities=False, requires_grad=False):
    rng = torch.Generator().manual_seed(0)

    def draw(n):
        drawn = torch.randn(n, 2, 8, generator=rng, dtype=torch.float64).to(dtype)
        return drawn.requires_grad_(requires_grad)

    words = [draw(layout.n_words) for _ in range(2)]
    entities = [draw(layout.n_entities) for _ in range(2)]
    keys, values = (draw(layout.n_words + layout.n_entities) for _ in range(2))
    return Queries(*([None, None] if only_entities else words), *entities), keys, values


@all_kernels
@all_layouts
@pytest.mark.parametrize("only_entities", [False, True])
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_kernel_computes_the_formula(kernel, shape, only_entities, dtype, atol):
    layout = Layout(shape[0], entity_counts=shape[1])
    queries, keys, values = tensors(layout, dtype=dtype, only_entities=only_entities)
    expected = reference.attend(queries, keys=keys, values=values, layout=layout)
    found = kernel(queries, keys=keys, values=values, layout=layout)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=atol)


@all_kernels
@all_layouts
@pytest.mark.parametrize("only_entities", [False, True])
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
def test_kernel_has_the_gradients_of_the_formula(kernel, shape, only_entities, dtype, atol):
    layout = Layout(shape[0], entity_counts=shape[1])
    gradients = []
    for function in (reference.attend, kernel):
        queries, keys, values = tensors(
            layout, dtype=dtype, only_entities=only_entities, requires_grad=True
        )
        found = function(queries, keys=keys, values=values, layout=layout)
        leaves = [x for x in (*queries, keys, values) if x is not None]
        gradients.append(torch.autograd.grad(found.sin().sum(), leaves))
    for expected, found in zip(*gradients, strict=True):
        assert torch.allclose(expected, found, atol=atol)


@all_layouts
@pytest.mark.parametrize("only_entities", [False, True])
def test_plain_attention_is_attention_with_one_query(shape, only_entities):
    layout = Layout(shape[0], entity_counts=shape[1])
    (ww, _, ew, _), keys, values = tensors(layout, dtype=torch.float64)
    if only_entities:
        ww = None
    expected = reference.attend(Queries(ww, ww, ew, ew), keys=keys, values=values, layout=layout)
    query = ew if ww is None else torch.cat([ww, ew])
    found = plain_attention(query, keys=keys, values=values, layout=layout)
    assert torch.allclose(found, expected, atol=1e-10)


def test_plain_attention_of_a_padded_table_is_the_same():
    # The way of devices that are no CPU, shown on one.
    from openluke.model.padded_attention import _attend_padded  # noqa: PLC0415

    layout = Layout([5, 3, 6], entity_counts=[2, 0, 4])
    (ww, _, ew, _), keys, values = tensors(layout, dtype=torch.float64)
    for query in (torch.cat([ww, ew]), ew):
        expected = plain_attention(query, keys=keys, values=values, layout=layout)
        found = _attend_padded(
            query, keys=keys, values=values, layout=layout, dropout=0.0, scale=None
        )
        assert torch.allclose(found, expected, atol=1e-10)


@all_kernels
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_kernel_is_finite_and_near_in_low_precision(kernel, dtype):
    layout = Layout([5, 3, 6], entity_counts=[2, 0, 4])
    queries, keys, values = tensors(layout, dtype=dtype, requires_grad=True)
    found = kernel(queries, keys=keys, values=values, layout=layout)
    assert found.dtype == dtype
    leaves = (*queries, keys, values)
    gradients = torch.autograd.grad(found.float().sin().sum(), leaves)
    assert all(gradient.isfinite().all() for gradient in gradients)
    wide = [x.detach().double() for x in leaves]
    expected = reference.attend(Queries(*wide[:4]), keys=wide[4], values=wide[5], layout=layout)
    assert torch.allclose(found.double(), expected, atol=0.05)


def test_merging_does_not_apply_to_dropout_or_to_other_devices():
    keys = torch.zeros(1, 1, 1)
    assert can_merge(keys, dropout=0.0)
    assert not can_merge(keys, dropout=0.1)
    assert not can_merge(keys.to("meta"), dropout=0.0)


def test_dropout_keeps_the_mean():
    layout = Layout([5, 3], entity_counts=[2, 3])
    queries, keys, values = tensors(layout, dtype=torch.float64)
    expected = doubled_attention(queries, keys=keys, values=values, layout=layout)
    torch.manual_seed(0)
    draws = [
        doubled_attention(queries, keys=keys, values=values, layout=layout, dropout=0.3)
        for _ in range(3000)
    ]
    assert torch.allclose(torch.stack(draws).mean(0), expected, atol=0.1)


@pytest.fixture
def attention(config):
    layer = Attention(config).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.3)
    return layer.eval()


def test_entity_rows_alone_are_the_entity_rows_of_all(attention):
    layout = Layout([5, 3], entity_counts=[2, 3])
    rows = torch.randn(13, 16, dtype=torch.float64)
    every = attention(rows, layout=layout)
    entities = attention(rows, layout=layout, only_entities=True)
    assert torch.allclose(every[8:], entities)


def test_layer_is_the_same_with_and_without_the_private_operator(attention, monkeypatch):
    layout = Layout([5, 3], entity_counts=[2, 3])
    rows = torch.randn(13, 16, dtype=torch.float64)
    expected = attention(rows, layout=layout)
    monkeypatch.setattr(attention_module, "can_merge", lambda *_, **__: False)
    assert torch.allclose(attention(rows, layout=layout), expected)


def test_plain_layer_has_no_additional_queries(config):
    plain = Attention(dataclasses.replace(config, entity_aware=False))
    without_entities = Attention(dataclasses.replace(config, n_entities=0))
    for layer in (plain, without_entities):
        assert {name.split(".")[0] for name, _ in layer.named_parameters()} == {
            "query",
            "key",
            "value",
            "output",
        }


def test_doubled_attention_takes_the_fused_cpu_kernel_of_torch():
    layout = Layout([5, 3], entity_counts=[2, 3])
    queries, keys, values = tensors(layout, dtype=torch.float32)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        doubled_attention(queries, keys=keys, values=values, layout=layout)
    names = {event.key for event in profile.key_averages()}
    assert any("flash_attention_for_cpu" in name for name in names)
