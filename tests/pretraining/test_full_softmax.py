"""The full softmax in pieces is the cross entropy over all scores, gradients and ranks included."""

import pytest
import torch
from torch.nn import functional

from openluke.errors import TrainingError
from openluke.pretraining import full_softmax as module
from openluke.pretraining.full_softmax import full_softmax

N, SIZE, N_ROWS = 7, 5, 23


def draw(*, dtype=torch.float32, device="cpu"):
    rng = torch.Generator().manual_seed(0)
    states, table, bias = (
        torch.randn(*shape, generator=rng, dtype=dtype).to(device).requires_grad_()
        for shape in ((N, SIZE), (N_ROWS, SIZE), (N_ROWS,))
    )
    labels = torch.randint(0, N_ROWS, (N,), generator=rng).to(device)
    labels[1] = labels[0]
    return states, table, bias, labels


def run(drawn, *, n_rows=3):
    states, table, bias, labels = drawn
    return full_softmax(states, table=table, bias=bias, labels=labels, n_rows=n_rows)


def gradients(loss, *, of):
    loss.backward()
    found = [tensor.grad for tensor in of]
    for tensor in of:
        tensor.grad = None
    return found


@pytest.mark.parametrize("n_rows", [1, 3, 7, 100])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_loss_and_gradients_are_those_of_all_scores(n_rows, dtype, tolerance):
    drawn = states, table, bias, labels = draw(dtype=dtype)
    expected = functional.cross_entropy(
        functional.linear(states, table, bias), labels, reduction="sum"
    )
    found = run(drawn, n_rows=n_rows).loss
    assert torch.allclose(found, expected, rtol=tolerance)
    theirs = gradients(expected * 0.3, of=drawn[:3])
    ours = gradients(found * 0.3, of=drawn[:3])
    for a, b in zip(ours, theirs, strict=True):
        assert (a - b).norm() <= tolerance * b.norm()


def test_ranks_count_what_is_above_the_target():
    states, table, bias, labels = draw()
    scores = functional.linear(states, table, bias)
    ranks = (scores > scores.gather(1, labels[:, None])).sum(1) + 1
    found = run((states, table, bias, labels))
    assert found.accuracy == (ranks == 1).sum()
    assert torch.allclose(found.reciprocal_rank, (1 / ranks).sum())
    best = run((states, table, bias, scores.argmax(1)))
    assert best.accuracy == best.reciprocal_rank == N
    assert not found.accuracy.requires_grad
    assert not found.reciprocal_rank.requires_grad


def test_no_more_rows_are_scored_at_once_than_allowed(monkeypatch):
    shapes, product = [], module._product
    monkeypatch.setattr(
        module, "_product", lambda a, b: shapes.append((len(a), b.shape[1])) or product(a, b)
    )
    run(draw(), n_rows=3)
    assert {rows for rows, columns in shapes if columns == N_ROWS} == {3, 1}


def test_what_is_frozen_has_no_gradient_and_costs_none(monkeypatch):
    drawn = draw()
    expected = gradients(run(drawn).loss, of=drawn[:3])
    drawn[1].requires_grad = False
    monkeypatch.setattr(module._Rows, "add_to_table", None)
    found = gradients(run(drawn).loss, of=drawn[:3])
    assert found[1] is None
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[2], expected[2])


def test_gradients_are_not_computed_where_none_are_recorded(monkeypatch):
    drawn = draw()
    expected = run(drawn)
    for name in ("of_states", "add_to_table", "add_to_bias"):
        monkeypatch.setattr(module._Rows, name, None)
    with torch.no_grad():
        found = run(drawn)
    assert not found.loss.requires_grad
    assert [x.item() for x in found] == [x.item() for x in expected]


def test_a_tied_table_gathers_both_gradients():
    _, table, bias, labels = draw()
    rows = torch.arange(N)

    def loss(of):
        return of(functional.embedding(rows, table).tanh())

    (expected,) = gradients(
        loss(
            lambda states: functional.cross_entropy(
                functional.linear(states, table, bias), labels, reduction="sum"
            )
        ),
        of=[table],
    )
    (found,) = gradients(loss(lambda states: run((states, table, bias, labels)).loss), of=[table])
    assert torch.allclose(found, expected, atol=1e-6)


def test_gradients_are_there_for_one_backward_pass():
    loss = run(draw()).loss
    loss.backward(retain_graph=True)
    with pytest.raises(TrainingError, match="taken twice"):
        loss.backward()


def test_autocast_changes_nothing_on_a_cpu():
    drawn = draw()
    with torch.autocast("cpu", torch.bfloat16):
        found = run(drawn)
    assert found.loss.dtype == torch.float32
    assert torch.equal(found.loss, run(drawn).loss)
    states = drawn[0].detach().bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        loss = run((states, *drawn[1:])).loss
    loss.backward()
    assert loss.dtype == torch.float32
    assert states.grad.dtype == torch.bfloat16
    assert torch.equal(loss, run((states.detach().float(), *drawn[1:])).loss)


def test_large_scores_do_not_overflow():
    states, table, bias, labels = draw()
    found = run((states * 1e3, table * 1e3, bias, labels)).loss
    expected = functional.cross_entropy(
        functional.linear(states * 1e3, table * 1e3, bias), labels, reduction="sum"
    )
    assert torch.allclose(found, expected)


@pytest.mark.gpu
@pytest.mark.parametrize("autocast", [False, True])
def test_a_gpu_finds_the_same(autocast):
    on_cpu, on_gpu = draw(), draw(device="cuda")
    with torch.autocast("cuda", torch.bfloat16, enabled=autocast):
        found = run(on_gpu)
    expected = run(on_cpu)
    tolerance = 0.02 if autocast else 1e-4
    assert found.loss.dtype == torch.float32
    assert found.loss.item() == pytest.approx(expected.loss.item(), rel=tolerance)
    theirs = gradients(expected.loss, of=on_cpu[:3])
    ours = gradients(found.loss, of=on_gpu[:3])
    for a, b in zip(ours, theirs, strict=True):
        assert (a.cpu() - b).norm() < tolerance * b.norm()
