"""What tells a model directory from others: the names and contents of all files that are read."""

import hashlib
from pathlib import Path

from openluke.artifacts import fingerprint
from openluke.errors import CheckpointError


def model_identity(directory: Path) -> str:
    """A hash of every file of a model, but for hidden ones and texts for people (``.md``)."""
    digest = hashlib.sha256()
    try:
        files = sorted(file for file in directory.rglob("*") if file.is_file())
    except OSError as error:
        raise CheckpointError(f"{directory}: cannot be read: {error.strerror}") from error
    for file in files:
        name = file.relative_to(directory)
        if name.suffix != ".md" and not any(part.startswith(".") for part in name.parts):
            digest.update(f"{name.as_posix()}\0{fingerprint(file)}\0".encode())
    return digest.hexdigest()
