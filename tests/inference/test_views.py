"""What people are shown of each kind of prediction."""

from openluke.inference.views import Mark, view_of
from openluke.records import (
    Answer,
    AnsweredQuestion,
    Candidate,
    ChoiceQuestion,
    ChosenAnswer,
    ClassifiedText,
    Document,
    FilledMask,
    FilledText,
    Label,
    Mention,
    Question,
    Relation,
    Span,
    TaggedText,
)

TEXT = "Beyoncé lives in Los Angeles."


def test_mentions_are_marked_from_left_to_right_the_longer_first() -> None:
    mentions = (
        Mention(start=21, end=28, label="CITY", score=0.5),
        Mention(start=0, end=7, label="PER", score=0.9),
        Mention(start=17, end=28, labels=(Label(label="location"), Label(label="place"))),
        Mention(start=8, end=13),
    )
    view = view_of(Document(text=TEXT, mentions=mentions), example=None)
    assert [(mark.start, mark.end, mark.label) for mark in view.marks] == [
        (0, 7, "PER"),
        (17, 28, "location, place"),
        (21, 28, "CITY"),
    ]


def test_relations_are_lines_about_the_text() -> None:
    relation = Relation(head=Span(0, 7), tail=Span(17, 28), label="lives_in", score=0.987)
    view = view_of(Document(text=TEXT, relations=(relation,)), example=None)
    assert view.notes == ("Beyoncé → lives_in → Los Angeles 98.7 %",)


def test_an_answer_is_marked_in_its_passage() -> None:
    question = Question(question="Where?", context=TEXT)
    answer = Answer(text="Los Angeles", start=17, end=28, score=0.5)
    view = view_of(AnsweredQuestion(answer=answer), example=question)
    assert view.text == TEXT
    assert view.marks == (Mark(start=17, end=28, label="answer"),)
    assert view.notes == ("Where?", "Los Angeles 50.0 %")
    assert view_of(AnsweredQuestion(answer=None), example=question).notes[1] == "no answer"


def test_labels_numbers_choices_tags_and_gaps_are_shown() -> None:
    scored = ClassifiedText(text="a", pair="b", label="x", scores={"y": 0.25, "x": 0.75})
    view = view_of(scored, example=None)
    assert (view.text, view.notes) == ("a\nb", ("x 75.0 %, y 25.0 %",))
    assert view_of(ClassifiedText(text="a", value=2.5), example=None).notes == ("2.500",)
    assert view_of(ClassifiedText(text="a", labels=()), example=None).notes == ("no label",)
    chosen = ChosenAnswer(answer=1, text="b", score=0.5, scores=(0.5, 0.5))
    asked = ChoiceQuestion(question="Which?", choices=("a", "b"))
    assert view_of(chosen, example=asked).notes == ("1: b 50.0 %",)
    tagged = TaggedText(text="Ana ran", words=(Span(0, 3), Span(4, 7)), tags=("NOUN", "O"))
    assert view_of(tagged, example=None).marks == (Mark(start=0, end=3, label="NOUN"),)
    gap = FilledMask(start=0, end=3, candidates=(Candidate(text="Bo", score=0.5),))
    view = view_of(FilledText(text="Ana ran", entities=(gap,)), example=None)
    assert (view.marks[0].label, view.notes) == ("Bo", ("Ana ← Bo 50.0 %",))
