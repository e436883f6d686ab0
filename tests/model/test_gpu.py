"""A GPU computes what the CPU computes, within the tolerance of its arithmetic."""

import copy
import dataclasses

import pytest
import torch

from openluke.model.batch import Batch
from openluke.model.config import HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head

pytestmark = pytest.mark.gpu

TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 0.1, torch.float16: 0.02}
"""Largest difference of states that are of the order of one."""


@pytest.fixture(params=[True, False], ids=["entity-aware", "plain"])
def both(request, config):
    config = dataclasses.replace(config, entity_aware=request.param)
    encoder = Encoder(config, generator=torch.Generator().manual_seed(1)).eval()
    return encoder, copy.deepcopy(encoder).cuda()


@pytest.fixture(params=["mixed", "equal", "one"])
def given(request, inputs):
    chosen = {"mixed": inputs, "equal": [inputs[0]] * 3, "one": inputs[2:]}[request.param]
    return Batch.collate(chosen, max_mention_length=3)


def loss_of(output):
    return output.words.float().sin().sum() + output.entities.float().cos().sum()


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("last_rows", ["all", "entities"])
def test_states_agree(both, given, dtype, last_rows):
    on_cpu, on_gpu = both
    with torch.inference_mode():
        expected = on_cpu(given)
        found = on_gpu.to(dtype)(given.to("cuda"), last_rows=last_rows)
    assert found.entities.dtype == dtype
    difference = (found.entities.float().cpu() - expected.entities).abs().max()
    assert difference < TOLERANCE[dtype]
    if last_rows == "all":
        difference = (found.words.float().cpu() - expected.words).abs().max()
        assert difference < TOLERANCE[dtype]


def test_gradients_agree(both, given):
    on_cpu, on_gpu = both
    loss_of(on_cpu(given)).backward()
    loss_of(on_gpu(given.to("cuda"))).backward()
    ours = dict(on_gpu.named_parameters())
    for name, parameter in on_cpu.named_parameters():
        if parameter.grad is not None:
            assert torch.allclose(ours[name].grad.cpu(), parameter.grad, atol=1e-3), name


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_training_with_dropout_and_autocast_is_finite(config, given, dtype):
    config = dataclasses.replace(config, hidden_dropout=0.1, attention_dropout=0.1)
    encoder = Encoder(config).cuda().train()
    encoder.gradient_checkpointing = True
    with torch.autocast("cuda", dtype=dtype):
        loss = loss_of(encoder(given.to("cuda")))
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in encoder.parameters() if p.grad is not None)


@pytest.mark.parametrize("kind", ["entity", "entity_span", "token", "sequence", "masked"])
def test_heads_work_where_the_encoder_is(both, given, kind):
    _, on_gpu = both
    head = build_head(HeadConfig(kind=kind), encoder=on_gpu).cuda()
    batch = given.to("cuda")
    found = head(on_gpu(batch, last_rows=head.last_rows), batch)
    assert (found.words if kind == "masked" else found).device.type == "cuda"


def test_pinned_batches_move_to_the_gpu(given):
    moved = given.pin_memory().to("cuda", non_blocking=True)
    assert torch.equal(moved.word_ids.cpu(), given.word_ids)
