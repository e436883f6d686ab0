"""The order of the data: every instance once in an epoch, and one number for every place."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import ConfigError, DataError
from openluke.training.data import InstanceData, epoch_at
from openluke.training.seeds import data_rng
from tests.training import toy

INSTANCES = toy.make_instances(n=23)
SIZES = st.integers(1, 30)
ROWS = st.none() | st.integers(1, 60)


@given(batch_size=SIZES, max_rows=ROWS, seed=st.integers(0, 5), epoch=st.integers(0, 3))
def test_an_epoch_reads_every_instance_once(batch_size, max_rows, seed, epoch):
    data = InstanceData(INSTANCES, seed=seed, batch_size=batch_size, max_rows=max_rows)
    places = range(data.start(epoch), data.start(epoch + 1))
    batches = [data.batch(place) for place in places]
    read = [id(one) for batch in batches for one in batch]
    assert sorted(read) == sorted(map(id, INSTANCES))
    for place, batch in zip(places, batches, strict=True):
        assert epoch_at(data, position=place) == epoch
        assert 1 <= len(batch) <= batch_size
        if max_rows is not None and len(batch) > 1:
            assert sum(one.n_rows for one in batch) <= max_rows


@given(batch_size=SIZES, max_rows=ROWS)
def test_no_batch_with_a_budget_could_take_the_next_instance(batch_size, max_rows):
    data = InstanceData(INSTANCES, batch_size=batch_size, max_rows=max_rows)
    batches = [data.batch(place) for place in range(data.start(1))]
    for batch, after in itertools.pairwise(batches):
        rows = sum(one.n_rows for one in batch) + after[0].n_rows
        assert len(batch) == batch_size or (max_rows is not None and rows > max_rows)


@given(places=st.lists(st.integers(0, 60), min_size=1, max_size=20))
def test_what_lies_at_a_place_does_not_depend_on_what_was_asked_before(places):
    data = InstanceData(INSTANCES, batch_size=4, max_rows=30)
    for place in places:
        fresh = InstanceData(INSTANCES, batch_size=4, max_rows=30)
        assert [*map(id, data.batch(place))] == [*map(id, fresh.batch(place))]


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = []
    for seed in (0, 1):
        data = InstanceData(INSTANCES, seed=seed, batch_size=23)
        orders += [tuple(map(id, data.batch(epoch))) for epoch in (0, 1)]
    assert len(set(orders)) == 4


def test_examples_are_called_by_their_names():
    names = [f"file:{i}" for i in range(23)]
    data = InstanceData(INSTANCES, batch_size=2, names=names)
    by_id = dict(zip(map(id, INSTANCES), names, strict=True))
    assert data.describe(3) == [by_id[id(one)] for one in data.batch(3)]
    unnamed = InstanceData(INSTANCES, batch_size=2).describe(3)
    assert unnamed == [f"instance {name.removeprefix('file:')}" for name in data.describe(3)]


def test_fingerprints_tell_data_and_orders_apart():
    made = [
        InstanceData(INSTANCES),
        InstanceData(INSTANCES[1:]),
        InstanceData(INSTANCES[::-1]),
        InstanceData(INSTANCES, seed=1),
        InstanceData(INSTANCES, batch_size=9),
        InstanceData(INSTANCES, max_rows=9),
    ]
    assert len({data.fingerprint for data in made}) == len(made)
    assert InstanceData(toy.make_instances(n=23)).fingerprint == made[0].fingerprint


def test_data_that_is_not_there_is_an_error():
    with pytest.raises(DataError, match="nothing to learn from"):
        InstanceData([])


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"max_rows": 0}])
def test_sizes_that_cannot_work_are_refused(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        InstanceData(INSTANCES, **options)


def test_what_is_drawn_at_a_place_is_always_the_same():
    first, again, other = (data_rng(3, position=place).random(4).tolist() for place in (7, 7, 8))
    assert first == again != other
