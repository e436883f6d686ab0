"""Lazy AdamW: touched rows make AdamW's step, and nothing else changes."""

import logging
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from openluke.errors import ConfigError
from openluke.training.lazy import LazyAdamW, PartlyLazy, touched_rows
from openluke.training.optim import OptimizerConfig, make_optimizer, set_rates
from tests.training import toy

TABLE = "encoder.entities.table.weight"
N_ROWS, WIDTH, N_STEPS = 40, 3, 12


class Reference:
    """The rule, in numbers of Python, row by row."""

    def __init__(self, table: Tensor, *, rate: float, decay: float, corrected: bool) -> None:
        self.rows: list[list[float]] = table.tolist()
        self.rate, self.decay, self.corrected = rate, decay, corrected
        self.means = [[0.0] * WIDTH for _ in self.rows]
        self.squares = [[0.0] * WIDTH for _ in self.rows]
        self.step = 0

    def make_step(self, gradient: list[list[float]], *, rate: float) -> None:
        if not any(any(row) for row in gradient):
            return
        self.step += 1
        of_mean = 1 - 0.9**self.step if self.corrected else 1.0
        of_square = 1 - 0.98**self.step if self.corrected else 1.0
        for i, row in enumerate(gradient):
            if not any(row):
                continue
            for j, value in enumerate(row):
                mean = self.means[i][j] = 0.9 * self.means[i][j] + 0.1 * value
                square = self.squares[i][j] = 0.98 * self.squares[i][j] + 0.02 * value**2
                moved = rate * (mean / of_mean) / (math.sqrt(square / of_square) + 1e-6)
                shrunk = 1 - rate * self.decay
                if self.corrected:
                    self.rows[i][j] = self.rows[i][j] * shrunk - moved
                else:
                    self.rows[i][j] = (self.rows[i][j] - moved) * shrunk


def gradients(*, n_touched: int = 4) -> list[Tensor]:
    """Of each step, for few rows; the third step touches none."""
    generator = torch.Generator().manual_seed(3)
    found = []
    for step in range(N_STEPS):
        gradient = torch.zeros(N_ROWS, WIDTH, dtype=torch.float64)
        if step != 2:
            rows = torch.randperm(N_ROWS, generator=generator)[:n_touched]
            values = torch.randn(n_touched, WIDTH, generator=generator, dtype=torch.float64)
            values[0, 1:] = 0  # a row with one number is touched
            gradient[rows] = values
        found.append(gradient)
    return found


def options(**others: Any) -> OptimizerConfig:
    values: dict[str, Any] = {"learning_rate": 0.1, "betas": (0.9, 0.98), "weight_decay": 0.1}
    return OptimizerConfig(**values, **others)


@pytest.mark.parametrize("corrected", [True, False])
def test_steps_are_those_of_a_reference_that_goes_row_by_row(corrected: bool):
    torch.manual_seed(0)
    table = nn.Embedding(N_ROWS, WIDTH, dtype=torch.float64)
    reference = Reference(table.weight, rate=0.1, decay=0.1, corrected=corrected)
    config = options(lazy=("weight",), bias_correction=corrected)
    optimizer = make_optimizer(table, config=config)
    assert isinstance(optimizer, LazyAdamW)
    for step, gradient in enumerate(gradients()):
        rate = set_rates(optimizer, config=config, step=step, n_steps=N_STEPS)
        # what nothing has touched has no gradient, see take_norm
        table.weight.grad = gradient if gradient.any() else None
        optimizer.step()
        reference.make_step(gradient.tolist(), rate=rate)
    expected = torch.tensor(reference.rows, dtype=torch.float64)
    torch.testing.assert_close(table.weight.detach(), expected, atol=1e-12, rtol=1e-12)


def test_rows_that_are_not_touched_stay_as_they_are_and_so_do_their_means():
    torch.manual_seed(0)
    table = nn.Embedding(N_ROWS, WIDTH, dtype=torch.float64)
    optimizer = make_optimizer(table, config=options(lazy=("weight",)))
    state = optimizer.state[table.weight]
    for gradient in gradients():
        before = [table.weight.detach().clone()]
        before += [state[key].clone() for key in ("exp_avg", "exp_avg_sq") if key in state]
        table.weight.grad = gradient
        optimizer.step()
        after = [table.weight.detach(), state["exp_avg"], state["exp_avg_sq"]]
        still = ~gradient.any(1)
        for old, new in zip(before, after, strict=False):
            assert torch.equal(old[still], new[still])
            assert not torch.equal(old[~still], new[~still]) or still.all()


@pytest.mark.parametrize("corrected", [True, False])
def test_where_every_row_is_touched_steps_are_those_of_whole_optimizers(corrected: bool):
    tables = []
    for lazy in ((), ("weight",)):
        torch.manual_seed(0)
        table = nn.Embedding(N_ROWS, WIDTH, dtype=torch.float64)
        config = options(lazy=lazy, bias_correction=corrected)
        optimizer = make_optimizer(table, config=config)
        for gradient in gradients(n_touched=N_ROWS):
            table.weight.grad = gradient if gradient.any() else None
            optimizer.step()
        tables.append(table.weight.detach())
    torch.testing.assert_close(*tables, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize(
    ("gradient", "rows"),
    [
        ([[0.0, -1.0], [0.0, 0.0], [2.0, 0.0], [-0.0, 0.0]], [0, 2]),
        ([[1e-45, 0.0], [0.0, math.nan]], [0, 1]),
        ([0.0, 3.0, -1.0], [1, 2]),
        ([[[0.0], [0.0]], [[0.0], [1.0]]], [1]),
        ([[0.0, 0.0]], []),
    ],
)
def test_touched_rows_are_found_in_any_shape(gradient: Any, rows: list[int]):
    assert touched_rows(torch.tensor(gradient)).tolist() == rows


def test_a_share_without_rows_has_none_that_is_touched():
    assert touched_rows(torch.zeros(0, WIDTH)).tolist() == []


def test_only_named_parameters_are_lazy():
    model = toy.make_model()
    config = OptimizerConfig(lazy=(TABLE, "heads.main.classifier.bias"), head_factor=2.0)
    optimizer = make_optimizer(model, config=config)
    assert isinstance(optimizer, PartlyLazy)
    names = {parameter: name for name, parameter in model.named_parameters()}
    lazy = [group for group in optimizer.param_groups if group["lazy"]]
    found = {names[p]: (g["weight_decay"], g["lr_factor"]) for g in lazy for p in g["params"]}
    assert found == {TABLE: (0.0, 1.0), "heads.main.classifier.bias": (0.0, 2.0)}
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(names)


def test_rows_that_decay_do_so_when_they_are_touched():
    model = toy.make_model()
    optimizer = make_optimizer(model, config=OptimizerConfig(lazy=(TABLE,), decay_entities=True))
    (group,) = (group for group in optimizer.param_groups if group["lazy"])
    assert group["weight_decay"] == 0.01


def test_a_lazy_module_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"called 'encoder\.entity'"):
        toy.make_trainer(tmp_path, optimizer={"lazy": ("encoder.entity",)}).run()


def lazily(run_dir: Path, *, data: Any = None) -> dict[str, Tensor]:
    model = toy.make_model(dropout=0.2)
    toy.make_trainer(
        run_dir,
        model=model,
        data=data,
        max_steps=10,
        checkpoint_every=3,
        optimizer={"lazy": (TABLE,), "decay_entities": True},
    ).run()
    return toy.weights(model)


def test_a_run_goes_on_as_if_it_had_not_been_interrupted(tmp_path: Path):
    whole = lazily(tmp_path / "whole")
    with pytest.raises(toy.StoppedError):
        lazily(
            tmp_path / "broken", data=toy.StoppingData(toy.make_instances(), batch_size=3, stop=8)
        )
    assert toy.same_weights(whole, lazily(tmp_path / "broken"))


def test_a_run_does_not_go_on_lazily_that_was_not_begun_so(tmp_path: Path):
    toy.make_trainer(tmp_path, max_steps=2).run()
    with pytest.raises(ConfigError, match=r"optimizer\.lazy\.0: not given before"):
        toy.make_trainer(tmp_path, max_steps=2, optimizer={"lazy": (TABLE,)}).run()


@pytest.mark.parametrize(("n_touched", "n_warnings"), [(N_ROWS // 2, 0), (N_ROWS // 2 + 1, 1)])
def test_a_table_of_which_most_rows_are_touched_is_warned_of_once(
    n_touched: int, n_warnings: int, caplog: pytest.LogCaptureFixture
):
    table = nn.Embedding(N_ROWS, WIDTH, dtype=torch.float64)
    optimizer = make_optimizer(table, config=options(lazy=("weight",)))
    with caplog.at_level(logging.WARNING):
        for gradient in gradients(n_touched=n_touched):
            table.weight.grad = gradient
            optimizer.step()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == n_warnings
    assert all(f"weight: one step touched {n_touched} of 40 rows" in one for one in said)
