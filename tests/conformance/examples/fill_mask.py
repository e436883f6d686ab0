"""Texts with masked words and entities, for the conformance tests."""

from dataclasses import replace

import numpy as np

from openluke.instances import Instance, Outputs
from openluke.records import MaskedText, Mention, Span
from tests.conformance.case import Case, Long


def masked(text: str, *words: str, mentions: tuple[Mention, ...] = ()) -> MaskedText:
    places = sorted((text.index(word), text.index(word) + len(word)) for word in words)
    return MaskedText(text=text, masks=tuple(Span(*place) for place in places), mentions=mentions)


# Words that the tiny tokenizer has as one piece.
EXAMPLES = [
    masked("Ana said on the 21st that it works.", "on"),
    masked("Tokyo is the capital of Japan.", "is", mentions=(Mention(start=0, end=5),)),
    masked("They spoke of the code, and he left.", "and"),
    masked("She could see it in the new world.", "world"),
    masked("The answer was here all the time.", "all"),
    masked(
        "It is spoken across Iran and more.",
        "and",
        mentions=(Mention(start=20, end=24, entity="Japan"), Mention(start=0, end=2)),
    ),
    masked("What they call it is no use.", "is"),
    masked("Beyoncé lives in Los Angeles.", "in"),
]
UNICODE = [
    masked("東京は日本の首都です。", "日本", mentions=(Mention(start=0, end=5),)),
    masked("👩‍👩‍👧 in cafe\u0301\u00a0City", "in"),
    MaskedText(text="\u200b\u202e x", mentions=(Mention(start=0, end=1),)),
]
EMPTY = [MaskedText(text=""), MaskedText(text="Nothing is masked.")]
LONG = Long(
    short=masked(
        "Tokyo is the capital" + " word" * 120, "the", mentions=(Mention(start=0, end=5),)
    ),
    long=masked("Tokyo is the capital" + " word" * 500, "the", mentions=(Mention(start=0, end=5),)),
    alike=lambda filled: (filled.words, filled.entities),
)


def told(instance: Instance) -> Outputs:
    words = instance.targets["words"]
    n_entities = len(instance.details.entities)
    return {
        "ids": words[:, None],
        "scores": np.ones((len(words), 1)),
        "entity_ids": np.full((n_entities, 1), 5),
        "entity_scores": np.ones((n_entities, 1)),
    }


BOTH = Case(examples=EXAMPLES, ideal=told, unicode=UNICODE, empty=EMPTY, long=LONG, steps=300)
CASES = {"words and entities": BOTH, "words": replace(BOTH, options={"mode": "words"})}
