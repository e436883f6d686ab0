"""Where a model computes and in which number type."""

from typing import Literal

import torch

from openluke.errors import ConfigError

DtypeName = Literal["auto", "float32", "bfloat16", "float16"]


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; ``auto`` takes CUDA, then Apple's MPS, then the CPU."""
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _has_mps()}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if available[kind])
    kind, colon, number = name.partition(":")
    is_number = number.isascii() and number.isdigit()
    if kind not in available or (colon and not (kind == "cuda" and is_number)):
        raise ConfigError(f"device {name!r}: expected auto, cpu, cuda, cuda:N or mps")
    if not available[kind]:
        found = ", ".join(kind for kind, there in available.items() if there)
        raise ConfigError(f"device {name!r} is not available here; available: {found}")
    if number and int(number) >= torch.cuda.device_count():
        last = torch.cuda.device_count() - 1
        raise ConfigError(f"device {name!r} is not there; the last CUDA device is cuda:{last}")
    return torch.device(name)


def choose_dtype(name: str = "auto", *, device: torch.device) -> torch.dtype:
    """The number type of that name; ``auto`` is float32 but bfloat16 on CUDA that has it."""
    types = {
        "float32": torch.float32,
        "bfloat16": torch.bfloat16,
        "float16": torch.float16,
    }
    if name == "auto":
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if fast else torch.float32
    if name not in types:
        raise ConfigError(f"dtype {name!r}: expected auto, {', '.join(types)}")
    return types[name]


def _has_mps() -> bool:
    return torch.backends.mps.is_available()
