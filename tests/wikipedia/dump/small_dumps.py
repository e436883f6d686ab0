"""Small dumps of made-up wikis."""

import bz2
import gzip
import lzma
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import pyarrow as pa

HEAD = """\
<mediawiki xmlns="http://www.mediawiki.org/xml/export-{version}/" version="{version}" xml:lang="de">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <dbname>dewiki</dbname>
    <base>https://de.wikipedia.org/wiki/Wikipedia:Hauptseite</base>
    <case>first-letter</case>
    <namespaces>
      <namespace key="-2" case="first-letter">Medium</namespace>
      <namespace key="0" case="first-letter" />
      <namespace key="6" case="first-letter">Datei</namespace>
      <namespace key="100" case="first-letter">Portal</namespace>
    </namespaces>
  </siteinfo>
"""
FOOT = "</mediawiki>\n"


class SmallPage(NamedTuple):
    """What a page of a dump is made of."""

    title: str
    text: str
    namespace: int = 0
    redirect: str | None = None


def page_xml(page: SmallPage, *, number: int) -> str:
    """A page as recent dumps write it."""
    redirect = ""
    if page.redirect is not None:  # in double quotes whatever it has, as MediaWiki writes it
        target = escape(page.redirect, {'"': "&quot;"})
        redirect = f'    <redirect title="{target}" />\n'
    return (
        f"  <page>\n    <title>{escape(page.title)}</title>\n    <ns>{page.namespace}</ns>\n"
        f"    <id>{number}</id>\n{redirect}    <revision>\n      <id>{number + 1000}</id>\n"
        "      <contributor><username>A</username><id>7</id></contributor>\n"
        "      <model>wikitext</model>\n      <format>text/x-wiki</format>\n"
        f'      <text bytes="1" xml:space="preserve">{escape(page.text)}</text>\n'
        "      <sha1>x</sha1>\n    </revision>\n  </page>\n"
    )


def dump_pieces(pages: Sequence[SmallPage], *, version: str = "0.11") -> list[str]:
    """A dump as its head, its pages and its foot."""
    xml = [page_xml(page, number=number) for number, page in enumerate(pages, start=1)]
    return [HEAD.format(version=version), *xml, FOOT]


def dump_xml(pages: Sequence[SmallPage], *, version: str = "0.11") -> bytes:
    """A dump."""
    return "".join(dump_pieces(pages, version=version)).encode()


def one_stream(xml: bytes) -> bytes:
    """One stream of bzip2, with the smallest blocks."""
    return bz2.compress(xml, 1)


def many_streams(pages: Sequence[SmallPage], *, pages_a_stream: int) -> bytes:
    """Streams as Wikimedia packs them: the head, so many pages each, the foot."""
    head, *middle, foot = [piece.encode() for piece in dump_pieces(pages)]
    groups = [
        b"".join(middle[first : first + pages_a_stream])
        for first in range(0, len(middle), pages_a_stream)
    ]
    return b"".join(bz2.compress(stream, 1) for stream in (head, *groups, foot))


def write_packed(path: Path, *, xml: bytes) -> Path:
    """Write a dump as its name says that it is packed."""
    packers = {
        ".bz2": one_stream,
        ".gz": gzip.compress,
        ".xz": lzma.compress,
        ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
        ".xml": bytes,
    }
    path.write_bytes(packers[path.suffix](xml))
    return path
