"""Characters to pieces and back, whatever the text."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.tokenization import alignment, cutting
from openluke.tokenization.alignment import Aligned, align
from openluke.tokenization.tokenizer import WordTokenizer
from tests.tokenization.strategies import texts, texts_with_spans

MANY = settings(max_examples=150, deadline=None)


def align_one(
    tokenizer: WordTokenizer, text: str, *, spans=(), prefix_space: bool = False
) -> Aligned:
    boundaries = np.array(spans, dtype=np.int64).ravel()
    return align(
        [text],
        boundaries=boundaries,
        counts=[len(boundaries)],
        tokenizer=tokenizer,
        prefix_space=[prefix_space],
    )


def align_many(tokenizer: WordTokenizer, batch, *, prefix_space: bool = False) -> Aligned:
    return align(
        [text for text, _ in batch],
        boundaries=np.array(
            [place for _, spans in batch for span in spans for place in span], dtype=np.int64
        ),
        counts=[2 * len(spans) for _, spans in batch],
        tokenizer=tokenizer,
        prefix_space=[prefix_space] * len(batch),
    )


def assert_same(one: Aligned, other: Aligned) -> None:
    assert one.ids.tolist() == other.ids.tolist()
    assert one.offsets.tolist() == other.offsets.tolist()
    assert one.places.tolist() == other.places.tolist()
    assert one.bounds.tolist() == other.bounds.tolist()


def piecewise(tokenizer: WordTokenizer, text: str, *, spans) -> tuple[list[int], dict[int, int]]:
    """What LUKE has always done, written down plainly: ids, and the place of each boundary."""
    places, ids, current = {}, [], 0
    for boundary in sorted({place for span in spans for place in span}):
        cut = boundary - (boundary > 0 and text[boundary - 1] == " ")
        ids += _encode(tokenizer, text[current:cut])
        current = cut
        places[boundary] = len(ids)
    return ids + _encode(tokenizer, text[current:]), places


def _encode(tokenizer: WordTokenizer, text: str) -> list[int]:
    return tokenizer.encode([[text]], offsets=False)[0].ids if text else []


@MANY
@given(case=texts_with_spans())
def test_pieces_are_those_of_the_segments_between_boundaries(tokenizer, case) -> None:
    text, spans = case
    aligned = align_one(tokenizer, text, spans=spans)
    ids, places = piecewise(tokenizer, text, spans=spans)
    assert aligned.ids.tolist() == ids
    assert aligned.places.tolist() == [places[place] for span in spans for place in span]


@MANY
@given(case=texts_with_spans())
def test_counting_bytes_gives_the_offsets_of_the_tokenizer(luke, case) -> None:
    text, spans = case
    counted = align_one(luke, text, spans=spans)
    slow = WordTokenizer.from_rust(luke._rust, family="byte_level")
    slow.piece_bytes = luke.piece_bytes[:0]
    given_offsets = align_one(slow, text, spans=spans)
    assert counted.offsets.tolist() == given_offsets.offsets.tolist()
    assert counted.places.tolist() == given_offsets.places.tolist()


@MANY
@given(text=texts())
def test_offsets_of_byte_level_pieces_cover_every_character_but_space(luke, text) -> None:
    offsets = align_one(luke, text).offsets.tolist()
    covered = {place for start, end in offsets for place in range(start, end)}
    assert {place for place, one in enumerate(text) if not one.isspace()} <= covered
    assert all(0 <= start < end <= len(text) for start, end in offsets)
    assert offsets == sorted(offsets)


@MANY
@given(case=texts_with_spans(min_spans=1))
def test_pieces_of_a_mention_lie_inside_it(tokenizer, case) -> None:
    text, spans = case
    aligned = align_one(tokenizer, text, spans=spans)
    for (start, end), (first, last) in zip(
        spans, aligned.places.reshape(-1, 2).tolist(), strict=True
    ):
        for piece_start, piece_end in aligned.offsets[first:last].tolist():
            # The space before a mention may be a piece of its own.
            assert start <= piece_start or text[piece_start:start].isspace()
            assert piece_end <= end


@MANY
@given(case=texts_with_spans(min_spans=1))
def test_a_mention_is_found_again_from_the_offsets_of_its_pieces(luke, case) -> None:
    text, spans = case
    aligned = align_one(luke, text, spans=spans)
    for (start, end), (first, last) in zip(
        spans, aligned.places.reshape(-1, 2).tolist(), strict=True
    ):
        mention = text[start:end]
        if not mention.strip():
            continue
        offsets = aligned.offsets[first:last]
        assert text[offsets[:, 0].min() : offsets[:, 1].max()].strip() == mention.strip()


@MANY
@given(batch=st.lists(texts_with_spans(), max_size=5), prefix=st.booleans())
def test_a_batch_gives_what_its_texts_give_alone(tokenizer, batch, prefix) -> None:
    together = align_many(tokenizer, batch, prefix_space=prefix)
    alone = [align_one(tokenizer, text, spans=spans, prefix_space=prefix) for text, spans in batch]
    assert together.ids.tolist() == [row for one in alone for row in one.ids.tolist()]
    assert together.offsets.tolist() == [row for one in alone for row in one.offsets.tolist()]
    assert together.places.tolist() == [row for one in alone for row in one.places.tolist()]
    assert np.diff(together.bounds).tolist() == [len(one.ids) for one in alone]


@MANY
@given(case=texts_with_spans(max_parts=40))
def test_runs_of_a_long_text_give_what_one_run_gives(tokenizer, case) -> None:
    text, spans = case
    whole = align_one(tokenizer, text, spans=spans)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "RUN_CHARACTERS", 8)
        patch.setattr(cutting, "GROUP_CHARACTERS", 20)
        parts = align_one(tokenizer, text, spans=spans)
    assert_same(whole, parts)


@MANY
@given(batch=st.lists(texts_with_spans(), max_size=8), prefix=st.booleans())
def test_a_large_batch_gives_what_a_small_one_gives(tokenizer, batch, prefix) -> None:
    whole = align_many(tokenizer, batch, prefix_space=prefix)
    with pytest.MonkeyPatch.context() as patch:
        in_small_groups(patch)
        parts = align_many(tokenizer, batch, prefix_space=prefix)
    assert_same(whole, parts)


def in_small_groups(patch: pytest.MonkeyPatch) -> None:
    """Read batches of a few characters as very large ones are read."""
    patch.setattr(cutting, "GROUP_CHARACTERS", 16)
    patch.setattr(alignment, "GROUP_CHARACTERS", 16)
    patch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    patch.delenv("RAYON_NUM_THREADS", raising=False)


def threads_while_encoding(tokenizer: WordTokenizer, monkeypatch) -> set[str]:
    """Names of the threads in which the tokenizer is called, from here on."""
    names: set[str] = set()
    encode = tokenizer.encode

    def spy(*args, **options):
        names.add(threading.current_thread().name)
        return encode(*args, **options)

    monkeypatch.setattr(tokenizer, "encode", spy)
    return names


def test_large_batches_are_encoded_in_a_thread_that_ends_with_them(luke, monkeypatch) -> None:
    in_small_groups(monkeypatch)
    names = threads_while_encoding(luke, monkeypatch)
    before = threading.active_count()
    align_many(luke, [("Ana Ivanovic won.", [])] * 4)
    assert threading.current_thread().name not in names
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("name", "value"), [("TOKENIZERS_PARALLELISM", "False"), ("RAYON_NUM_THREADS", "1")]
)
def test_no_thread_is_begun_where_the_environment_says_so(luke, monkeypatch, name, value) -> None:
    in_small_groups(monkeypatch)
    monkeypatch.setenv(name, value)
    names = threads_while_encoding(luke, monkeypatch)
    align_many(luke, [("Ana Ivanovic won.", [])] * 4)
    assert names == {threading.current_thread().name}


def test_small_batches_are_encoded_without_a_thread(luke, monkeypatch) -> None:
    names = threads_while_encoding(luke, monkeypatch)
    align_many(luke, [("Ana Ivanovic won.", [])] * 4)
    assert names == {threading.current_thread().name}


def test_a_text_that_cannot_be_read_leaves_no_thread(luke, monkeypatch) -> None:
    in_small_groups(monkeypatch)
    before = threading.active_count()
    with pytest.raises(DataError, match="text 3, character 2 is U"):
        align_many(luke, [("Ana Ivanovic won.", [])] * 3 + [("ab\ud83d", []), ("so", [])])
    assert threading.active_count() == before


@MANY
@given(case=texts_with_spans())
def test_a_prefix_space_changes_the_first_word_alone(luke, case) -> None:
    text, spans = case
    aligned = align_one(luke, text, spans=spans, prefix_space=True)
    if not text or text.startswith(" "):
        expected = align_one(luke, text, spans=spans)
        assert aligned.offsets.tolist() == expected.offsets.tolist()
    else:
        moved = [(start + 1, end + 1) for start, end in spans]
        expected = align_one(luke, " " + text, spans=moved)
        assert aligned.offsets.max() <= len(text)
    assert aligned.ids.tolist() == expected.ids.tolist()
    assert aligned.places.tolist() == expected.places.tolist()


def test_every_character_is_cut_where_boundaries_stand_around_it(tokenizer) -> None:
    text = "We've 639 (x) 😀 e\u0301 \n東京"
    spans = [(place, place + 1) for place in range(len(text))]
    aligned = align_one(tokenizer, text, spans=spans)
    assert aligned.ids.tolist() == piecewise(tokenizer, text, spans=spans)[0]


def test_an_emoji_in_several_pieces_has_the_same_range_in_each(luke) -> None:
    aligned = align_one(luke, "a 🦄 b", spans=[(2, 3)])
    first, last = aligned.places.tolist()
    assert last - first > 1
    assert {tuple(pair) for pair in aligned.offsets[first:last].tolist()} == {(2, 3)}


def test_a_mention_of_nothing_but_space_has_no_pieces_of_its_own(luke) -> None:
    aligned = align_one(luke, "a b", spans=[(1, 2)])
    assert aligned.places.tolist() == [1, 1]


@pytest.mark.parametrize("text", [" ", "   ", "\n\n\t", "\u3000", " \u00a0 "])
def test_texts_of_only_space_are_read_without_complaint(tokenizer, text) -> None:
    aligned = align_one(tokenizer, text, spans=[(0, len(text))])
    assert (aligned.offsets <= len(text)).all()


def test_an_empty_text_has_no_pieces(tokenizer) -> None:
    assert len(align_one(tokenizer, "").ids) == 0


@pytest.mark.parametrize("half", ["\ud83d"])
def test_half_a_surrogate_pair_is_named(tokenizer, half) -> None:
    with pytest.raises(DataError, match=r"character 1 is U\+D.*surrogatepass"):
        align_one(tokenizer, f"a{half}b")
    with pytest.raises(DataError, match="text 1, character 1"):
        align(
            ["fine", f"a{half}b"],
            boundaries=np.zeros(0, dtype=np.int64),
            counts=[0, 0],
            tokenizer=tokenizer,
            prefix_space=[False, False],
        )


def test_special_tokens_in_a_text_are_found_as_transformers_finds_them(luke) -> None:
    text = "a <mask> b<ent>c"
    aligned = align_one(luke, text, spans=[(2, 8)])
    assert luke.mask_id in aligned.ids
    assert luke.marker_id in aligned.ids
    first, last = aligned.places.tolist()
    assert aligned.ids[first:last].tolist() == [luke.mask_id]
    assert aligned.offsets[first].tolist() == [2, 8]
