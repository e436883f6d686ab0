"""Texts and questions check where their mentions stand, and name the one that is wrong."""

import pytest

from openluke.errors import DataError
from openluke.records import ChoiceQuestion, ClassifiedText, Mention, Span, TaggedText

GOOD, FAR = Mention(start=0, end=2), Mention(start=3, end=99)


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (ClassifiedText, {"mentions": (GOOD, FAR)}, r"mentions\[1\]: span \(3, 99\) lies outside"),
        (
            ClassifiedText,
            {"pair": "abc", "pair_mentions": (FAR,)},
            r"pair_mentions\[0\]: .* its text of 3 characters",
        ),
        (ClassifiedText, {"pair_mentions": (GOOD,)}, "pair_mentions without a second text"),
        (TaggedText, {"words": (Span(0, 4),), "mentions": (FAR,)}, r"mentions\[0\]: span \(3, 99"),
    ],
)
def test_mentions_of_texts_are_checked(kind, fields, message):
    with pytest.raises(DataError, match=message):
        kind(text="text", **fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mentions": (GOOD,)}, "found mentions without a passage; expected context too"),
        ({"context": "in", "mentions": (FAR,)}, r"mentions\[0\]: .* its text of 2 characters"),
        ({"question_mentions": (FAR,)}, r"question_mentions\[0\]: .* its text of 5 characters"),
        ({"choice_mentions": ((),)}, "choice_mentions are of 1 choices, expected .* of the 2"),
        (
            {"choice_mentions": ((), (GOOD, FAR))},
            r"choice_mentions\[1\]\[1\]: .* its text of 3 characters",
        ),
    ],
)
def test_mentions_of_questions_are_checked(fields, message):
    with pytest.raises(DataError, match=message):
        ChoiceQuestion(question="Where", choices=("ab", "abc"), **fields)


def test_mentions_inside_their_texts_are_good():
    ChoiceQuestion(
        question="Where",
        context="in",
        choices=("ab", "abc"),
        mentions=(GOOD,),
        question_mentions=(GOOD,),
        choice_mentions=((GOOD,), ()),
    )
    ClassifiedText(text="text", pair="pair", mentions=(GOOD,), pair_mentions=(GOOD,))
    TaggedText(text="text", words=(), mentions=(GOOD,))
