"""Models by name: download from and upload to the Hugging Face hub, or use what is cached."""

import re
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    HTTPError,  # pyright: ignore[reportPrivateImportUsage]  # where it comes from has changed
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from openluke.checkpoints.weights import has_weights
from openluke.errors import CheckpointError, ConfigError

_NAME = re.compile(r"(?![.~])([\w.-]+/)?[\w.-]+")
_NO_NAME = "not a hub name either (expected 'owner/name', or 'name' for the hub's oldest models)"
_RUN = "recipe.json"
"""What a fine-tuning run keeps in its directory beside the model."""
_FILES = ["*.json", "*.txt", "*.model", "*.md"]


def resolve(name_or_path: str | Path, *, revision: str | None = None, weights: bool = True) -> Path:
    """The directory of a model: a path as it is, or a hub name such as ``owner/name``.

    A name is downloaded unless it is cached; without a network the cache serves. Of the directory
    of a fine-tuning run it is the model in it.

    Args:
        name_or_path: A path, or a name; what begins with ``.``, ``/`` or ``~`` is a path.
        revision: Branch, tag or commit of the hub.
        weights: Whether to download weights too; a tokenizer needs none.
    """
    if not isinstance(name_or_path, str | Path) or not str(name_or_path).strip():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(
            f"found {name_or_path!r} ({type(name_or_path).__name__}), expected a model: the path "
            "of its directory, or its name on the hub, such as 'studio-ousia/luke-base'"
        )
    path = Path(name_or_path).expanduser()
    if path.exists():
        if revision is not None:
            raise CheckpointError(f"{path} is a local path, which has no revision {revision!r}")
        return _model_of_run(path) or path
    name = str(name_or_path)
    if not _NAME.fullmatch(name):
        raise CheckpointError(f"{name}: no such file or directory, and {_NO_NAME}")
    return _download(name, revision=revision, weights=weights)


def upload(directory: Path, *, name: str, private: bool = True, message: str) -> str:
    """Upload a saved bundle to the hub under a name; return its address.

    The repository is made when it does not exist, private unless asked otherwise.
    """
    api = HfApi()
    try:
        api.create_repo(name, private=private, exist_ok=True)
        done = api.upload_folder(repo_id=name, folder_path=directory, commit_message=message)
    except (HTTPError, HfHubHTTPError, HFValidationError, OSError) as error:
        raise CheckpointError(
            f"could not upload {directory} as {name}: {error}; check the network and log in with "
            "`hf auth login`"
        ) from error
    return str(done)


def _model_of_run(path: Path) -> Path | None:
    """The model of a fine-tuning run that has one; ``None`` of anything else."""
    if (path / "config.json").exists() or not (path / _RUN).is_file():
        return None
    if not (path / "model").is_dir():
        raise CheckpointError(
            f"{path}: a fine-tuning run that has no model yet; give the command that began it "
            "again to finish it"
        )
    return path / "model"


def _download(name: str, *, revision: str | None, weights: bool) -> Path:
    """Download what a model needs; the hub's own client falls back to its cache."""
    if not weights:
        return _snapshot(name, revision=revision, patterns=_FILES)
    path = _snapshot(name, revision=revision, patterns=[*_FILES, "*.safetensors"])
    if not has_weights(path):
        path = _snapshot(name, revision=revision, patterns=[*_FILES, "pytorch_model*.bin"])
    return path


def _snapshot(name: str, *, revision: str | None, patterns: list[str]) -> Path:
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=patterns))
    except HFValidationError as error:
        raise CheckpointError(f"{name}: no such file or directory, and {_NO_NAME}") from error
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise CheckpointError(
            f"{name}: no such file or directory, and the hub does not have it under that name and "
            f"revision, or it is private and you are not logged in: {_first_line(error)}"
        ) from error
    except (OSError, HTTPError, HfHubHTTPError) as error:
        raise CheckpointError(
            f"{name}: not a local path, not in the cache, and the hub cannot be reached "
            f"({_first_line(error)}); download it where there is a network and give its directory"
        ) from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0] or type(error).__name__
