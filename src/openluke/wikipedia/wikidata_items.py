"""Items of a dump of Wikidata, and which pages of Wikipedias are about them."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

from openluke.errors import DataError
from openluke.wikipedia.dump import Damage, DumpPart, PartTally, open_dump, read_part
from openluke.wikipedia.dump.chunks import Chunk, read_chunks
from openluke.wikipedia.dump.parts import cut_file
from openluke.wikipedia.dump.unpacking import BrokenOff, unpacked
from openluke.wikipedia.language_facts import wikipedia_language
from openluke.wikipedia.packing import Packing, find_packing
from openluke.wikipedia.site import ARTICLES, Site

PART_SIZE = 32 << 20
"""Bytes of a packed file that are read at once."""

_HEAD = 1 << 16
_ITEM = re.compile(rb'\{\s*"type"\s*:\s*"item"\s*,\s*"id"\s*:\s*"Q([0-9]+)"')
_OTHER = re.compile(rb'\{\s*"type"\s*:\s*"(?!item")')
_SITELINKS = b'"sitelinks":{'
_decode_json = json.JSONDecoder().raw_decode


class Sitelinks(NamedTuple):
    """An item with the pages that are about it."""

    item: int
    pages: Sequence[tuple[str, str]]
    """Wikipedia's code of each one's language, and its title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WikidataPart:
    """Some items of a dump, which can be read anywhere."""

    number: int
    file: str
    packing: Packing
    range: DumpPart | None = None
    """Where in the file; none if it can only be read from its beginning."""
    site: Site | None = None
    """The wiki, if the items are the texts of its pages."""


def wikidata_parts(
    files: Sequence[str | Path], *, part_size: int = PART_SIZE, directory: Path
) -> tuple[WikidataPart, ...]:
    """The parts of a dump: of JSON with an item on each line, or of XML.

    Args:
        files: Its files, plain or packed by bzip2, gzip, xz or Zstandard. JSON packed by the last
            three is read by one process.
        part_size: Bytes of a file that make a part.
        directory: Where XML that is packed by one of these is cut into pieces.

    Raises:
        DataError: A file is neither.
    """
    parts: list[WikidataPart] = []
    for file in files:
        for part in _parts_of(Path(file), part_size=part_size, directory=directory):
            parts.append(WikidataPart(number=len(parts), **part))
    return tuple(parts)


def read_sitelinks(
    part: WikidataPart, *, strict: bool = True, tally: PartTally | None = None
) -> Iterator[Sitelinks]:
    """The items of a part and the pages of Wikipedias that are about them.

    Args:
        part: The part.
        strict: Whether damage is an error; if not, it is counted and passed over.
        tally: Counts what is read; ``pages`` are items here.

    Raises:
        DataError: The reading is strict and the part is damaged.
    """
    tally = PartTally() if tally is None else tally
    for byte, text in _texts(part, strict=strict, tally=tally):
        try:
            found = sitelinks_of(text)
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
            reason = f"{_where(part)}, an item cannot be read: {text[:60]!r}: {error}"
            tally.add(Damage("page", byte, reason), file=part.file, strict=strict)
            continue
        if found is not None:
            tally.pages += 1
            yield found


def sitelinks_of(text: bytes) -> Sitelinks | None:
    """The item that a JSON object describes; ``None`` if it describes something else.

    Of all that is said of an item only the pages are decoded: inside a string the quotes of
    ``"sitelinks":`` would have backslashes.
    """
    head = _ITEM.match(text)
    place = text.rfind(_SITELINKS) if head is not None else -1
    if head is not None and place >= 0:
        links, _ = _decode_json(text[place + len(_SITELINKS) - 1 :].decode())
        return Sitelinks(int(head[1]), _wikipedia_pages(links))
    if head is None and (_OTHER.match(text) or not text.startswith(b"{")):
        return None
    record = json.loads(text)
    if record.get("type") != "item":
        return None
    return Sitelinks(int(record["id"][1:]), _wikipedia_pages(record.get("sitelinks") or {}))


def _wikipedia_pages(links: dict[str, Any]) -> list[tuple[str, str]]:
    pages = [
        (language, cast("str", link["title"]))
        for site, link in links.items()
        if site.endswith("wiki") and (language := wikipedia_language(site[:-4])) is not None
    ]
    return sorted(pages)


def _parts_of(file: Path, *, part_size: int, directory: Path) -> Iterator[dict[str, Any]]:
    if not file.is_file():
        raise DataError("no such file; expected a dump of Wikidata", file=file)
    packing = find_packing(file, expected="a dump of Wikidata, of JSON or XML in UTF-8")
    facts: dict[str, Any] = {"file": str(file.resolve()), "packing": packing}
    head = next(unpacked(file, packing=packing, size=_HEAD), b"")
    if b"<mediawiki" in head:
        dump = open_dump(file, language="en", part_size=part_size, directory=directory)
        for part in dump.parts:
            yield facts | {"range": part, "site": dump.site}
    elif not head.lstrip().startswith((b"[", b"{")):
        raise DataError(
            f"begins with {head[:40]!r}; expected a dump of Wikidata, of JSON or XML", file=file
        )
    elif packing in ("bz2", "plain"):
        form, size = "bz2" if packing == "bz2" else "xml", file.stat().st_size
        for part in cut_file(file.resolve(), form=form, size=size, part_size=part_size, first=0):
            yield facts | {"range": part}
    else:
        yield facts


def _where(part: WikidataPart) -> str:
    """What the byte is that an item is told with."""
    if part.site is not None:
        return "in the part that begins here"
    if part.range is None:
        return "here, counted in the unpacked file"
    return "here" if part.packing == "plain" else "in the block that begins here"


def _texts(part: WikidataPart, *, strict: bool, tally: PartTally) -> Iterator[tuple[int, bytes]]:
    """The JSON objects of a part, and the byte that says where they are."""
    if part.site is not None and part.range is not None:
        of_pages = PartTally(damaged=tally.damaged, damages=tally.damages)
        pages = read_part(
            part.range, site=part.site, strict=strict, namespaces=[ARTICLES], tally=of_pages
        )
        yield from ((part.range.start, page.text.encode()) for page in pages)
        return
    if part.range is None:
        chunks = _whole_file(part, strict=strict, tally=tally)
    else:
        chunks = read_chunks(part.range, tally=tally, strict=strict)
    is_first = part.range is None or part.range.start == 0
    for byte, line in split_lines(chunks, is_first=is_first):
        text = line.strip(b" \t\r,")
        if text not in (b"", b"[", b"]"):
            yield byte, text


def _whole_file(part: WikidataPart, *, strict: bool, tally: PartTally) -> Iterator[Chunk]:
    """A file from its beginning, to where it is damaged if the reading is not strict."""
    n_bytes = 0
    try:
        for data in unpacked(Path(part.file), packing=part.packing, size=1 << 20):
            yield Chunk(data, n_bytes, plain=True)
            n_bytes += len(data)
    except BrokenOff as broken:
        if strict:
            raise
        damage = Damage("end", broken.byte, "the packed data are damaged or cut off")
        tally.add(damage, file=part.file, strict=False)


def split_lines(chunks: Iterator[Chunk], *, is_first: bool) -> Iterator[tuple[int, bytes]]:
    """The lines of a part: those that come after a line break in it, read to their ends.

    Each comes with the byte that it begins at or, in packed files, that its chunk comes from.

    Args:
        chunks: What the part holds, and what follows it.
        is_first: Whether the file begins with the part, and so the first line with it.
    """
    begun: bytearray | None = bytearray() if is_first else None
    start = 0
    for chunk in chunks:
        data, place = chunk.data, 0
        if chunk.gap is not None:
            begun = None
        if begun is None:
            if not chunk.own:
                return
            place = data.find(b"\n") + 1
            if not place:
                continue
            begun, start = bytearray(), _byte(chunk, place)
        *lines, rest = data[place:].split(b"\n")
        for line in lines:
            yield start, bytes(begun + line)
            if not chunk.own:
                return
            place += len(line) + 1
            begun, start = bytearray(), _byte(chunk, place)
        begun += rest
    if begun:
        yield start, bytes(begun)


def _byte(chunk: Chunk, place: int) -> int:
    return chunk.byte + place if chunk.plain else chunk.byte
