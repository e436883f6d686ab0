"""An artefact: a directory or file that is either wholly there or not there at all."""

import glob
import hashlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from openluke import __version__
from openluke.config import from_mapping, to_mapping
from openluke.errors import CheckpointError, ConfigError

logger = logging.getLogger(__name__)

MANIFEST_NAME = "manifest.json"
"""The file that makes a directory an artefact; it is written last."""

LAYOUT = 1
"""Version of the manifest's own keys."""

_PARTIAL = ".partial"
_HASH = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an artefact is and what it was made from."""

    kind: str
    """What the artefact holds, for example ``entity-vocab``."""
    format_version: int
    """Version of the files of this kind; a reader refuses newer ones."""
    layout: int = LAYOUT
    """Version of the manifest itself."""
    openluke_version: str = __version__
    """The release that wrote it."""
    inputs: dict[str, str] = field(default_factory=dict[str, str])
    """Name and ``fingerprint`` of everything it was made from."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """The options that it was made with, as plain JSON values."""
    counts: dict[str, int] = field(default_factory=dict[str, int])
    """How much it holds, for people and for checks."""
    files: dict[str, int] = field(default_factory=dict[str, int])
    """Size in bytes of each file, so that a cut-off copy is noticed without reading it."""
    content: str = ""
    """Hash of all files, so that artefacts with other contents have other manifests."""


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
    removed when the block fails. A finished artefact at ``path`` stays unless ``replace`` is given;
    any other file or directory there is never touched.

    Args:
        path: Where the artefact will be.
        kind: What it holds.
        format_version: Version of its files.
        inputs: Name and ``fingerprint`` of everything that it is made from.
        options: The options that it is made with; plain JSON values.
        replace: Whether a finished artefact at ``path`` may be replaced.
    """
    path = Path(path).resolve()
    plain_options = _as_json(options or {})  # before the work, so that it fails early
    _check_target(path, replace=replace)
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*{_PARTIAL}"):
        logger.warning("%s: left by a run that was killed or is still busy", leftover)
    draft = Draft(path=_partial_sibling(path))
    draft.path.mkdir(parents=True)
    try:
        yield draft
        manifest = Manifest(
            kind=kind,
            format_version=format_version,
            inputs=dict(inputs or {}),
            options=plain_options,
            counts=draft.counts,
            files={name: file.stat().st_size for name, file in _files(draft.path)},
            content=f"{_HASH}:{_tree_digest(draft.path)}",
        )
        _write_manifest(draft.path, manifest=manifest)
        _check_target(path, replace=replace)
        _move_into_place(draft.path, target=path)
    except BaseException:
        shutil.rmtree(draft.path, ignore_errors=True)
        raise


@contextmanager
def atomic_file(path: str | Path) -> Generator[Path, None, None]:
    """Give a hidden sibling path to write to; it replaces ``path`` when the block ends.

    When the block fails, ``path`` is left as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial_sibling(path)
    try:
        yield partial
        _sync(partial)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def read_manifest(
    path: str | Path, *, kind: str | None = None, format_version: int | None = None
) -> Manifest:
    """Read and check the manifest of an artefact directory.

    Args:
        path: The artefact directory.
        kind: The kind that the caller can read; another one is an error.
        format_version: The newest version that the caller can read; a newer one is an error.
    """
    path = Path(path)
    file = path / MANIFEST_NAME
    values = _read_json_object(file)
    if not isinstance(values.get("layout"), int) or "kind" not in values:
        raise CheckpointError(f"{file}: found another program's manifest, expected openluke's")
    _check_version(values["layout"], known=LAYOUT, what=f"{file}: layout")
    try:
        manifest = from_mapping(Manifest, values=values, where=str(file))
    except ConfigError as error:
        raise CheckpointError(f"damaged manifest: {error}") from error
    if kind is not None and manifest.kind != kind:
        raise CheckpointError(f"{path}: found an artefact of kind {manifest.kind!r}, not {kind!r}")
    if format_version is not None:
        _check_version(manifest.format_version, known=format_version, what=f"{path}: format")
    _check_files(path, manifest=manifest)
    return manifest


def is_done(
    path: str | Path,
    *,
    kind: str,
    format_version: int,
    inputs: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> bool:
    """Whether a finished artefact of this kind, from these inputs and options, lies at ``path``.

    A damaged artefact raises a ``CheckpointError``, since making it anew would hide the damage.
    """
    if not (Path(path) / MANIFEST_NAME).exists():
        return False
    manifest = read_manifest(path)
    wanted = (kind, format_version, dict(inputs or {}), _as_json(options or {}))
    found = (manifest.kind, manifest.format_version, manifest.inputs, _as_json(manifest.options))
    return found == wanted


def fingerprint(path: str | Path) -> str:
    """A hash of the content of a file or directory, independent of its name and age.

    An artefact directory stands for its manifest, which has a hash of its files; one whose files
    are no longer those of the manifest is read as any other directory is.
    """
    path = Path(path)
    try:
        if path.is_dir():
            whole = _has_own_files(path)
            digest = _file_digest(path / MANIFEST_NAME) if whole else _tree_digest(path)
        else:
            digest = _file_digest(path)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from error
    return f"{_HASH}:{digest}"


def _has_own_files(path: Path) -> bool:
    """Whether a directory is an artefact with the files that its manifest says."""
    try:
        return bool(read_manifest(path).content)
    except CheckpointError:
        return False


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, _HASH).hexdigest()


def _tree_digest(path: Path) -> str:
    total = hashlib.new(_HASH)
    for name, file in _files(path):
        total.update(f"{name}\0{_file_digest(file)}\0".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _files(path: Path) -> list[tuple[str, Path]]:
    """Relative name and path of every file below a directory, in a fixed order."""
    return sorted(
        (file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file()
    )


def _partial_sibling(path: Path) -> Path:
    """A free hidden name beside ``path``: renaming within a directory is atomic."""
    return path.parent / f".{path.name}.{secrets.token_hex(4)}{_PARTIAL}"


def _check_target(path: Path, *, replace: bool) -> None:
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not (path / MANIFEST_NAME).is_file():
        raise CheckpointError(f"{path}: exists and is no openluke artefact; choose another place")
    if not replace:
        raise CheckpointError(
            f"{path}: is finished already; choose another place, or replace it (--replace)"
        )


def _move_into_place(draft: Path, *, target: Path) -> None:
    """Rename the draft to its name; a replaced artefact goes away after the new one is there."""
    for _, file in _files(draft):
        _sync(file)
    _sync(draft)
    if not target.exists() or not any(target.iterdir()):
        if target.exists():
            target.rmdir()
        draft.rename(target)
    else:
        old = _partial_sibling(target)
        target.rename(old)
        draft.rename(target)
        shutil.rmtree(old)
    _sync(target.parent)


def _sync(path: Path) -> None:
    """Make the operating system write a file or a directory's names to disk."""
    if os.name != "posix" and path.is_dir():  # other systems cannot open directories
        return
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_json(values: Mapping[str, Any]) -> Any:
    """The values as they come back from a JSON file: tuples are lists, keys are strings."""
    return json.loads(json.dumps(values))


def _write_manifest(path: Path, *, manifest: Manifest) -> None:
    text = json.dumps(to_mapping(manifest), ensure_ascii=False, indent=2, sort_keys=True)
    (path / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")


def _read_json_object(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise CheckpointError(
            f"{file.parent}: no {MANIFEST_NAME}; expected a finished openluke artefact"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{file}: damaged manifest: {error}") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{file}: damaged manifest: not a JSON object")
    return cast("dict[str, Any]", values)


def _check_version(found: int, *, known: int, what: str) -> None:
    if found > known:
        raise CheckpointError(
            f"{what} version {found} is newer than {known}, the newest that openluke {__version__} "
            "reads; upgrade openluke"
        )


def _check_files(path: Path, *, manifest: Manifest) -> None:
    for name, size in manifest.files.items():
        file = path / name
        if not file.is_file():
            raise CheckpointError(f"{file}: missing; the artefact is incomplete, make it again")
        if file.stat().st_size != size:
            raise CheckpointError(
                f"{file}: found {file.stat().st_size:,} bytes, expected {size:,}; "
                "the artefact is damaged, make it or copy it again"
            )
