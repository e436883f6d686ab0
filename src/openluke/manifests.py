"""The manifest of an artefact: what it is, what it was made from, and which files it has."""

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from openluke import __version__
from openluke.config import from_mapping, to_mapping
from openluke.errors import CheckpointError, ConfigError

MANIFEST_NAME = "manifest.json"
"""The file that makes a directory an artefact; it is written last."""

LAYOUT = 1
"""Version of the manifest's own keys."""

README = "README.md"
"""A note to people, which they may edit: it is no part of what the manifest describes."""

REPLACED = ".replaced"
"""Ends the hidden name of an artefact while another takes its place."""

HASH = "sha256"
"""The hash of files; its name stands before every digest that is kept."""

_MOST_TOLD = 8
"""Differences that are told one by one."""
_LONGEST = 40
"""Characters of a value in what is told."""


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
    """Hash of these files, so that artefacts with other contents have other manifests."""


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
    if not path.exists():
        _name_what_was_there(path)
    manifest = parse_manifest(path / MANIFEST_NAME)
    if kind is not None and manifest.kind != kind:
        raise CheckpointError(f"{path}: found an artefact of kind {manifest.kind!r}, not {kind!r}")
    if format_version is not None:
        _check_version(manifest.format_version, known=format_version, what=f"{path}: format")
    _check_files(path, manifest=manifest)
    return manifest


def differences(found: Manifest, *, wanted: Manifest) -> list[str]:
    """What two artefacts are made of or with that is not the same, in words: ``size: 10 → 20``.

    Args:
        found: What is there.
        wanted: What is to be made; its counts and files are left aside.
    """
    facts = ("kind", "format_version", "openluke_version")
    said = [_change(each, old=getattr(found, each), new=getattr(wanted, each)) for each in facts]
    inputs = sorted({*found.inputs, *wanted.inputs})
    said += [
        _change(name, old=_named(found.inputs.get(name)), new=_named(wanted.inputs.get(name)))
        for name in inputs
    ]
    old, new = dict(_flat(found.options)), dict(_flat(wanted.options))
    said += [_change(name, old=old.get(name), new=new.get(name)) for name in sorted({*old, *new})]
    changed = [one for one in said if one is not None]
    if len(changed) > _MOST_TOLD:
        changed = [*changed[:_MOST_TOLD], f"and {len(changed) - _MOST_TOLD} more"]
    return changed


def _change(name: str, *, old: object, new: object) -> str | None:
    """That something was one thing and is another; nothing if it is the same."""
    if old == new:
        return None
    before, now = _short(old), _short(new)
    return f"{name}: {before} → {now}" if before != now else f"{name}: another {before}"


def _named(digest: str | None) -> str | None:
    """The content that a digest stands for, as messages call it."""
    return None if digest is None else f"content {digest.removeprefix(f'{HASH}:')[:8]}"


def _flat(options: Mapping[str, Any], *, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Options by their names, with dots between those of tables and those in them."""
    for name, value in options.items():
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, Any]", value), prefix=f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _short(value: object) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"


def hidden_siblings(path: Path, *, suffix: str) -> list[Path]:
    """What writers of an artefact keep beside it for a while, of one sort."""
    return sorted(path.parent.glob(f".{glob.escape(path.name)}.*{suffix}"))


def check_content(path: str | Path, *, manifest: Manifest) -> None:
    """Read all files of an artefact and raise a ``CheckpointError`` unless they are as written."""
    path = Path(path)
    try:
        found = f"{HASH}:{files_digest([(name, path / name) for name in sorted(manifest.files)])}"
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    if found != manifest.content:
        raise CheckpointError(
            f"{path}: the files have the hash {found}, expected {manifest.content or 'one'} as in "
            f"{MANIFEST_NAME}; the artefact is damaged, make it or copy it again"
        )


def write_manifest(path: Path, *, manifest: Manifest) -> None:
    """Write the manifest of an artefact directory."""
    text = json.dumps(to_mapping(manifest), ensure_ascii=False, indent=2, sort_keys=True)
    (path / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")


def file_digest(path: Path) -> str:
    """The hash of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, HASH).hexdigest()


def files_digest(files: Iterable[tuple[str, Path]]) -> str:
    """The hash of names and contents of files, in hexadecimal digits."""
    total = hashlib.new(HASH)
    for name, file in files:
        total.update(f"{name}\0{file_digest(file)}\0".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def all_files(path: Path) -> list[tuple[str, Path]]:
    """Relative name and path of every file below a directory, in a fixed order."""
    return sorted(
        (file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file()
    )


def described_files(path: Path) -> list[tuple[str, Path]]:
    """The files that a manifest describes."""
    return [(name, file) for name, file in all_files(path) if name != README]


def parse_manifest(file: Path) -> Manifest:
    """Read a manifest without a look at the files that it describes."""
    values = _read_json_object(file)
    if not isinstance(values.get("layout"), int) or "kind" not in values:
        raise CheckpointError(f"{file}: found another program's manifest, expected openluke's")
    _check_version(values["layout"], known=LAYOUT, what=f"{file}: layout")
    try:
        return from_mapping(Manifest, values=values, where=str(file))
    except ConfigError as error:
        raise CheckpointError(f"damaged manifest: {error}") from error


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


def _name_what_was_there(path: Path) -> None:
    for old in hidden_siblings(Path(os.path.realpath(path)), suffix=REPLACED):
        raise CheckpointError(
            f"{path}: missing, since its replacement is under way or was killed; what was there is "
            f"{old}: rename it to {path.name}, or write the artefact again"
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
