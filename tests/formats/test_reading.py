"""Opening files of examples: their form, their options, and what is said where either is wrong."""

from dataclasses import replace
from functools import partial

import pytest

from openluke.errors import ConfigError, DataError, ExampleError
from openluke.formats import (
    conll,
    jglue,
    marked_text,
    ner_wikipedia_ja,
    open_entity,
    squad,
    table,
    tacred,
    tagged_words,
    ultra_fine,
)
from openluke.formats.detect import detect
from openluke.formats.json_records import json_form
from openluke.formats.reading import checked_options, form_in, open_examples, placing
from openluke.records import ClassifiedText, Document, Question

COLUMNS = "Ada\tB-PER\nsang\tO\n\nBob\tB-PER\n"
QUESTION = {"id": "1", "question": "?"}
MENTION = {"left_context_token": [], "right_context_token": ["b"], "mention_span": "a"}
FORMS = (conll.FORM, json_form(Document), tacred.FORM, open_entity.FORM, ultra_fine.FORM)


def test_the_form_is_told_by_the_content_whatever_the_name(write):
    for name in ("a.json", "a.conll", "a"):
        assert detect(write(COLUMNS, name=name), forms=FORMS) is conll.FORM
        row = {"text": "Ada sang"}
        assert detect(write([row], name=name, lines=True), forms=FORMS) is FORMS[1]
        assert [each.text for each in open_examples(write([row], name=name), forms=FORMS)] == [
            "Ada sang"
        ]


def test_a_byte_order_mark_and_another_encoding_do_not_hide_the_form(write):
    assert detect(write("\ufeff" + COLUMNS), forms=FORMS) is conll.FORM
    assert detect(write("España\tB-LOC\n".encode("latin-1")), forms=FORMS) is conll.FORM
    assert detect(write(COLUMNS.encode("utf-16")), forms=FORMS) is conll.FORM


def test_a_long_file_is_told_by_its_beginning(write):
    words = "".join(f"word{n}\tO\n" for n in range(20_000))
    assert detect(write(words), forms=FORMS) is conll.FORM
    row = {"text": "東" * 100_000}
    assert detect(write([row], lines=True), forms=FORMS) is FORMS[1]


@pytest.mark.parametrize(
    ("content", "described"), [("just a text\n", "'just a text'"), ("[]", "'\\[\\]'")]
)
def test_an_unknown_form_is_a_short_error_that_names_those_that_are_read(write, content, described):
    with pytest.raises(DataError, match=f"file: the file begins with {described}") as caught:
        detect(write(content), forms=FORMS)
    assert " or ".join(form.name for form in FORMS) in str(caught.value)
    assert "--form conll" in str(caught.value)
    assert len(str(caught.value)) < 320


def test_json_of_no_known_form_is_told_the_forms_of_json(write):
    with pytest.raises(DataError, match="JSON with the keys tokens, ner_tags, which") as caught:
        detect(write('{"tokens": ["Ada"], "ner_tags": ["B-PER"]}\n'), forms=FORMS)
    message = str(caught.value)
    assert "jsonl is JSON lines of our own Document: text, mentions, " in message
    assert "tacred is JSON of token, " in message
    assert "openluke.formats.dataset_rows.documents_of_rows reads rows of" in message
    assert "--form jsonl" in message
    assert "conll is" not in message


def test_json_with_half_of_the_keys_is_not_of_a_form_without_those_it_needs(write):
    names = write('{"text": "Ada sang", "mentions": [[0, 3, "PER"]]}\n')
    with pytest.raises(DataError, match=r"with the keys text, mentions, .*Question: question, "):
        detect(names, forms=[squad.FORM, json_form(Question)])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ada\tB-PER\nsang\tO\nwell\nBob\tB-PER\nran\tO\n", r"file:3: found 1 columns \('well'\)"),
        ("Ada B-PER\nsang O O\nwell O\n\nBob b-PER\n", "file:2: found 3 columns"),
        ("Ada\tB-PER\nsang\tO\nBob\tb-PER\n", "file:3: found tag 'b-PER', expected O"),
        ("Ada 1\nsang 0\n\nBob 1\n", r"file:1: found tag '1'.*labels are names: write"),
        ('{"text": "a", "mentionz": []}\n', "file:1: Document: unknown key 'mentionz'; did you"),
        ('{"mentions": []}\n', "file:1: Document: missing key 'text'"),
        ('{"txt": "a"}\n{"text": "b"}\n{"text": "c"}\n', "file:1: Document: unknown key 'txt'"),
        ('{"text": "a"}\nb\n{"text": "c"}\n', "file:2: not JSON"),
    ],
)
def test_a_wrong_line_does_not_hide_the_form_and_is_named(write, content, message):
    with pytest.raises(DataError, match=message):
        list(open_examples(write(content), forms=FORMS))


def test_a_table_with_a_wrong_line_is_told_too(write):
    text = "good\tyes\nbad\tno\nno label\nfine\tyes\n"
    with pytest.raises(DataError, match=r"file:3: found 1 columns"):
        list(open_examples(write(text), forms=(table.FORM, table.TEXT_AND_LABEL)))


def test_words_with_tags_and_a_wrong_line_are_told_too(write):
    text = "Ada NOUN\nsang\nwell ADV\n"
    with pytest.raises(DataError, match=r"file:2: found 1 columns"):
        list(open_examples(write(text), forms=(tagged_words.FORM,)))
    with pytest.raises(DataError, match="which is not how columns begins"):
        detect(write("one text\nand one more\n\nthe last of them\n"), forms=(tagged_words.FORM,))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"text": "a"}, {"text": "b"}], "file:5: is wrong"),
        ('{"text": "a"}\n\n{"text": "b"}', "file:3: is wrong"),
        ("text,label\na,b\n\nc,d\n", "file:4: is wrong"),
        (COLUMNS, "file:4: is wrong"),
        ('1\t"<e1>a</e1> <e2>b</e2>"\nX\n\n2\t"<e1>a</e1> <e2>b</e2>"\nX\n', "file:4: is wrong"),
        ([{"curid": 1, "text": text, "entities": []} for text in "ab"], "file:7: is wrong"),
        ([MENTION, MENTION], "file:9: is wrong"),
        (
            {"data": [{"paragraphs": [{"context": "c", "qas": [QUESTION, QUESTION]}]}]},
            "file: example 2: is wrong",
        ),
    ],
)
def test_an_error_in_an_example_is_placed(write, content, message):
    path = write(content)
    forms = (*FORMS, table.FORM, squad.FORM, marked_text.FORM, ner_wikipedia_ja.FORM)
    with pytest.raises(DataError, match=message), placing(path, forms=forms):
        raise ExampleError("is wrong", number=1)
    with pytest.raises(DataError, match="file: is wrong"), placing(path, forms=forms):
        raise DataError("is wrong")


@pytest.mark.parametrize(
    ("form", "options", "line"),
    [
        (conll.FORM, {}, 6),
        (conll.FORM, {"unit": "sentence"}, 4),
        (conll.FORM, {"unit": "sentence", "comment": "Bob"}, 6),
        (tagged_words.FORM, {"tag_column": 1}, 4),
    ],
)
def test_the_options_decide_where_an_example_begins(write, form, options, line):
    path = write("Ada O\nsang O\n\nBob O\n-DOCSTART- O\nEve O\n\nAnn O\n")
    read, found = (list(each(path, **options)) for each in (form.read, form.lines))
    assert (len(read), found[1]) == (len(found), line)


def test_lines_are_those_of_the_examples_that_are_read(write):
    path = write([{"curid": 1, "text": text, "entities": []} for text in "abc"], lines=True)
    assert list(ner_wikipedia_ja.FORM.lines(path, start=1, end=3)) == [2, 3]


def test_an_error_in_a_directory_is_placed_in_its_file(write, tmp_path):
    for name in ("a", "b"):
        write([{"text": "a"}, {"text": "b"}], name=name, lines=True)
    with pytest.raises(DataError, match="b:1: is wrong"), placing(tmp_path, forms=FORMS):
        raise ExampleError("is wrong", number=2)


def test_a_form_that_cannot_be_told_has_to_be_said(write):
    row = {"sentence_pair_id": "1", "sentence1": "a", "sentence2": "b"}
    forms = (jglue.JSTS, jglue.JNLI)
    with pytest.raises(
        DataError, match=r"file: the form may be jsts or jnli; say which as form \(--form jsts\)"
    ):
        open_examples(write([row], lines=True), forms=forms)
    (example,) = open_examples(write([row], lines=True), forms=forms, form="jnli")
    assert example == ClassifiedText(text="a", pair="b", id="1")


def test_a_form_that_is_not_known_is_an_error_that_lists_those_that_are(write):
    with pytest.raises(
        ConfigError, match=r"no form 'connl'; forms that are read here: conll, jsonl"
    ):
        open_examples(write(COLUMNS), forms=FORMS, form="connl")


def test_a_form_that_is_said_is_believed_and_its_reader_says_what_is_wrong(write):
    with pytest.raises(
        DataError, match=r"file:1: Document: unknown key 'txt'; did you mean 'text'"
    ):
        open_examples(write('{"txt": "a"}'), forms=FORMS, form="jsonl")


@pytest.mark.parametrize(
    ("content", "form", "message"),
    [
        ("", None, "file: the file is empty; expected examples"),
        (" \n\n", None, "the file is empty"),
        ("", "conll", "file: found no examples in the file, read as conll"),
        ("[]", "jsonl", "file: found no examples in the file, read as jsonl"),
    ],
)
def test_a_file_without_examples_is_an_error(write, content, form, message):
    with pytest.raises(DataError, match=message):
        open_examples(write(content), forms=FORMS, form=form)


def test_options_reach_the_reader(write):
    (document,) = open_examples(write(COLUMNS), forms=FORMS, options={"unit": "document"})
    assert document.text == "Ada sang Bob"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unti": "document"}, r"options of form conll: unknown key 'unti'; did you mean 'unit'"),
        ({"zzz": 1}, r"known keys: unit, scheme, word_column, tag_column"),
        ({"unit": "word"}, r"options of form conll: unit: found 'word', expected"),
        ({"word_column": "a"}, r"word_column: found 'a' \(str\), expected int"),
        ({"scheme": "iob"}, r"scheme: found 'iob', expected one of \['iob1', 'iob2', "),
    ],
)
def test_wrong_options_are_errors_before_anything_is_read(write, options, message):
    with pytest.raises(ConfigError, match=message):
        open_examples(write(COLUMNS), forms=FORMS, options=options)


def test_a_form_without_options_says_so(write):
    said = {"form": open_entity.FORM.name, "options": {"encoding": "latin-1"}}
    with pytest.raises(ConfigError, match=r"unknown key 'encoding'; there are no keys$"):
        open_examples(write("{}"), forms=FORMS, **said)


def test_a_form_without_an_encoding_advises_none(write):
    path = write('{"data": [{"paragraphs": [{"context": "é"}]}]}'.encode("latin-1"))
    with pytest.raises(DataError, match=r"not UTF-8: .*; .* convert it, .* iconv"):
        open_examples(path, forms=[squad.FORM])


def test_the_form_is_told_in_the_encoding_that_is_said(write):
    path = write(COLUMNS.encode("utf-16-le"))
    options = {"encoding": "utf-16-le"}
    assert form_in(path, forms=FORMS, options=options) is conll.FORM
    assert len([*open_examples(path, forms=FORMS, options=options)]) == 2
    with (
        pytest.raises(DataError, match="file:4: wrong"),
        placing(path, forms=FORMS, options=options),
    ):
        raise ExampleError("wrong", number=1)


def test_options_of_lists_may_be_lists():
    options = {"labels": ["place", "person"]}
    assert checked_options(ultra_fine.FORM, options=options) == {"labels": ("place", "person")}


def test_a_form_may_be_read_with_other_defaults(write):
    form = replace(conll.FORM, read=partial(conll.FORM.read, unit="document"))
    path = write(COLUMNS)
    assert len([*open_examples(path, forms=(form,))]) == 1
    assert len([*open_examples(path, forms=(form,), options={"unit": "sentence"})]) == 2
    assert checked_options(form, options={"lenient": True}) == {"lenient": True}


def test_a_form_without_options_takes_none(write):
    path = write([{"text": "a"}], lines=True)
    with pytest.raises(ConfigError, match=r"options of form jsonl: unknown key 'unit'"):
        open_examples(path, forms=FORMS, options={"unit": "sentence"})


def test_what_is_wrong_with_a_later_row_is_raised_there(write):
    examples = open_examples(write([{"text": "a"}, {"text": 1}], lines=True), forms=FORMS)
    assert next(examples).text == "a"
    with pytest.raises(DataError, match=r"file:2: Document: text: found 1"):
        next(examples)


def test_all_files_of_a_directory_are_read_in_order(tmp_path, write):
    question = {"id": "1", "question": "?"}
    for name in ("b", "a", ".hidden"):
        paragraph = {"context": name, "qas": [question]}
        write({"data": [{"paragraphs": [paragraph]}]}, name=name)
    read = open_examples(tmp_path, forms=(squad.FORM,))
    assert [each.context for each in read] == ["a", "b"]


def test_a_directory_may_have_more_files_than_can_be_open(tmp_path, write):
    n_open = most = 0

    def read(path):
        nonlocal n_open, most
        n_open += 1
        most = max(most, n_open)
        try:
            yield from json_form(Document).read(path)
        finally:
            n_open -= 1

    for name in "abcdef":
        write([{"text": name}, {"text": f"{name} again"}], name=name, lines=True)
    examples = [*open_examples(tmp_path, forms=(replace(json_form(Document), read=read),))]
    assert [each.text for each in examples[::2]] == [*"abcdef"]
    assert (n_open, most) == (0, 2)
    write("{}", name="c")
    with pytest.raises(DataError, match="c:1: Document: missing key 'text'"):
        open_examples(tmp_path, forms=(json_form(Document),), form="jsonl")


def test_an_empty_directory_and_a_missing_file_are_errors(tmp_path):
    with pytest.raises(DataError, match="found an empty directory"):
        open_examples(tmp_path, forms=FORMS)
    with pytest.raises(DataError, match="none: cannot be read: No such file"):
        open_examples(tmp_path / "none", forms=FORMS)


def test_it_is_said_who_reads_the_forms(write):
    reader = "a model that does ner"
    known = " or ".join(form.name for form in FORMS)
    with pytest.raises(DataError, match=f"not how {known} begins, the forms that {reader} reads;"):
        open_examples(write([{"question": "?", "context": "c"}]), forms=FORMS, reader=reader)
    with pytest.raises(ConfigError, match=f"'squad'; forms that {reader} reads: "):
        open_examples(write(COLUMNS), forms=FORMS, form="squad", reader=reader)
