"""Respaced texts give the pieces that the published experiments gave to their models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.records import Span
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.published_spacing import respace

TEXT = 'Ana ( "Top seed") met Tokyo, Japan.'
CASES = {
    "a space before the mention": ('a "Tokyo" b', (3, 8), 'a " Tokyo " b', (4, 9)),
    "a space after the mention": ("in Tokyo.", (3, 8), "in Tokyo .", (3, 8)),
    "a mention at the beginning": ("Tokyo, b", (0, 5), " Tokyo , b", (1, 6)),
    "nothing to do": ("in Tokyo now", (3, 8), "in Tokyo now", (3, 8)),
    "space within the mention": ("in Tokyo  now", (3, 10), "in Tokyo now", (3, 8)),
    "brackets": ("-LRB- Tokyo -RRB-", (6, 11), "( Tokyo )", (2, 7)),
    "brackets within the mention": ("a -LSB-Tokyo-RSB-", (2, 17), "a (Tokyo)", (2, 9)),
}


@pytest.mark.parametrize(("text", "span", "expected", "moved"), CASES.values(), ids=CASES)
def test_text_and_mention_are_changed_together(text, span, expected, moved):
    assert respace(text, spans=[Span(*span)]) == (expected, (Span(*moved),))


def test_spaces_and_brackets_are_asked_for_apart():
    text, span = '-LRB-"Tokyo"', Span(6, 11)
    assert respace(text, spans=[span], spaces=False).text == '("Tokyo"'
    assert respace(text, spans=[span], brackets=False).text == '-LRB-" Tokyo "'


def test_a_mention_of_nothing_but_space_leaves_the_text_as_it_is():
    assert respace("a  b", spans=[Span(1, 3)]) == ("a  b", (Span(1, 3),))


@given(st.text("ab ()-LRB", max_size=20), st.data())
def test_no_mention_loses_or_gains_a_character_but_space(text, data):
    places = st.tuples(*[st.integers(0, len(text))] * 2).filter(lambda pair: pair[0] < pair[1])
    spans = [Span(*pair) for pair in data.draw(st.lists(places, max_size=2))] if text else []
    changed = respace(text, spans=spans, brackets=False)
    assert "".join(changed.text.split()) == "".join(text.split())
    for before, after in zip(spans, changed.spans, strict=True):
        assert "".join(before.of(text).split()) == "".join(after.of(changed.text).split())


@pytest.mark.parametrize("span", [(0, 3), (7, 15), (22, 27), (29, 34)])
def test_pieces_are_those_of_the_parts_each_read_after_a_space(luke, vocab, span):
    """As the original code did: the parts stripped on the right, each with a prefix space."""
    changed = respace(TEXT, spans=[Span(*span)], brackets=False)
    config = EntityInputsConfig(layout="entity", prefix_space=True)
    found = EntityInputs(luke, vocab, config)(changed.text, spans=changed.spans)[0]
    parts = [TEXT[: span[0]], TEXT[span[0] : span[1]], TEXT[span[1] :]]
    spaced = [f" {part.strip()}" if part.strip() else "" for part in parts]
    pieces = [luke.encode([[part]], offsets=False)[0].ids if part else [] for part in spaced]
    marker = [luke.marker_id]
    expected = [luke.bos_id, *pieces[0], *marker, *pieces[1], *marker, *pieces[2], luke.eos_id]
    assert found.word_ids.tolist() == expected
