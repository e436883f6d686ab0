"""What is reported beside the losses, and never minimised."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from openluke.errors import TrainingError
from openluke.training.measures import means_of, split_sums
from tests.training import toy


def lines(run_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]


def test_measures_stand_beside_losses_even_where_names_have_slashes():
    sums = {"a/b": 1, "a/b/right": 2, "c": 3}
    assert split_sums(sums, losses=["a/b", "c"]) == ({"a/b": 1, "c": 3}, {"a/b/right": 2})


@pytest.mark.parametrize("name", ["pages", "pages/right", "/right"])
def test_a_sum_that_is_neither_is_refused(name: str):
    with pytest.raises(TrainingError, match=rf"named {name!r}, .* \(words\) nor a measure"):
        split_sums({"words": 1, name: 2}, losses=["words"])


def test_a_measure_is_a_mean_over_the_targets_of_its_loss():
    measures = {"words/right": 6.0, "entities/right": 0.0}
    assert means_of(measures, n_targets={"words": 8, "entities": 0}) == {"words/right": 0.75}


def test_a_step_is_measured_however_it_is_cut(tmp_path: Path):
    found = []
    for size, accumulation in ((12, 1), (1, 12)):
        run_dir = tmp_path / str(size)
        toy.make_trainer(
            run_dir,
            objective=toy.ToyObjective(measures={"texts/ones": 2.0}),
            batch_size=size,
            accumulation=accumulation,
            max_steps=4,
        ).run()
        found.append([line["measure/entities/right"] for line in lines(run_dir)])
    assert len(found[0]) == 4
    assert all(0 < share < 1 for share in found[0])
    assert found[1] == pytest.approx(found[0], abs=1e-5)


def test_measures_change_nothing_that_is_learnt(tmp_path: Path):
    weights = []
    for measures in (None, {"texts/ones": 1.0}):
        model = toy.make_model()
        toy.make_trainer(
            tmp_path / str(measures),
            model=model,
            objective=toy.ToyObjective(measures=measures),
            max_steps=5,
        ).run()
        weights.append(toy.weights(model))
    assert toy.same_weights(*weights)


def test_a_measure_that_is_no_number_is_reported_as_such_and_the_run_goes_on(tmp_path: Path):
    toy.make_trainer(
        tmp_path,
        objective=toy.ToyObjective(measures={"texts/odd": math.nan}),
        max_steps=4,
        log_every=2,
        checkpoint_every=1,
    ).run()
    found = lines(tmp_path)
    assert [line["step"] for line in found] == [2, 4]
    assert all(math.isnan(line["measure/texts/odd"]) for line in found)
    assert all(math.isfinite(line["loss"]) for line in found)


def test_a_run_with_odd_measures_goes_on(tmp_path: Path):
    options: dict[str, Any] = {"checkpoint_every": 1, "log_every": 4, "max_steps": 4}
    objective = toy.ToyObjective(measures={"texts/odd": math.inf})
    data = toy.StoppingData(toy.make_instances(), batch_size=3, stop=2)
    with pytest.raises(toy.StoppedError):
        toy.make_trainer(tmp_path, objective=objective, data=data, **options).run()
    toy.make_trainer(tmp_path, objective=objective, **options).run()
    (line,) = lines(tmp_path)
    assert line["measure/texts/odd"] == math.inf
    assert 0 < line["measure/entities/right"] < 1
