"""The original project's model archives: a directory, a tar, or a weight file with siblings."""

import json
import tarfile
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from openluke.checkpoints.transformers_config import read_json
from openluke.checkpoints.weights import TORCH, read_weights
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError

METADATA = "metadata.json"
VOCABS = ("entity_vocab.tsv", "entity_vocab.jsonl")
"""Names of the entity vocabulary, in the order in which the original program preferred them."""


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
        tensors = _plain_names(read_weights(place / TORCH if place.is_dir() else place))
        if place != path:  # the tensors are views of a temporary file
            tensors = {name: tensor.clone() for name, tensor in tensors.items()}
        return OriginalArchive(
            tensors=tensors,
            metadata=_read_metadata(metadata or directory / METADATA),
            vocab=EntityVocab.read(vocab or _find_vocab(directory)),
            source=str(path),
        )


def is_archive(path: Path) -> bool:
    """Whether a file is a tar, plain or compressed."""
    return path.is_file() and tarfile.is_tarfile(path)


@contextmanager
def _unpacked(path: Path) -> Generator[Path, None, None]:
    if not path.exists():
        raise CheckpointError(f"{path}: no such file or directory")
    if not is_archive(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="openluke-") as directory:
        _extract(path, target=Path(directory))
        yield Path(directory)


def _extract(path: Path, *, target: Path) -> None:
    """Take the known files out of a tar by their last name; nothing else is written anywhere."""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                content = archive.extractfile(member) if member.isfile() else None
                if content is None or name not in (TORCH, METADATA, *VOCABS):
                    continue
                with (target / name).open("wb") as stream:
                    while block := content.read(1 << 22):
                        stream.write(block)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CheckpointError(f"{path}: damaged archive: {error}") from error


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
