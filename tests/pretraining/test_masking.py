"""What masks must be: as many as asked for, of whole words, of no special token, told by labels."""

import dataclasses
import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import ConfigError
from openluke.model.labels import IGNORE
from openluke.pretraining.masking import Masker, MaskingConfig
from openluke.pretraining.word_groups import WordGroups
from tests.pretraining.conftest import features_of, pieces_of

TEXT = (
    "Ana Ivanovic said on Thursday she could hardly believe her luck as a fortuitous netcord "
    "helped the new world number one. Tokyo is the capital of Japan, and they'll go there."
)


def maskers(tokenizer, *, vocab):
    """Maskers by their options; the same again where they were asked for before."""

    @functools.cache
    def make(**options):
        return Masker(MaskingConfig(**options), tokenizer=tokenizer, entities=vocab)

    return make


@pytest.fixture(scope="module")
def masker(tokenizer, vocab):
    return maskers(tokenizer, vocab=vocab)


@pytest.fixture(scope="module")
def luke_masker(luke, vocab):
    return maskers(luke, vocab=vocab)


def hidden(labels):
    return np.flatnonzero(labels != IGNORE)


def shares(fates):
    return {name: fates.count(name) / len(fates) for name in ("mask", "other", "same")}


@given(
    seed=st.integers(0, 2**32),
    n=st.integers(0, 120),
    share=st.sampled_from([0.0, 0.01, 0.15, 0.5, 1.0]),
    whole=st.booleans(),
)
def test_what_is_hidden_is_what_the_labels_say(tokenizer, masker, seed, n, share, whole):
    draw = np.random.default_rng(seed)
    words = draw.integers(0, tokenizer.n_words, n)
    config = MaskingConfig(words=share, whole_words=whole)
    features = features_of(words)
    found = masker(words=share, whole_words=whole)(features, rng=draw)
    places = hidden(found.word_labels)
    assert np.array_equal(found.word_labels[places], features.word_ids[places])
    changed = found.features.word_ids != features.word_ids
    assert set(np.flatnonzero(changed)) <= set(places)
    assert not set(features.word_ids[places].tolist()) & tokenizer.special_ids
    _check_budget(features.word_ids, places=places, config=config, tokenizer=tokenizer)
    assert np.array_equal(features.word_ids, words)


def _check_budget(ids, *, places, config, tokenizer):
    """The budget is met, or no group that is left fits into what is left of it."""
    ordinary = ~np.isin(ids, list(tokenizer.special_ids))
    if not config.words or not ordinary.any():
        assert len(places) == 0
        return
    budget = max(1, round(ordinary.sum() * config.words))
    if not config.whole_words:
        assert len(places) == budget
        return
    groups = np.cumsum(WordGroups(tokenizer).starts(ids)) - 1
    sizes = np.bincount(groups, weights=ordinary).astype(int)
    taken = np.unique(groups[places])
    left = set(np.unique(groups[ordinary]).tolist()) - set(taken.tolist())
    if min(sizes[i] for i in {*left, *taken.tolist()}) > budget:
        assert len(places) == 1
        return
    assert sizes[taken].sum() == len(places) <= budget
    assert all(sizes[i] > budget - len(places) for i in left)


def test_the_budget_is_met_where_words_are_short(tokenizer, masker):
    features = features_of(pieces_of(tokenizer, text=TEXT))
    budget = round(0.15 * (len(features) - 2))
    rng = np.random.default_rng(0)
    found = {len(hidden(masker()(features, rng=rng).word_labels)) for _ in range(50)}
    assert max(found) == budget > 3


@pytest.mark.parametrize("kind", ["words", "entities"])
def test_most_become_masks_some_others_and_some_stay(luke, luke_masker, kind):
    features = features_of(pieces_of(luke, text=TEXT), entities=range(3, 43), ranges=[(0, 0)] * 40)
    masker = luke_masker(random_entities=0.2, unmasked_entities=0.3, whole_words=False)
    mask = luke.mask_id if kind == "words" else 2
    fates, rng = [], np.random.default_rng(0)
    for _ in range(300):
        found = masker(features, rng=rng)
        labels = found.word_labels if kind == "words" else found.entity_labels
        read = found.features.word_ids if kind == "words" else found.features.entity_ids
        for place in hidden(labels):
            same = read[place] == labels[place]
            fates.append("mask" if read[place] == mask else "same" if same else "other")
    expected = {"mask": 0.8, "other": 0.1, "same": 0.1}
    if kind == "entities":
        expected = {"mask": 0.5, "other": 0.2, "same": 0.3}
    assert len(fates) > 1500
    assert shares(fates) == pytest.approx(expected, abs=0.03)


def test_all_places_are_hidden_alike_often(luke, luke_masker):
    features = features_of(pieces_of(luke, text=TEXT))
    masker, rng = luke_masker(whole_words=False), np.random.default_rng(0)
    counts = sum((masker(features, rng=rng).word_labels != IGNORE).astype(int) for _ in range(4000))
    n, budget = len(features) - 2, round(0.15 * (len(features) - 2))
    assert counts[0] == counts[-1] == 0
    assert counts[1:-1] / 4000 == pytest.approx(np.full(n, budget / n), abs=0.03)


def test_all_pieces_of_a_word_have_one_fate(luke, luke_masker):
    ids = pieces_of(luke, text=TEXT)
    features, rng = features_of(ids), np.random.default_rng(0)
    masker = luke_masker(random_words=0.3, unmasked_words=0.3)
    groups = np.cumsum(WordGroups(luke).starts(features.word_ids))
    seen = set()
    for _ in range(200):
        found = masker(features, rng=rng)
        for group in np.unique(groups[hidden(found.word_labels)]):
            read = found.features.word_ids[groups == group]
            is_mask, same = read == luke.mask_id, read == features.word_ids[groups == group]
            assert is_mask.all() or not is_mask.any()
            seen.add("mask" if is_mask.all() else "same" if same.all() else "other")
    assert seen == {"mask", "same", "other"}


def test_others_are_ordinary_words_and_entities(luke, luke_masker, vocab):
    features = features_of(pieces_of(luke, text=TEXT), entities=range(3, 43), ranges=[(0, 0)] * 40)
    masker = luke_masker(
        words=1.0,
        random_words=1.0,
        unmasked_words=0.0,
        entities=1.0,
        random_entities=1.0,
        whole_words=False,
    )
    rng, words, entities = np.random.default_rng(0), set(), set()
    for _ in range(300):
        read = masker(features, rng=rng).features
        words |= set(read.word_ids[1:-1].tolist())
        entities |= set(read.entity_ids.tolist())
    assert words == set(range(luke.n_words)) - luke.special_ids
    assert entities == set(range(3, vocab.n_ids))


def test_where_no_word_fits_one_piece_is_hidden_wherever_it_is(luke, luke_masker):
    ids = pieces_of(luke, text=" Ivanovicovicovic")
    features, rng = features_of(ids), np.random.default_rng(0)
    n = len(ids) - 2
    assert WordGroups(luke).starts(features.word_ids).sum() == 3
    assert n > 3
    places = [hidden(luke_masker()(features, rng=rng).word_labels).tolist() for _ in range(200)]
    assert {tuple(place) for place in places} == {(i,) for i in range(1, n + 1)}


@given(seed=st.integers(0, 2**32), m=st.integers(0, 60), share=st.sampled_from([0.0, 0.15, 1.0]))
def test_the_share_of_entities_is_hidden(luke, luke_masker, vocab, seed, m, share):
    rng = np.random.default_rng(seed)
    features = features_of(
        [luke.bos_id, luke.eos_id],
        entities=rng.integers(3, vocab.n_ids, m),
        ranges=[(0, 0)] * m,
    )
    found = luke_masker(entities=share)(features, rng=rng)
    places = hidden(found.entity_labels)
    assert len(places) == (max(1, round(m * share)) if m and share else 0)
    assert np.array_equal(found.entity_labels[places], features.entity_ids[places])
    assert (found.features.entity_ids[places] == vocab.special.mask).all()
    others = np.setdiff1d(np.arange(m), places)
    assert np.array_equal(found.features.entity_ids[others], features.entity_ids[others])


@pytest.mark.parametrize(("unknown", "count"), [(False, 1), (True, 3)])
def test_unknown_entities_are_to_be_predicted_only_if_asked_for(luke, luke_masker, unknown, count):
    features = features_of([0, 2], entities=[1, 1, 5, 0, 2], ranges=[(0, 0)] * 5)
    masker = luke_masker(entities=1.0, unknown_targets=unknown)
    found = masker(features, rng=np.random.default_rng(0))
    assert len(hidden(found.entity_labels)) == count
    assert set(found.entity_labels[hidden(found.entity_labels)]) == ({1, 5} if unknown else {5})


@pytest.mark.parametrize("share", [0.15, 0.0, 0.9])
def test_words_of_hidden_mentions_are_hidden_with_them(luke, luke_masker, share):
    ids = pieces_of(luke, text=TEXT)
    n = len(ids) - 2
    starts = range(1, n - 4, 4)
    ranges = [(start, start + 3) for start in starts]
    features = features_of(ids, ranges=ranges, entities=[3] * len(ranges))
    masker = luke_masker(mention_words=True, words=share, entities=0.2)
    groups, rng = np.cumsum(WordGroups(luke).starts(features.word_ids)), np.random.default_rng(0)
    for _ in range(50):
        found = masker(features, rng=rng)
        inside = np.zeros(len(ids), dtype=bool)
        for entity in hidden(found.entity_labels):
            inside[slice(*ranges[entity])] = True
        is_hidden = found.word_labels != IGNORE
        assert is_hidden[inside].all()
        assert is_hidden.sum() <= max(round(n * share), inside.sum())
        touched = np.isin(groups, groups[inside])
        assert not is_hidden[touched & ~inside].any()
        outside = np.unique(groups[is_hidden & ~inside])
        assert is_hidden[np.isin(groups, outside)].all()
    assert inside.any()


def test_words_of_a_mention_have_one_fate(luke, luke_masker):
    ids = pieces_of(luke, text=TEXT)
    features = features_of(ids, ranges=[(0, 6)], entities=[3])
    masker = luke_masker(mention_words=True, random_words=0.0, unmasked_words=0.5, words=0.0)
    rng = np.random.default_rng(0)
    read = {tuple(masker(features, rng=rng).features.word_ids[:6].tolist()) for _ in range(50)}
    assert read == {tuple(ids[:6]), (ids[0], *[luke.mask_id] * 5)}


@pytest.mark.parametrize("words", [[], [0], [0, 2], [0, 9, 2], [9]])
@pytest.mark.parametrize("mention_words", [False, True])
def test_short_inputs_can_be_masked(luke, luke_masker, words, mention_words):
    features = features_of(words, entities=[3], ranges=[(0, 0)])
    for one in (features, features_of(words)):
        found = luke_masker(mention_words=mention_words)(one, rng=np.random.default_rng(0))
        assert len(hidden(found.word_labels)) == words.count(9)
        assert len(hidden(found.entity_labels)) == one.n_entities


def test_a_generator_always_hides_the_same(luke, luke_masker):
    features = features_of(pieces_of(luke, text=TEXT), entities=[4, 5, 6], ranges=[(0, 0)] * 3)
    first, second = (luke_masker()(features, rng=np.random.default_rng([1, 2])) for _ in range(2))
    assert np.array_equal(first.features.word_ids, second.features.word_ids)
    assert np.array_equal(first.word_labels, second.word_labels)
    assert np.array_equal(first.entity_labels, second.entity_labels)


def test_all_but_ids_stays(luke, luke_masker):
    features = features_of(pieces_of(luke, text=TEXT), entities=[4], ranges=[(1, 2)])
    found = luke_masker()(features, rng=np.random.default_rng(0))
    for field in dataclasses.fields(features):
        if field.name not in ("word_ids", "entity_ids"):
            assert getattr(found.features, field.name) is getattr(features, field.name)
    for array in (found.features.word_ids, found.word_labels, found.entity_labels):
        assert array.dtype == np.int32


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"words": 1.5}, "words is 1.5, expected a share from 0 to 1"),
        ({"entities": -0.1}, "entities is -0.1"),
        ({"random_words": 0.6, "unmasked_words": 0.6}, "random_words and unmasked_words make 1.2"),
        ({"random_entities": 0.6, "unmasked_entities": 0.6}, "random_entities and unmasked"),
    ],
)
def test_shares_that_cannot_be_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        MaskingConfig(**options)
