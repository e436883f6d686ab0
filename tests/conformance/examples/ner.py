"""Texts with names, for the conformance tests."""

from dataclasses import replace

import numpy as np

from openluke.instances import Instance, Outputs
from openluke.records import Document, Mention, Span
from tests.conformance.case import Case, Long


def document(text: str, **names: str) -> Document:
    """A text with some of its words as names, each with its label."""
    mentions = [
        Mention(start=text.index(name), end=text.index(name) + len(name), label=label)
        for name, label in names.items()
    ]
    return Document(text=text, mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end))))


EXAMPLES = [
    document("Ana went to Tokyo. Japan is far.", Ana="PER", Tokyo="LOC", Japan="LOC"),
    document("The Nile flows through Egypt", Nile="LOC", Egypt="LOC"),
    document("Nobody went anywhere."),
    document("Ana said so", Ana="PER"),
    document("in Iran and Afghanistan", Iran="LOC", Afghanistan="LOC"),
    document("They met on Thursday.", Thursday="TIME"),
    document("Egypt and Ana won", Egypt="LOC", Ana="PER"),
    document("Tokyo on Thursday", Tokyo="LOC", Thursday="TIME"),
]
LABELS = ("O", "LOC", "PER", "TIME")
NESTED = [
    *EXAMPLES[:6],
    Document(
        text="Bank of Japan",
        mentions=(Mention(start=0, end=13, label="ORG"), Mention(start=8, end=13, label="LOC")),
    ),
    Document(
        text="Egypt won",
        mentions=(Mention(start=0, end=5, label="LOC"), Mention(start=0, end=5, label="ORG")),
    ),
]
UNICODE = [
    document("東京は日本の首都です。", 東京="LOC"),
    document("👩‍👩‍👧 in Zürich\u00a0City\u2028cafe\u0301", Zürich="LOC"),
    document("\u202bمرحبا طوكيو\u202c", طوكيو="LOC"),
]
EMPTY = [Document(text=""), Document(text=" \n\n "), Document(text="a", sentences=(), words=())]


def in_filler(times: int) -> Document:
    """Ten words as a sentence, and around it more words than are read."""
    before = "word " * 150 * times
    text = before + "Ana went to Tokyo and so on" + " word" * 150 * times
    sentence = Span(len(before), len(before) + 27)
    return Document(text=text, sentences=(sentence,))


LONG = Long(
    short=in_filler(1),
    long=in_filler(2),
    alike=lambda document: [(m.text, m.label, m.score) for m in document.mentions],
)


def chosen(instance: Instance) -> Outputs:
    targets = instance.targets["spans"]
    return {
        "rows": np.arange(len(targets)),
        "scores": 20.0 * (np.arange(len(LABELS)) == targets[:, None]),
    }


def switches(instance: Instance) -> Outputs:
    targets = instance.targets["spans"]
    return {"rows": np.arange(len(targets)), "scores": targets * 20.0 - 10.0}


FLAT = Case(
    examples=EXAMPLES,
    ideal=chosen,
    unicode=UNICODE,
    empty=EMPTY,
    long=LONG,
    fewest_labels=2,
    options={"context": "document"},
)
CASES = {
    "flat": FLAT,
    "words": replace(FLAT, options={"mode": "words"}),
    "words of entities": replace(FLAT, options={"features": "words"}),
    "entities alone": replace(FLAT, options={"features": "entity"}),
    "nested": replace(
        FLAT,
        examples=NESTED,
        ideal=switches,
        options={"overlaps": "nested", "multi_label": True},
        fewest_labels=1,
    ),
    "proposed": replace(
        FLAT, options={"proposer": True, "proposer_layers": 1, "keep": 0.01, "negatives": 20}
    ),
}
