"""Ids, positions and entities are those of transformers' LukeTokenizer wherever it works."""

import pytest
from hypothesis import assume, given, settings

from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.passages import Passage
from openluke.tokenization.tokenizer import WordTokenizer
from tests.parity.encodings import assert_same
from tests.tokenization.conftest import ENTITIES
from tests.tokenization.strategies import texts, texts_with_spans

MANY = settings(max_examples=200, deadline=None)
TASKS = {
    "plain": None,
    "entity": "entity_classification",
    "entity_pair": "entity_pair_classification",
    "entity_span": "entity_span_classification",
}


@pytest.fixture(scope="module")
def both(luke, entity_vocab, luke_of_transformers):
    """Ours and theirs by layout."""

    def inputs(layout: str) -> EntityInputs:
        return EntityInputs(
            luke,
            entity_vocab,
            EntityInputsConfig(layout=layout, max_words=4096, max_entities=None),
        )

    return {layout: (inputs(layout), luke_of_transformers(task)) for layout, task in TASKS.items()}


def is_scrambled(spans) -> bool:
    """Whether transformers mixes the markers up: mentions that are nested, crossing or equal."""
    (start, end), (other_start, other_end) = spans
    return start < other_end and other_start < end


@MANY
@given(case=texts_with_spans(min_spans=1))
@pytest.mark.parametrize("layout", ["plain", "entity_span"])
def test_any_spans_in_any_text(both, layout, case) -> None:
    text, spans = case
    ours, theirs = both[layout]
    assert_same(ours(text, spans=spans)[0], theirs(text, entity_spans=spans))


@MANY
@given(case=texts_with_spans(min_spans=1, max_spans=1))
def test_one_mention_between_markers(both, case) -> None:
    text, spans = case
    ours, theirs = both["entity"]
    assert_same(ours(text, spans=spans)[0], theirs(text, entity_spans=spans))


@MANY
@given(case=texts_with_spans(min_spans=2, max_spans=2))
def test_two_mentions_between_markers(both, case) -> None:
    text, spans = case
    assume(not is_scrambled(spans))
    ours, theirs = both["entity_pair"]
    features = ours(text, spans=spans)[0]
    # Two mentions of nothing but spaces fall on one place, which transformers scrambles too.
    ranges = features.entity_ranges.tolist()
    assume(all(end - start > 2 for start, end in ranges))
    assert_same(features, theirs(text, entity_spans=spans))


@MANY
@given(text=texts())
def test_texts_without_mentions(both, text) -> None:
    ours, theirs = both["plain"]
    assert ours(text)[0].word_ids.tolist() == theirs(text)["input_ids"]


@MANY
@given(first=texts_with_spans(min_spans=1), second=texts_with_spans(min_spans=1))
def test_pairs_of_texts(both, first, second) -> None:
    ours, theirs = both["plain"]
    features = ours(first[0], spans=first[1], pair=Passage(text=second[0], spans=second[1]))[0]
    assert_same(
        features,
        theirs(first[0], second[0], entity_spans=first[1], entity_spans_pair=second[1]),
    )


@MANY
@given(first=texts(), second=texts())
def test_pairs_of_texts_without_mentions(both, first, second) -> None:
    assume(second)  # transformers takes an empty second text for none
    ours, theirs = both["plain"]
    features = ours(first, pair=Passage(text=second))[0]
    assert features.word_ids.tolist() == theirs(first, second)["input_ids"]


def test_titles_known_and_unknown(both) -> None:
    ours, theirs = both["plain"]
    text, spans = "Tokyo is in Japan.", [(0, 5), (12, 17), (6, 8), (6, 8)]
    titles = ["Tokyo", "Japan", "Nowhere", "[MASK]"]
    windows = ours(text, spans=spans, entities=titles)
    assert_same(windows[0], theirs(text, entity_spans=spans, entities=titles))
    assert windows.report.unknown_titles == (2,)
    assert "Nowhere" not in ENTITIES


@pytest.mark.parametrize(
    "text", ["a <mask>.", "a  <mask> b", "<mask><mask>", "x<ent>y", "<s> </s>", "<en t><ent2>"]
)
def test_special_tokens_in_the_text(both, text) -> None:
    ours, theirs = both["plain"]
    assert ours(text)[0].word_ids.tolist() == theirs(text)["input_ids"]
    spans = [(0, 2), (1, len(text) - 1)]
    assert_same(ours(text, spans=spans)[0], theirs(text, entity_spans=spans))


@MANY
@given(text=texts())
def test_pieces_and_offsets_without_mentions(both, luke_of_transformers, text) -> None:
    ours, theirs = both["plain"]
    expected = theirs(text, return_offsets_mapping=True)["offset_mapping"]
    features = ours(text)[0]
    for (start, end), (their_start, their_end) in zip(
        features.word_offsets.tolist()[1:-1], expected[1:-1], strict=True
    ):
        # Theirs trim the space before a word, also from pieces of space alone.
        if not text[start:end].strip():
            assert start <= their_start
            assert their_end <= end
        elif their_start < their_end:
            assert text[start:end] == text[their_start:their_end].strip() or start == their_start


def test_prefix_space_is_that_of_a_tokenizer_made_with_it(
    luke, entity_vocab, luke_of_transformers
) -> None:
    theirs = luke_of_transformers(None, add_prefix_space=True)
    config = EntityInputsConfig(prefix_space=True)
    ours = EntityInputs(luke, entity_vocab, config)
    # Every segment but the first begins with a space; others get one too in transformers.
    text, spans = "Ana Ivanovic said on Thursday", [(0, 12), (18, 20)]
    assert_same(ours(text, spans=spans)[0], theirs(text, entity_spans=spans))


@settings(max_examples=100, deadline=None)
@given(text=texts(min_parts=1))
def test_words_are_split_as_is_split_into_words_does(
    luke, entity_vocab, luke_of_transformers, text
) -> None:
    words = text.split()
    assume(words and not any(luke.find_added_tokens(text)))
    theirs = luke_of_transformers(None, add_prefix_space=True)
    ours = EntityInputs(luke, entity_vocab)
    expected = theirs(words, is_split_into_words=True)["input_ids"]
    assert ours(words)[0].word_ids.tolist() == expected


@settings(max_examples=50, deadline=None)
@given(case=texts_with_spans(min_spans=1))
def test_what_we_save_is_read_the_same_by_transformers(
    luke: WordTokenizer, both, tmp_path_factory, case
) -> None:
    theirs = _saved_and_read(luke, tmp_path_factory)
    text, spans = case
    ours, _ = both["plain"]
    assert_same(ours(text, spans=spans)[0], theirs(text, entity_spans=spans))


_SAVED = {}


def _saved_and_read(luke, tmp_path_factory):
    from transformers import LukeTokenizer  # noqa: PLC0415

    if "luke" not in _SAVED:
        directory = tmp_path_factory.mktemp("saved")
        luke.save(directory)
        entity_vocab = {title: row for row, title in enumerate(ENTITIES)}
        _SAVED["luke"] = LukeTokenizer.from_pretrained(directory, entity_vocab=entity_vocab)
    return _SAVED["luke"]
