"""What a classifier of transformers was trained for is what is predicted with it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import openluke
from openluke.checkpoints.loading import load_bundle
from openluke.errors import ConfigError
from openluke.records import ClassifiedText, Mention
from tests.checkpoints.released import Released, english, write_released

EXAMPLE = ClassifiedText(
    text="Beyoncé lives in Los Angeles.",
    pair="She sings in Tokyo.",
    pair_mentions=(Mention(start=13, end=18, entity="Tokyo"),),
)


def save(directory: Path, *, problem: str | None, n_labels: int) -> nn.Module:
    """A classifier of texts as transformers saves it now, beside files of a tokenizer."""
    released = Released(
        "x",
        "LukeForSequenceClassification",
        english(),
        n_labels=n_labels,
        extra={"problem_type": problem},
    )
    theirs = write_released(released, directory=directory)
    (directory / "pytorch_model.bin").unlink()
    theirs.save_pretrained(directory)
    return theirs


def logits(theirs: nn.Module, directory: Path) -> Tensor:
    """What transformers' model says of the inputs that the task makes of the example."""
    ((instance,),) = load_bundle(directory).task().encode([EXAMPLE])
    (features,) = instance.features
    ((start, end),) = features.entity_ranges.tolist()
    places = [*range(start, end), *[-1] * (30 - (end - start))]
    with torch.no_grad():
        return theirs(
            torch.from_numpy(features.word_ids.astype(np.int64))[None],
            entity_ids=torch.from_numpy(features.entity_ids.astype(np.int64))[None],
            entity_position_ids=torch.tensor([[places]]),
        ).logits[0]


@pytest.mark.parametrize("problem", ["regression", None])
def test_one_output_is_a_number(tmp_path: Path, problem: str | None) -> None:
    theirs = save(tmp_path, problem=problem, n_labels=1)
    model = openluke.load(tmp_path, device="cpu")
    found = model.predict(EXAMPLE)
    assert found.value == pytest.approx(logits(theirs, tmp_path).item(), abs=1e-5)
    assert found.label is None
    assert load_bundle(tmp_path).task().primary_metric == "pearson"


def test_any_number_of_labels_may_hold(tmp_path: Path) -> None:
    theirs = save(tmp_path, problem="multi_label_classification", n_labels=3)
    found = openluke.load(tmp_path, device="cpu").predict(EXAMPLE)
    expected = logits(theirs, tmp_path).sigmoid().tolist()
    assert [*found.scores.values()] == pytest.approx(expected, abs=1e-5)
    assert len(found.labels) == sum(share > 0.5 for share in expected)


def test_one_label_holds_where_nothing_is_said(tmp_path: Path) -> None:
    theirs = save(tmp_path, problem=None, n_labels=3)
    found = openluke.load(tmp_path, device="cpu").predict(EXAMPLE)
    expected = logits(theirs, tmp_path).softmax(-1)
    assert [*found.scores.values()] == pytest.approx(expected.tolist(), abs=1e-5)
    assert found.label == f"LABEL_{expected.argmax()}"


def test_several_numbers_are_refused(tmp_path: Path) -> None:
    save(tmp_path, problem="regression", n_labels=2)
    with pytest.raises(ConfigError, match=r"has 2 outputs .*'regression', of which .* has 1"):
        load_bundle(tmp_path).task()
