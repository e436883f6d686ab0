"""Mentions with types, for the conformance tests."""

from dataclasses import replace

import numpy as np

from openluke.instances import Instance, Outputs
from openluke.records import Document, Label, Mention
from tests.conformance.case import Case, Long


def document(text: str, **types: str) -> Document:
    """A text with some of its words as mentions, each with its types."""
    mentions = [
        Mention(
            start=text.index(word),
            end=text.index(word) + len(word),
            labels=tuple(Label(label=label) for label in labels.split()),
        )
        for word, labels in types.items()
    ]
    return Document(text=text, mentions=tuple(mentions))


EXAMPLES = [
    document("Beyoncé lives in Los Angeles.", Beyoncé="person", Angeles="location place"),
    document("She said that she won.", she="person"),
    document("Tokyo is the capital of Japan.", Tokyo="city location", Japan="location place"),
    document("They met on Thursday.", Thursday="time"),
    document("Nothing of any kind is here.", Nothing=""),
    document("Iran and Afghanistan use it.", Iran="location", Afghanistan="location"),
    document("The Nile flows through Egypt.", Nile="place", Egypt="location place"),
    document("A number such as 42 is no name.", number=""),
]


def one_type(example: Document) -> Document:
    """The same with the first type alone."""
    return replace(
        example,
        mentions=tuple(
            Mention(start=m.start, end=m.end, label=m.labels[0].label if m.labels else "none")
            for m in example.mentions
        ),
    )


UNICODE = [
    document("東京は日本の首都です。", 東京="location", 日本="location"),
    document("👩‍👩‍👧 loves cafe\u0301 in Zürich\u00a0City", Zürich="location"),
    document("\u202bمرحبا طوكيو\u202c", طوكيو="location"),
]
EMPTY = [Document(text=""), Document(text="Nobody is named here.")]
FILLER = "word " * 120


def in_filler(times: int) -> Document:
    text = FILLER * times + "Tokyo" + " word" * 120 * times
    start = text.index("Tokyo")
    return Document(text=text, mentions=(Mention(start=start, end=start + 5),))


LONG = Long(
    short=in_filler(1),
    long=in_filler(3),
    alike=lambda document: [(m.text, m.labels, m.label, m.score) for m in document.mentions],
)


def switches(instance: Instance) -> Outputs:
    return {"scores": instance.targets["types"][0] * 20.0 - 10.0}


def chosen(instance: Instance) -> Outputs:
    return {"scores": 20.0 * (np.arange(6) == instance.targets["types"][0])}


CASES = {
    "any number": Case(examples=EXAMPLES, ideal=switches, unicode=UNICODE, empty=EMPTY, long=LONG),
    "words": Case(
        examples=EXAMPLES,
        ideal=switches,
        unicode=UNICODE,
        empty=EMPTY,
        long=LONG,
        options={"mode": "words"},
    ),
    "one": Case(
        examples=[one_type(example) for example in EXAMPLES],
        ideal=chosen,
        unicode=[one_type(example) for example in UNICODE],
        empty=EMPTY,
        long=LONG,
        options={"multi_label": False},
    ),
    "as published": Case(
        examples=EXAMPLES,
        ideal=switches,
        unicode=UNICODE,
        empty=EMPTY,
        long=LONG,
        options={"spaces": True, "brackets": True, "prefix_space": True},
    ),
}
