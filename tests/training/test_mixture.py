"""Several tasks at once: their batches alternate, and each trains its own head."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from openluke.errors import ConfigError
from openluke.instances import TaskBatch
from openluke.model.config import HeadConfig
from openluke.model.heads import build_head
from openluke.model.model import Model
from openluke.training.data import InstanceData
from openluke.training.distributed import Losses, World
from openluke.training.mixture import MixedData, MixedObjective, Part, view_of
from openluke.training.step import Stepper
from openluke.training.trainer import Trainer
from tests.training import toy


def make_parts(*, weight: float = 1.0) -> dict[str, Part]:
    """A task of 8 batches and one of 5."""
    heads = [{"main": f"{name}-main", "text": f"{name}-text"} for name in ("a", "b")]
    many = InstanceData(toy.make_instances(n=24), batch_size=3)
    few = InstanceData(toy.make_instances(n=10, seed=5), batch_size=2)
    return {
        "a": Part(objective=toy.ToyObjective(), data=many, heads=heads[0]),
        "b": Part(objective=toy.ToyObjective(), data=few, heads=heads[1], weight=weight),
    }


def make_model() -> Model:
    encoder = toy.make_model().encoder
    generator = torch.Generator().manual_seed(2)
    kinds = {"main": "entity", "text": "sequence"}
    heads = {
        f"{task}-{role}": build_head(
            HeadConfig(kind=kind, n_labels=toy.N_LABELS, dropout=0.0),
            encoder=encoder,
            generator=generator,
        )
        for task in ("a", "b")
        for role, kind in kinds.items()
    }
    return Model(encoder, heads=heads)


@pytest.mark.parametrize(
    ("weight", "counts"), [(1.0, [5, 5, 5]), (2.0, [10, 10]), (0.5, [2, 3, 2])]
)
def test_each_epoch_reads_each_task_as_often_as_its_weight_says(weight: float, counts: list[int]):
    data = MixedData(make_parts(weight=weight))
    for epoch, count in enumerate(counts):
        places = range(data.start(epoch), data.start(epoch + 1))
        found = Counter(data.part_at(place) for place in places)
        assert found == {"a": 8, "b": count}


def test_tasks_alternate_and_each_is_read_in_its_own_order():
    parts = make_parts()
    data = MixedData(parts)
    order = [data.part_at(place) for place in range(26)]
    assert order[:13] != sorted(order[:13])
    assert order[:13] != order[13:]
    for name, part in parts.items():
        places = [place for place in range(26) if order[place] == name]
        for place, position in enumerate(places):
            expected = part.data.batch(place)
            found = data.batch(position)
            assert [one.part for one in found] == [name] * len(expected)
            pairs = zip(found, expected, strict=True)
            assert all(a.features is b.features for a, b in pairs)
            assert data.describe(position)[0] == f"{name}: {part.data.describe(place)[0]}"


def test_what_lies_at_a_place_does_not_depend_on_what_was_asked_before():
    straight = MixedData(make_parts(), seed=3)
    places = [40, 3, 17, 16, 0, 39]
    asked = {place: straight.describe(place) for place in places}
    assert asked == {place: MixedData(make_parts(), seed=3).describe(place) for place in places}
    assert MixedData(make_parts(), seed=4).fingerprint != straight.fingerprint
    assert MixedData(make_parts(weight=2), seed=3).fingerprint != straight.fingerprint


def test_each_task_trains_the_encoder_and_its_own_heads(tmp_path: Path):
    model, parts = make_model(), make_parts()
    before = toy.weights(model)
    trainer = Trainer(
        model,
        objective=MixedObjective(parts),
        data=MixedData(parts),
        config=toy.make_config(max_steps=1),
        run_dir=tmp_path / "one",
    )
    trainer.run()
    name = MixedData(parts).part_at(0)
    changed = {key for key, x in toy.weights(model).items() if not torch.equal(x, before[key])}
    heads = {key.split(".")[1] for key in changed if key.startswith("heads.")}
    assert heads == {f"{name}-main", f"{name}-text"}
    assert any(key.startswith("encoder.layers") for key in changed)


def test_losses_are_reported_under_the_names_of_the_tasks(tmp_path: Path):
    parts = make_parts()
    Trainer(
        make_model(),
        objective=MixedObjective(parts),
        data=MixedData(parts),
        config=toy.make_config(epochs=3, log_every=13),
        run_dir=tmp_path,
    ).run()
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    names = {"a.entities", "a.texts", "b.entities", "b.texts"}
    assert {f"loss/{name}" for name in names} <= set(lines[0])
    assert sum(lines[-1][f"loss/{name}"] for name in names) < sum(
        lines[0][f"loss/{name}"] for name in names
    )


def test_the_losses_of_a_task_are_those_it_has_alone():
    parts, rng = make_parts(), np.random.default_rng(0)
    data, objective = MixedData(parts), MixedObjective(parts)
    first = {data.part_at(place): place for place in reversed(range(13))}
    model = make_model()
    for name, place in first.items():
        batch = objective.collate(data.batch(place), rng=rng)
        sums = objective.losses(batch, model=model)
        assert set(sums) == set(batch.n_targets)
        alone = toy.ToyObjective()
        plain = alone.collate(parts[name].data.batch(0), rng=rng)
        expected: Any = alone.losses(plain, model=view_of(model, heads=parts[name].heads))
        assert {key.removeprefix(f"{name}."): x.item() for key, x in sums.items()} == {
            key: x.item() for key, x in expected.items()
        }


def test_a_task_weighs_by_the_share_of_micro_batches_that_it_has_in_a_step():
    parts = make_parts()
    model, data, objective = make_model(), MixedData(parts), MixedObjective(parts)
    stepper = Stepper(
        module=Losses(model, objective=objective),
        objective=objective,
        data=data,
        world=World(device=torch.device("cpu")),
        seed=0,
        dtype=torch.float32,
    )
    found = stepper.backward(step=0, first=0, size=13)
    means = {"a": 0.0, "b": 0.0}
    for name, mean in found.losses.items():
        means[name[0]] += mean
    assert found.loss == pytest.approx((8 * means["a"] + 5 * means["b"]) / 13)

    first = next(place for place in range(13) if data.part_at(place) == "b")
    alone = stepper.backward(step=0, first=first, size=1)
    assert alone.loss == pytest.approx(sum(alone.losses.values()))


def test_a_batch_says_its_task_after_it_was_moved():
    parts = make_parts()
    made = MixedObjective(parts).collate(MixedData(parts).batch(0), rng=np.random.default_rng(0))
    moved: TaskBatch = made.to("cpu")
    assert moved.part == made.part == MixedData(parts).part_at(0)


def test_a_view_shares_the_model_and_is_in_its_mode():
    model = make_model().eval()
    view = view_of(model, heads={"main": "a-main"})
    assert list(view.heads) == ["main"]
    assert view.encoder is model.encoder
    assert view.heads["main"] is model.heads["a-main"]
    assert not view.training
    with pytest.raises(ConfigError, match=r"no head named 'c'; its heads are a-main"):
        view_of(model, heads={"main": "c"})


def test_mixtures_of_nothing_are_refused():
    with pytest.raises(ConfigError, match="has no tasks"):
        MixedData({})
    with pytest.raises(ConfigError, match="weight of 'b' is 0"):
        MixedData(make_parts(weight=0))
