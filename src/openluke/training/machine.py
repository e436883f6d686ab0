"""What a run is made on, and how much memory it took."""

import sys
from collections.abc import Mapping

import torch

from openluke.training.distributed import World

if sys.platform != "win32":
    import resource

_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in what the operating system counts by."""


def peak_memory(device: torch.device) -> dict[str, int]:
    """Bytes at most, of the process and of an accelerator, where they can be told."""
    found: dict[str, int] = {}
    if sys.platform != "win32":
        found["process"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
    if device.type == "cuda":
        found["accelerator"] = torch.cuda.max_memory_allocated(device)
    return found


def described(world: World) -> str:
    """The device of a run in words, and how many processes share the work."""
    device = world.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return f"{name}, {world.size} processes" if world.size > 1 else name


def memory_in_words(peaks: Mapping[str, int]) -> str:
    """What ``peak_memory`` has found, for people."""
    said = (f"{size / 2**20:,.0f} MiB ({where})" for where, size in peaks.items())
    return ", ".join(said) or "not known"
