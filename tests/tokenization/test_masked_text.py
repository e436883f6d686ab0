"""Masked words are replaced, and everything else stays at its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.records import Span
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.masked_text import Gap, find_masks, masks_in_windows, put_masks

TOKEN = "<mask>"


def test_masks_and_mentions_move_together():
    text = "Tokyo is the capital of Japan now."
    masked = put_masks(
        text,
        masks=[Span(6, 8), Span(24, 29)],
        spans=[Span(0, 5), Span(13, 20), Span(24, 29), Span(30, 33)],
        token=TOKEN,
    )
    assert masked.text == "Tokyo <mask> the capital of <mask> now."
    assert [span.of(masked.text) for span in masked.masks] == [TOKEN, TOKEN]
    assert [span.of(masked.text) for span in masked.spans] == ["Tokyo", "capital", TOKEN, "now"]


def test_a_mention_that_ends_within_a_mask_holds_all_of_it():
    masked = put_masks(
        "New York City", masks=[Span(4, 8)], spans=[Span(0, 6), Span(6, 13)], token="_"
    )
    assert masked.text == "New _ City"
    assert [span.of(masked.text) for span in masked.spans] == ["New _", "_ City"]


@given(st.text("ab ", min_size=1, max_size=30), st.data())
def test_what_is_not_masked_can_be_put_back(text, data):
    places = sorted(set(data.draw(st.lists(st.integers(0, len(text)), max_size=8))))
    masks = [Span(*pair) for pair in zip(places[::2], places[1::2], strict=False)]
    pairs = st.tuples(*[st.integers(0, len(text))] * 2).filter(lambda pair: pair[0] < pair[1])
    spans = [Span(*pair) for pair in data.draw(st.lists(pairs, max_size=3))]
    masked = put_masks(text, masks=masks, spans=spans, token="#")
    back = masked.text
    for hidden, moved in zip(masks[::-1], masked.masks[::-1], strict=True):
        assert moved.of(masked.text) == "#"
        back = back[: moved.start] + hidden.of(text) + back[moved.end :]
    assert back == text
    for before, after in zip(spans, masked.spans, strict=True):
        assert 0 <= after.start < after.end <= len(masked.text)
        if not any(mask.start < before.end and before.start < mask.end for mask in masks):
            assert after.of(masked.text) == before.of(text)


def test_tokens_in_a_text_are_found():
    assert find_masks("a <mask> b<mask>", token=TOKEN) == (Span(2, 8), Span(10, 16))
    assert find_masks("", token=TOKEN) == ()


@pytest.mark.parametrize("words", [4, 200])
def test_a_mask_is_read_where_it_has_most_context(tokenizer, vocab, words):
    token = tokenizer.roles["mask"]
    text = f"is {token} " * words
    masks = find_masks(text, token=token)
    config = EntityInputsConfig(max_words=40, stride=20)
    windows = list(EntityInputs(tokenizer, vocab, config)(text))
    gaps = masks_in_windows(windows, masks=masks, mask_id=tokenizer.mask_id)
    assert sorted(gap.number for of_one in gaps for gap in of_one) == list(range(words))
    for number in range(words):
        found = [
            (min(row, len(window) - 1 - row), Gap(number, row) in of_one)
            for window, of_one in zip(windows, gaps, strict=True)
            for row, (start, end) in enumerate(window.word_offsets.tolist())
            if window.word_ids[row] == tokenizer.mask_id
            and start < masks[number].end
            and masks[number].start < end
        ]
        best = max(context for context, _ in found)
        assert [context for context, is_there in found if is_there] == [best]
