"""Blocks of bzip2 from any place of a file."""

import bz2
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.wikipedia.dump import bzip2_blocks
from openluke.wikipedia.dump.bzip2_blocks import read_blocks
from openluke.wikipedia.dump.bzip2_marks import BLOCK_MARK, find_marks, marks_in


def noise(length: int, *, seed: int = 0) -> bytes:
    """Bytes that make a block of bzip2 of every 100 kB, with some runs in them."""
    generator = random.Random(seed)
    return b"".join(
        generator.randbytes(generator.randrange(1, 200)) + b"a" * generator.randrange(20)
        for _ in range(length // 110)
    )


def written(folder: Path, packed: bytes) -> Path:
    path = folder / "packed.bz2"
    path.write_bytes(packed)
    return path


def test_the_blocks_of_a_stream_are_what_bzip2_reads(tmp_path: Path) -> None:
    data = noise(1_000_000)
    blocks = list(read_blocks(written(tmp_path, bz2.compress(data, 1)), start=0))
    assert len(blocks) > 3
    assert b"".join(block.data or b"" for block in blocks) == data
    assert not any(block.cut for block in blocks)


@pytest.mark.parametrize("behind", [b"", b"\0" * 40, b"something else entirely, of some length"])
def test_many_streams_empty_ones_and_what_stands_behind_them(tmp_path: Path, behind: bytes) -> None:
    parts = [noise(300_000, seed=1), b"", b"x", noise(150_000, seed=2), b"", b"end"]
    path = written(tmp_path, b"".join(bz2.compress(part, 1) for part in parts) + behind)
    read = b"".join(block.data or b"?" for block in read_blocks(path, start=0))
    assert read == b"".join(parts)


def test_reading_may_begin_at_any_byte(tmp_path: Path) -> None:
    data = noise(600_000)
    path = written(tmp_path, bz2.compress(data, 1))
    blocks = list(read_blocks(path, start=0))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        assert next(read_blocks(path, start=block.byte)) == block
        assert next(read_blocks(path, start=block.byte + 1), None) == following
        assert following is None or following.byte == block.next_byte


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 250_000), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    start=st.floats(0, 1),
)
def test_blocks_from_a_byte_are_the_rest_of_all_blocks(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], seed: int, start: float
) -> None:
    streams = [noise(length, seed=seed + index) for index, length in enumerate(lengths)]
    packed = b"".join(bz2.compress(stream, 1) for stream in streams)
    path = written(tmp_path_factory.mktemp("packed"), packed)
    blocks = list(read_blocks(path, start=0))
    assert b"".join(block.data or b"?" for block in blocks) == b"".join(streams)
    byte = int(start * len(packed))
    assert list(read_blocks(path, start=byte)) == [block for block in blocks if block.byte >= byte]


def test_a_damaged_block_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    data = noise(800_000)
    path = written(tmp_path, bz2.compress(data, 1))
    whole = list(read_blocks(path, start=0))
    packed = bytearray(path.read_bytes())
    packed[(whole[2].byte + whole[3].byte) // 2] ^= 0x10
    path.write_bytes(packed)
    blocks = list(read_blocks(path, start=0))
    assert blocks[2].data is None
    assert [*blocks[:2], *blocks[3:]] == [*whole[:2], *whole[3:]]


@pytest.mark.parametrize("streams", [1, 12])
def test_damage_is_told_wherever_the_reading_begins(tmp_path: Path, streams: int) -> None:
    packed = bytearray()
    for number in range(streams):
        packed += bz2.compress(noise(480_000 // streams, seed=number), 1)
    path = written(tmp_path, bytes(packed))
    whole = list(read_blocks(path, start=0))
    for damaged in whole[1:-1]:
        middle = (damaged.byte + damaged.next_byte) // 2
        path.write_bytes(packed[:middle] + bytes(10) + packed[middle + 10 :])
        starts = (0, damaged.byte - 200, damaged.byte - 1, damaged.byte)
        for start in starts:
            found = [block.byte for block in read_blocks(path, start=start) if block.data is None]
            assert found == [damaged.byte], start
        path.write_bytes(packed[:middle])
        for start in starts:
            *others, last = read_blocks(path, start=start)
            assert last.byte == damaged.byte
            assert last.cut or last.data is None
            assert all(block.data is not None for block in others)


def test_a_file_that_ends_within_a_block(tmp_path: Path) -> None:
    path = written(tmp_path, bz2.compress(noise(800_000), 1))
    whole = list(read_blocks(path, start=0))
    path.write_bytes(path.read_bytes()[: whole[3].byte + 100])
    blocks = list(read_blocks(path, start=0))
    assert [block.data for block in blocks[:3]] == [block.data for block in whole[:3]]
    assert [block.data for block in blocks[3:]] == [None]


def test_a_file_that_ends_behind_a_block(tmp_path: Path) -> None:
    path = written(tmp_path, bz2.compress(noise(800_000), 1))
    whole = list(read_blocks(path, start=0))
    with path.open("rb") as file:
        marks = list(find_marks(file, mark=BLOCK_MARK, start=0, stop=1 << 30))
    path.write_bytes(path.read_bytes()[: -(-marks[3] // 8)])
    blocks = list(read_blocks(path, start=0))
    assert [block.data for block in blocks] == [block.data for block in whole[:3]]
    assert [block.cut for block in blocks] == [False, False, True]


def test_bits_that_look_like_a_mark_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, bz2.compress(noise(800_000), 1))
    whole = list(read_blocks(path, start=0))
    false = (whole[2].byte + 1000) * 8 + 3

    def with_a_false_mark(file: Any, *, mark: int, start: int, stop: int) -> Iterator[int]:
        found = list(find_marks(file, mark=mark, start=start, stop=stop))
        more = [false] if start * 8 <= false < stop * 8 else []
        yield from sorted([*found, *more])

    monkeypatch.setattr(bzip2_blocks, "find_marks", with_a_false_mark)
    assert [block.data for block in read_blocks(path, start=0)] == [block.data for block in whole]
    assert list(read_blocks(path, start=whole[2].byte + 1)) == whole[3:]


@given(before=st.binary(max_size=30), shift=st.integers(0, 7), after=st.binary(max_size=30))
def test_marks_are_found_at_any_bit(before: bytes, shift: int, after: bytes) -> None:
    n_bits = len(before) * 8 + shift
    bits = int.from_bytes(before) << shift
    bits = (bits << 48 | BLOCK_MARK) << (8 - shift)
    window = bits.to_bytes((n_bits + 48 + 8 - shift) // 8) + after
    assert n_bits in marks_in(window, mark=BLOCK_MARK)


def test_marks_across_windows_are_found_once(tmp_path: Path) -> None:
    mark = BLOCK_MARK.to_bytes(6)
    path = written(tmp_path, (b"\0" * ((1 << 20) - 3) + mark) * 3)
    with path.open("rb") as file:
        found = list(find_marks(file, mark=BLOCK_MARK, start=0, stop=1 << 30))
    first = ((1 << 20) - 3) * 8
    assert found == [first, 2 * first + 48, 3 * first + 96]
