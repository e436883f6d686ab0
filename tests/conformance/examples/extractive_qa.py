"""Questions on passages, for the conformance tests."""

from dataclasses import replace

import numpy as np

from openluke.instances import Instance, Outputs
from openluke.records import Answer, Mention, Question
from tests.conformance.case import Case, Long


def ask(question: str, context: str, answer: str | None = None, **more: object) -> Question:
    answers = ()
    if answer is not None:
        answers = (Answer(text=answer, start=context.index(answer)),)
    return Question(question=question, context=context, answers=answers, **more)


JAPAN = "Tokyo is the capital of Japan."
NILE = "The Nile flows through Egypt to the sea."
ANA = "Ana Ivanovic won the match on Thursday."
CITIES = (Mention(start=0, end=5, entity="Tokyo"), Mention(start=24, end=29, entity="Japan"))
EXAMPLES = [
    ask("What is the capital?", JAPAN, "Tokyo", mentions=CITIES),
    ask("What is Tokyo?", JAPAN, "the capital of Japan", id="two"),
    ask("Where does it flow?", NILE, "Egypt"),
    ask("Which river is it?", NILE, "The Nile"),
    ask("Who won?", ANA, "Ana Ivanovic", title="Tennis"),
    ask("When did she win?", ANA, "Thursday"),
    ask("What number?", "It is 42 or 21.", "42"),
    ask("Which colour?", "It is red.", "red"),
]
NO_ANSWER = [*EXAMPLES[:6], ask("Which colour?", NILE), ask("What number?", ANA)]
UNICODE = [
    ask("日本の首都は？", "東京は日本の首都です。", "東京"),
    ask("👩‍👩‍👧?", "cafe\u0301\u202fwas \u200b there\u3000مرحبا\n\nnaïve", "there"),
]
EMPTY = [ask("", ""), ask("Who?", ""), ask("", JAPAN), ask("Who?", " \n ")]
LONG = Long(  # of a question only the beginning is read
    short=ask("Where is it? " * 20, JAPAN),
    long=ask("Where is it? " * 90, JAPAN),
    alike=lambda answered: answered,
)


def sure(instance: Instance) -> Outputs:
    place = instance.details
    found: dict[str, np.ndarray] = {}
    for name in ("start", "end"):
        places = np.arange(place.begin, place.end)
        found[name] = 20.0 * (places == instance.targets[name])
    return {**found, "none": 40.0 * (instance.targets["start"] == 0)}


CASE = Case(examples=EXAMPLES, ideal=sure, unicode=UNICODE, empty=EMPTY, long=LONG, steps=400)
CASES = {
    "entities": CASE,
    "words": replace(CASE, options={"mode": "words"}),
    "no answer": replace(CASE, options={"no_answer": True}, examples=NO_ANSWER),
}
