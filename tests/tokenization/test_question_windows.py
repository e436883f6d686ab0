"""Windows over passages cover them, and have every mention that is whole in them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.errors import ConfigError
from openluke.features import Features
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.passages import Passage
from openluke.tokenization.question_pairs import QuestionPairs
from openluke.tokenization.question_windows import WindowRule, cut_into_windows, question_stretch
from tests.tokenization.strategies import texts_with_spans

TEXT = "Tokyo is the capital of Japan, and Ana Ivanovic lives there. "
ARRAYS = [name for name in Features.__dataclass_fields__ if name != "starts"]


def rule(*, max_words=40, max_question=10, overlap=4, step=None):
    return WindowRule(max_words=max_words, max_question=max_question, overlap=overlap, step=step)


@pytest.fixture
def read(tokenizer, vocab):
    """Question and passage as one input."""

    def encode(question, passage, *, unknown_titles="unk"):
        pairs = QuestionPairs(
            tokenizer, vocab=vocab, prefix_space=None, unknown_titles=unknown_titles
        )
        (pair,) = pairs.encode([question], passages=[passage])
        return pair

    return encode


def windows_of(pair, *, rule, needed=None):
    question = question_stretch(pair, rule=rule, needed=needed)
    return list(cut_into_windows(pair, rule=rule, question=question))


def assert_same(one, other):
    for name in ARRAYS:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_what_fits_one_input_is_the_input_that_is_made_elsewhere(read, make):
    question = Passage(text="Where is Tokyo?", spans=[(9, 14)], entities=["Tokyo"])
    passage = Passage(text=TEXT, spans=[(0, 5), (35, 47)], entities=["Tokyo", None])
    (window,) = windows_of(read(question, passage), rule=rule(max_words=90, max_question=30))
    (expected,) = make(max_words=90, stride=8).encode([question], pairs=[passage])[0]
    assert_same(window.features, expected)
    assert window.features.word_ids.dtype == expected.word_ids.dtype


def test_windows_are_the_inputs_that_are_made_elsewhere(read, make):
    question, passage = Passage(text="Where?"), Passage(text=TEXT * 8)
    windows = windows_of(read(question, passage), rule=rule(overlap=6))
    expected = make(max_words=40, stride=6).encode([question], pairs=[passage])[0]
    assert len(windows) == len(expected) > 2
    for window, features in zip(windows[:-1], expected[:-1], strict=False):
        assert_same(window.features, features)
        assert window.features.starts == features.starts


def test_the_parts_of_a_pair_are_where_it_says(read):
    pair = read(Passage(text="Where is Tokyo?"), Passage(text=TEXT))
    texts = pair.features.word_texts
    assert (texts[slice(*pair.question)] == 0).all()
    assert (texts[slice(*pair.passage)] == 1).all()
    assert (texts == -1).sum() == len(texts) - np.diff(pair.question) - np.diff(pair.passage)


@given(
    passage=texts_with_spans(max_parts=60),
    max_words=st.integers(16, 60),
    max_question=st.integers(1, 40),
    overlap=st.integers(0, 60),
    step=st.none() | st.integers(1, 60),
)
@settings(max_examples=60)
def test_windows_cover_the_passage_and_have_all_mentions_that_fit(
    luke, vocab, passage, max_words, max_question, overlap, step
):
    text, spans = passage
    pairs = QuestionPairs(luke, vocab=vocab, prefix_space=None)
    question = Passage(text="Who lives there, and why?", spans=[(0, 3)])
    (pair,) = pairs.encode([question], passages=[Passage(text=text, spans=spans)])
    most = max_words - max_words // 2 - 5
    limits = rule(
        max_words=max_words, max_question=max_question, overlap=min(overlap, most), step=step
    )
    windows = windows_of(pair, rule=limits)
    whole = pair.features
    length = pair.passage[1] - pair.passage[0]
    covered = np.zeros(length, dtype=bool)
    for window in windows:
        features, (begin, end) = window.features, window.passage
        assert len(features) == end + 1 <= max_words
        covered[window.first : window.first + end - begin] = True
        here = slice(pair.passage[0] + window.first, pair.passage[0] + window.first + end - begin)
        for name in ("word_ids", "word_offsets", "word_texts", "word_types"):
            assert np.array_equal(getattr(features, name)[begin:end], getattr(whole, name)[here])
        found = {
            (source, *(place - begin + window.first).tolist())
            for source, place in zip(features.entity_sources, features.entity_ranges, strict=True)
            if place[0] >= begin
        }
        expected = {
            (source, *(place - pair.passage[0]).tolist())
            for source, place in zip(whole.entity_sources, whole.entity_ranges, strict=True)
            if here.start <= place[0] and place[1] <= here.stop
        }
        assert found == expected
    assert covered.all()
    starts = [window.first for window in windows]
    assert starts == sorted(set(starts))
    if step is None:
        shared = [
            one.first + one.passage[1] - one.passage[0] - other.first
            for one, other in pairwise(windows)
        ]
        assert all(number == limits.overlap for number in shared)


def test_published_windows_begin_a_step_apart(read):
    assert rule(step=8).starts(30, size=20) == [0, 8, 16]
    assert rule(step=8).starts(20, size=20) == [0]
    assert rule(step=8).starts(21, size=20) == [0, 8]
    assert rule(step=50).starts(50, size=20) == [0, 20, 40]  # nothing is left out


def test_windows_with_an_overlap_end_with_the_passage(read):
    assert rule(overlap=4).starts(20, size=20) == [0]
    assert rule(overlap=4).starts(36, size=20) == [0, 16]
    assert rule(overlap=4).starts(37, size=20) == [0, 16, 32]
    assert rule(overlap=4).starts(0, size=20) == [0]


def test_of_a_long_question_the_beginning_is_read(read):
    text = TEXT * 3
    pair = read(Passage(text=text, spans=[(0, 5), (61, 66)]), Passage(text=TEXT))
    (window, *_) = windows_of(pair, rule=rule(max_words=60, max_question=8))
    features = window.features
    assert (features.word_texts == 0).sum() == 8
    assert features.word_ids[1:9].tolist() == pair.features.word_ids[1:9].tolist()
    assert 1 not in features.entity_sources
    assert features.word_offsets[9].tolist() == [features.word_offsets[8, 1]] * 2


def test_a_place_that_is_needed_stays_in_a_long_question(read):
    pair = read(Passage(text=TEXT * 3, spans=[(122, 127)]), Passage(text=TEXT))
    needed = tuple(pair.features.entity_ranges[0].tolist())
    for size in (1, 4, 9):
        limits = rule(max_words=60, max_question=size)
        start, end = question_stretch(pair, rule=limits, needed=needed)
        assert end - start == size
        assert pair.question[0] <= start < end <= pair.question[1]
        assert start <= needed[0] < end
    features = windows_of(pair, rule=rule(max_words=60), needed=needed)[0].features
    at = slice(*features.entity_ranges[0])
    assert features.word_ids[at].tolist() == pair.features.word_ids[slice(*needed)].tolist()
    assert features.word_offsets[0].tolist() == [features.word_offsets[1, 0]] * 2


def test_a_question_never_has_more_than_half_of_an_input():
    assert rule(max_words=40, max_question=64).question_size() == 20


def test_an_empty_passage_has_one_window_without_pieces(read):
    (window,) = windows_of(read(Passage(text="Where?"), Passage(text="")), rule=rule())
    assert window.passage[0] == window.passage[1]


def test_unknown_titles_are_left_out_or_read_as_unknown(read, vocab, caplog):
    passage = Passage(text=TEXT, spans=[(0, 5), (24, 29)], entities=["Atlantis", "Japan"])
    skipped = read(Passage(text="Where?"), passage, unknown_titles="skip").features
    assert skipped.entity_sources.tolist() == [1]
    assert "1 of 2 mentions name an entity that the vocabulary does not have" in caplog.text
    kept = read(Passage(text="Where?"), passage).features
    assert kept.entity_ids.tolist() == [vocab.special.unk, vocab.id("Japan")]


def test_mentions_without_pieces_are_left_out(luke, vocab):
    pairs = QuestionPairs(luke, vocab=vocab, prefix_space=None)
    passage = Passage(text="a  b", spans=[(1, 2), (3, 4)])
    (pair,) = pairs.encode([Passage(text="Where?")], passages=[passage])
    starts, ends = pair.features.entity_ranges.T
    assert (starts < ends).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"overlap": 16}, r"overlap is 16, expected 0 <= overlap < 16 for max_words = 40"),
        ({"overlap": -1}, "overlap is -1"),
        ({"max_question": 0}, "a question may have 0 pieces"),
        ({"step": 0}, "step is 0"),
    ],
)
def test_rules_that_leave_no_room_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        rule(**options)


def test_what_is_not_said_is_taken_from_the_model():
    inputs = EntityInputsConfig(max_words=100, stride=20)
    given = {"max_words": None, "max_question": 9, "overlap": None, "step": None}
    assert WindowRule.of(inputs, **given) == rule(max_words=100, max_question=9, overlap=20)
    with pytest.raises(ConfigError, match="max_words is 101, the model reads 100"):
        WindowRule.of(inputs, **given | {"max_words": 101})
    with pytest.raises(ConfigError, match="overlap is 3 and step is 4; expected one"):
        WindowRule.of(inputs, **given | {"overlap": 3, "step": 4})
