"""Words with tags, for the conformance tests."""

import re
from dataclasses import replace

import numpy as np

from openluke.instances import Instance, Outputs
from openluke.records import Mention, Span, TaggedText
from tests.conformance.case import Case, Long

TITLES = ("Nile", "Tokyo", "Egypt")


def tagged(text: str, tags: str) -> TaggedText:
    """Words are what stands between spaces and punctuation marks, and the marks."""
    words = [Span(*found.span()) for found in re.finditer(r"\w+|[^\w\s]", text)]
    mentions = [
        Mention(start=text.index(title), end=text.index(title) + len(title), entity=title)
        for title in TITLES
        if title in text
    ]
    return TaggedText(
        text=text,
        words=tuple(words),
        tags=tuple(tags.split()) or None,
        mentions=tuple(mentions),
    )


EXAMPLES = [
    tagged("The Nile flows through Egypt.", "DET PROPN VERB ADP PROPN PUNCT"),
    tagged("Tokyo is the capital of Japan.", "PROPN VERB DET NOUN ADP PROPN PUNCT"),
    tagged("She said it.", "PRON VERB PRON PUNCT"),
    tagged("They met on Thursday!", "PRON VERB ADP PROPN PUNCT"),
    tagged("It won't.", "PRON VERB PUNCT PART PUNCT"),
    tagged("Ana won.", "PROPN VERB PUNCT"),
    tagged("The dialects", "DET NOUN"),
    tagged("capital of the number one", "NOUN ADP DET NOUN NOUN"),
]
LABELS = sorted({tag for example in EXAMPLES for tag in example.tags or ()})
UNICODE = [
    TaggedText(
        text="東京は日本",
        words=(Span(0, 2), Span(2, 3), Span(3, 5)),
        mentions=(Mention(start=0, end=2, entity="東京"), Mention(start=1, end=5)),
    ),
    TaggedText(text="👩‍👩‍👧 cafe\u0301", words=(Span(0, 5), Span(6, 10), Span(10, 11))),
    TaggedText(text="a\u00a0\u200b b", words=(Span(0, 1), Span(1, 3), Span(4, 5))),
]
EMPTY = [
    TaggedText(text="", words=()),
    TaggedText(text="Ana", words=(), tags=()),
    TaggedText(text="   ", words=(Span(1, 2),)),
]
LONG = Long(
    short=tagged("word Tokyo " * 100, ""),
    long=tagged("word Tokyo " * 400, ""),
    # The last words of the first window have more context in the second one.
    alike=lambda text: (text.tags[:40], text.scores[:40]),
)


def chosen(instance: Instance) -> Outputs:
    return {"scores": 20.0 * (np.arange(len(LABELS)) == instance.targets["tags"][:, None])}


TAGS = Case(examples=EXAMPLES, ideal=chosen, unicode=UNICODE, empty=EMPTY, long=LONG)
CASES = {"tags": TAGS, "words": replace(TAGS, options={"mode": "words"})}
