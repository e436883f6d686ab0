"""Relations in the forms of TACRED, OpenNRE, FewRel, KBP37, RELX and SemEval-2010."""

import logging

import pytest

from openluke.errors import DataError
from openluke.formats.fewrel import looks_like_fewrel, read_fewrel
from openluke.formats.marked_text import looks_like_marked_text, read_marked_text
from openluke.formats.opennre import looks_like_opennre, read_opennre
from openluke.formats.tacred import looks_like_tacred, read_tacred

TACRED = {
    "id": "e7",
    "token": ["Los", "Angeles", "is", "where", "Beyoncé", "lives", "."],
    "subj_start": 4,
    "subj_end": 4,
    "subj_type": "PERSON",
    "obj_start": 0,
    "obj_end": 1,
    "obj_type": "CITY",
    "relation": "per:cities_of_residence",
    "stanford_pos": ["NNP"],
}
OPENNRE = {
    "token": TACRED["token"],
    "h": {"name": "beyoncé", "pos": [4, 5]},
    "t": {"name": "los angeles", "pos": [0, 2]},
    "relation": "lives",
}
OF_TEXT = {"text": "東京は日本", "h": {"pos": [0, 2]}, "t": {"pos": [3, 5]}}
FEWREL = {
    "P1": [
        {
            "tokens": TACRED["token"],
            "h": ["beyoncé", "Q1", [[4], [0]]],
            "t": ["los angeles", "Q2", [[0, 1]]],
        }
    ],
    "P2": [
        {"tokens": ["a", " ", str(n)], "h": ["a", "Q1", [[0]]], "t": ["b", "Q2", [[2]]]}
        for n in range(4)
    ],
}
MARKED = (
    '1\t"The <e1>crane</e1> has "an" <e2> arm </e2> ."\nComponent-Whole(e2,e1)\nComment: none\n\n\n'
    "2\t<e2>b</e2> of <e1>a</e1>\r\nOther\n"
)


def told(document):
    """Head, tail and label of the relation of a document."""
    (relation,) = document.relations
    text = document.text
    return relation.head.of(text), relation.tail.of(text), relation.label


@pytest.mark.parametrize("lines", [True, False])
def test_tacred_counts_the_last_word_of_mentions(write, lines):
    (document,) = read_tacred(write([TACRED], lines=lines))
    assert told(document) == ("Beyoncé", "Los Angeles", "per:cities_of_residence")
    assert document.text == "Los Angeles is where Beyoncé lives ."
    assert [(m.start, m.label) for m in document.mentions] == [(0, "CITY"), (21, "PERSON")]
    assert (document.id, len(document.words)) == ("e7", 7)
    (document,) = read_tacred(write([TACRED]), joined_by="legacy")
    assert document.text.endswith("lives.")


def test_a_relation_that_is_not_given_is_not_known(write):
    row = {key: value for key, value in TACRED.items() if key not in ("relation", "id")}
    (document,) = read_tacred(write([row]))
    assert (document.relations[0].label, document.id) == (None, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"subj_end": 7},
            r"file:2: subj_start: found words 4 to before 8, expected",
        ),
        ({"obj_start": 3}, r"file:2: obj_start: found words 3 to before 2"),
        ({"obj_start": -1}, r"file:2: obj_start: found words -1"),
        ({"subj_end": "4"}, r'file:2: subj_end: found "4", expected a whole number'),
        ({"token": "a b"}, r'file:2: token: found "a b", expected a list'),
        ({"token": []}, r"file:2: token: found no words"),
        ({"token": ["a", ""]}, r"file:2: token\[1\]: found an empty word"),
        ({"relation": 3}, r"file:2: relation: found 3, expected a string"),
    ],
)
def test_bad_rows_of_tacred_are_named(write, changes, message):
    with pytest.raises(DataError, match=message):
        [*read_tacred(write([TACRED, TACRED | changes], lines=True))]


def test_bad_items_of_a_list_are_named_with_line_and_number(write):
    row = {key: value for key, value in TACRED.items() if key != "obj_end"}
    with pytest.raises(DataError, match=r"file:\d+: \[1\]: missing key 'obj_end'; found: id"):
        [*read_tacred(write([TACRED, row]))]


def test_opennre_counts_words_of_words_and_characters_of_texts(write):
    of_words, of_text = read_opennre(write([OPENNRE, OF_TEXT], lines=True))
    assert told(of_words) == ("Beyoncé", "Los Angeles", "lives")
    assert len(of_words.words) == 7
    assert told(of_text) == ("東京", "日本", None)
    assert of_text.words is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (OPENNRE | {"h": {"pos": [4]}}, r"file:1: h\.pos: found \[4\], expected \[start, end\]"),
        (OPENNRE | {"h": {"pos": [4, 9]}}, r"file:1: h\.pos: found words 4 to before 9"),
        (OPENNRE | {"t": [4, 9]}, r"file:1: t: found \[4, 9\], expected an object"),
        (OF_TEXT | {"t": {"pos": [3, 6]}}, r"file:1: t\.pos: found characters 3 to 6, .* the 5 "),
        ({"h": {}, "t": {}}, r"file:1: missing key 'text'"),
    ],
)
def test_bad_rows_of_opennre_are_named(write, row, message):
    with pytest.raises(DataError, match=message):
        [*read_opennre(write([row], lines=True))]


def test_fewrel_relates_the_first_places_and_keeps_words_of_spaces(write):
    documents = [*read_fewrel(write(FEWREL))]
    assert told(documents[0]) == ("Beyoncé", "Los Angeles", "P1")
    assert [told(document) for document in documents[1:3]] == [("a", "0", "P2"), ("a", "1", "P2")]
    assert documents[1].text == "a   0"


def test_fewrel_may_be_cut_for_each_relation(write):
    path = write(FEWREL)
    assert [told(d)[1] for d in read_fewrel(path, start=1, end=3)] == ["1", "2"]
    assert [told(d)[1] for d in read_fewrel(path, end=1)] == ["Los Angeles", "0"]


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (["a", "Q1", [[0, 2]]], r"file:\d+: P1\[0\]\.h: expected \[name, identifier, "),
        (["a", "Q1", []], r"P1\[0\]\.h: expected \[name"),
        (["a", "Q1", [["0"]]], r"P1\[0\]\.h: expected \[name"),
        (
            ["a", "Q1", [[6, 7]]],
            r"P1\[0\]\.h: found words 6 to before 8, expected a range of the 7",
        ),
        ("a", r'P1\[0\]\.h: found "a", expected a list'),
    ],
)
def test_bad_rows_of_fewrel_are_named(write, head, message):
    with pytest.raises(DataError, match=message):
        [*read_fewrel(write({"P1": [FEWREL["P1"][0] | {"h": head}]}))]


def test_marks_are_taken_out_of_marked_text(write):
    first, second = read_marked_text(write(MARKED))
    assert first.text == 'The crane has "an" arm .'
    assert told(first) == ("crane", "arm", "Component-Whole(e2,e1)")
    assert second.text == "b of a"
    assert told(second) == ("a", "b", "Other")
    assert [first.id, second.id] == ["1", "2"]


def test_full_stops_may_be_closed_as_published(write):
    first, _ = read_marked_text(write(MARKED), close_full_stops=True)
    assert first.text == 'The crane has "an" arm.'


def test_marked_text_without_labels_is_read(write):
    (document,) = read_marked_text(write('1\t"<e1>a</e1> <e2>b</e2>"'))
    assert told(document) == ("a", "b", None)


def test_a_mark_around_nothing_but_a_space_is_read_and_told(write, caplog):
    path = write('1\t"Sehgal received the <e1> </e1> Prize at <e2> Basel </e2>."\nx(e1,e2)')
    with caplog.at_level(logging.WARNING):
        (document,) = read_marked_text(path)
    assert told(document) == (" ", "Basel", "x(e1,e2)")
    assert "file:1: <e1> marks nothing but spaces" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 no tab <e1>a</e1>\nx", r"file:1: found '1 no tab .*', expected an identifier, a tab"),
        ('1\t"<e1>a</e1>"\nx', r"file:1: found no <e2>…</e2>, expected one"),
        ('\n1\t"<e1>a</e1> <e1>b</e1> <e2>b</e2>"\nx', r"file:2: found two <e1>"),
        ('1\t"<e1></e1> <e2>b</e2>"\nx', r"file:1: found an empty <e1>"),
        ('1\t"<e1>a</e1> <e2>b</e2>"\n2\t"x"', r"file:2: found '2.*', expected a label such as"),
    ],
)
def test_bad_blocks_of_marked_text_are_named(write, text, message):
    with pytest.raises(DataError, match=message):
        [*read_marked_text(write(text))]


def test_marked_text_in_another_encoding_is_read(write):
    path = write('1\t"<e1>é</e1> <e2>b</e2>"\nx'.encode("latin-1"))
    assert told(next(read_marked_text(path, encoding="latin-1"))) == ("é", "b", "x")


def test_each_form_is_told_from_the_others(write):
    looks = [looks_like_tacred, looks_like_opennre, looks_like_fewrel, looks_like_marked_text]
    contents = [
        ({"content": [TACRED]}, 0),
        ({"content": [TACRED], "lines": True}, 0),
        ({"content": [OPENNRE], "lines": True}, 1),
        ({"content": [OF_TEXT]}, 1),
        ({"content": FEWREL}, 2),
        ({"content": MARKED}, 3),
    ]
    for content, expected in contents:
        head = write(**content).read_text(encoding="utf-8")
        assert [each(head) for each in looks] == [number == expected for number in range(4)]
    assert not any(each("") or each("a\tO\n") or each('{"text": "x"}') for each in looks)
