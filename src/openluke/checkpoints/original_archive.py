"""The original project's model archives: a directory, a tar, or a weight file with siblings."""

import json
import lzma
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from openluke.checkpoints.transformers_config import read_json
from openluke.checkpoints.weights import TORCH, has_weights, read_weights
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, OpenLukeError

METADATA = "metadata.json"
VOCABS = ("entity_vocab.tsv", "entity_vocab.jsonl")
"""Names of the entity vocabulary, in the order in which the original program preferred them."""

_BLOCK = 1 << 22
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
"""First bytes of gzip, bzip2 and xz files."""

_DAMAGED = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError)
"""What reading a tar raises; the compressions let their own errors through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalArchive:
    """The content of an archive of the original project."""

    tensors: dict[str, Tensor]
    metadata: dict[str, Any]
    vocab: EntityVocab
    source: str

    @property
    def model_config(self) -> Mapping[str, Any]:
        """The configuration of the model, with BERT's names."""
        return self.metadata["model_config"]

    @property
    def base_name(self) -> str:
        """What the archive calls the encoder that the model started from: a hub name."""
        name = self.model_config.get("bert_model_name")
        if not isinstance(name, str):
            raise CheckpointError(
                f"{self.source}: {METADATA} does not name the encoder that the model started from "
                "('bert_model_name'), so its tokenizer has to be given"
            )
        return name


def read_archive(
    path: Path, *, metadata: Path | None = None, vocab: Path | None = None
) -> OriginalArchive:
    """Read an archive: a directory, a tar (plain or compressed), or a ``.bin`` / ``.pt`` file.

    ``metadata`` and ``vocab`` name those files where they do not lie beside the weights, as with
    the checkpoints of a training run.
    """
    with _unpacked(path) as place:
        directory = place if place.is_dir() else place.parent
        weights = place / TORCH if place.is_dir() else place
        tensors = _plain_names(read_weights(weights))
        if place != path:  # the tensors are views of a temporary file
            tensors = {name: tensor.clone() for name, tensor in tensors.items()}
        return OriginalArchive(
            tensors=tensors,
            metadata=_read_metadata(metadata or directory / METADATA),
            vocab=EntityVocab.read(vocab or _find_vocab(directory), repair=True),
            source=str(path),
        )


def is_archive(path: Path) -> bool:
    """Whether a file is a tar or compressed, which no other file of a model is."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        # a tar that is compressed and damaged must not pass for something else
        if stream.read(6).startswith(_COMPRESSED):
            return True
    return tarfile.is_tarfile(path)


def is_archive_place(path: Path) -> bool:
    """Whether an archive lies at a path: a directory with its files, a tar, or its weights."""
    if path.is_dir():
        return (path / METADATA).is_file() and has_weights(path)
    return is_archive(path) or (path.is_file() and (path.parent / METADATA).is_file())


@contextmanager
def _unpacked(path: Path) -> Generator[Path, None, None]:
    if not path.exists():
        raise CheckpointError(f"{path}: no such file or directory")
    if not is_archive(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="openluke-") as directory:
        _extract(path, target=Path(directory))
        try:
            yield Path(directory)
        except OpenLukeError as error:
            # people know the archive; the directory is gone when they read this
            message = str(error).replace(f"{directory}/", f"{path}: ").replace(directory, str(path))
            raise CheckpointError(message) from error


def _extract(path: Path, *, target: Path) -> None:
    """Take the known files out of a tar by their last name; nothing else is written anywhere."""
    names: list[str] = []
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                content = archive.extractfile(member) if member.isfile() else None
                names.append(name)
                if content is not None and name in (TORCH, METADATA, *VOCABS):
                    with (target / name).open("wb") as stream:
                        shutil.copyfileobj(content, stream, _BLOCK)
            while archive.fileobj and archive.fileobj.read(_BLOCK):
                pass  # a compressed file has its checksum at its end
    except _DAMAGED as error:
        # errors of the operating system have a number, those of the compressions have none
        is_system = getattr(error, "errno", None) is not None
        what = f"cannot be unpacked to {target.parent}" if is_system else "damaged archive, or none"
        reason = (str(error) or type(error).__name__).partition("\n")[0].rstrip(":")
        raise CheckpointError(f"{path}: {what}: {reason}") from error
    if TORCH not in names:
        raise CheckpointError(
            f"{path}: an archive without {TORCH}; found {', '.join(names[:12]) or 'nothing'}"
        )


def _plain_names(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names without the ``module.`` that a distributed wrapper puts before them."""
    if all(name.startswith("module.") for name in tensors):
        return {name.removeprefix("module."): value for name, value in tensors.items()}
    return tensors


def _read_metadata(path: Path) -> dict[str, Any]:
    metadata = read_json(path)
    if not isinstance(metadata.get("model_config"), dict):
        raise CheckpointError(
            f"{path}: no 'model_config'; expected the metadata.json of the original project's "
            f"pretraining, found the keys {json.dumps(sorted(metadata))[:200]}"
        )
    return metadata


def _find_vocab(directory: Path) -> Path:
    for name in VOCABS:
        if (directory / name).is_file():
            return directory / name
    raise CheckpointError(
        f"{directory}: no entity vocabulary; expected {' or '.join(VOCABS)} beside the weights, or "
        "its path given"
    )
