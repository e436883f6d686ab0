"""Opening a dump: its wiki, and the parts that it is read in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from openluke.errors import ConfigError, DataError
from openluke.wikipedia.dump.parts import DumpPart, cut_file
from openluke.wikipedia.dump.pieces import cut_into_pieces
from openluke.wikipedia.dump.siteinfo import (
    behind_head,
    format_version,
    has_page,
    namespace_names,
    read_site,
)
from openluke.wikipedia.dump.unpacking import WANTED, BrokenOff, unpacked
from openluke.wikipedia.packing import Packing, find_packing
from openluke.wikipedia.site import Site

_HEAD = 1 << 20
_SMALLEST, _LARGEST, _N_PARTS = 2 << 20, 16 << 20, 256
_PACKED = 4
"""Bytes of XML that bzip2 packs into one."""


class DumpFile(NamedTuple):
    """A file of a dump."""

    path: str
    size: int
    """Bytes as it lies on disk."""
    packing: Packing
    version: str
    """Of its export format; empty if it does not say."""


class _Opened(NamedTuple):
    """A file with the bytes that it begins with."""

    file: DumpFile
    head: bytes
    """Up to the first page, if that is not far; a mere tag if it is damaged before its wiki."""
    is_broken: bool
    """Whether it could not be read so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """A dump of a wiki."""

    site: Site
    files: tuple[DumpFile, ...]
    parts: tuple[DumpPart, ...]
    """Hold each page once. They depend on the files and on the size of parts alone."""
    instead: bytes | None = None
    """What stands where the first page is expected; none if one is there, or if damage is."""
    namespace_names: Mapping[int, str] = field(default_factory=dict[int, str])
    """Names of namespaces by number, as titles of the dump have them."""

    @property
    def size(self) -> int:
        """Bytes of all files as they lie on disk."""
        return sum(file.size for file in self.files)

    def check_pages(self) -> None:
        """Raise if no file has a page.

        Raises:
            DataError: What is there instead.
        """
        if self.instead is not None:
            raise DataError(
                f"has no page: behind its head stands {self.instead!r}; expected <page>, as in an "
                "export of MediaWiki; give a dump of pages such as "
                "enwiki-latest-pages-articles.xml.bz2",
                file=self.files[0].path,
            )


def open_dump(
    paths: str | Path | Sequence[str | Path],
    *,
    language: str | None = None,
    part_size: int | None = None,
    directory: str | Path | None = None,
) -> Dump:
    """Open the dump of a wiki: ``.xml``, ``.xml.bz2``, ``.gz``, ``.xz`` or ``.zst``; any version.

    Files of bzip2, of one stream or of many, are read in parts as they lie there. Others
    that are packed are first cut into pieces, once, which takes about a fifth of the room of their
    XML.

    Args:
        paths: Its file, or its files in order.
        language: The code of its language; by default what the dump says. When it is given, a dump
            is opened whose beginning is damaged.
        part_size: Bytes of a packed file that make a part, or a fourth of those of XML; by default
            2 MB to 16 MB, so that a dump has some hundreds of parts.
        directory: Where other packed files are cut into pieces; needed for these alone.

    Raises:
        ConfigError: No files, files of several wikis, or no directory where one is needed.
        DataError: A file is no dump, or is packed in another way.
    """
    opened = [_open_file(Path(path), language=language) for path in _listed(paths)]
    sites = [read_site(one.head, language=language, file=one.file.path) for one in opened]
    files = tuple(one.file for one in opened)
    _check_one_site(sites, files=files)
    if part_size is None:
        total = sum(file.size for file in files)
        part_size = max(_SMALLEST, min(_LARGEST, total // _N_PARTS))
    elif part_size < 1:
        raise ConfigError(f"part_size is {part_size}; expected at least 1 byte")
    parts: list[DumpPart] = []
    for file in files:
        parts += _parts(file, part_size=part_size, first=len(parts), directory=directory)
    has_pages = any(one.is_broken or has_page(one.head) for one in opened)
    instead = None if has_pages else behind_head(opened[0].head)
    return Dump(
        site=sites[0],
        files=files,
        parts=tuple(parts),
        instead=instead,
        namespace_names=namespace_names(opened[0].head),
    )


def _listed(paths: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    listed = [paths] if isinstance(paths, str | Path) else paths
    if not listed:
        raise ConfigError("a dump of no files; expected at least one")
    return listed


def _open_file(path: Path, *, language: str | None) -> _Opened:
    """A file with its head; without its wiki in it only if the language is given."""
    if not path.is_file():
        raise DataError("no such file; expected the dump of a wiki", file=path)
    packing = find_packing(path, expected=WANTED)
    head = bytearray()
    is_broken = False
    try:
        for data in unpacked(path, packing=packing, size=1 << 13):
            head += data
            if len(head) >= _HEAD or has_page(head):
                break
    except BrokenOff:
        is_broken = True
        if b"<mediawiki" not in head:
            if language is None:
                raise
            head = bytearray(b"<mediawiki>")
    size = path.stat().st_size
    file = DumpFile(str(path.resolve()), size, packing, format_version(bytes(head)))
    return _Opened(file, bytes(head), is_broken)


def _check_one_site(sites: Sequence[Site], *, files: Sequence[DumpFile]) -> None:
    for site, file in zip(sites, files, strict=True):
        is_other = site.database != sites[0].database and site.database and sites[0].database
        if is_other or site.language != sites[0].language:
            raise ConfigError(
                f"{file.path} is of {site.database or site.language}, but {files[0].path} of "
                f"{sites[0].database or sites[0].language}; expected files of one wiki; "
                "open each wiki on its own"
            )


def _parts(
    file: DumpFile, *, part_size: int, first: int, directory: str | Path | None
) -> list[DumpPart]:
    if file.packing == "bz2":
        return cut_file(file.path, form="bz2", size=file.size, part_size=part_size, first=first)
    xml_size = part_size * _PACKED
    if file.packing == "plain":
        return cut_file(file.path, form="xml", size=file.size, part_size=xml_size, first=first)
    if directory is None:
        raise ConfigError(
            f"{file.path} is packed by {file.packing}, which can only be read from its beginning; "
            "expected a directory to cut it into pieces in; give one, or the dump as .bz2"
        )
    pieces = cut_into_pieces(
        Path(file.path), packing=file.packing, directory=Path(directory), piece_size=xml_size
    )
    last = len(pieces.paths) - 1
    ends = [*pieces.starts[1:], file.size]
    return [
        DumpPart(
            number=first + index,
            file=str(path),
            form="piece",
            start=pieces.starts[index],
            end=ends[index],
            closes=index == last,
            source=file.path,
            broken_at=pieces.broken_at if index == last else None,
        )
        for index, path in enumerate(pieces.paths)
    ]
