"""Pairs of mentions with relations, for the conformance tests."""

import numpy as np

from openluke.instances import Instance, Outputs
from openluke.records import Document, Mention, Relation, Span
from tests.conformance.case import Case, Long


def span(text: str, word: str) -> Span:
    start = text.index(word)
    return Span(start, start + len(word))


def document(text: str, head: str, tail: str, *labels: str) -> Document:
    """A text with a relation, and with a second one the other way round."""
    pair = span(text, head), span(text, tail)
    relations = [
        Relation(head=one, tail=other, label=label)
        for (one, other), label in zip((pair, pair[::-1]), labels, strict=False)
    ]
    mentions = [Mention(start=start, end=end) for start, end in sorted(set(pair))]
    return Document(text=text, mentions=tuple(mentions), relations=tuple(relations))


NOTHING = "no_relation"
EXAMPLES = [
    document("Beyoncé lives in Los Angeles.", "Beyoncé", "Los Angeles", "lives_in", "home_of"),
    document("Tokyo is the capital of Japan.", "Tokyo", "Japan", "capital_of", NOTHING),
    document("Ana won and Tokyo cheered.", "Ana", "Tokyo", NOTHING, NOTHING),
    document("The Nile flows through Egypt.", "Nile", "Egypt", "flows_in", NOTHING),
    document("Iran and Afghanistan use it.", "Iran", "Afghanistan", NOTHING),
    document("Paris is the capital of France.", "Paris", "France", "capital_of"),
    document("Ada lives in London now.", "Ada", "London", "lives_in"),
    document("The Po flows through Italy.", "Po", "Italy", "flows_in"),
]
UNICODE = [
    document("東京は日本の首都です。", "東京", "日本", "capital_of"),
    document("👩‍👩‍👧 cafe\u0301 in Zürich\u00a0City", "cafe\u0301", "Zürich", "lives_in"),
    document("cafe\u0301", "cafe", "\u0301", NOTHING),
]
EMPTY = [
    Document(text=""),
    Document(text="Nobody is named here."),
    Document(text="Ana", mentions=(Mention(start=0, end=3),)),
]


def in_filler(times: int) -> Document:
    text = "word " * 120 * times + "Ana met Tokyo" + " word" * 120 * times
    return document(text, "Ana", "Tokyo", NOTHING)


LONG = Long(
    short=in_filler(1),
    long=in_filler(3),
    alike=lambda document: [(r.label, r.score) for r in document.relations],
)


def at_the_start(times: int) -> Document:
    return document("Ana met Tokyo" + " word" * 120 * times, "Ana", "Tokyo", NOTHING)


WINDOWS = Long(short=at_the_start(1), long=at_the_start(3), alike=LONG.alike)


def chosen(instance: Instance) -> Outputs:
    return {"scores": 20.0 * (np.arange(5) == instance.targets["relations"][:, None])}


SEMEVAL = [
    document("A makes B here.", "A", "B", "Product(e2,e1)"),
    document("B was made by A there.", "B", "A", "Product(e1,e2)"),
    document("C and D sat.", "C", "D", "Other"),
    document("E is in F now.", "E", "F", "Place(e1,e2)"),
    document("F holds E now.", "F", "E", "Place(e2,e1)"),
    document("G and H stood.", "G", "H", "Other"),
    document("I makes J today.", "I", "J", "Product(e2,e1)"),
    document("K is in L today.", "K", "L", "Place(e1,e2)"),
]
CASES = {
    "entities": Case(examples=EXAMPLES, ideal=chosen, unicode=UNICODE, empty=EMPTY, long=LONG),
    "words": Case(
        examples=EXAMPLES,
        ideal=chosen,
        unicode=UNICODE,
        empty=EMPTY,
        long=LONG,
        options={"mode": "words", "bias": True},
    ),
    "words together": Case(
        examples=EXAMPLES,
        ideal=chosen,
        unicode=UNICODE,
        empty=EMPTY,
        long=WINDOWS,
        options={"mode": "words", "markers": False},
        steps=300,
    ),
    "all pairs": Case(
        examples=EXAMPLES,
        ideal=chosen,
        unicode=UNICODE,
        empty=EMPTY,
        long=LONG,
        options={"pairs": "all"},
    ),
    "directions": Case(
        examples=SEMEVAL,
        ideal=chosen,
        unicode=UNICODE,
        empty=EMPTY,
        long=LONG,
        options={"spaces": True, "prefix_space": True},
    ),
}
