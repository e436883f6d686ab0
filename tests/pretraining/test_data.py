"""One number says which windows are learnt from, of one corpus or of several."""

import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import ConfigError, DataError
from openluke.pretraining import data as data_module
from openluke.pretraining.data import BLOCK, CorpusData, places_of
from openluke.training.data import epoch_at
from tests.pretraining.small_shards import window, write_shards


class Numbered:
    """Stands for shards; its windows are known by name and number."""

    def __init__(self, n, name="a"):
        self.n, self.fingerprint = n, f"{name}{n}"

    def __len__(self):
        return self.n

    def titles(self, numbers):
        return [f"{self.fingerprint} {number}" for number in numbers]


def members(data, position):
    return [(one.source, one.number) for one in data._members(position)]


@pytest.mark.parametrize("n", [1, 5, 64, 70_000])
def test_every_window_of_a_corpus_comes_once_in_each_epoch(n) -> None:
    data = CorpusData([Numbered(n)], seed=3, batch_size=64)
    orders = []
    for epoch in range(3):
        positions = range(data.start(epoch), data.start(epoch + 1))
        assert len(positions) == -(-n // 64)
        order = [number for position in positions for _, number in members(data, position)]
        assert sorted(order) == list(range(n))
        orders.append(order)
        assert epoch_at(data, position=positions[-1]) == epoch
    if n > 10:
        assert orders[0] != orders[1] != orders[2]
        assert sum(a == b for a, b in zip(orders[0], orders[1], strict=True)) < n / 10 + 10


def test_a_position_holds_the_same_whoever_asks_in_whatever_order(monkeypatch) -> None:
    monkeypatch.setattr(data_module, "BLOCK", 100)
    sources = [Numbered(70, "a"), Numbered(500, "b"), Numbered(9, "c")]

    def make():
        return CorpusData(sources, seed=1, batch_size=7)

    data = make()
    wanted = [members(data, position) for position in range(300)]
    other = make()
    for position in np.random.default_rng(0).permutation(300).tolist():
        assert members(other, position) == wanted[position]
    assert members(pickle.loads(pickle.dumps(other)), 17) == wanted[17]


def test_far_positions_cost_no_more_than_near_ones() -> None:
    data = CorpusData([Numbered(10**10, "a"), Numbered(10**7, "b")], seed=1, batch_size=4)
    assert len(members(data, 10**12)) == 4
    assert len(data._blocks) == 1


@pytest.mark.parametrize("smoothing", [0.0, 0.7, 1.0])
def test_corpora_have_their_shares_and_each_comes_in_turns(smoothing, monkeypatch) -> None:
    monkeypatch.setattr(data_module, "BLOCK", 1000)
    sizes = [40, 800, 3000]
    data = CorpusData([Numbered(n) for n in sizes], seed=5, batch_size=100, smoothing=smoothing)
    assert data.start(1) == 39
    shares = np.array(sizes) ** smoothing / (np.array(sizes) ** smoothing).sum()
    met, drawn = Counter(), {0: [], 1: [], 2: []}
    epochs = 5
    for epoch in range(epochs):
        for position in range(data.start(epoch), data.start(epoch + 1)):
            for source, number in members(data, position):
                met[source] += 1
                drawn[source].append(number)
                n = sum(met.values())
                if n % 1000 == 0:
                    assert all(abs(met[k] - share * n) < 1.01 for k, share in enumerate(shares))
    assert sum(met.values()) == epochs * sum(sizes)
    for source, numbers in drawn.items():
        n = sizes[source]
        for first in range(0, len(numbers) - n, n):
            assert sorted(numbers[first : first + n]) == list(range(n))


@given(
    st.lists(st.integers(1 << 15, 1 << 30), min_size=1, max_size=400),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=5),
)
def test_places_are_shared_out_to_within_one_and_never_taken_back(weights, blocks) -> None:
    whole = sum(weights)
    for block in blocks:
        before = places_of(weights, n_places=block * BLOCK)
        after = places_of(weights, n_places=(block + 1) * BLOCK)
        assert (sum(before), sum(after)) == (block * BLOCK, (block + 1) * BLOCK)
        for weight, one, other in zip(weights, before, after, strict=True):
            assert abs(one * whole - block * BLOCK * weight) < whole
            assert one <= other or weight * BLOCK < whole


def test_orders_differ_by_seed_and_corpus() -> None:
    one = CorpusData([Numbered(5000), Numbered(5000)], seed=1, batch_size=1000)
    other = CorpusData([Numbered(5000), Numbered(5000)], seed=2, batch_size=1000)
    assert members(one, 0) != members(other, 0)
    by_source = [[n for s, n in members(one, 0) if s == k][:400] for k in (0, 1)]
    assert by_source[0] != by_source[1]


def test_batches_are_instances_of_the_windows_and_are_named(tmp_path) -> None:
    sources = [
        write_shards(tmp_path / "a", sizes=(3, 4)),
        write_shards(tmp_path / "b", sizes=(2,), validation=(1,)),
    ]
    data = CorpusData(sources, seed=0, batch_size=4)
    seen = Counter()
    for position in range(data.start(2)):
        instances, names = data.batch(position), data.describe(position)
        for instance, name, member in zip(instances, names, data._members(position), strict=True):
            wanted = window(member.number)
            assert instance.features[0].word_ids.tolist() == wanted.words.tolist()
            assert instance.targets["page"].tolist() == [wanted.page]
            assert (
                name == f"Page {member.number} (window {member.number} of corpus {member.source})"
            )
            seen[member.source] += 1
    assert sum(seen.values()) == 2 * (7 + 2)
    (alone,) = CorpusData(sources[1:], seed=0, batch_size=1).describe(0)
    assert alone in ("Page 0 (window 0)", "Page 1 (window 1)")


def test_the_fingerprint_tells_data_and_order() -> None:
    base = {"sources": [Numbered(5)], "seed": 0, "batch_size": 2, "smoothing": 0.7}
    others = [
        {"sources": [Numbered(6)]},
        {"sources": [Numbered(5), Numbered(5)]},
        {"seed": 1},
        {"batch_size": 3},
        {"smoothing": 1.0},
    ]

    def make(options):
        return CorpusData(**options).fingerprint

    assert len({make(base), *(make(base | other) for other in others)}) == 1 + len(others)
    assert make(base) == make(base)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"sources": []}, DataError),
        ({"sources": [Numbered(3), Numbered(0)]}, DataError),
        ({"batch_size": 0}, ConfigError),
        ({"smoothing": 1.5}, ConfigError),
        ({"smoothing": float("nan")}, ConfigError),
        ({"seed": -1}, ConfigError),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(options, kind) -> None:
    with pytest.raises(kind, match="expected"):
        CorpusData(**({"sources": [Numbered(3)], "seed": 0, "batch_size": 2} | options))
