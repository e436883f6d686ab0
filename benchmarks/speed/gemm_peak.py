"""The float32 matrix product at its best: what no model on this machine can be faster than."""

import argparse
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from benchmarks.speed.measure import environment, paired, report
from openluke.model.linear import Linear, pack

ROWS, INNER, OUTER = 1024, 768, 3072
ROUNDS = 31


def make_layers() -> tuple[Linear, nn.Linear]:
    """Our packed layer and torch's, with equal weights."""
    ours, theirs = Linear(INNER, OUTER), nn.Linear(INNER, OUTER)
    ours.load_state_dict(theirs.state_dict())
    pack(ours)
    return ours, theirs


@torch.inference_mode()
def peak_gflops(*, seconds: float = 2.0) -> float:
    """The best rate that either library reached within some seconds, on all threads allowed.

    One thread is timed by the processor's clock, as the models are.
    """
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    layers = make_layers()
    rows = torch.randn(ROWS, INNER)
    gflop = 2 * ROWS * INNER * OUTER / 1e9
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        for layer in layers:
            start = clock()
            layer(rows)
            best = min(best, clock() - start)
    return gflop / best


@torch.inference_mode()
def main(*, output: Path | None = None, rounds: int = ROUNDS) -> None:
    """Compare our fused, packed layer with torch's, and report the peak beside it."""
    ours, theirs = make_layers()
    rows = torch.randn(ROWS, INNER)

    def torchs() -> torch.Tensor:
        return functional.gelu(theirs(rows))

    assert (ours(rows, activation="gelu") - torchs()).abs().max() < 1e-5
    timing = paired(lambda: ours(rows, activation="gelu"), torchs, null=torchs, rounds=rounds)
    peak = {"gemm_peak_gflops": peak_gflops()}
    what = {"benchmark": "gemm_peak", "against": "torch's linear and gelu"}
    report(what | timing | peak | environment(), output=output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    main(output=arguments.output, rounds=arguments.rounds)
