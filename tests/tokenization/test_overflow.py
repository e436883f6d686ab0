"""What is too long is read in parts, cut with a report, or refused: nothing is lost unsaid."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from openluke.errors import DataError
from openluke.tokenization import cutting
from openluke.tokenization.cutting import RUN_CHARACTERS
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.passages import Passage
from tests.tokenization.mentions import mentioned
from tests.tokenization.strategies import texts_with_spans

TEXT = "Top seed Ana Ivanovic said on Thursday she could hardly believe her luck."
SHE = (39, 42)
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(
    case=texts_with_spans(min_spans=1, max_parts=30, max_spans=12),
    max_words=st.integers(8, 24),
    stride=st.integers(0, 3),
    most=st.integers(1, 4),
)
def test_windows_read_everything_once(luke, vocab, case, max_words, stride, most) -> None:
    text, spans = case
    config = EntityInputsConfig(max_words=max_words, stride=stride, max_entities=most)
    windows = EntityInputs(luke, vocab, config)(text, spans=spans)
    whole = EntityInputs(luke, vocab, EntityInputsConfig(max_words=4096))(text, spans=spans)[0]
    read = np.zeros(len(whole) - 2, dtype=bool)
    for features in windows:
        assert len(features) <= max_words
        assert features.n_entities <= most
        start = features.starts[0]
        pieces = slice(start + 1, start + len(features) - 1)
        assert features.word_ids[1:-1].tolist() == whole.word_ids[pieces].tolist()
        assert features.word_offsets[1:-1].tolist() == whole.word_offsets[pieces].tolist()
        read[start : start + len(features) - 2] = True
        for row, source in enumerate(features.entity_sources.tolist()):
            expected = whole.entity_ranges[source] - start
            if source in windows.report.cut_mentions:
                assert features.entity_ranges[row, 0] == expected[0]
                assert features.entity_ranges[row, 1] == len(features) - 1
            else:
                assert features.entity_ranges[row].tolist() == expected.tolist()
    assert read.all()
    sources = sorted(source for features in windows for source in features.entity_sources.tolist())
    assert sources == list(range(len(spans)))
    assert not windows.report.lost_mentions
    assert not windows.report.unread


@FEW
@given(
    case=texts_with_spans(min_spans=1, max_parts=30, max_spans=12),
    max_words=st.integers(8, 24),
    most=st.integers(1, 4),
)
def test_truncation_reports_what_it_leaves_out(luke, vocab, case, max_words, most) -> None:
    text, spans = case
    config = EntityInputsConfig(
        max_words=max_words, stride=0, max_entities=most, on_overflow="truncate"
    )
    windows = EntityInputs(luke, vocab, config)(text, spans=spans)
    assert len(windows) == 1
    features, report = windows[0], windows.report
    kept = features.entity_sources.tolist()
    assert sorted([*kept, *report.lost_mentions]) == list(range(len(spans)))
    whole = EntityInputs(luke, vocab, EntityInputsConfig(max_words=4096))(text, spans=spans)[0]
    assert features.word_ids[:-1].tolist() == whole.word_ids[: len(features) - 1].tolist()
    if len(whole) > max_words:
        ((number, span),) = report.unread
        assert number == 0
        assert span == (
            whole.word_offsets[len(features) - 1, 0],
            whole.word_offsets[-2, 1],
        )
    else:
        assert not report.unread


def test_truncation_keeps_both_texts_of_a_pair_as_transformers_does(make_luke) -> None:
    inputs = make_luke(max_words=14, stride=0, on_overflow="truncate")
    long, short = "one two three " * 8, "Tokyo"
    features = inputs(long, pair=Passage(text=short))[0]
    assert len(features) == 14
    assert (features.word_texts == 1).sum() == len(inputs(short)[0]) - 2
    both = inputs(long, pair=Passage(text=long))[0]
    assert [(both.word_texts == number).sum() for number in (0, 1)] == [5, 5]


@FEW
@given(lengths=st.tuples(st.integers(1, 30), st.integers(1, 30)), max_words=st.integers(8, 40))
@example(lengths=(5, 18), max_words=12)
@example(lengths=(12, 12), max_words=24)
@example(lengths=(16, 18), max_words=26)
def test_a_pair_is_cut_where_the_rust_library_cuts_it(
    tokenizers, vocab, lengths, max_words
) -> None:
    bert = tokenizers["wordpiece"]
    first, second = ("a " * length for length in lengths)
    config = EntityInputsConfig(max_words=max_words, stride=0, on_overflow="truncate")
    features = EntityInputs(bert, vocab, config)(first, pair=Passage(text=second))[0]
    theirs = Tokenizer.from_str(bert._rust.to_str())
    theirs.enable_truncation(max_words - 3)
    expected = theirs.encode(first, second)
    assert [(features.word_texts == number).sum() for number in (0, 1)] == [
        expected.type_ids.count(number) for number in (0, 1)
    ]


def test_windows_of_a_pair_repeat_the_first_text(make_luke) -> None:
    inputs = make_luke(max_words=24, stride=2)
    question, context = "Who won?", "Ana Ivanovic won and she said so. " * 4
    spans = [(place, place + 3) for place in range(0, len(context) - 3, 34)]
    windows = inputs(question, spans=[(0, 3)], pair=Passage(text=context, spans=spans))
    assert len(windows) > 1
    n_first = (windows[0].word_texts == 0).sum()
    seen = []
    for features in windows:
        assert len(features) <= 24
        assert (features.word_texts == 0).sum() == n_first
        assert features.entity_sources[0] == 0
        assert mentioned(features, context)[1:] == ["Ana"] * (features.n_entities - 1)
        seen += features.entity_sources[1:].tolist()
    assert sorted(seen) == [1, 2, 3, 4]
    assert windows.report.is_complete


def test_a_first_text_that_leaves_no_room_is_refused(make_luke) -> None:
    inputs = make_luke(max_words=24, stride=8)
    with pytest.raises(DataError, match=r"leaves .* for the second.*stride = 8"):
        inputs(TEXT, pair=Passage(text=TEXT))


def test_overflow_can_be_an_error(make_luke) -> None:
    inputs = make_luke(max_words=16, stride=0, max_entities=2, on_overflow="error")
    with pytest.raises(DataError, match="max_words = 16 leaves room for 14; use on_overflow"):
        inputs(TEXT)
    with pytest.raises(DataError, match="3 mentions, more than max_entities = 2"):
        inputs("Ana", spans=[(0, 1), (1, 2), (2, 3)])


@pytest.mark.parametrize("layout", ["entity", "entity_pair"])
def test_where_markers_keep_a_text_together_the_remedy_says_so(make_luke, layout: str) -> None:
    inputs = make_luke(layout=layout, max_words=10, stride=0, on_overflow="error")
    spans = [(0, 3), (4, 7)][: 1 + (layout == "entity_pair")]
    with pytest.raises(DataError, match="'window' to read the part of it around the mentions"):
        inputs("word " * 50, spans=spans)


def test_what_is_unread_on_both_sides_of_a_marker_is_one_stretch(make_luke) -> None:
    inputs = make_luke(layout="entity", max_words=12, stride=0)
    text = "x " * 10 + "ab" * 60 + " y" * 10
    windows = inputs(text, spans=[(20, 140)])
    (_, before), (_, after) = windows.report.unread
    assert (before.start, after.end) == (0, len(text))
    assert before.end < after.start < 140


def test_a_long_text_with_markers_is_read_around_its_mentions(make_luke) -> None:
    text = "word " * 50 + "Ana met Tokyo. " + "word " * 50
    ana = (text.index("Ana"), text.index("Ana") + 3)
    tokyo = (text.index("Tokyo"), text.index("Tokyo") + 5)
    inputs = make_luke(layout="entity_pair", max_words=30, stride=0)
    windows = inputs(text, spans=[tokyo, ana])
    assert len(windows) == 1
    assert len(windows[0]) == 30
    assert mentioned(windows[0], text) == ["Tokyo", "Ana"]
    assert [number for number, _ in windows.report.unread] == [0, 0]
    assert windows.report.unread[0][1].start == 0
    assert windows.report.lost_mentions == ()


def test_mentions_far_apart_are_read_with_what_stands_around_each(make_luke) -> None:
    text = "Ana " + "word " * 100 + "Tokyo"
    inputs = make_luke(layout="entity_pair", max_words=30, stride=0)
    windows = inputs(text, spans=[(0, 3), (len(text) - 5, len(text))])
    assert len(windows[0]) <= 30
    assert mentioned(windows[0], text) == ["Ana", "Tokyo"]
    ((_, gap),) = windows.report.unread
    assert set(gap.of(text).split()) == {"word"}


def test_of_a_marked_mention_that_fits_no_input_the_beginning_is_read(make_luke) -> None:
    inputs = make_luke(layout="entity", max_words=10, stride=0)
    windows = inputs(TEXT, spans=[(0, len(TEXT))])
    marker = inputs.tokenizer.marker_id
    assert len(windows[0]) == 10
    assert [windows[0].word_ids[place] for place in (1, 8)] == [marker, marker]
    assert windows[0].entity_ranges.tolist() == [[1, 9]]
    assert windows.report.cut_mentions == (0,)
    ((_, rest),) = windows.report.unread
    assert rest.end == len(TEXT)


@pytest.mark.parametrize("spans", [[(0, 60), (61, 121)], [(0, 90), (40, 121)], [(0, 121)] * 2])
def test_of_marked_mentions_that_fit_no_input_all_markers_are_read(make_luke, spans) -> None:
    text = "word " * 24 + "b"
    inputs = make_luke(layout="entity_pair", max_words=14, stride=0)
    windows = inputs(text, spans=spans)
    tokens = windows[0].word_ids.tolist()
    assert len(tokens) <= 14
    assert tokens.count(inputs.tokenizer.marker_id) == 2
    assert tokens.count(inputs.tokenizer.marker2_id) == 2
    for (first, last), marker in zip(
        windows[0].entity_ranges.tolist(),
        (inputs.tokenizer.marker_id, inputs.tokenizer.marker2_id),
        strict=True,
    ):
        assert tokens[first] == tokens[last - 1] == marker
    assert windows.report.cut_mentions == (0, 1)


def test_truncation_drops_a_marked_mention_beyond_the_end_and_says_so(make_luke) -> None:
    inputs = make_luke(layout="entity", max_words=10, stride=0, on_overflow="truncate")
    windows = inputs(TEXT, spans=[SHE])
    assert windows[0].n_entities == 0
    assert windows.report.lost_mentions == (0,)


def test_mentions_longer_than_their_positions_are_reported(make_luke) -> None:
    windows = make_luke(max_mention_length=3)(TEXT, spans=[(0, 30), (0, 3)])
    assert windows.report.long_mentions == (0,)
    assert windows.report.is_complete


ENGLISH = "Ana Ivanovic said on Thursday she won. "
RUSSIAN = "Лев Толстой написал «Войну и мир» в 1869 году. "


def read_long_text(inputs: EntityInputs, line: str, *, size: int) -> tuple[float, int]:
    """Seconds and most bytes of Python that reading a text of about a size takes."""
    text = (line * (size // len(line))).rstrip()
    spans = [(place, place + 12) for place in range(0, len(text), 1000 * len(line))]
    inputs(line)
    start = time.perf_counter()
    windows = inputs(text, spans=spans)
    seconds = time.perf_counter() - start
    assert sum(features.n_entities for features in windows) == len(spans)
    assert windows.report.is_complete
    assert windows[len(windows) - 1].word_offsets[-1, 1] == len(text)
    tracemalloc.start()
    inputs(text, spans=spans)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seconds, peak


@pytest.mark.parametrize(
    ("small", "large"),
    [(50_000, 500_000), pytest.param(1_000_000, 10_000_000, marks=pytest.mark.slow)],
    ids=["500 kB", "10 MB"],
)
@pytest.mark.parametrize("line", [ENGLISH, RUSSIAN], ids=["en", "ru"])
def test_long_texts_are_read_in_linear_time_and_space(tokenizer, vocab, small, large, line) -> None:
    inputs = EntityInputs(tokenizer, vocab)
    seconds, _ = read_long_text(inputs, line, size=small)
    more_seconds, peak = read_long_text(inputs, line, size=large)
    # Ten times the text; a busy machine may take twice as long for one of them.
    assert more_seconds < 40 * seconds
    assert peak < 250 * large
    # What Rust holds is not seen by Python, but grows with what it is given at once.
    assert most_at_once(inputs, line, size=small) < 3 * RUN_CHARACTERS


def most_at_once(inputs: EntityInputs, line: str, *, size: int) -> int:
    """Characters that the tokenizer is given at once, of a text of about a size, in small runs."""
    most = 0
    encode = inputs.tokenizer.encode

    def spy(segmented, *, offsets):
        nonlocal most
        most = max(most, sum(len(segment) for run in segmented for segment in run))
        return encode(segmented, offsets=offsets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "GROUP_CHARACTERS", RUN_CHARACTERS)
        patch.setattr(inputs.tokenizer, "encode", spy)
        inputs(line * (size // len(line)))
    return most
