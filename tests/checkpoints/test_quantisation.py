"""Int8 rows: small error, exact reading, damage is named."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from openluke.checkpoints.quantisation import (
    dequantise_rows,
    join_parts,
    quantise_rows,
    take_part,
)
from openluke.errors import CheckpointError


@given(st.integers(0, 2**31), st.floats(1e-6, 1e3))
def test_the_error_of_a_weight_is_at_most_half_a_step(seed: int, spread: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    table = torch.randn(5, 9, generator=generator) * spread
    back = dequantise_rows(quantise_rows({"t": table}), where="x")["t"]
    step = table.abs().amax(dim=1, keepdim=True) / 127
    assert ((back - table).abs() <= step / 2 * 1.0001).all()


def test_zero_rows_stay_zero_and_vectors_stay_exact() -> None:
    tensors = {"t": torch.zeros(2, 3), "v": torch.randn(4)}
    back = dequantise_rows(quantise_rows(tensors), where="x")
    assert torch.equal(back["t"], tensors["t"])
    assert torch.equal(back["v"], tensors["v"])


def test_quantising_twice_changes_nothing() -> None:
    once = quantise_rows({"t": torch.randn(6, 8)})
    again = quantise_rows(dequantise_rows(once, where="x"))
    assert torch.equal(once["t"], again["t"])
    torch.testing.assert_close(once["t.scale"], again["t.scale"], rtol=1e-6, atol=0)


def test_missing_scales_are_named() -> None:
    stored = quantise_rows({"t": torch.randn(6, 8)})
    del stored["t.scale"]
    with pytest.raises(CheckpointError, match="t has 6 rows of bytes but no scales"):
        dequantise_rows(stored, where="x")


def test_parts_are_joined_and_taken_apart() -> None:
    parts = {"encoder": {"a": torch.ones(1)}, "ner": {"a": torch.zeros(1)}}
    joined = join_parts(parts)
    assert torch.equal(take_part(joined, part="ner")["a"], torch.zeros(1))
