"""Reading and writing files of tensors: safetensors, sharded safetensors and safe torch files."""

import json
import pickle
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from openluke.artifacts import atomic_file
from openluke.errors import CheckpointError

SAFETENSORS = "model.safetensors"
SAFETENSORS_INDEX = "model.safetensors.index.json"
TORCH = "pytorch_model.bin"
TORCH_INDEX = "pytorch_model.bin.index.json"
_DAMAGED = (
    RuntimeError, OSError, EOFError, ValueError, TypeError, AttributeError, AssertionError,
    LookupError, OverflowError, MemoryError, struct.error, tarfile.TarError,
)  # fmt: skip
"""What torch.load raises for files with missing or changed bytes, by where the change is."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a model directory or of one weight file.

    A directory may hold ``model.safetensors``, its sharded form, ``pytorch_model.bin`` or its
    sharded form; the first found in that order is read.
    """
    if not path.is_dir():
        return _read_file(path)
    for name in (SAFETENSORS, TORCH):
        if (path / name).is_file():
            return _read_file(path / name)
        if (path / f"{name}.index.json").is_file():
            return _read_shards(path / f"{name}.index.json")
    raise CheckpointError(
        f"{path}: no weights; expected one of {SAFETENSORS}, {SAFETENSORS_INDEX}, {TORCH}, "
        f"{TORCH_INDEX}; found {_listing(path)}"
    )


def check_finite(tensors: Mapping[str, Tensor], *, where: str | Path) -> None:
    """Refuse weights that are no numbers: some kernels make numbers of them that look right."""
    for name, tensor in tensors.items():
        # one such number makes the sum one; half precision would overflow
        if not tensor.is_floating_point() or tensor.sum(dtype=torch.float32).isfinite():
            continue
        wrong = int((~tensor.isfinite()).sum())
        if wrong:
            raise CheckpointError(
                f"{where}: {name} has {wrong:,} weights that are no finite numbers (of "
                f"{tensor.numel():,}); its training went astray or the file is damaged: take an "
                "earlier checkpoint, or copy or download it again"
            )


def has_weights(path: Path) -> bool:
    """Whether a directory holds weights in a form that ``read_weights`` knows."""
    names = (SAFETENSORS, SAFETENSORS_INDEX, TORCH, TORCH_INDEX)
    return any((path / name).is_file() for name in names)


def write_weights(tensors: Mapping[str, Tensor], *, path: Path) -> None:
    """Write tensors to one safetensors file, atomically, in the order of their names."""
    seen: set[int] = set()
    independent: dict[str, Tensor] = {}
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        # a safetensors file holds every tensor by itself, also those that share memory here
        independent[name] = tensor.clone() if tensor.data_ptr() in seen else tensor
        seen.add(tensor.data_ptr())
    with atomic_file(path) as temporary:
        # safetensors makes files that only their owner can read; models are to be shared
        temporary.touch()
        mode = temporary.stat().st_mode
        try:
            save_file(independent, str(temporary), metadata={"format": "pt"})
        except SafetensorError as error:
            raise CheckpointError(f"{path}: the weights cannot be written: {error}") from error
        temporary.chmod(mode)


def write_torch(tensors: Mapping[str, Tensor], *, path: Path) -> None:
    """Write tensors as a torch file."""
    try:
        torch.save(dict(tensors), path)
    except RuntimeError as error:  # torch's word for a disk that is full
        raise CheckpointError(f"{path}: the weights cannot be written: {error}") from error


def _read_file(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file")
    form = _form(path)
    if form is None:
        raise CheckpointError(
            f"{path}: neither a safetensors nor a torch file; the download may be incomplete or a "
            "pointer file of git-lfs: fetch it again"
        )
    if form == "safetensors":
        return _read_safetensors(path)
    return _read_torch(path, is_zip=form == "torch")


def is_weight_file(path: Path) -> bool:
    """Whether a file's first bytes are those of a file of tensors."""
    return _form(path) is not None


def _form(path: Path) -> Literal["safetensors", "torch", "old torch"] | None:
    with path.open("rb") as stream:
        start = stream.read(9)
    # A safetensors file opens with the length of its header (8 bytes) and the header's brace.
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size:
        return "safetensors"
    if start[:2] == b"PK":
        return "torch"
    return "old torch" if start[:1] == b"\x80" else None


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(str(path))
    except SafetensorError as error:
        size = path.stat().st_size
        raise CheckpointError(
            f"{path}: damaged safetensors file of {size:,} bytes ({error}); copy it or download it "
            "again"
        ) from error


def _read_torch(path: Path, *, is_zip: bool) -> dict[str, Tensor]:
    try:
        # only the zip form can be mapped into memory; mapping makes measuring a file cheap
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path}: holds more than tensors, and unpickling it could run foreign code (or it is "
            "damaged); save its state dict alone, or as safetensors, and read that"
        ) from error
    except _DAMAGED as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise CheckpointError(
            f"{path}: damaged torch file of {path.stat().st_size:,} bytes ({reason}); copy it or "
            "download it again"
        ) from error
    return _state_dict(content, path=path)


def _state_dict(content: Any, *, path: Path) -> dict[str, Tensor]:
    """The state dict in a torch file: the whole of it, or under the key of a training program."""
    for key in ("module", "state_dict"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"{path}: found {type(content).__name__}, expected a state dict (names to tensors)"
        )
    items = cast("Mapping[str, Any]", content).items()
    tensors = {name: value for name, value in items if isinstance(value, Tensor)}
    if not all(isinstance(name, str) for name in tensors):
        raise CheckpointError(f"{path}: not all tensors have a name; expected a state dict")
    return tensors


def _read_shards(index: Path) -> dict[str, Tensor]:
    try:
        names = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        shards = sorted({Path(shard).name for shard in names.values()})
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{index}: not an index of weight shards: {error!r}") from error
    missing = [shard for shard in shards if not (index.parent / shard).is_file()]
    if missing:
        raise CheckpointError(f"{index}: lists shards that are not there: {', '.join(missing)}")
    tensors: dict[str, Tensor] = {}
    for shard in shards:
        tensors |= _read_file(index.parent / shard)
    return tensors


def _listing(path: Path) -> str:
    names = sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []
    return ", ".join(names[:12]) or "nothing"
