"""How much memory a process has had at most."""

import sys

import torch

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
