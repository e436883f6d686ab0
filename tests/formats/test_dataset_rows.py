"""Rows as the datasets library holds them."""

from types import SimpleNamespace

import pytest

from openluke.errors import DataError
from openluke.formats.dataset_rows import (
    documents_of_rows,
    questions_of_rows,
    records_of_rows,
    tagged_texts_of_rows,
    texts_of_rows,
)
from openluke.records import (
    Answer,
    ChoiceQuestion,
    ClassifiedText,
    ClozeQuestion,
    Document,
    Label,
    Mention,
    Relation,
    Span,
    TaggedText,
)

TAGS = ["O", "B-PER", "I-PER"]
NER = [
    {"id": "0", "tokens": ["Ada", "Lovelace", "sang"], "ner_tags": [1, 2, 0]},
    {"id": "1", "tokens": ["Ada", "Bob"], "ner_tags": [1, 1]},
]


class DataSet(list):
    """Rows with features, as far as they are looked at."""

    def __init__(self, rows, **features):
        super().__init__(rows)
        self.features = features


CLASS = SimpleNamespace(names=TAGS)


def found(document):
    return [(m.span.of(document.text), m.label) for m in document.mentions]


@pytest.mark.parametrize(
    "feature",
    [
        SimpleNamespace(feature=CLASS),
        [CLASS],
        SimpleNamespace(feature=SimpleNamespace(feature=CLASS)),
    ],
)
def test_tags_are_named_by_the_feature_of_their_column(feature):
    first, second = documents_of_rows(DataSet(NER, ner_tags=feature))
    assert (first.text, first.id, len(first.words)) == ("Ada Lovelace sang", "0", 3)
    assert found(first) == [("Ada Lovelace", "PER")]
    assert found(second) == [("Ada", "PER"), ("Bob", "PER")]


def test_tags_may_be_names_or_be_given_names_and_rows_may_come_once():
    named = [{"words": row["tokens"], "tags": [TAGS[n] for n in row["ner_tags"]]} for row in NER]
    first, _ = documents_of_rows(iter(named), tokens="words", tags="tags")
    assert found(first) == [("Ada Lovelace", "PER")]
    first, _ = documents_of_rows(NER, names=TAGS)
    assert found(first) == [("Ada Lovelace", "PER")]


@pytest.mark.parametrize(
    ("row", "options", "message"),
    [
        ({"ner_tags": [1, 2]}, {}, r"data set, row:1: ner_tags: found 2 tags for 3 words"),
        (
            {"ner_tags": [1, 2, 7]},
            {},
            r"row:1: ner_tags\[2\]: found 7, expected a name or a number",
        ),
        ({"ner_tags": [1, 2, True]}, {}, r"row:1: ner_tags\[2\]: found true"),
        ({"ner_tags": ["X-PER", 0, 0]}, {}, r"row:1: ner_tags\[0\]: found tag 'X-PER'"),
        ({"ner_tags": [0, 2, 0]}, {}, r"row:1: ner_tags\[1\]: the tags of the file keep no one"),
        ({"ner_tags": [0, 2, 0]}, {"scheme": "iob2"}, r"row:1: ner_tags\[1\]: found I-PER after O"),
        ({"tokens": []}, {}, r"row:1: tokens: found no words"),
        ({"tokens": "a b c"}, {}, r'row:1: tokens: found "a b c", expected a list'),
    ],
)
def test_bad_rows_are_named(row, options, message):
    with pytest.raises(DataError, match=message):
        [*documents_of_rows([NER[0], NER[0] | row], names=TAGS, **options)]


def test_numbers_without_names_are_an_error():
    with pytest.raises(DataError, match=r"row:0: ner_tags\[0\]: found 1, and no names of numbers"):
        [*documents_of_rows(NER)]


def test_a_set_of_splits_is_no_split():
    with pytest.raises(DataError, match=r'found "train", expected rows; .* data\["train"\]'):
        [*documents_of_rows({"train": NER}, names=TAGS)]


def test_the_lenient_read_broken_tags_as_conlleval_does():
    rows = [{"tokens": ["a", "b"], "ner_tags": ["O", "I-X"]}]
    (document,) = documents_of_rows(rows, lenient=True)
    assert found(document) == [("b", "X")]


def test_labels_are_classes_lists_of_classes_or_values():
    rows = [
        {"text": "a", "label": 1},
        {"text": "a", "label": "x"},
        {"text": "a", "label": -1},
        {"text": "a", "label": None},
        {"text": "a"},
        {"text": "a", "label": [0, 1]},
        {"text": "a", "label": []},
        {"text": "a", "label": 2.0},
    ]
    read = [*texts_of_rows(DataSet(rows, label=SimpleNamespace(names=["no", "yes"])))]
    assert [each.label for each in read] == ["yes", "x", *[None] * 6]
    assert [each.labels for each in read[4:7]] == [
        None,
        (Label(label="no"), Label(label="yes")),
        (),
    ]
    assert [each.value for each in read[6:]] == [None, 2.0]


def test_columns_of_texts_may_be_said():
    rows = [{"premise": "a", "hypothesis": "b", "gold": "x", "idx": 3, "id": 4}]
    (read,) = texts_of_rows(rows, text="premise", pair="hypothesis", label="gold")
    assert (read.text, read.pair, read.label, read.id) == ("a", "b", "x", "4")
    with pytest.raises(DataError, match=r"row:0: missing key 'text'; found: premise, hypothesis"):
        [*texts_of_rows(rows)]
    with pytest.raises(DataError, match=r"row:0: label: found 5, and no names of numbers"):
        [*texts_of_rows([{"text": "a", "label": 5}])]


def test_questions_have_the_columns_of_squad():
    row = {"id": "q", "title": "t", "context": "Ada sang.", "question": "Who?"}
    rows = [
        row | {"answers": {"text": ["Ada"], "answer_start": [0]}},
        row | {"answers": {"text": [], "answer_start": []}},
        row,
    ]
    read = [*questions_of_rows(rows, language="en")]
    assert [each.answers for each in read] == [(Answer(text="Ada", start=0, end=3),), (), None]
    assert (read[0].title, read[0].id, read[0].language) == ("t", "q", "en")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            {"text": ["Ada"], "answer_start": [1]},
            r'answers\.answer_start\[0\]: at character 1 .*"da ',
        ),
        ({"text": ["Ada"], "answer_start": []}, r"answers\.text: found 1 texts and 0 places"),
        ({"text": ["Ada"]}, r"row:0: answers: missing key 'answer_start'"),
    ],
)
def test_bad_answers_are_named(answers, message):
    with pytest.raises(DataError, match=message):
        [*questions_of_rows([{"context": "Ada sang.", "question": "?", "answers": answers}])]


def listed(feature):
    """A feature of a list, as newer versions of the library have it."""
    return SimpleNamespace(feature=feature)


TEXT = "Ada met Bob."
MENTION = {"start": 0, "end": 3, "label": 0, "labels": [1, 0], "entity": None}
KINDS = SimpleNamespace(names=["person", "place"])
MENTIONS = {"start": "int", "end": "int", "label": KINDS, "labels": listed(KINDS)}
READ = Mention(start=0, end=3, label="person", labels=(Label(label="place"), Label(label="person")))


@pytest.mark.parametrize(
    ("mentions", "feature"),
    [
        ([MENTION], listed(MENTIONS)),
        ([MENTION], [MENTIONS]),
        ({key: [value] for key, value in MENTION.items()}, SimpleNamespace(feature=MENTIONS)),
        (
            {key: [value] for key, value in MENTION.items()},
            {key: listed(value) for key, value in MENTIONS.items()},
        ),
    ],
)
def test_rows_in_the_form_of_a_record_have_the_names_of_their_features(mentions, feature):
    row = {"text": TEXT, "mentions": mentions, "id": None}
    (document,) = records_of_rows(DataSet([row], mentions=feature), kind=Document)
    assert document == Document(text=TEXT, mentions=(READ,))


def test_rows_of_every_kind_are_read_as_json_lines_are():
    met = DataSet(
        [{"text": TEXT, "relations": [{"head": [0, 3], "tail": [8, 11], "label": 1}]}],
        relations=listed({"label": SimpleNamespace(names=["no", "met"])}),
    )
    (document,) = records_of_rows(met, kind=Document)
    assert document.relations == (Relation(head=Span(0, 3), tail=Span(8, 11), label="met"),)
    tags = DataSet([{"text": "a b", "words": [[0, 1], [2, 3]], "tags": [1, 0]}], tags=listed(KINDS))
    (tagged,) = records_of_rows(tags, kind=TaggedText)
    assert tagged.tags == ("place", "person")
    choices = [{"question": "?", "choices": ["a", "b"], "answer": number} for number in (1, -1)]
    numbered = DataSet(choices, answer=SimpleNamespace(names=["A", "B"]))
    assert [each.answer for each in records_of_rows(numbered, kind=ChoiceQuestion)] == [1, None]
    cloze = {"query": "@placeholder met.", "context": TEXT, "candidates": [[0, 3]]}
    (gap,) = records_of_rows([cloze | {"answers": {"text": ["Ada"]}}], kind=ClozeQuestion)
    assert (gap.placeholder, gap.answers) == (Span(0, 12), (Answer(text="Ada"),))
    texts = DataSet([{"text": "a", "label": n} for n in (1, -1, None, "x")], label=KINDS)
    read = [each.label for each in records_of_rows(iter_of(texts), kind=ClassifiedText)]
    assert read == ["place", None, None, "x"]


def iter_of(rows):
    """Rows that come once, with their features, as a data set that is streamed."""

    class Stream:
        features = rows.features

        def __iter__(self):
            yield from rows

    return Stream()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"extra": 1}, r"data set, row:1: Document: unknown key 'extra'"),
        ({"mentions": [[0, 99]]}, r"row:1: Document: mentions\[0\]: span \(0, 99\) lies outside"),
        (
            {"mentions": [MENTION | {"label": 2}]},
            r"row:1: mentions\[0\].label: found 2, expected a",
        ),
        ({"mentions": {"start": [0], "end": []}}, r"row:1: mentions: .* expected lists of one len"),
        ({"mentions": {"start": 0, "end": 3}}, r"row:1: mentions: .* expected a list of objects"),
        ({"text": None}, r"row:1: Document: missing key 'text'"),
    ],
)
def test_bad_rows_of_records_are_named(row, message):
    rows = DataSet([{"text": TEXT}, {"text": TEXT} | row], mentions=listed(MENTIONS))
    with pytest.raises(DataError, match=message):
        [*records_of_rows(rows, kind=Document)]


def test_words_with_tags_are_tagged_texts():
    rows = DataSet(
        [{"tokens": ["Ada", "sang"], "upos": [0, 1], "id": 3}, {"tokens": ["Bo"]}],
        upos=listed(SimpleNamespace(names=["NOUN", "VERB"])),
    )
    first, second = tagged_texts_of_rows(rows, tags="upos")
    words = (Span(0, 3), Span(4, 8))
    assert first == TaggedText(text="Ada sang", words=words, tags=("NOUN", "VERB"), id="3")
    assert (second.text, second.tags) == ("Bo", None)
    with pytest.raises(DataError, match=r"row:0: tags: found 1 tags for 2 words"):
        [*tagged_texts_of_rows([{"tokens": ["a", "b"], "tags": ["X"]}])]
