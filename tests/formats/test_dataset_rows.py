"""Rows as the datasets library holds them."""

from types import SimpleNamespace

import pytest

from openluke.errors import DataError
from openluke.formats.dataset_rows import documents_of_rows, questions_of_rows, texts_of_rows
from openluke.records import Answer, Label

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
