"""CoNLL columns."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openluke.errors import ConfigError, DataError
from openluke.formats.conll import looks_like_conll, read_conll
from openluke.formats.conll_writing import write_conll
from openluke.formats.joined_words import join_words
from openluke.records import Document, Mention, Span
from tests.formats.strategies import documents

PLAIN = "Ada\tB-PER\nLovelace\tI-PER\nwrote\tO\n\nIn\tO\nLondon\tB-LOC\n\n"
OF_2003 = (
    "-DOCSTART- -X- O O\n\nAda NNP I-NP I-PER\nBob NNP I-NP B-PER\n\nhere RB I-NP O\n"
    "-DOCSTART- -X- O O\nParis NNP I-NP I-LOC"
)


def found(document):
    return [(m.span.of(document.text), m.label) for m in document.mentions]


def test_sentences_are_documents_where_the_file_marks_none(write):
    first, second = read_conll(write(PLAIN))
    assert first.text == "Ada Lovelace wrote"
    assert first.words == ((0, 3), (4, 12), (13, 18))
    assert first.sentences == ((0, 18),)
    assert found(first) == [("Ada Lovelace", "PER")]
    assert found(second) == [("London", "LOC")]


def test_documents_are_those_that_the_file_marks(write):
    first, second = read_conll(write(OF_2003))
    assert first.text == "Ada Bob here"
    assert [span.of(first.text) for span in first.sentences] == ["Ada Bob", "here"]
    assert found(first) == [("Ada", "PER"), ("Bob", "PER")]
    assert found(second) == [("Paris", "LOC")]


def test_the_unit_may_be_said(write):
    assert [d.text for d in read_conll(write(OF_2003), unit="sentence")] == [
        "Ada Bob",
        "here",
        "Paris",
    ]
    assert [d.text for d in read_conll(write(PLAIN), unit="document")] == [
        "Ada Lovelace wrote In London"
    ]


@pytest.mark.parametrize("end", ["\n\n\n", "\n", ""])
def test_the_last_sentence_is_read_whatever_follows_it(write, end):
    assert len([*read_conll(write("a\tO\n\nb\tB-X" + end))]) == 2


def test_lines_of_spaces_end_sentences_and_windows_line_ends_do_not_matter(write):
    text = "\ufeff" + "a\tO\n \t \nb\tB-X\n\t\n".replace("\n", "\r\n")
    assert [(d.text, found(d)) for d in read_conll(write(text))] == [("a", []), ("b", [("b", "X")])]


def test_an_empty_file_has_no_documents(write):
    assert [*read_conll(write(""))] == [*read_conll(write("\n\n"))] == []


def test_words_may_hold_other_spaces_where_tabs_part_columns(write):
    (document,) = read_conll(write("New York\tB-LOC\n10\u00a0000\tO\n"))
    assert [span.of(document.text) for span in document.words] == ["New York", "10\u00a0000"]


def test_columns_may_be_said(write):
    path = write("1 Ada B-PER x\n2 sang O x\n")
    (document,) = read_conll(path, word_column=1, tag_column=2)
    assert (document.text, found(document)) == ("Ada sang", [("Ada", "PER")])
    (document,) = read_conll(path, word_column=-3, tag_column=-2)
    assert found(document) == [("Ada", "PER")]


def test_comments_are_lines_without_the_columns_of_the_others(write):
    text = "# id 7 in words\n# text\nAda _ _ B-PER\n# _ _ O\n# note\n#tag _ _ O\n\n#\nBob _ _ O\n"
    assert [d.text for d in read_conll(write(text))] == ["Ada # #tag", "Bob"]
    assert [d.text for d in read_conll(write(text), comment="#")] == ["Ada", "Bob"]
    assert [d.text for d in read_conll(write("#tag\tO\n#\tO\n"))] == ["#tag #"]


def test_words_alone_are_read_when_it_is_said(write):
    (document,) = read_conll(write("Ada\nsang\n"), tagged=False)
    assert (document.text, document.mentions) == ("Ada sang", ())
    with pytest.raises(DataError, match=r"file:1: found 1 columns, .* tagged = false for words"):
        [*read_conll(write("Ada\nsang\n"))]


@pytest.mark.parametrize(
    ("joined_by", "text"),
    [
        ("spaces", "He said : ' it 's 1.5 ! '"),
        ("legacy", "He said:' it's 1.5!'"),
        ("nothing", "Hesaid:'it's1.5!'"),
    ],
)
def test_what_stands_between_words_may_be_said(write, joined_by, text):
    words = ["He", "said", ":", "'", "it", "'s", "1.5", "!", "'"]
    path = write("".join(f"{word}\tO\n" for word in words))
    (document,) = read_conll(path, joined_by=joined_by)
    assert document.text == text
    assert [span.of(text) for span in document.words] == words


def test_the_scheme_is_told_from_the_whole_file(write):
    text = "a I-X\nb O\n\nc I-X\nd B-X\n"
    assert [len(d.mentions) for d in read_conll(write(text))] == [1, 2]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a\tO\nb\tX-PER\n", {}, r"file:2: found tag 'X-PER', expected O, or B-"),
        ("a\tB-X\n\nb\tI-X\n", {}, r"file:3: the tags of the file keep no one scheme: I-X stands"),
        ("a\tB-X\nb\tI-Y\n", {"scheme": "iob2"}, r"file:2: found I-Y after B-X, .* in iob2"),
        ("a\tB-X\nb\tO\n", {"scheme": "bioes"}, r"file:2: found O after B-X"),
        ("a\tB-X\n\nb\tO\n", {"scheme": "bioes"}, r"file:1: found the end of the sentence"),
        (
            "a\tO\nb\n",
            {},
            r"file:2: found 1 columns \('b'\), expected 2 as in line 1, .* tabs",
        ),
        ("a O\n\nb c O\n", {}, r"file:3: found 3 columns .* separated by spaces"),
        ("a\tO\n\tO\n", {}, r"file:2: column 0 is empty, expected a word or tag"),
        ("a\t\n", {}, r"file:1: column -1 is empty"),
        ("a O\n", {"tag_column": 4}, r"file:1: found 2 columns, expected one numbered 4"),
        ("a O\n", {"word_column": 1}, r"file:1: found 2 columns, of which the same"),
    ],
)
def test_bad_lines_are_named(write, text, options, message):
    with pytest.raises(DataError, match=message):
        [*read_conll(write(text), **options)]


def test_the_lenient_read_what_breaks_the_scheme_as_conlleval_does(write):
    path = write("a\tI-X\nb\tB-X\nc\tI-Y\nd\tx\tE-Y\n")
    (document,) = read_conll(path, lenient=True)
    assert found(document) == [("a", "X"), ("b", "X"), ("c d", "Y")]


def test_other_encodings_are_read_when_they_are_said(write):
    path = write("España\tB-LOC\n".encode("iso-8859-1"))
    (document,) = read_conll(path, encoding="iso-8859-1")
    assert document.text == "España"
    with pytest.raises(DataError, match=r"file:1: not UTF-8"):
        [*read_conll(path)]
    with pytest.raises(ConfigError, match="no encoding"):
        [*read_conll(path, encoding="x")]


@pytest.mark.parametrize("scheme", ["iob1", "iob2", "bioes", "bilou"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(documents(), min_size=1, max_size=3), separator=st.sampled_from("\t "))
def test_documents_written_and_read_are_the_same(tmp_path, scheme, written, separator):
    path = tmp_path / "file"
    assert write_conll(path, documents=written, scheme=scheme, separator=separator) == len(written)
    assert [*read_conll(path, unit="document", scheme=scheme)] == written
    told = [*read_conll(path, unit="document")]
    assert told == written


JOINED = join_words(["Ada", "met", "Bob"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"words": None}, "document 0: it has no words"),
        ({"mentions": (Mention(start=0, end=2, label="X"),)}, r"mention \(0, 2\) is not made of"),
        ({"mentions": (Mention(start=0, end=3),)}, r"mention \(0, 3\) has no label"),
        ({"sentences": (Span(0, 3),)}, "word 1 is in no sentence"),
        (
            {
                "sentences": (Span(0, 3), Span(4, 11)),
                "mentions": (Mention(start=0, end=7, label="X"),),
            },
            "the X mention is in no sentence",
        ),
    ],
)
def test_what_columns_cannot_say_is_an_error(tmp_path, changes, message):
    document = Document(**({"text": JOINED.text, "words": JOINED.words} | changes))
    with pytest.raises(DataError, match=message):
        write_conll(tmp_path / "file", documents=[document])


@pytest.mark.parametrize(
    ("head", "looks"),
    [
        (PLAIN, True),
        (OF_2003, True),
        ("[ O\nx O\n", True),
        ("# comment\na b B-X\n", True),
        ("a\tNN\nb\tVB\n", False),
        ("a O\nb\n", False),
        ("word\n", False),
        ("", False),
        ('{"a": "O O"}\n', False),
        ('[\n{"a": "O O"}]', False),
        ('17\t"The <e1> x </e1>"\nOther\n', False),
    ],
)
def test_columns_of_tags_are_told_by_their_structure(head, looks):
    assert looks_like_conll(head) == looks


def test_a_line_that_the_beginning_of_a_file_breaks_off_in_does_not_matter():
    assert looks_like_conll("a\tO\nb\tO\nc")
