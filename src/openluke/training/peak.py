"""The fastest matrix product of a device: what no step can be faster than."""

import time
from functools import cache

import torch

_SECONDS = 0.5
"""How long is measured."""
_CPU_SIZE, _OTHER_SIZE = 1024, 8192
"""Rows and columns of the matrices, with which each kind of device is at its best."""
_PRODUCTS = 8
"""Products that an accelerator is given at once."""


def matmul_peak(device: torch.device, *, dtype: torch.dtype) -> float:
    """Multiplications and additions in a second, at the best of half a second.

    It is measured once in a process, with the threads and the precision that are set.

    Args:
        device: What computes.
        dtype: What is multiplied.
    """
    return _measured(device, dtype, torch.get_num_threads(), torch.get_float32_matmul_precision())


@cache
def _measured(device: torch.device, dtype: torch.dtype, _threads: int, _precision: str) -> float:
    is_cpu = device.type == "cpu"
    size, n = (_CPU_SIZE, 1) if is_cpu else (_OTHER_SIZE, _PRODUCTS)
    # numbers as a model has them: constant ones are multiplied faster, since they take less power
    generator = torch.Generator(device).manual_seed(0)
    a, b = torch.randn(2, size, size, generator=generator, device=device).to(dtype)
    found = torch.empty_like(a)
    best, end = 0.0, 0.0
    with torch.no_grad():
        while not end or time.perf_counter() < end:
            began = _now(device)
            for _ in range(n):
                torch.mm(a, b, out=found)
            seconds = _now(device) - began
            if end:
                best = max(best, n * 2 * size**3 / seconds)
            else:
                # the first round makes everything ready, and does not count
                end = time.perf_counter() + _SECONDS
    return best


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
