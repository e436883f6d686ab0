"""Questions with choices, for the conformance tests."""

from dataclasses import replace
from typing import Any

import numpy as np

from openluke.instances import Instance, Outputs
from openluke.records import ChoiceQuestion, Mention
from tests.conformance.case import Case, Long


def question(text: str, *choices: str, answer: int | None = None, **more: Any) -> ChoiceQuestion:
    return ChoiceQuestion(question=text, choices=choices, answer=answer, **more)


IT = (Mention(start=0, end=2, entity="Nile"),)
EXAMPLES = [
    question(
        "What is the capital of Japan?",
        "Kyoto",
        "Tokyo",
        "Nara",
        answer=1,
        question_mentions=(Mention(start=23, end=28, entity="Japan"),),
        choice_mentions=((), (Mention(start=0, end=5, entity="Tokyo"),), ()),
    ),
    question("Where does the Nile flow?", "Egypt", "Japan", answer=0),
    question("Who won?", "Ana", "She", "They", "It", "Thursday", answer=4),
    question("Which number?", "21", answer=0),
    question("Where is it?", "here", "there", answer=1, context="It was there.", mentions=IT),
    question("Where is it?", "here", "there", answer=0, context="It was here.", mentions=IT),
    question("When did they meet?", "on Thursday", "in November", answer=0, id="seven"),
    question("Does it work?", "no", "yes", answer=1),
]
UNICODE = [
    question(
        "日本の首都は？",
        "京都",
        "東京",
        question_mentions=(Mention(start=0, end=2),),
        choice_mentions=((), (Mention(start=0, end=2, entity="東京"),)),
    ),
    question("👩‍👩‍👧?", "cafe\u0301", "\u200b", "مرحبا"),
]
EMPTY = [question("", "", ""), question("", ""), question(" ", "a", context="")]
LONG = Long(
    short=question("Where is it?", "here", "there", context="word " * 120),
    long=question("Where is it?", "here", "there", context="word " * 500),
    alike=lambda answer: answer.scores,
)


def chosen(instance: Instance) -> Outputs:
    return {"scores": 20.0 * (np.arange(len(instance.features)) == instance.targets["answer"])}


CHOICES = Case(examples=EXAMPLES, ideal=chosen, unicode=UNICODE, empty=EMPTY, long=LONG, steps=300)
CASES = {"choices": CHOICES, "words": replace(CHOICES, options={"mode": "words"})}
