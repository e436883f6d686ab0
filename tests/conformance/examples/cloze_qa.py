"""Sentences with gaps and passages, for the conformance tests."""

import re
from dataclasses import replace

from openluke.instances import Instance, Outputs
from openluke.records import Answer, ClozeQuestion, Span
from tests.conformance.case import Case, Long


def ask(query: str, context: str, *candidates: str, answer: str | None = None) -> ClozeQuestion:
    """A gap at ``X``; every place of a candidate is one, every place of the answer is right."""
    spans = [
        Span(*found.span())
        for candidate in candidates
        for found in re.finditer(re.escape(candidate), context)
    ]
    right = [Answer(text=answer, start=s, end=e) for s, e in spans if context[s:e] == answer]
    start = query.index("X")
    return ClozeQuestion(
        query=query,
        placeholder=Span(start, start + 1),
        context=context,
        candidates=tuple(spans),
        answers=tuple(right),
    )


JAPAN = "Tokyo is the capital of Japan. Tokyo is large."
NILE = "The Nile flows through Egypt."
ANA = "Ana met Beyoncé in Los Angeles."
EXAMPLES = [
    ask("the capital is X .", JAPAN, "Tokyo", "Japan", answer="Tokyo"),
    ask("the country is X .", JAPAN, "Tokyo", "Japan", answer="Japan"),
    ask("the river is X .", NILE, "Nile", "Egypt", answer="Nile"),
    ask("X is its country", NILE, "Nile", "Egypt", answer="Egypt"),
    ask("they were in X", ANA, "Ana", "Beyoncé", "Los Angeles", answer="Los Angeles"),
    ask("X travelled", ANA, "Ana", "Beyoncé", "Los Angeles", answer="Ana"),
    ask("she sang with X", ANA, "Ana", "Beyoncé", "Los Angeles", answer="Beyoncé"),
    ask("only X", "It is red.", "red", answer="red"),
]
UNICODE = [
    ask("首都はXです", "東京は日本の首都です。", "東京", "日本", answer="東京"),
    ask("👩‍👩‍👧 X", "cafe\u0301\u202fwas\n\nthere\u3000مرحبا", "cafe\u0301", "مرحبا"),
]
EMPTY = [ask("X", ""), ask("it is X", "Nothing is named here."), ask("X", " \n")]
LONG = Long(  # of a sentence only what is around the gap is read
    short=ask("the world " * 30 + "X" + " the world" * 30, JAPAN, "Tokyo", "Japan"),
    long=ask("the world " * 90 + "X" + " the world" * 90, JAPAN, "Tokyo", "Japan"),
    alike=lambda answered: answered,
)


def sure(instance: Instance) -> Outputs:
    return {"scores": 20.0 * instance.targets["candidates"][:, 0] - 10.0}


CASE = Case(examples=EXAMPLES, ideal=sure, unicode=UNICODE, empty=EMPTY, long=LONG, steps=400)
CASES = {"entities": CASE, "words": replace(CASE, options={"mode": "words"})}
