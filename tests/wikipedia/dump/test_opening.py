"""Opening dumps."""

import bz2
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from openluke.errors import ConfigError, DataError
from openluke.wikipedia.dump import open_dump, read_part
from openluke.wikipedia.dump import pieces as pieces_module
from tests.wikipedia.dump.small_dumps import SmallPage, dump_xml, write_packed

PAGES = [SmallPage(f"Seite {number}", f"Text {number} " * 20) for number in range(30)]


def test_the_head_says_which_wiki_it_is(tmp_path: Path) -> None:
    path = write_packed(tmp_path / "dump.xml.bz2", xml=dump_xml(PAGES, version="0.10"))
    dump = open_dump(path)
    assert (dump.site.language, dump.site.database) == ("de", "dewiki")
    assert (dump.site.name, dump.site.capitalises) == ("Wikipedia", True)
    assert dump.site.namespace("Portal:Hund") == 100
    assert dump.site.namespace("Bild:Hund.jpg") == 6
    assert [file.version for file in dump.files] == ["0.10"]
    assert dump.size == path.stat().st_size


OLD_HEAD = b"""\
<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.3/" version="0.3" xml:lang="en">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <base>http://en.wikipedia.org/wiki/Main_Page</base>
    <generator>MediaWiki 1.6alpha</generator>
    <case>case-sensitive</case>
      <namespaces>
      <namespace key="-2">Media</namespace>
      <namespace key="0" />
      <namespace key="4">Wikipedia</namespace>
    </namespaces>
  </siteinfo>
"""


def test_an_old_head(tmp_path: Path) -> None:
    path = tmp_path / "old.xml"
    page = b"<page><title>Wikipedia:A</title><id>1</id><revision><text>a</text></revision></page>\n"
    path.write_bytes(b"\xef\xbb\xbf" + OLD_HEAD + page + b"</mediawiki>")
    dump = open_dump(path)
    assert (dump.site.language, dump.site.database, dump.site.capitalises) == ("en", "", False)
    assert [page.namespace for page in read_part(dump.parts[0], site=dump.site)] == [4]


def test_a_language_may_be_given(tmp_path: Path) -> None:
    path = write_packed(tmp_path / "dump.xml", xml=dump_xml(PAGES))
    assert open_dump(path, language="als").site.language == "als"


def test_a_dump_without_a_head_is_opened_if_its_language_is_given(tmp_path: Path) -> None:
    pages = [SmallPage(f"P{number}", random_text(number)) for number in range(10)]
    path = write_packed(tmp_path / "dump.xml.bz2", xml=dump_xml(pages))
    packed = bytearray(path.read_bytes())
    packed[1000] ^= 1
    path.write_bytes(packed)
    with pytest.raises(DataError, match=r"byte \d+: at or before it the packed data are damaged"):
        open_dump(path)
    dump = open_dump(path, language="de")
    assert dump.site.namespace("Datei:A") == 6
    read = [page.title for page in read_part(dump.parts[0], site=dump.site, strict=False)]
    assert read == [page.title for page in pages][-len(read) :]
    assert 3 < len(read) < 10


def random_text(number: int) -> str:
    return "".join(random.Random(number).choices("abcdefghijklmnop", k=30_000))


def test_several_files_are_one_dump(tmp_path: Path) -> None:
    paths = [
        write_packed(tmp_path / name, xml=dump_xml(PAGES[first : first + 10]))
        for name, first in (("a.xml.bz2", 0), ("b.xml", 10), ("c.xml.gz", 20))
    ]
    dump = open_dump(paths, directory=tmp_path, part_size=300)
    titles = [page.title for part in dump.parts for page in read_part(part, site=dump.site)]
    assert titles == [page.title for page in PAGES]
    assert [part.number for part in dump.parts] == list(range(len(dump.parts)))


def test_files_of_two_wikis_are_refused(tmp_path: Path) -> None:
    first = write_packed(tmp_path / "a.xml", xml=dump_xml(PAGES))
    second = write_packed(
        tmp_path / "b.xml", xml=dump_xml(PAGES).replace(b"<dbname>dewiki", b"<dbname>enwiki")
    )
    with pytest.raises(ConfigError, match=r"b\.xml is of enwiki, but .*a\.xml of dewiki; expected"):
        open_dump([first, second])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"is empty; expected <mediawiki"),
        (b"hello", r"begins with b'hello'; expected <mediawiki"),
        (bz2.compress(b"600:10:Dog\n"), r"begins with b'600:10:Dog\\n'; expected <mediawiki"),
        ("<mediawiki>".encode("utf-16"), "is UTF-16; expected the dump .* in UTF-8.*; recode it"),
        (b"7z\xbc\xaf\x27\x1c", "is packed by 7-Zip"),
        (b"PK\x03\x04....", r"is a ZIP archive; expected .* \.xz or \.zst; unpack it first"),
        (b"PAR1....", "is a Parquet file; expected the dump"),
        (b"\x28\xb5\x2f\xfd....", r"byte \d+: at or before it the packed data are damaged"),
        (b"BZh9garbage.................", r"byte \d+: at or before it the packed data are damaged"),
    ],
)
def test_what_is_no_dump_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"dump\.xml\.bz2: {message}"):
        open_dump(path)


def test_options_that_cannot_work(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"missing\.xml: no such file"):
        open_dump(tmp_path / "missing.xml")
    with pytest.raises(ConfigError, match="a dump of no files"):
        open_dump([])
    path = write_packed(tmp_path / "dump.xml.gz", xml=dump_xml(PAGES))
    with pytest.raises(ConfigError, match=r"packed by gz, which can only be read from its begin"):
        open_dump(path)
    with pytest.raises(ConfigError, match="part_size is 0; expected at least 1 byte"):
        open_dump(path, part_size=0, directory=tmp_path)


def test_pieces_are_cut_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_packed(tmp_path / "dump.xml.xz", xml=dump_xml(PAGES))
    dump = open_dump(path, directory=tmp_path / "work", part_size=500)
    assert len(dump.parts) > 3
    monkeypatch.setattr(pieces_module, "unpacked_with_bytes", None)
    assert open_dump(path, directory=tmp_path / "work", part_size=500) == dump


def test_cutting_goes_on_where_it_was_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_packed(tmp_path / "dump.xml.gz", xml=dump_xml(PAGES))
    whole = open_dump(path, directory=tmp_path / "whole", part_size=500)
    written: list[Path] = []
    write_piece = pieces_module._write_piece

    def fails_once(piece: Iterable[bytes], *, target: Path) -> None:
        if len(written) == 3:
            written.append(target)
            raise KeyboardInterrupt
        written.append(target)
        write_piece(piece, target=target)

    monkeypatch.setattr(pieces_module, "_write_piece", fails_once)
    with pytest.raises(KeyboardInterrupt):
        open_dump(path, directory=tmp_path / "work", part_size=500)
    dump = open_dump(path, directory=tmp_path / "work", part_size=500)
    assert [path.name for path in written[:5]] == [f"0000{n}.xml.zst" for n in (0, 1, 2, 3, 3)]
    assert [Path(part.file).read_bytes() for part in dump.parts] == [
        Path(part.file).read_bytes() for part in whole.parts
    ]


def test_a_language_without_a_wikipedia_is_refused(tmp_path: Path) -> None:
    path = write_packed(tmp_path / "dump.xml", xml=dump_xml([SmallPage("A", "b")]))
    with pytest.raises(ConfigError, match=r"'german', expected Wikipedia's code of it"):
        open_dump(path, language="german")


def test_a_dump_that_says_no_language_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes(b"<mediawiki><page><title>A</title><id>1</id></page></mediawiki>")
    assert open_dump(path).site.language == "en"
    assert "give the language (--language)" in caplog.text
