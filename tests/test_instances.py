"""Instances become tensors in order, and what is known of their targets is counted."""

import numpy as np
import torch

from openluke.instances import Instance, collate_instances, count_targets, split_rows
from openluke.model.labels import IGNORE
from tests.model.conftest import features

ONE, OTHER = features([0, 5, 6, 2], ranges=[(1, 2)]), features([0, 7, 2])


def instance(*inputs, **targets):
    return Instance(
        features=inputs, targets={name: np.array(value) for name, value in targets.items()}
    )


def test_targets_that_are_not_known_are_not_counted():
    instances = [
        instance(ONE, label=[1, IGNORE], value=[0.5, float("nan")]),
        instance(OTHER, label=[0]),
        instance(OTHER),
    ]
    assert count_targets(instances) == {"label": 2, "value": 1}
    assert count_targets([]) == {}


def test_targets_of_all_instances_follow_each_other():
    batch = collate_instances(
        [instance(ONE, label=[1, 2]), instance(OTHER, label=[3])],
        max_mention_length=3,
        n_targets={"label": 3},
    )
    assert batch.targets["label"].tolist() == [1, 2, 3]
    assert batch.n_targets == {"label": 3}
    assert len(batch.batch) == 2


def test_targets_that_only_some_instances_have_are_left_out():
    instances = [instance(ONE, label=[1], value=[0.5]), instance(OTHER, label=[3])]
    assert set(collate_instances(instances, max_mention_length=3).targets) == {"label"}


def test_instances_of_several_inputs_are_choices():
    batch = collate_instances([instance(ONE, OTHER), instance(OTHER)], max_mention_length=3)
    assert batch.batch.choices == (2, 1)


def test_an_instance_costs_its_words_and_entities():
    assert instance(ONE, OTHER).n_rows == 4 + 1 + 3


def test_rows_are_split_in_order():
    parts = split_rows(torch.arange(6.0).view(3, 2), sizes=[1, 0, 2])
    assert [part.tolist() for part in parts] == [[[0, 1]], [], [[2, 3], [4, 5]]]
