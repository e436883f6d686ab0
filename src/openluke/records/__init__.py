"""What people see: texts, spans, mentions, questions and answers, before any tokenisation."""

from openluke.records.documents import Document, Label, Mention, Relation
from openluke.records.json_form import from_json, to_json
from openluke.records.pages import Page, PageLink, Paragraph, Redirect
from openluke.records.questions import (
    Answer,
    AnsweredQuestion,
    ChoiceQuestion,
    ChosenAnswer,
    ClozeQuestion,
    Question,
)
from openluke.records.scores import LabelScores, Scores
from openluke.records.spans import Span, check_span
from openluke.records.texts import (
    Candidate,
    ClassifiedText,
    FilledMask,
    FilledText,
    MaskedText,
    TaggedText,
)

__all__ = [
    "Answer",
    "AnsweredQuestion",
    "Candidate",
    "ChoiceQuestion",
    "ChosenAnswer",
    "ClassifiedText",
    "ClozeQuestion",
    "Document",
    "FilledMask",
    "FilledText",
    "Label",
    "LabelScores",
    "MaskedText",
    "Mention",
    "Page",
    "PageLink",
    "Paragraph",
    "Question",
    "Redirect",
    "Relation",
    "Scores",
    "Span",
    "TaggedText",
    "check_span",
    "from_json",
    "to_json",
]
