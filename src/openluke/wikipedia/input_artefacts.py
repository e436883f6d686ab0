"""Artefacts that a stage is made from: opened, or told for what else they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from openluke.entities import candidate_files, mapped_names
from openluke.errors import CheckpointError, DataError
from openluke.manifests import MANIFEST_NAME, Manifest, parse_manifest, read_manifest
from openluke.resumable import begun
from openluke.wikipedia import interwiki, page_columns
from openluke.wikipedia.dump.unpacking import WANTED, unpacked
from openluke.wikipedia.packing import find_packing

_HEAD = 1 << 13


class _Known(NamedTuple):
    """A kind of artefact."""

    name: str
    making: str
    """What makes it, of what."""


_KINDS: Mapping[str, _Known] = {
    page_columns.KIND: _Known(
        "a page store",
        "openluke wikipedia parse DUMP PAGES (or import, of your own documents) makes one",
    ),
    mapped_names.KIND: _Known(
        "an entity vocabulary", "openluke wikipedia vocab PAGES VOCAB makes one of a page store"
    ),
    interwiki.KIND: _Known(
        "an interwiki table", "openluke wikipedia interwiki TABLE --pages PAGES makes one"
    ),
    candidate_files.KIND: _Known(
        "a table of names", "openluke wikipedia candidates PAGES TABLE makes one of a page store"
    ),
}


def read_input(path: str | Path, *, kind: str, format_version: int) -> Manifest:
    """Read and check the manifest of an artefact of a kind that a stage is made from.

    Raises:
        CheckpointError: It is another thing, or it is not whole; the message says what it is, and
            what makes what is needed.
    """
    path = Path(path)
    check_input(path, kind=kind)
    return read_manifest(path, kind=kind, format_version=format_version)


def check_input(path: str | Path, *, kind: str) -> None:
    """Raise if something else than an artefact of a kind is at a path.

    Raises:
        CheckpointError: It is another thing.
    """
    path = Path(path)
    if _is_of(path, kind=kind):
        return
    known = _KINDS[kind]
    if path.exists():
        inside = [file.parent for file in path.glob(f"*/{MANIFEST_NAME}")]
        inside = sorted(str(one) for one in inside if _is_of(one, kind=kind))
        advice = f"give {' or '.join(inside)}" if inside else known.making
        raise CheckpointError(f"{path}: is {_called(path)}, expected {known.name}; {advice}")
    if begun(path) is not None:
        raise CheckpointError(f"{path}: is not finished; give the command that makes it again")


def check_shown(path: str | Path) -> None:
    """Raise if a directory is no artefact but has some, such as all that a build makes.

    Raises:
        CheckpointError: It has; the message says which.
    """
    path = Path(path)
    if (path / MANIFEST_NAME).exists():
        return
    inside = [file.parent for file in path.glob(f"*/{MANIFEST_NAME}")]
    inside = sorted(str(one) for one in inside if _is_made_here(one))
    if inside:
        raise CheckpointError(
            f"{path}: is {_called(path)}, expected what one stage makes; give {' or '.join(inside)}"
        )


def check_documents(path: Path) -> None:
    """Raise if the dump of a wiki, or what a stage makes, is given in place of documents.

    Raises:
        DataError: It is.
    """
    if path.is_file() and _is_dump(path):
        advice = "openluke wikipedia parse DUMP PAGES makes a page store of it"
    elif _is_made_here(path):
        advice = "give JSON lines or a folder of notes"
    else:
        return
    raise DataError(f"is {_called(path)}, expected documents; {advice}", file=path)


def _is_of(path: Path, *, kind: str) -> bool:
    try:
        return parse_manifest(path / MANIFEST_NAME).kind == kind
    except CheckpointError:
        return False


def _is_made_here(path: Path) -> bool:
    """Whether something is what a stage makes."""
    return any(_is_of(path, kind=kind) for kind in _KINDS)


def _called(path: Path) -> str:
    """What something is, in words."""
    if not path.is_dir():
        return "the dump of a wiki" if _is_dump(path) else "a file"
    if not (path / MANIFEST_NAME).exists():
        return f"a directory without {MANIFEST_NAME}"
    kind = parse_manifest(path / MANIFEST_NAME).kind
    return _KINDS[kind].name if kind in _KINDS else f"an artefact of kind {kind!r}"


def _is_dump(path: Path) -> bool:
    """Whether a file begins as a dump does, whichever way it is packed."""
    try:
        head = next(unpacked(path, packing=find_packing(path, expected=WANTED), size=_HEAD), b"")
    except (DataError, OSError):
        return False
    return b"<mediawiki" in head
