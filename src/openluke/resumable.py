"""An artefact whose making can be stopped at any moment, and goes on with the same command."""

import dataclasses
import errno
import logging
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openluke.artifacts import Draft, check_place, describe, identity, move_into_place, sync
from openluke.errors import CheckpointError
from openluke.file_lock import locked
from openluke.manifests import (
    MANIFEST_NAME,
    Manifest,
    all_files,
    differences,
    parse_manifest,
    read_manifest,
    write_manifest,
)

logger = logging.getLogger(__name__)

SCRATCH = ".scratch"
"""The directory of a draft for what is only needed until the draft is finished."""

_UNFINISHED = ".unfinished"
_FREE_SPACE = "free some space and start the same command again: what is done stays"
_ADVICE = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: "files may not become that large here: raise the limit (ulimit -f)",
}


@contextmanager
def resumable_artifact(
    path: str | Path,
    *,
    kind: str,
    format_version: int,
    inputs: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    replace: bool = False,
) -> Generator[Draft, None, None]:
    """Make an artefact directory that appears at ``path`` only when it is complete.

    As with ``write_artifact`` the files are written into a hidden sibling. That stays when the
    block fails or the process dies, and the next call from the same inputs with the same options
    finds in it what was done; it is for the block to see what that is. A call with others is
    refused, or discards it if it may replace. What the block keeps in the directory ``SCRATCH`` of
    the draft is no part of the artefact.

    Args:
        path: Where the artefact will be.
        kind: What it holds.
        format_version: Version of its files.
        inputs: Name and ``fingerprint`` of everything that it is made from.
        options: The options that it is made with, as far as they decide what it holds; plain JSON
            values.
        replace: Whether a finished artefact of this kind at ``path`` may be replaced, and
            unfinished work of another job discarded.

    Raises:
        CheckpointError: Something that must stay is at ``path``, or it cannot be written.
        ConfigError: Another process is making it at this moment.
    """
    path = Path(path)
    wanted = identity(kind=kind, format_version=format_version, inputs=inputs, options=options)
    check_place(path, kind=kind, replace=replace, wanted=wanted)
    with explained(path):
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target.with_name(f".{target.name}.lock"), what=str(path)):
            # it may have been finished just now
            check_place(path, kind=kind, replace=replace, wanted=wanted)
            place = _Place.of(target)
            if replace:
                place.discard_other(wanted, target=path)
            else:
                place.check(wanted, target=path)
            draft = place.take_up(wanted)
            try:
                yield draft
            except BaseException:
                place.discard_if_empty()
                raise
            place.describe(draft, wanted=wanted)
            check_place(path, kind=kind, replace=replace, wanted=wanted)
            place.finish(draft, target=target)


def begun(path: str | Path) -> Manifest | None:
    """What the unfinished work at a path was begun as; none if there is none, or it is unknown."""
    return _Place.of(Path(os.path.realpath(path))).begun()


def check_unfinished(path: str | Path, *, wanted: Manifest) -> None:
    """Raise if another job has begun something at a path, so that it is known before the work.

    Args:
        path: Where the artefact will be.
        wanted: What is to be made.

    Raises:
        CheckpointError: There is unfinished work that was begun otherwise.
    """
    _Place.of(Path(os.path.realpath(path))).check(wanted, target=Path(path))


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """The hidden directory of a draft, with a manifest of its own that says whose it is.

    That manifest goes away just before the draft is renamed. So a draft beside it is unfinished,
    and one without it is complete, or what was replaced: of the same content, or discarded.
    """

    path: Path

    @classmethod
    def of(cls, target: Path) -> "_Place":
        """The place beside an artefact."""
        return cls(target.with_name(f".{target.name}{_UNFINISHED}"))

    @property
    def draft(self) -> Path:
        """The directory that will be the artefact."""
        return self.path / "draft"

    def begun(self) -> Manifest | None:
        """What lies here was begun, or completed, as; none if that cannot be told."""
        try:
            if (self.path / MANIFEST_NAME).exists():
                return parse_manifest(self.path / MANIFEST_NAME)
            complete = read_manifest(self.draft)
        except CheckpointError:
            return None
        return dataclasses.replace(complete, counts={}, files={}, content="")

    def check(self, wanted: Manifest, *, target: Path) -> None:
        """Raise if another job has done something here."""
        found = self.begun()
        if found == wanted or not all_files(self.draft):
            return
        changed = [] if found is None else differences(found, wanted=wanted)
        how = "; ".join(changed) or "what with can no longer be read"
        raise CheckpointError(
            f"{target}: has unfinished work that was begun otherwise ({how}); give the same inputs "
            "and options to go on with it, or discard it (--replace)"
        )

    def discard_other(self, wanted: Manifest, *, target: Path) -> None:
        """Remove what another job has done here."""
        if self.path.exists() and self.begun() != wanted:
            logger.warning("%s: what another job began is discarded", target)
            shutil.rmtree(self.path)

    def take_up(self, wanted: Manifest) -> Draft:
        """The draft of what is to be made, with what is already in it."""
        if self.path.exists() and self.begun() != wanted:  # with nothing in it
            shutil.rmtree(self.path)
        self.draft.mkdir(parents=True, exist_ok=True)
        if not (self.path / MANIFEST_NAME).exists():
            write_manifest(self.path, manifest=wanted)
        (self.draft / MANIFEST_NAME).unlink(missing_ok=True)
        if (self.path / SCRATCH).exists():
            (self.path / SCRATCH).rename(self.draft / SCRATCH)
        return Draft(path=self.draft)

    def describe(self, draft: Draft, *, wanted: Manifest) -> None:
        """Put the scratch aside, and write the manifest of all other files."""
        if (draft.path / SCRATCH).exists():
            (draft.path / SCRATCH).rename(self.path / SCRATCH)
        describe(draft, manifest=wanted)

    def finish(self, draft: Draft, *, target: Path) -> None:
        """Make the draft the artefact."""
        sync(draft.path / MANIFEST_NAME)
        sync(draft.path)
        (self.path / MANIFEST_NAME).unlink()
        move_into_place(draft.path, target=target)
        shutil.rmtree(self.path, ignore_errors=True)
        if self.path.exists():
            logger.warning("%s: is finished, but %s is left and can go", target, self.path)

    def discard_if_empty(self) -> None:
        """Leave nothing where nothing was done."""
        if not all_files(self.draft):
            shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def explained(path: str | Path) -> Generator[None, None, None]:
    """Make the operating system's errors ones that say what cannot be written and what to do.

    Args:
        path: What is being made.

    Raises:
        CheckpointError: The block has raised an ``OSError``.
    """
    path = Path(path)
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        file = "" if error.filename is None else str(error.filename)
        place = "" if file in ("", str(path)) or f".{path.name}." in file else f" ({file})"
        advice = _ADVICE.get(error.errno or 0) or full_disk_advice(reason)
        raise CheckpointError(
            f"{path}: cannot be written: {reason}{place}{f'; {advice}' if advice else ''}"
        ) from error


def full_disk_advice(reason: str) -> str | None:
    """What to do, if a library that has no numbers for errors says that a disk is full."""
    return _FREE_SPACE if "No space left" in reason or "Could not write" in reason else None


def made_artifact(path: Path) -> Path:
    """What is being made when a file is written: the artefact, if the file is one of a draft."""
    for place in (path, *path.parents):
        if place.name.startswith(".") and place.name.endswith(_UNFINISHED):
            return place.with_name(place.name[1 : -len(_UNFINISHED)])
    return path
