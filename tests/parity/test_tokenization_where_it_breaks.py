"""Where transformers 5 breaks, we do what its last working release did, or what is right."""

import pytest

from openluke.errors import DataError
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.passages import Passage

TEXT = "Top seed Ana Ivanovic said on Thursday she could hardly believe her luck."
SPANS = [(9, 21), (30, 38), (39, 42)]


@pytest.fixture
def make(luke, entity_vocab):
    return lambda **options: EntityInputs(luke, entity_vocab, EntityInputsConfig(**options))


def test_truncation_with_spans(make, luke_of_transformers) -> None:
    theirs = luke_of_transformers(None)
    with pytest.raises(AttributeError, match="truncate_sequences"):
        theirs(TEXT, entity_spans=SPANS, truncation=True, max_length=16)
    whole = make()(TEXT, spans=SPANS)[0]
    end = whole.entity_ranges[0, 1] + 1
    inputs = make(max_words=int(end), stride=0, on_overflow="truncate")
    windows = inputs(TEXT, spans=SPANS)
    assert windows[0].word_ids.tolist() == [*whole.word_ids[: end - 1], whole.word_ids[-1]]
    assert windows[0].entity_sources.tolist() == [0]
    assert windows.report.lost_mentions == (1, 2)


def test_overflowing_windows_with_spans(make, luke_of_transformers) -> None:
    theirs = luke_of_transformers(None)
    with pytest.raises((UnboundLocalError, AttributeError)):
        theirs(
            TEXT,
            entity_spans=SPANS,
            truncation=True,
            max_length=16,
            stride=2,
            return_overflowing_tokens=True,
        )
    windows = make(max_words=16, stride=2)(TEXT, spans=SPANS)
    assert sorted(row for one in windows for row in one.entity_sources.tolist()) == [0, 1, 2]
    assert windows.report.is_complete


def test_no_call_changes_the_next(make, luke_of_transformers) -> None:
    theirs = luke_of_transformers(None)
    before = theirs(TEXT, entity_spans=SPANS)["input_ids"]
    theirs([TEXT, "Hi"], truncation=True, max_length=4)
    assert theirs(TEXT, entity_spans=SPANS)["input_ids"] != before
    truncating = make(max_words=8, stride=0, on_overflow="truncate")
    truncating(TEXT)
    assert make()(TEXT, spans=SPANS)[0].word_ids.tolist() == before


def test_offsets_and_words_with_spans(make, luke_of_transformers) -> None:
    theirs = luke_of_transformers(None)
    with pytest.raises(NotImplementedError):
        theirs(TEXT, entity_spans=SPANS, return_offsets_mapping=True)
    with pytest.raises(NotImplementedError):
        theirs(TEXT.split(), entity_spans=[(2, 4)], is_split_into_words=True)
    features = make()(TEXT.split(), spans=[(2, 4)])[0]
    start, end = features.entity_ranges[0].tolist()
    offsets = features.word_offsets[start:end]
    assert TEXT[offsets[:, 0].min() : offsets[:, 1].max()].strip() == "Ana Ivanovic"


def test_spans_as_json_has_them(make, luke_of_transformers) -> None:
    lists = [list(span) for span in SPANS]
    with pytest.raises(ValueError, match="list of tuples"):
        luke_of_transformers(None)(TEXT, entity_spans=lists)
    ours = make()
    assert (
        ours(TEXT, spans=lists)[0].entity_ranges.tolist()
        == ours(TEXT, spans=SPANS)[0].entity_ranges.tolist()
    )


@pytest.mark.parametrize("span", [(70, 99), (5, 2), (-3, 2), (4, 4)])
def test_spans_that_are_none(make, span) -> None:
    with pytest.raises(DataError, match=r"span 0 .*expected"):
        make()(TEXT, spans=[span])


def test_two_equal_mentions(make, luke_of_transformers) -> None:
    theirs = luke_of_transformers("entity_pair_classification")
    scrambled = theirs(TEXT, entity_spans=[SPANS[0]] * 2)["input_ids"]
    inputs = make(layout="entity_pair")
    features = inputs(TEXT, spans=[SPANS[0]] * 2)[0]
    assert features.word_ids.tolist() != scrambled
    one, two = inputs.tokenizer.marker_id, inputs.tokenizer.marker2_id
    (start, end), (start2, end2) = features.entity_ranges.tolist()
    assert features.word_ids[[start, start2, end2 - 1, end - 1]].tolist() == [one, two, two, one]


def test_a_prefix_space_does_not_part_a_comma_from_its_word(make, luke_of_transformers) -> None:
    theirs = luke_of_transformers(None, add_prefix_space=True)
    text, spans = "Ana, who won", [(0, 3)]
    parted = theirs.convert_ids_to_tokens(theirs(text, entity_spans=spans)["input_ids"])
    assert any(token.startswith("Ġ,") or token == "Ġ" for token in parted[2:])
    inputs = make(prefix_space=True)
    features = inputs(text, spans=spans)[0]
    comma = features.entity_ranges[0, 1]
    assert inputs.tokenizer.token(int(features.word_ids[comma])) == ","


def test_names_of_entities_in_a_text_are_text(make, luke, luke_of_transformers) -> None:
    text = "a [MASK] b"
    assert max(luke_of_transformers(None)(text)["input_ids"]) >= luke.n_words
    assert max(make()(text)[0].word_ids) < luke.n_words


def test_entities_of_a_second_text_without_entities_of_the_first(make) -> None:
    features = make()("Who won?", pair=Passage(text=TEXT, spans=SPANS))[0]
    assert features.entity_sources.tolist() == [0, 1, 2]
