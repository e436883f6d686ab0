"""Text files line by line."""

import pytest

from openluke.errors import ConfigError, DataError
from openluke.formats.text_lines import lines_of, read_head, read_lines, read_text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_one(write, end):
    path = write(f"a{end}{end}b{end}")
    assert [*read_lines(path)] == [(1, "a"), (2, ""), (3, "b")]


def test_a_last_line_without_an_end_is_read_and_other_separators_stay_in_lines(write):
    assert [*read_lines(write("a\u2028b\x85c\nd"))] == [(1, "a\u2028b\x85c"), (2, "d")]


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_text(write, encoding):
    path = write("東京\nx".encode("utf-16" if encoding == "utf-16" else "utf-8-sig"))
    assert [*read_lines(path, encoding=encoding)] == [(1, "東京"), (2, "x")]
    assert read_head(path, n_bytes=100) == "東京\nx"


def test_a_byte_order_mark_within_the_text_stays(write):
    assert read_text(write("\ufeff{}\ufeff")) == "{}\ufeff"


@pytest.mark.parametrize("encoding", ["iso-8859-1", "shift_jis"])
def test_other_encodings_are_read_when_they_are_said(write, encoding):
    text = "ソ表" if encoding == "shift_jis" else "naïve"
    assert [*read_lines(write(f"{text}\n".encode(encoding)), encoding=encoding)] == [(1, text)]


@pytest.mark.parametrize("read", [lambda path, **said: [*read_lines(path, **said)], read_text])
@pytest.mark.parametrize(
    ("said", "advice"),
    [({"encoding": "utf-8"}, "give the option encoding"), ({}, "convert it, .* iconv -f latin1 ")],
)
def test_what_cannot_be_decoded_is_named_by_its_line(write, read, said, advice):
    path = write(b"good\nalso good\n" + "naïve\n".encode("iso-8859-1") + b"end\n")
    with pytest.raises(DataError, match=rf"file:3: not UTF-8: .*, {advice}") as caught:
        read(path, **said)
    assert caught.value.line == 3


def test_a_character_that_the_file_breaks_off_in_is_named(write):
    with pytest.raises(DataError, match=r"file:\d: not UTF-8"):
        [*read_lines(write("ab\né".encode()[:-1]))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_stream_has_the_lines_of_a_file(write, encoding, end, size):
    content = f"é{end}{end}b\x85{end}c".replace("\x85", "" if encoding == "cp1252" else "\x85")
    written = content.encode(encoding)
    parts = (written[at : at + size] for at in range(0, len(written), size))
    expected = [*read_lines(write(written), encoding=encoding)]
    assert [*lines_of(parts, encoding=encoding, file="standard input")] == expected
    assert [text[:1] for _, text in expected] == ["é", "", "b", "c"]


def test_a_stream_gives_each_line_as_it_comes_and_names_what_cannot_be_decoded():
    lines = lines_of(iter([b"a\n", b"\xe9\n"]), file="standard input")
    assert next(lines) == (1, "a")
    with pytest.raises(DataError, match=r"standard input:2: not UTF-8: .*encoding=latin-1"):
        next(lines)


def test_the_mark_of_another_encoding_is_told(write):
    path = write("a\nb".encode("utf-16"))
    with pytest.raises(DataError, match=r"file:1: not UTF-8: .*give .*encoding=utf-16\)"):
        [*read_lines(path, encoding="utf-8")]
    with pytest.raises(DataError, match=r"file:1: not UTF-8: .*of UTF-16: .*iconv -f utf-16 "):
        [*read_lines(path)]


def test_a_head_is_read_in_the_encoding_that_is_said(write):
    path = write("東京".encode("utf-16-le"))
    assert read_head(path, n_bytes=100, encoding="utf-16-le") == "東京"


def test_an_unknown_encoding_is_an_error_of_the_option(write):
    with pytest.raises(ConfigError, match=r"no encoding 'utf-9'; expected one that Python knows"):
        [*read_lines(write("x"), encoding="utf-9")]


@pytest.mark.parametrize("read", [lambda p: [*read_lines(p)], read_text])
def test_a_missing_file_is_an_error_of_the_data(tmp_path, read):
    with pytest.raises(DataError, match=r"none: cannot be read: No such file"):
        read(tmp_path / "none")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_head(tmp_path, n_bytes=5)
