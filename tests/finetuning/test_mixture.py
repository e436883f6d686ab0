"""Tasks learnt together: each source read in its own order, as often as its weight says."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from examples.tiny_model import TEXTS, tiny_model
from openluke.finetuning.mixture import MixedData, MixedObjective, part_of, whole_model
from openluke.instances import Instance
from tests.toy_task import ToyConfig, ToyTask, examples


class Numbers:
    """A source whose micro-batches are their own positions."""

    fingerprint = "numbers"

    def __init__(self, size: int) -> None:
        self.size = size

    def start(self, epoch: int) -> int:
        return epoch * self.size

    def batch(self, position: int) -> list[Instance]:
        return [Instance(features=(), details=position)]

    def describe(self, position: int) -> list[str]:
        return [f"number {position}"]


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 9), min_size=1),
    st.floats(0.2, 3.0),
    st.integers(0, 5),
)
def test_every_source_is_read_in_its_order_without_gaps(sizes, weight, seed) -> None:
    sources = {name: Numbers(size) for name, size in sizes.items()}
    weights = {name: weight if name == "a" else 1.0 for name in sizes}
    data = MixedData(sources, weights=weights, seed=seed)
    found = [data.batch(position)[0].details for position in range(data.start(3))]
    for name, size in sizes.items():
        mine = [part.details for part in found if part.head == name]
        assert mine == list(range(len(mine)))
        assert len(mine) == 3 * max(1, round(weights[name] * size))


def test_epochs_have_other_orders_and_positions_stand_alone() -> None:
    sources = {"a": Numbers(20), "b": Numbers(10)}
    data = MixedData(sources, weights={"a": 1.0, "b": 1.0}, seed=1)
    heads = [data.batch(position)[0].details.head for position in range(60)]
    assert Counter(heads[:30]) == Counter(heads[30:]) == {"a": 20, "b": 10}
    assert heads[:30] != heads[30:]
    again = MixedData(sources, weights={"a": 1.0, "b": 1.0}, seed=1)
    assert again.batch(47)[0].details.head == heads[47]
    assert data.describe(0) == [f"{heads[0]}: number 0"]
    other = MixedData(sources, weights={"a": 2.0, "b": 1.0}, seed=1)
    assert other.fingerprint != data.fingerprint


def test_each_task_computes_its_own_losses() -> None:
    bundle = tiny_model(TEXTS)
    tasks = {
        "a": ToyTask(ToyConfig(), setup=bundle.task_setup(("city", "river"))),
        "b": ToyTask(ToyConfig(), setup=bundle.task_setup(("x", "river", "city"))),
    }
    for name, task in tasks.items():
        bundle = bundle.with_task(name, task=task)
    model = whole_model({name: bundle.model_of(name) for name in tasks})
    assert set(model.heads) == {"a/main", "b/main"}
    assert part_of(model, head="b").heads["main"] is bundle.head("b").module

    instances = [instance for one in tasks["b"].encode(examples()) for instance in one]

    class Source(Numbers):
        def batch(self, position: int) -> list[Instance]:
            return instances[position:]

    data = MixedData({"b": Source(1)}, weights={"b": 1.0}, seed=0)
    objective = MixedObjective(tasks)
    batch = objective.collate(data.batch(0), rng=np.random.default_rng(0))
    assert batch.n_targets == {"b.loss": 3}
    (loss,) = objective.losses(batch, model=model).values()
    plain = tasks["b"].collate(instances, rng=np.random.default_rng(0))
    expected = tasks["b"].losses(plain, model=bundle.model_of("b"))["loss"]
    assert loss.item() == pytest.approx(expected.item())
    assert torch.is_tensor(loss)
