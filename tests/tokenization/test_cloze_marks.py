"""Tokens are put in where they belong, and nothing else changes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.features import SPECIAL_TEXT
from openluke.tokenization.cloze_marks import Marks, put_marks
from openluke.tokenization.passages import Passage
from openluke.tokenization.question_pairs import QuestionPairs
from tests.tokenization.strategies import texts_with_spans

GAP, HIGHLIGHT, WRAPPER = 90, 91, 92


def read(tokenizer, vocab, *, query, placeholder, passage, spans):
    pairs = QuestionPairs(tokenizer, vocab=vocab, prefix_space=None)
    (pair,) = pairs.encode(
        [Passage(text=query, spans=[placeholder])], passages=[Passage(text=passage, spans=spans)]
    )
    return pair


def mark(pair, *, highlights=()):
    """The first entity gives way, so do highlights; the rest is wrapped."""
    rows = np.arange(pair.features.n_entities)
    replaced = np.array([0, *highlights])
    return put_marks(
        pair,
        marks=Marks(
            replaced=replaced,
            replacements=np.array([GAP] + [HIGHLIGHT] * len(highlights)),
            wrapped=np.setdiff1d(rows, replaced),
            wrapper=WRAPPER,
        ),
    )


def written(tokenizer, pair):
    """An input as text, with its marks."""
    names = {GAP: "[GAP]", HIGHLIGHT: "[HIGH]", WRAPPER: "[ENT]"}
    features = pair.features
    is_mark = (features.word_texts == SPECIAL_TEXT) & np.isin(features.word_ids, list(names))
    return [
        names[row] if marked else tokenizer.decode([row]).strip()
        for row, marked in zip(features.word_ids.tolist(), is_mark.tolist(), strict=True)
    ]


def test_a_gap_becomes_a_token_and_mentions_stand_between_tokens(tokenizer, vocab):
    passage = "@highlight the world ( the number"
    pair = read(
        tokenizer,
        vocab,
        query="the X was there",
        placeholder=(4, 5),
        passage=passage,
        spans=[(0, 10), (15, 20), (27, 33)],
    )
    marked = mark(pair, highlights=[1])
    words = "".join(written(tokenizer, marked)).replace("##", "")
    assert words == "the[GAP]wasthere[HIGH]the[ENT]world[ENT](the[ENT]number[ENT]"
    features = marked.features
    assert features.entity_sources.tolist() == [0, 1, 2, 3]
    texts = [written(tokenizer, marked)[start:end] for start, end in features.entity_ranges]
    assert texts[0] == ["[GAP]"]
    assert texts[1] == ["[HIGH]"]
    assert texts[2][0] == texts[2][-1] == "[ENT]"
    assert "".join(texts[2][1:-1]).replace("##", "") == "world"


def test_mentions_nest_and_touch(luke, vocab):
    pair = read(
        luke,
        vocab,
        query="X",
        placeholder=(0, 1),
        passage="the number one",
        spans=[(0, 10), (4, 10), (0, 3), (10, 14), (0, 10)],
    )
    marked = mark(pair)
    words = "".join(written(luke, marked))
    assert words == "[GAP][ENT][ENT][ENT]the[ENT][ENT]number[ENT][ENT][ENT][ENT]one[ENT]"
    ranges = marked.features.entity_ranges
    outer, inner, first, last, twin = ranges[1:].tolist()
    assert outer[0] + 1 == twin[0]  # of two equal ones the first is outside
    assert twin[0] + 1 == first[0]
    assert twin[1] + 1 == outer[1]
    assert inner[1] + 1 == twin[1]
    assert last[0] == outer[1]


def test_both_texts_are_where_the_pair_says(tokenizer, vocab):
    passage = "Ana lives in Tokyo"
    pair = read(
        tokenizer,
        vocab,
        query="Where is X",
        placeholder=(9, 10),
        passage=passage,
        spans=[(0, 3), (13, 18)],
    )
    marked = mark(pair)
    features, question = marked.features, marked.question
    assert features.word_ids[question[1] - 1] == GAP
    assert features.word_texts[question[1]] == SPECIAL_TEXT
    first, last = marked.passage
    assert features.word_ids[first] == features.word_ids[last - 1] == WRAPPER
    assert last == len(features) - 1
    # Tokens have the word type of the text they stand in.
    assert len(set(features.word_types[first:last].tolist())) == 1
    assert len(set(features.word_types[slice(*question)].tolist())) == 1


@given(passage=texts_with_spans(min_spans=1), place=st.integers(0, 8))
@settings(max_examples=60)
def test_without_its_tokens_an_input_is_what_it_was(luke, vocab, passage, place):
    text, spans = passage
    pair = read(
        luke, vocab, query="Who saw it?", placeholder=(place, 11), passage=text, spans=spans
    )
    before = pair.features
    marked = mark(pair)
    after = marked.features
    is_mark = np.zeros(len(after), dtype=bool)
    ranges = after.entity_ranges
    is_mark[ranges[0, 0]] = True
    is_mark[ranges[1:, 0]] = is_mark[ranges[1:, 1] - 1] = True
    assert is_mark.sum() == 1 + 2 * (len(ranges) - 1)
    assert (after.word_texts[is_mark] == SPECIAL_TEXT).all()
    assert (after.word_offsets[is_mark, 0] == after.word_offsets[is_mark, 1]).all()
    gap = slice(*before.entity_ranges[0])
    for name in ("word_ids", "word_offsets", "word_texts", "word_types"):
        expected = np.delete(getattr(before, name), np.r_[gap], axis=0)
        assert np.array_equal(getattr(after, name)[~is_mark], expected), name
    assert (np.diff(after.word_offsets[slice(*marked.passage), 0]) >= 0).all() or not len(text)
    # What stands between a mention's own tokens is what it covered.
    for (start, end), (old_start, old_end) in zip(
        ranges[1:].tolist(), before.entity_ranges[1:].tolist(), strict=True
    ):
        inner = np.arange(start, end)[~is_mark[start:end]]
        assert after.word_ids[inner].tolist() == before.word_ids[old_start:old_end].tolist()
