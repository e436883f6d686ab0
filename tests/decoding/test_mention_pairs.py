"""Pairs of mentions that are asked for their relation."""

from openluke.decoding.mention_pairs import asked_pairs
from openluke.records import Document, Mention, Relation, Span

A, B, C = Span(0, 1), Span(2, 3), Span(4, 5)
MENTIONS = (
    Mention(start=0, end=1, label="PER"),
    Mention(start=2, end=3, label="LOC"),
    Mention(start=4, end=5, label="LOC"),
)
GIVEN = Relation(head=A, tail=B, label="lives_in")
WITH = Document(text="a b c", mentions=MENTIONS, relations=(GIVEN,))
WITHOUT = Document(text="a b c", mentions=MENTIONS)


def places(pairs):
    return [(pair.head, pair.tail) for pair in pairs]


def test_relations_that_are_given_are_asked_for_alone():
    assert asked_pairs(WITH, every=False) == (GIVEN,)


def test_without_relations_every_ordered_pair_is_asked_for():
    found = asked_pairs(WITHOUT, every=False, unrelated="none")
    assert places(found) == [(A, B), (A, C), (B, A), (B, C), (C, A), (C, B)]
    assert {pair.label for pair in found} == {None}


def test_pairs_that_are_not_given_are_unrelated_where_all_are_asked_for():
    found = asked_pairs(WITH, every=True, unrelated="none")
    assert found[0] == GIVEN
    assert places(found[1:]) == [(A, C), (B, A), (B, C), (C, A), (C, B)]
    assert {pair.label for pair in found[1:]} == {"none"}


def test_pairs_of_other_types_are_not_asked_for_unless_given():
    found = asked_pairs(WITH, every=True, types=[("PER", "LOC")])
    assert places(found) == [(A, B), (A, C)]
    assert places(asked_pairs(WITH, every=True, types=[("LOC", "PER")])) == [(A, B), (B, A), (C, A)]


def test_two_mentions_of_one_place_are_one():
    document = Document(text="a b c", mentions=(MENTIONS[0], MENTIONS[0], MENTIONS[1]))
    assert places(asked_pairs(document, every=False)) == [(A, B), (B, A)]
    assert asked_pairs(Document(text="a"), every=True) == ()
