"""Whether a model directory is whole: every file that was written is there, in its size."""

from pathlib import Path

from openluke.artifacts import MANIFEST_NAME, read_manifest
from openluke.checkpoints import quantisation
from openluke.checkpoints.bundle_config import FILE
from openluke.checkpoints.stored_model import HEADS
from openluke.checkpoints.transformers_config import read_json
from openluke.errors import CheckpointError

KIND = "model"
"""The kind of artefact that a saved bundle is."""
FORMAT = 1
"""Version of its files."""


def check_complete(directory: Path) -> None:
    """Refuse a saved bundle that has lost files; what other programs wrote has no list of them."""
    path = directory / MANIFEST_NAME
    if path.is_file() and read_json(path).get("kind") == KIND:
        read_manifest(directory, kind=KIND, format_version=FORMAT)
    if (directory / FILE).is_file():
        return
    left = [name for name in (HEADS, quantisation.FILE) if (directory / name).exists()]
    if left:
        raise CheckpointError(
            f"{directory}: has {' and '.join(left)} but no {FILE}, which says what they are; the "
            "directory is incomplete, copy or download it again"
        )
