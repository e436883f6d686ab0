"""Rows of texts are read or named by their line."""

import os
from pathlib import Path

import pytest

from openluke.errors import DataError
from openluke.inference.passage_lines import count_lines, read_lines


def read(directory: Path, line: str | bytes, **options) -> list:
    path = directory / "in.jsonl"
    line = line.encode() if isinstance(line, str) else line
    path.write_bytes(b'{"text": "fine", "id": 1}\n\n' + line + b"\n")
    assert count_lines(path) == 2
    return list(read_lines(path, **options))


def test_rows_are_read_with_their_lines(tmp_path: Path) -> None:
    lines = read(
        tmp_path,
        '{"text": "a b", "spans": [[0, 1], [2, 3]], "entities": ["A", null], "types": [0, 2], '
        '"languages": "en"}',
        n_entity_types=3,
    )
    assert [line.number for line in lines] == [1, 3]
    passage = lines[1].passage
    assert (passage.spans, passage.entities) == ([[0, 1], [2, 3]], ["A", None])
    assert (passage.types, passage.languages) == ([0, 2], "en")


ONE = '{"text": "a", "spans": [[0, 1]], '


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", 'expected an object with a "text"'),
        ('{"text": 3}', 'expected an object with a "text"'),
        ('{"text": "a \\ud800"}', "the text has a lone surrogate at character 2"),
        (ONE + '"entities": ["\\ud800"]}', "a title or language has a lone surrogate"),
        (ONE + '"entities": []}', "found 0 titles for 1 spans"),
        (ONE + '"entities": "a"}', "found 'a' for 1 spans"),
        (ONE + '"entities": [5]}', "titles: that of span 0 is 5"),
        (ONE + '"languages": 5}', "found 5 for 1 spans"),
        (ONE + '"languages": ["en", "de"]}', "found 2 languages for 1 spans"),
        (ONE + '"types": ["a"]}', "types: that of span 0 is 'a'"),
        (ONE + '"types": [1e400]}', "types: that of span 0 is inf"),
        (ONE + '"types": [1.5]}', r"types: that of span 0 is 1\.5"),
        (ONE + f'"types": [{10**40}]}}', "types: that of span 0 is 1000"),
        (ONE + '"types": [-1]}', "types: that of span 0 is -1"),
        (ONE + '"types": [99]}', "types: found 99, but the model's .* table has 3 rows"),
        ('{"text": "a", "spans": 3}', "'spans' is 3, expected a list"),
        ('{"text": "a", "spans": {}}', "'spans' is {}, expected a list"),
        ('{"text": "a", "spans": [[0, 5]]}', "outside"),
        ('{"text": "Beyoncé"}'.encode("latin-1"), "not UTF-8: .*iconv -f latin1 -t utf-8"),
        ('{"text": }', r"not JSON: Expecting value \(character 10 of the line\)"),
        ('{"text": "a"', r"not JSON: .* \(character 13 of the line\)"),
    ],
)
def test_a_bad_row_is_named_by_line(line, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"in\.jsonl:3: .*({message})"):
        read(tmp_path, line, n_entity_types=3)


def test_keys_that_are_not_read_are_told_once(tmp_path: Path, caplog) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "a", "mentions": [], "id": 3, "url": ""}\n' * 3)
    assert len(list(read_lines(path))) == 3
    told = [message for message in caplog.messages if "'mentions' is not read" in message]
    assert len(told) == 1
    assert "in.jsonl:1: " in told[0]
    assert len(caplog.messages) == 2


def test_a_mark_of_byte_order_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "a"}\n', encoding="utf-8-sig")
    assert next(read_lines(path)).passage.text == "a"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing: cannot be read"):
        count_lines(tmp_path / "nothing")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(DataError, match="found a directory or a pipe, expected a file"):
            count_lines(path)
        with pytest.raises(DataError, match="found a directory or a pipe, expected a file"):
            next(read_lines(path))
