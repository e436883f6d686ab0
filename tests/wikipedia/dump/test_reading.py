"""Pages out of parts, however the dump is packed and cut."""

import bz2
import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.wikipedia.dump import DumpPart, PartTally, RawPage, open_dump, read_part
from openluke.wikipedia.dump.bzip2_blocks import read_blocks
from tests.wikipedia.dump.small_dumps import (
    SmallPage,
    dump_pieces,
    dump_xml,
    many_streams,
    one_stream,
    write_packed,
)

TEXT = st.text("ab<&é犬\n\U0001f600", max_size=30)
PAGES = st.lists(
    st.builds(
        SmallPage,
        title=st.text("abc &'", min_size=1, max_size=5).map(str.strip).map("A".__add__),
        text=st.builds(lambda text, times: text * times, TEXT, st.sampled_from([1, 3, 100, 2000])),
        namespace=st.sampled_from([0, 1, 100]),
        redirect=st.none() | st.text("abc &'\"<é", max_size=5),
    ),
    max_size=12,
)
KIND = st.sampled_from(["xml", "one stream", "many streams", "gz", "xz", "zst"])


def expected(pages: list[SmallPage]) -> list[RawPage]:
    return [
        RawPage(page.title, page.namespace, number, page.redirect, page.text)
        for number, page in enumerate(pages, start=1)
    ]


def written(folder: Path, *, pages: list[SmallPage], kind: str) -> Path:
    if kind == "many streams":
        path = folder / "dump.xml.bz2"
        path.write_bytes(many_streams(pages, pages_a_stream=2))
        return path
    name = "dump.xml.bz2" if kind == "one stream" else f"dump.{kind}"
    return write_packed(folder / name, xml=dump_xml(pages))


def noise(number: int, *, length: int) -> str:
    """Text that packs badly, so that a dump has many blocks."""
    return "".join(random.Random(number).choices("abcdefghijklmnop", k=length))


def noisy_pages(n_pages: int, *, length: int) -> list[SmallPage]:
    return [SmallPage(f"P{number}", noise(number, length=length)) for number in range(n_pages)]


@settings(max_examples=40, deadline=None)
@given(pages=PAGES, kind=KIND, part_size=st.sampled_from([1, 7, 60, 500, 4000, 1 << 30]))
def test_every_page_is_in_one_part(
    tmp_path_factory: pytest.TempPathFactory, pages: list[SmallPage], kind: str, part_size: int
) -> None:
    folder = tmp_path_factory.mktemp("dump")
    path = written(folder, pages=pages, kind=kind)
    part_size = max(part_size, path.stat().st_size // 300)
    dump = open_dump(path, part_size=part_size, directory=folder)
    tally = PartTally()
    read = [page for part in dump.parts for page in read_part(part, site=dump.site, tally=tally)]
    assert read == expected(pages)
    assert tally == PartTally(xml_bytes=len(dump_xml(pages)), pages=len(pages))
    assert [part.number for part in dump.parts] == list(range(len(dump.parts)))


def test_pages_over_many_blocks(tmp_path: Path) -> None:
    pages = noisy_pages(8, length=90_000)
    path = written(tmp_path, pages=pages, kind="one stream")
    for part_size in (5_000, 40_000, 1_000_000):
        dump = open_dump(path, part_size=part_size)
        read = [list(read_part(part, site=dump.site)) for part in dump.parts]
        assert [page for pages in read for page in pages] == expected(pages)
        assert len(read) == -(-path.stat().st_size // part_size)


def test_parts_are_plain_values(tmp_path: Path) -> None:
    dump = open_dump(written(tmp_path, pages=noisy_pages(2, length=9), kind="xml"), part_size=100)
    for part in dump.parts:
        assert DumpPart.from_mapping(json.loads(json.dumps(part.to_mapping()))) == part


def test_namespaces_not_asked_for_are_skipped(tmp_path: Path) -> None:
    pages = [SmallPage("A", "a"), SmallPage("Portal:B", "b", 100), SmallPage("C", "c")]
    dump = open_dump(written(tmp_path, pages=pages, kind="xml"))
    tally = PartTally()
    read = list(read_part(dump.parts[0], site=dump.site, namespaces={0}, tally=tally))
    assert [page.title for page in read] == ["A", "C"]
    assert (tally.pages, tally.skipped) == (2, 1)


def lenient(path: Path, *, part_size: int) -> tuple[list[str], PartTally]:
    dump = open_dump(path, part_size=part_size)
    tally = PartTally()
    pages = [
        page.title
        for part in dump.parts
        for page in read_part(part, site=dump.site, strict=False, tally=tally)
    ]
    return pages, tally


def test_a_damaged_block_costs_the_pages_in_it(tmp_path: Path) -> None:
    pages = noisy_pages(40, length=30_000)
    path = written(tmp_path, pages=pages, kind="one stream")
    blocks = list(read_blocks(path, start=0))
    packed = bytearray(path.read_bytes())
    packed[(blocks[4].byte + blocks[4].next_byte) // 2] ^= 1
    path.write_bytes(packed)
    titles = [page.title for page in pages]
    lost = [
        title
        for title, whole in zip(titles, _whole_in_others(pages, without=4, path=path), strict=True)
        if not whole
    ]
    assert 2 < len(lost) < 8
    for part_size in (10_000, 50_000, 10_000_000):
        read, tally = lenient(path, part_size=part_size)
        assert read == [title for title in titles if title not in lost]
        assert tally.damaged == {"block": 1, "page": 1}
        assert [d.byte for d in tally.damages if d.what == "block"] == [blocks[4].byte]
        with pytest.raises(DataError, match=rf"bz2: byte .*\b{blocks[4].byte}\b"):
            _read_strictly(path, part_size=part_size)


def _whole_in_others(pages: list[SmallPage], *, without: int, path: Path) -> list[bool]:
    """Which pages have no byte in a block."""
    ends = []
    for block in read_blocks(path, start=0):
        data = b"" if block.data is None else block.data
        ends.append((ends[-1] if ends else 0) + len(data))
    head, *middle, _ = [len(piece.encode()) for piece in dump_pieces(pages)]
    begin = ends[without - 1]
    missing = len(dump_xml(pages)) - ends[-1]
    places = [head + sum(middle[:index]) for index in range(len(middle) + 1)]
    return [end <= begin or start >= begin + missing for start, end in pairwise(places)]


def _read_strictly(path: Path, *, part_size: int) -> list[RawPage]:
    dump = open_dump(path, part_size=part_size, directory=path.parent)
    return [page for part in dump.parts for page in read_part(part, site=dump.site)]


@pytest.mark.parametrize("part_size", [9_000, 1_000_000])
def test_a_truncated_file_gives_the_pages_before_its_end(tmp_path: Path, part_size: int) -> None:
    pages = noisy_pages(20, length=30_000)
    path = written(tmp_path, pages=pages, kind="one stream")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    read, tally = lenient(path, part_size=part_size)
    assert read == [page.title for page in pages][: len(read)]
    assert 8 < len(read) < 14
    assert tally.damaged["block"] == 1
    dump = open_dump(path, part_size=part_size)
    strictly = (page.title for part in dump.parts for page in read_part(part, site=dump.site))
    before: list[str] = []
    with pytest.raises(DataError, match=r"byte \d+: .* block .*(damaged|not whole)"):
        before.extend(strictly)
    assert before == read


@pytest.mark.parametrize("part_size", [10, 400, 1_000_000])
def test_xml_that_ends_in_the_middle_of_a_page(tmp_path: Path, part_size: int) -> None:
    xml = dump_xml([SmallPage("A", "a"), SmallPage("B", "b"), SmallPage("C", "c" * 999)])
    path = tmp_path / "dump.xml"
    path.write_bytes(xml[:-300])
    read, tally = lenient(path, part_size=part_size)
    assert read == ["A", "B"]
    assert tally.damaged["page"] == 1
    byte = xml.rfind(b"<page>")
    with pytest.raises(DataError, match=rf"byte {byte}: the file ends in the middle of a page"):
        _read_strictly(path, part_size=part_size)


@pytest.mark.parametrize("packing", [".xml", ".bz2"])
def test_a_file_that_ends_between_pages(tmp_path: Path, packing: str) -> None:
    xml = dump_xml([SmallPage("A", "a"), SmallPage("B", "b")]).removesuffix(b"</mediawiki>\n")
    path = write_packed(tmp_path / f"dump{packing}", xml=xml)
    read, tally = lenient(path, part_size=1 << 20)
    assert read == ["A", "B"]
    assert tally.damaged == {"end": 1}
    end = len(xml) if packing == ".xml" else r"\d+"
    with pytest.raises(DataError, match=rf"byte {end}: the file does not end with </mediawiki>"):
        _read_strictly(path, part_size=1 << 20)


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_the_parts_of_a_packed_file_say_where_they_are_in_it(tmp_path: Path, suffix: str) -> None:
    pages = noisy_pages(40, length=100_000)
    path = write_packed(tmp_path / f"dump{suffix}", xml=dump_xml(pages)[:-300_000])
    size = path.stat().st_size
    dump = open_dump(path, part_size=100_000, directory=tmp_path)
    assert [part.end for part in dump.parts] == [*(one.start for one in dump.parts[1:]), size]
    assert dump.parts[0].start == 0
    assert all(part.end - part.start < size / 4 for part in dump.parts[:-1])
    with pytest.raises(DataError, match="the file ends in the middle of a page") as caught:
        list(read_part(dump.parts[-1], site=dump.site))
    assert f"byte {dump.parts[-1].start}: " in str(caught.value)
    assert dump.parts[-1].start > size / 2


def test_a_page_that_loses_its_end_is_lost_alone(tmp_path: Path) -> None:
    xml = dump_xml([SmallPage(title, "text") for title in "ABC"])
    path = tmp_path / "dump.xml"
    path.write_bytes(xml.replace(b"</page>", b"", 1))
    assert lenient(path, part_size=1 << 20)[0] == ["B", "C"]
    byte = xml.find(b"<page>")
    with pytest.raises(DataError, match=rf"byte {byte}: a page does not end before the next one"):
        _read_strictly(path, part_size=1 << 20)


def test_a_page_that_is_no_utf8_is_lost_alone(tmp_path: Path) -> None:
    xml = dump_xml([SmallPage(title, f"text{title}") for title in "ABC"])
    path = tmp_path / "dump.xml"
    path.write_bytes(xml.replace(b"textB", b"text\xff"))
    read, tally = lenient(path, part_size=1 << 20)
    assert read == ["A", "C"]
    assert "not UTF-8" in tally.damages[0].reason


def test_a_page_of_many_megabytes_is_read_in_linear_time(tmp_path: Path) -> None:
    pages = [SmallPage("A", "a" * 30_000_000), SmallPage("B", "b")]
    path = tmp_path / "dump.xml"
    path.write_bytes(dump_xml(pages))
    assert lenient(path, part_size=100_000)[0] == ["A", "B"]


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
@pytest.mark.parametrize("part_size", [500, 1 << 20])
def test_a_stream_that_breaks_off(tmp_path: Path, suffix: str, part_size: int) -> None:
    pages = noisy_pages(60, length=1000)
    path = write_packed(tmp_path / f"dump{suffix}", xml=dump_xml(pages))
    path.write_bytes(path.read_bytes()[:-8000])
    dump = open_dump(path, part_size=part_size, directory=tmp_path)
    tally = PartTally()
    read = [
        page.title
        for part in dump.parts
        for page in read_part(part, site=dump.site, strict=False, tally=tally)
    ]
    assert read == [page.title for page in pages][: len(read)]
    assert 20 < len(read) < 60
    assert tally.damaged["end"] >= 1
    with pytest.raises(DataError, match=rf"dump{suffix}: byte \d+: at or before it the packed"):
        _read_strictly(path, part_size=part_size)


def test_one_stream_and_many_hold_the_same(tmp_path: Path) -> None:
    pages = noisy_pages(10, length=10)
    assert bz2.decompress(many_streams(pages, pages_a_stream=3)) == dump_xml(pages)
    assert bz2.decompress(one_stream(dump_xml(pages))) == dump_xml(pages)


FOREIGN = """\
  <page{tag}>
    <title>{title}</title>
    <ns>0</ns>
    <id>{number}</id>
    <revision><text>{text}</text></revision>
  </page>
"""


def as_is(text: str) -> str:
    """Text without markup of XML, in two stretches where it would end the first."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


@pytest.mark.parametrize("kind", ["xml", "gz", "bz2"])
@pytest.mark.parametrize("part_size", [1, 50, 1 << 20])
def test_pages_as_other_programs_write_them(tmp_path: Path, kind: str, part_size: int) -> None:
    tags = ["", " ", ' id="7"', "\n    x='y'", "\t"]
    texts = [
        "A & <ref>b</ref>",
        "</text></revision> <text>",
        "&lt; <<b>&&amp;</b>",
        "]]> <pages index='x'/> [[a]]",
        "plain",
    ]
    xml = "".join(
        FOREIGN.format(tag=tag, title=as_is(f"P&{number}"), text=as_is(text), number=number)
        for number, (tag, text) in enumerate(zip(tags * 9, texts * 9, strict=True))
    )
    head, _, foot = dump_pieces([SmallPage("A", "b")])
    path = write_packed(tmp_path / f"dump.xml.{kind}", xml=f"{head}{xml}{foot}".encode())
    dump = open_dump(path, part_size=part_size, directory=tmp_path)
    assert dump.instead is None
    read = [page for part in dump.parts for page in read_part(part, site=dump.site)]
    assert [(page.title, page.text) for page in read] == [
        (f"P&{number}", text) for number, text in enumerate(texts * 9)
    ]


def test_a_tag_that_only_begins_like_a_page_is_none(tmp_path: Path) -> None:
    head, page, foot = dump_pieces([SmallPage("A", "b")])
    path = tmp_path / "dump.xml"
    path.write_text(f"{head}<pages><pagelist/>{page}</pages>{foot}", encoding="utf-8")
    for part_size in range(1, 40):
        dump = open_dump(path, part_size=part_size)
        read = [page.title for part in dump.parts for page in read_part(part, site=dump.site)]
        assert read == ["A"]
