"""An artefact: a directory or file that is either wholly there or not there at all."""

import ctypes
import dataclasses
import errno
import json
import logging
import os
import secrets
import shutil
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openluke.errors import CheckpointError
from openluke.manifests import (
    HASH,
    MANIFEST_NAME,
    README,
    REPLACED,
    Manifest,
    all_files,
    described_files,
    differences,
    file_digest,
    files_digest,
    hidden_siblings,
    parse_manifest,
    read_manifest,
    write_manifest,
)

logger = logging.getLogger(__name__)

_PARTIAL = ".partial"
_EXCHANGE = 2
"""The flag of Linux' and of macOS' renaming functions that lets two names change places."""
_WORKING_DIRECTORY = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An artefact while it is made."""

    path: Path
    """The temporary directory to write files into."""
    counts: dict[str, int] = field(default_factory=dict[str, int])
    """Filled by the writer; ends in the manifest."""


@contextmanager
def write_artifact(
    path: str | Path,
    *,
    kind: str,
    format_version: int,
    inputs: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    replace: bool = False,
) -> Generator[Draft, None, None]:
    """Make an artefact directory that appears at ``path`` only when it is complete.

    The files are written into a hidden sibling directory, which is renamed when the block ends and
    removed when the block fails. A finished artefact at ``path`` stays unless ``replace`` is given,
    its kind is the same and all files in it are its own; anything else there is never touched.

    Args:
        path: Where the artefact will be.
        kind: What it holds.
        format_version: Version of its files.
        inputs: Name and ``fingerprint`` of everything that it is made from.
        options: The options that it is made with; plain JSON values.
        replace: Whether a finished artefact of this kind at ``path`` may be replaced.

    Raises:
        CheckpointError: Something that must stay is at ``path``, or nothing can be written there.
    """
    path = Path(path)
    wanted = identity(kind=kind, format_version=format_version, inputs=inputs, options=options)
    with _naming(path):
        path = Path(os.path.realpath(path))  # a link stays one; unlike resolve, loops are OSErrors
        check_place(path, kind=kind, replace=replace, wanted=wanted)
        for leftover in hidden_siblings(path, suffix=_PARTIAL):
            logger.warning("%s: left by a run that was killed or is still busy", leftover)
        _make_directory(path.parent)
        draft = Draft(path=_free_sibling(path))
        draft.path.mkdir()
        try:
            yield draft
            describe(draft, manifest=wanted)
            _check_target(path, kind=kind, replace=replace, wanted=wanted)
            move_into_place(draft.path, target=path)
        except BaseException:
            shutil.rmtree(draft.path, ignore_errors=True)
            raise


def identity(
    *,
    kind: str,
    format_version: int,
    inputs: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Manifest:
    """What tells an artefact from others before it is made: what it will be, of what and how."""
    return Manifest(
        kind=kind,
        format_version=format_version,
        inputs=dict(inputs or {}),
        options=as_json(options or {}),
    )


def describe(draft: Draft, *, manifest: Manifest) -> None:
    """Write the manifest of a draft, which is complete then.

    Args:
        draft: What has all its files.
        manifest: Says all but the counts, which are the draft's, and the files.
    """
    files = described_files(draft.path)
    manifest = dataclasses.replace(
        manifest,
        counts=draft.counts,
        files={name: file.stat().st_size for name, file in files},
        content=f"{HASH}:{files_digest(files)}",
    )
    write_manifest(draft.path, manifest=manifest)


def check_place(
    path: str | Path, *, kind: str, replace: bool = False, wanted: Manifest | None = None
) -> None:
    """Raise if no artefact can be made at a path, so that it is known before the work is done.

    Args:
        path: Where the artefact will be.
        kind: What it will hold.
        replace: Whether a finished artefact of this kind may be replaced.
        wanted: What is to be made, so that it is told what is otherwise in the one that is there.

    Raises:
        CheckpointError: Something that must stay is there.
    """
    with _naming(Path(path)):
        place = Path(os.path.realpath(path))
        _put_back(place)
        _check_target(place, kind=kind, replace=replace, wanted=wanted)


@contextmanager
def atomic_file(path: str | Path) -> Generator[Path, None, None]:
    """Give a hidden sibling path to write to; it replaces ``path`` when the block ends.

    When the block fails, ``path`` is left as it was.

    Raises:
        CheckpointError: No file can be written at ``path``; what is seen before the block is said
            before the block.
    """
    path = Path(path)
    with _naming(path):
        if path.exists() and not path.is_file():
            what = "a directory" if path.is_dir() else "a device or pipe"
            raise CheckpointError(f"{path}: is {what}, expected the name of a file to write")
        _make_directory(path.parent)
        partial = _free_sibling(path)
        partial.touch()
        try:
            yield partial
            sync(partial)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        sync(path.parent)


def finished(
    path: str | Path,
    *,
    kind: str,
    format_version: int,
    inputs: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Manifest | None:
    """The manifest of the artefact at ``path``, if it is what these inputs and options would make.

    That is told, since nothing has to be done then. A damaged artefact raises a
    ``CheckpointError``, since making it anew would hide the damage.
    """
    path = Path(path)
    wanted = identity(kind=kind, format_version=format_version, inputs=inputs, options=options)
    with _naming(path):
        _put_back(Path(os.path.realpath(path)))
    if not (path / MANIFEST_NAME).exists():
        return None
    found = read_manifest(path)
    if _otherwise(found, wanted=wanted):
        return None
    logger.info("%s: is already there, made from the same inputs with the same options", path)
    return found


def _otherwise(found: Manifest, *, wanted: Manifest) -> list[str]:
    """What differs in a finished artefact; whichever release has made it will do."""
    wanted = dataclasses.replace(wanted, openluke_version=found.openluke_version)
    return differences(found, wanted=wanted)


def fingerprint(path: str | Path) -> str:
    """A hash of the content of a file or directory, independent of its name and age.

    An artefact directory stands for its manifest, which has a hash of its files; one whose files
    are no longer those of the manifest is read as any other directory is.
    """
    path = Path(path)
    try:
        if path.is_dir():
            whole = _has_own_files(path)
            digest = file_digest(path / MANIFEST_NAME) if whole else files_digest(all_files(path))
        else:
            digest = file_digest(path)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from error
    return f"{HASH}:{digest}"


def _has_own_files(path: Path) -> bool:
    """Whether a directory is an artefact with the files that its manifest says."""
    try:
        return bool(read_manifest(path).content)
    except CheckpointError:
        return False


def _free_sibling(path: Path, *, suffix: str = _PARTIAL) -> Path:
    """A free hidden name beside ``path``: renaming within a directory is atomic."""
    return path.parent / f".{path.name}.{secrets.token_hex(4)}{suffix}"


@contextmanager
def _naming(path: Path) -> Generator[None, None, None]:
    """Make the operating system's errors ones that name what was to be written, and the reason."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        file = "" if error.filename is None else str(error.filename)
        place = "" if _PARTIAL in file or file in ("", str(path)) else f" ({file})"
        raise CheckpointError(f"{path}: cannot be written: {reason}{place}") from error


def _make_directory(path: Path) -> None:
    """Make a directory and those above it; the error for a file in the way names that file."""
    above = next((place for place in (path, *path.parents) if place.exists()), path)
    if above.exists() and not above.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(above))
    path.mkdir(parents=True, exist_ok=True)


def _check_target(path: Path, *, kind: str, replace: bool, wanted: Manifest | None = None) -> None:
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not (path / MANIFEST_NAME).is_file():
        raise CheckpointError(f"{path}: exists and is no openluke artefact; choose another place")
    manifest = parse_manifest(path / MANIFEST_NAME)
    if manifest.kind != kind:
        raise CheckpointError(
            f"{path}: found an artefact of kind {manifest.kind!r}, which one of kind {kind!r} does "
            "not replace; choose another place"
        )
    if not replace:
        changed = [] if wanted is None else _otherwise(manifest, wanted=wanted)
        how = f", and made otherwise ({'; '.join(changed)})" if changed else ""
        raise CheckpointError(
            f"{path}: is finished already{how}; choose another place, or replace it (--replace)"
        )
    if foreign := _foreign_files(path, manifest=manifest):
        raise CheckpointError(
            f"{path}: replacing it would delete files that are not part of it: "
            f"{', '.join(foreign[:8])}{', …' if len(foreign) > 8 else ''}; move them away, or "
            "choose another place"
        )


def _foreign_files(path: Path, *, manifest: Manifest) -> list[str]:
    """What lies in an artefact's directory besides its own files."""
    own = {MANIFEST_NAME, README, *manifest.files}
    entries = (entry for entry in path.rglob("*") if entry.is_symlink() or not entry.is_dir())
    return sorted({entry.relative_to(path).as_posix() for entry in entries} - own)


def move_into_place(draft: Path, *, target: Path) -> None:
    """Rename the draft to its name; a replaced artefact goes away after the new one is there."""
    for _, file in all_files(draft):
        sync(file)
    sync(draft)
    if not target.exists() or not any(target.iterdir()):
        if target.exists():
            target.rmdir()
        draft.rename(target)
    else:
        _replace(target, draft=draft)
    sync(target.parent)


def _replace(target: Path, *, draft: Path) -> None:
    old = draft if _exchange(draft, other=target) else _replace_by_renames(target, draft=draft)
    sync(target.parent)
    shutil.rmtree(old, ignore_errors=True)
    if old.exists():
        logger.warning("%s: replaced, but what was there before is left here and can go", old)


def _exchange(one: Path, *, other: Path) -> bool:
    """Let two directories change names in one step; ``False`` where the system cannot do that.

    A failure of any other kind is ``False`` too: renaming will fail of the same, and say so.
    """
    if sys.platform not in ("linux", "darwin"):
        return False
    library = ctypes.CDLL(None)
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        return hasattr(library, "renamex_np") and not library.renamex_np(*names, _EXCHANGE)
    here = _WORKING_DIRECTORY
    return hasattr(library, "renameat2") and not library.renameat2(
        here, names[0], here, names[1], _EXCHANGE
    )


def _replace_by_renames(target: Path, *, draft: Path) -> Path:
    """Take the old artefact away and put the draft there; return where the old one is then.

    Whoever is killed in between leaves the old one under a name that ``_put_back`` knows.
    """
    old = _free_sibling(target, suffix=REPLACED)
    try:
        target.rename(old)
        draft.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    return old.rename(_free_sibling(target))


def _put_back(path: Path) -> None:
    """Put an artefact back whose replacement was killed after it was taken away.

    It may be that the replacement is still under way. Then of its second renaming and of the one
    here the later fails, as no directory takes the place of one that has files: the artefact is
    the new or the old one, and whole.
    """
    for old in () if path.exists() else hidden_siblings(path, suffix=REPLACED):
        if _has_own_files(old):
            try:
                old.rename(path)
            except OSError:
                if not path.exists():
                    raise
            else:
                logger.warning("%s: put back, since its replacement was killed", path)
            return


def sync(path: Path) -> None:
    """Make the operating system write a file or a directory's names to disk."""
    if os.name != "posix" and path.is_dir():  # other systems cannot open directories
        return
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def as_json(values: Mapping[str, Any]) -> Any:
    """The values as they come back from a JSON file: tuples are lists, keys are strings."""
    return json.loads(json.dumps(values))
