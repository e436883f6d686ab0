"""What a set of examples holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.formats.checks import Duplicate, Spread, check_examples
from openluke.records import (
    Answer,
    ChoiceQuestion,
    ClassifiedText,
    ClozeQuestion,
    Document,
    Label,
    MaskedText,
    Mention,
    Question,
    Relation,
    Span,
    TaggedText,
    from_json,
    to_json,
)

TEXT = "Ada Lovelace met 東京."
ADA = Mention(start=0, end=12, label="PER")
TOKYO = Mention(start=17, end=19, label="LOC")


def test_mentions_are_counted_by_label_and_length():
    found = check_examples([Document(text=TEXT, mentions=(ADA, TOKYO)), Document(text="none")])
    assert (found.n_examples, found.n_unknown) == (2, 0)
    assert found.labels == {"mention": {"PER": 1, "LOC": 1}}
    lengths = found.lengths
    assert lengths["mention: characters"] == Spread(
        count=2, smallest=2, median=2, percentile_95=12, largest=12
    )
    assert lengths["mention: words"].largest == 2
    assert lengths["text: characters"].largest == 20
    assert lengths["mentions per example"].smallest == 0


def test_words_that_the_data_says_are_those_that_count():
    words = (Span(0, 12), Span(13, 16), Span(17, 20))
    found = check_examples([Document(text=TEXT, mentions=(ADA, TOKYO), words=words)])
    assert found.lengths["text: words"].median == 3
    assert found.lengths["mention: words"].largest == 1


def test_the_most_frequent_labels_come_first():
    texts = [ClassifiedText(text=str(n), label="ab"[n > 0]) for n in range(4)]
    assert list(check_examples(texts).labels["label"].items()) == [("b", 3), ("a", 1)]


def test_types_and_relations_are_counted_by_their_own():
    typed = Mention(start=0, end=3, labels=(Label(label="person"), Label(label="poet")))
    related = Relation(head=Span(0, 12), tail=Span(17, 19), label="met")
    documents = [
        Document(text=TEXT, mentions=(typed,)),
        Document(text=TEXT, mentions=(ADA, TOKYO), relations=(related,)),
    ]
    labels = check_examples(documents).labels
    assert labels["type"] == {"person": 1, "poet": 1}
    assert labels["relation"] == {"met": 1}


def test_examples_of_which_nothing_is_known_are_counted():
    answer = Answer(text="Ada", start=0, end=3)
    span = Span(0, 3)
    cases = [
        (
            Document(text=TEXT, relations=(Relation(head=Span(0, 3), tail=Span(4, 5)),)),
            Document(text=TEXT, relations=(Relation(head=Span(0, 3), tail=Span(4, 5), label="x"),)),
        ),
        (Document(text=TEXT, mentions=(Mention(start=0, end=3),)), Document(text=TEXT)),
        (ClassifiedText(text="a"), ClassifiedText(text="a", value=0.0)),
        (ClassifiedText(text="a"), ClassifiedText(text="a", labels=())),
        (TaggedText(text="a", words=()), TaggedText(text="a", words=(), tags=())),
        (Question(question="?", context=TEXT), Question(question="?", context=TEXT, answers=())),
        (
            ClozeQuestion(query="abc", placeholder=span, context=TEXT, candidates=(span,)),
            ClozeQuestion(
                query="abc", placeholder=span, context=TEXT, candidates=(span,), answers=(answer,)
            ),
        ),
        (
            ChoiceQuestion(question="?", choices=("a",)),
            ChoiceQuestion(question="?", choices=("a",), answer=0),
        ),
        (MaskedText(text="a b"), MaskedText(text="a b", masks=(span,))),
    ]
    for unknown, known in cases:
        assert check_examples([unknown]).n_unknown == 1, unknown
        assert check_examples([known]).n_unknown == 0, known


def test_questions_are_counted_by_whether_they_have_answers():
    answers = [(Answer(text="Ada", start=0),), (), None]
    questions = [Question(question=str(n), context=TEXT, answers=a) for n, a in enumerate(answers)]
    found = check_examples(questions)
    assert found.labels == {"answer": {"given": 1, "none in the passage": 1}}
    assert found.lengths["answer: characters"].count == 1
    assert found.lengths["context: words"].count == 3


def test_answers_that_are_no_candidate_are_told():
    cloze = {
        "query": "abc",
        "placeholder": Span(0, 3),
        "context": TEXT,
        "candidates": (Span(0, 3),),
    }
    examples = [
        ClozeQuestion(**cloze, answers=(Answer(text="Ada", start=0, end=3),)),
        ClozeQuestion(**cloze, answers=(Answer(text="met", start=13, end=16),)),
    ]
    assert check_examples(examples).labels == {"answer": {"a candidate": 1, "no candidate": 1}}


def test_choices_values_tags_and_masks_are_counted():
    choice = ChoiceQuestion(question="?", choices=("a", "b c"), answer=1, context="d")
    found = check_examples([choice])
    assert found.labels == {"answer": {"choice 1": 1}}
    assert found.lengths["choice: words"].largest == 2
    value = check_examples([ClassifiedText(text="a", pair="b", value=0.5)])
    assert value.lengths["value"].median == 0.5
    assert value.lengths["pair: characters"].count == 1
    tagged = TaggedText(text="a b", words=(Span(0, 1), Span(2, 3)), tags=("X", "X"))
    assert check_examples([tagged]).labels == {"tag": {"X": 2}}
    masked = check_examples([MaskedText(text="a b", masks=(Span(0, 1),))])
    assert masked.lengths["masks per example"].largest == 1


def test_duplicates_are_told_and_those_that_contradict_come_first():
    texts = [
        ClassifiedText(text=t, label=label, id=str(n))
        for n, (t, label) in enumerate(["ax", "ax", "ay", "bx"])
    ]
    found = check_examples(texts)
    assert (found.n_duplicates, found.n_contradictions) == (2, 1)
    assert found.duplicates == (
        Duplicate(index=2, earlier=0, agrees=False),
        Duplicate(index=1, earlier=0, agrees=True),
    )


def test_other_pairs_or_mentions_of_one_text_are_no_duplicates():
    pairs = [
        Document(text=TEXT, relations=(Relation(head=Span(0, 3), tail=Span(start, 19), label="x"),))
        for start in (13, 17)
    ]
    assert check_examples(pairs).n_duplicates == 0
    mentions = [Mention(start=start, end=19, labels=()) for start in (13, 17)]
    typed = [Document(text=TEXT, mentions=(mention,)) for mention in mentions]
    assert check_examples(typed).n_duplicates == 0
    named = [Document(text=TEXT, mentions=(each,)) for each in (ADA, TOKYO)]
    assert check_examples(named).n_contradictions == 1


def test_the_first_examples_are_kept_to_be_shown():
    texts = [ClassifiedText(text=str(n), label="x") for n in range(5)]
    assert check_examples(iter(texts), n_shown=2).shown == tuple(texts[:2])


def test_a_check_is_plain_enough_for_json():
    found = check_examples([ClassifiedText(text="a", label="x")], n_shown=0)
    assert from_json(type(found), values=to_json(found) | {"shown": []}) == found


def test_no_examples_and_other_things():
    assert check_examples([]).n_examples == 0
    with pytest.raises(DataError, match="found str, expected examples of one of Document, "):
        check_examples(["a"])


@given(st.lists(st.integers(0, 50), min_size=1))
def test_spreads_are_those_of_the_sorted_numbers(lengths):
    spread = check_examples([ClassifiedText(text=f"{'a' * length}") for length in lengths]).lengths[
        "text: characters"
    ]
    ordered = sorted(lengths)
    assert (spread.smallest, spread.largest) == (ordered[0], ordered[-1])
    assert spread.median == ordered[(len(ordered) - 1) // 2]
    assert sum(length <= spread.percentile_95 for length in lengths) >= 0.95 * len(lengths)
