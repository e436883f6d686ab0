"""Each marked text gives one input, and what is not in it is said."""

import logging

import pytest

from openluke.records import Span
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.marked_inputs import Marked, MarkedInputs


@pytest.fixture
def make_marked(luke, vocab):
    def make(layout="entity", *, spaces=False, brackets=False, prefix_space=None, **options):
        return MarkedInputs(
            luke,
            vocab=vocab,
            config=EntityInputsConfig(**{"max_words": 20, "stride": 8} | options),
            layout=layout,
            prefix_space=prefix_space,
            spaces=spaces,
            brackets=brackets,
        )

    return make


def pieces(features, tokenizer):
    return [tokenizer.token(int(row)) for row in features.word_ids]


def test_markers_stand_around_both_mentions(make_marked, luke):
    marked = Marked(text="Ana met Tokyo", spans=(Span(8, 13), Span(0, 3)))
    (features,) = make_marked("entity_pair").encode([marked])
    found = pieces(features, luke)
    assert found[1] == "<ent2>"
    assert found.count("<ent>") == found.count("<ent2>") == 2
    assert features.entity_sources.tolist() == [0, 1]


def test_options_change_the_text(make_marked, luke):
    marked = Marked(text='"Tokyo', spans=(Span(1, 6),))
    (plain,) = make_marked().encode([marked])
    (spaced,) = make_marked(spaces=True, prefix_space=True).encode([marked])
    assert "Ġ" not in "".join(pieces(plain, luke))
    assert pieces(spaced, luke)[1:3] == ['Ġ"', "<ent>"]
    assert pieces(spaced, luke)[3].startswith("Ġ")


def test_a_mention_beyond_the_end_is_nowhere_and_logged(make_marked, caplog):
    texts = [
        Marked(text="word " * 50 + "Ana", spans=(Span(250, 253),)),
        Marked(text="Ana", spans=(Span(0, 3),)),
    ]
    with caplog.at_level(logging.WARNING):
        first, second = make_marked(on_overflow="truncate").encode(texts)
    assert first is None
    assert second is not None
    assert "1 of 2 inputs lack a marked mention" in caplog.text


def test_a_mention_too_long_for_an_input_is_read_in_part_and_logged(make_marked, caplog):
    text = "Ana met Tokyo on Thursday, " * 3
    with caplog.at_level(logging.WARNING):
        (features,) = make_marked().encode([Marked(text=text, spans=(Span(0, len(text) - 1),))])
    assert features is not None
    assert "1 of 1 inputs have a marked mention that is longer" in caplog.text


def test_nothing_is_said_where_nothing_is_lost(make_marked, caplog):
    assert make_marked().encode([]) == []
    make_marked().encode([Marked(text="Ana", spans=(Span(0, 3),))])
    assert not caplog.records
