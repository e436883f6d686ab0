"""The Japanese Wikipedia NER data set."""

import pytest

from openluke.errors import DataError
from openluke.formats.json_records import json_form
from openluke.formats.ner_wikipedia_ja import looks_like_ner_wikipedia_ja, read_ner_wikipedia_ja
from openluke.records import Document, Mention

ENTITY = {"name": "東京", "span": [2, 4], "type": "地名"}
ROW = {"curid": "7", "text": "首都東京。", "entities": [ENTITY]}


def test_entities_are_mentions(write):
    (document,) = read_ner_wikipedia_ja(write([ROW]))
    assert document == Document(
        text="首都東京。", mentions=(Mention(start=2, end=4, label="地名"),), id="7"
    )


def test_a_part_of_the_texts_may_be_read(write):
    path = write([ROW | {"curid": str(n)} for n in range(5)])
    assert [document.id for document in read_ner_wikipedia_ja(path, start=1, end=3)] == ["1", "2"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"span": [2, 9]}, r"file:2: \[0\]\.entities\[0\]\.span: found \[2, 9\], expected \[start"),
        ({"span": [2]}, r"entities\[0\]\.span: found \[2\]"),
        ({"name": "京都"}, r'entities\[0\]\.name: its place has "東京", expected "京都"'),
        ({"type": None}, r"entities\[0\]\.type: found null, expected a string"),
    ],
)
def test_bad_entities_are_named(write, changes, message):
    with pytest.raises(DataError, match=message):
        [*read_ner_wikipedia_ja(write([ROW | {"entities": [ENTITY | changes]}]))]


def test_the_form_is_told_from_our_own(write):
    head = write([ROW]).read_text(encoding="utf-8")
    assert looks_like_ner_wikipedia_ja(head)
    assert not json_form(Document).looks_like(head)
    assert not looks_like_ner_wikipedia_ja('[{"text": "x"}]')
