"""From characters and words to pieces of an input, and back."""

import numpy as np
from hypothesis import assume, given, settings

from openluke.features import SPECIAL_TEXT
from openluke.records import Span
from openluke.tokenization.alignment import pieces_of_span, span_of_pieces, words_of_pieces
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.passages import Passage
from tests.tokenization.strategies import texts_with_spans

FEW = settings(max_examples=80, deadline=None)


@FEW
@given(case=texts_with_spans(min_spans=1, max_spans=1))
def test_a_mention_is_found_and_read_back(luke, vocab, case) -> None:
    text, [span] = case
    # The space at the end of a mention is of the segment after it.
    assume(text[slice(*span)].strip() == text[slice(*span)])
    features = EntityInputs(luke, vocab)(text, spans=[span])[0]
    pieces = pieces_of_span(features, span=Span(*span))
    found = span_of_pieces(features, pieces=pieces)
    assert found.of(text).strip() == text[slice(*span)].strip()
    start, end = features.entity_ranges[0].tolist()
    assert start <= pieces[0] < pieces[1] <= end


def test_spans_in_the_second_text_are_found_there(luke, vocab) -> None:
    features = EntityInputs(luke, vocab)("Ana won.", pair=Passage(text="Who? Ana."))[0]
    pieces = pieces_of_span(features, span=Span(5, 8), text=1)
    assert (features.word_texts[slice(*pieces)] == 1).all()
    assert span_of_pieces(features, pieces=pieces) == (5, 8)


def test_what_an_input_does_not_hold_is_an_empty_range(luke, vocab) -> None:
    features = EntityInputs(luke, vocab)("Ana won.")[0]
    assert pieces_of_span(features, span=Span(50, 60)) == (0, 0)
    assert span_of_pieces(features, pieces=(0, 1)) is None


def test_pieces_know_the_words_they_are_of(tokenizer, vocab) -> None:
    words = ["Ana", "Ivanovic's", "(won)", "😀😀", "東京は", "x"]
    features = EntityInputs(tokenizer, vocab)(words)[0]
    indices = words_of_pieces(features, words=words)
    special = features.word_texts == SPECIAL_TEXT
    assert (indices[special] == -1).all()
    assert sorted(set(indices[~special].tolist())) == list(range(len(words)))
    assert (np.diff(indices[~special]) >= 0).all()
    joined = " ".join(words)
    for index, word in enumerate(words):
        offsets = features.word_offsets[indices == index]
        assert joined[offsets[:, 0].min() : offsets[:, 1].max()].strip() == word
