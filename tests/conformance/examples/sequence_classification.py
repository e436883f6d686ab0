"""Texts with labels and numbers, for the conformance tests."""

from dataclasses import replace

import numpy as np

from openluke.instances import Instance, Outputs
from openluke.records import ClassifiedText, Label, Mention
from tests.conformance.case import Case, Long

TEXTS = [
    ("This was very good.", "good"),
    ("I liked it a lot.", "good"),
    ("What a waste of time!", "bad"),
    ("It broke on Thursday.", "bad"),
    ("Nothing to say.", "neither"),
    ("Good, but it broke.", "both"),
    ("It is what it is.", "neither"),
    ("Liked, then broken.", "both"),
]
SINGLE = [ClassifiedText(text=text, label=label) for text, label in TEXTS]
SETS = {"good": ("good",), "bad": ("bad",), "neither": (), "both": ("good", "bad")}
MULTI = [
    ClassifiedText(text=text, labels=tuple(Label(label=one) for one in SETS[label]))
    for text, label in TEXTS
]
PAIRS = [
    ClassifiedText(
        text=text,
        pair=f"It is {word}.",
        label="yes" if word == label else "no",
        mentions=(Mention(start=0, end=2, entity="Tokyo"), Mention(start=0, end=len(text))),
        pair_mentions=(Mention(start=0, end=2, entity="Japan"),),
    )
    for (text, label), word in zip(TEXTS, ["good", "bad"] * 4, strict=True)
]
NUMBERS = [
    ClassifiedText(text=text, pair=text[:9] if number % 2 else "Tokyo", value=number / 2)
    for number, (text, _) in enumerate(TEXTS)
]
UNICODE = [
    ClassifiedText(
        text="東京は日本の首都です。",
        mentions=(Mention(start=0, end=2, text="東京", entity="東京"), Mention(start=3, end=5)),
    ),
    ClassifiedText(text="👩‍👩‍👧 cafe\u0301\u00a0\u200b", pair="مرحبا"),
    ClassifiedText(text="  a\u200b", mentions=(Mention(start=0, end=1), Mention(start=3, end=4))),
    ClassifiedText(text="\u202e\ufeff\x00 \n\t"),
]
EMPTY = [ClassifiedText(text=""), ClassifiedText(text="", pair=""), ClassifiedText(text="  \n")]


def answer(prediction: ClassifiedText) -> object:
    return (prediction.label, prediction.labels, prediction.value, prediction.scores)


FIRST = Long(
    short=ClassifiedText(text="good " * 120),
    long=ClassifiedText(text="good " * 120 + "bad " * 500),
    alike=answer,
)
PAIR = Long(
    short=ClassifiedText(text="It is good.", pair="word " * 120),
    long=ClassifiedText(text="It is good.", pair="word " * 500),
    alike=answer,
)
# Windows of a text that repeats itself are equal, if it is long in the rhythm of their steps.
WINDOWS = Long(
    short=ClassifiedText(text=" word" * (94 + 70)),
    long=ClassifiedText(text=" word" * (94 + 4 * 70)),
    alike=answer,
)


def chosen(instance: Instance) -> Outputs:
    return {"scores": 20.0 * (np.arange(4) == instance.targets["labels"])}


def switches(instance: Instance) -> Outputs:
    return {"scores": instance.targets["labels"][0] * 20.0 - 10.0}


def of_two(instance: Instance) -> Outputs:
    return {"scores": 20.0 * (np.arange(2) == instance.targets["labels"])}


def number(instance: Instance) -> Outputs:
    return {"scores": instance.targets["labels"]}


OF_PAIRS = Case(examples=PAIRS, ideal=of_two, unicode=UNICODE, empty=EMPTY, long=PAIR, steps=300)
CASES = {
    "one label": Case(examples=SINGLE, ideal=chosen, unicode=UNICODE, empty=EMPTY, long=FIRST),
    "pairs": OF_PAIRS,
    "words": replace(OF_PAIRS, options={"mode": "words"}),
    "any number of labels": Case(
        examples=MULTI,
        ideal=switches,
        unicode=UNICODE,
        empty=EMPTY,
        long=WINDOWS,
        options={"problem": "multi_label", "long_texts": "mean"},
    ),
    "numbers": Case(
        examples=NUMBERS,
        ideal=number,
        unicode=UNICODE,
        empty=EMPTY,
        long=FIRST,
        options={"problem": "regression"},
        steps=400,
    ),
}
