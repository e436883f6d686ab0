"""Every line of a file is in one part, with its number, however the file is cut and packed."""

import bz2
import gzip
import lzma

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.wikipedia.own_data.line_parts import cut_files, read_lines

PACKERS = {
    "bz2": bz2.compress,
    "gz": gzip.compress,
    "xz": lzma.compress,
    "zstd": lambda data: pa.compress(data, codec="zstd", asbytes=True),
    "plain": bytes,
}


def numbered(path, *, part_size: int) -> list[tuple[int, bytes]]:
    """All lines by their numbers in the file."""
    return [
        (part.lines_before + line.number, line.data)
        for part in cut_files([path], part_size=part_size)
        for line in read_lines(part)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["", "a", "bb", "dddd" * 5, " "])), st.booleans(), st.data())
def test_any_cut_gives_every_line_once(tmp_path, lines, is_ended, data) -> None:
    path = tmp_path / "lines"
    path.write_text("\n".join(lines) + "\n" * is_ended)
    part_size = data.draw(st.integers(1, path.stat().st_size + 2))
    wanted = [(n, line) for n, line in enumerate(lines, start=1) if line.strip()]
    found = [
        (n, line.decode().removesuffix("\n")) for n, line in numbered(path, part_size=part_size)
    ]
    assert found == wanted


@pytest.mark.parametrize("packing", PACKERS)
def test_packing_is_told_by_the_bytes(tmp_path, packing) -> None:
    path = tmp_path / "documents.txt"
    path.write_bytes(PACKERS[packing](b"\xef\xbb\xbfone\n\ntwo") + PACKERS[packing](b"\nthree\n"))
    parts = cut_files([path, path], part_size=4)
    assert {part.packing for part in parts} == {packing}
    assert [part.number for part in parts] == list(range(len(parts)))
    wanted = [(1, b"one\n"), (3, b"two\n"), (4, b"three\n")]
    assert numbered(path, part_size=1000) == wanted


@pytest.mark.parametrize("packing", ["bz2", "gz", "xz", "zstd"])
def test_what_is_cut_off_is_told(tmp_path, packing) -> None:
    path = tmp_path / "d"
    path.write_bytes(PACKERS[packing](bytes(range(256)) * 1000)[:-9])
    with pytest.raises(DataError, match=r"d: the packed data are damaged or cut off"):
        numbered(path, part_size=100)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", "ZIP archive"),
        (b"\xff\xfe{\x00", "is UTF-16"),
        (b"PAR1", "is a Parquet file"),
    ],
)
def test_other_forms_are_refused(tmp_path, data, message) -> None:
    path = tmp_path / "d"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        cut_files([path], part_size=100)


def test_a_line_as_long_as_many_parts_is_read_once(tmp_path) -> None:
    path = tmp_path / "d"
    path.write_bytes(b"x" * 5000 + b"\ny\n")
    assert [line for _, line in numbered(path, part_size=10)] == [b"x" * 5000 + b"\n", b"y\n"]
