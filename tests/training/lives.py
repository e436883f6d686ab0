"""A program that trains in lives: ``python -m tests.training.lives DIRECTORY SEED``.

Each life is a fork that is killed by SIGKILL at some touch of the file system below the run's
directory, so that every place in the writing of checkpoints and metrics is hit; the last life is
not killed. Its weights are left in the directory, and how many lives there were is printed.
"""

import itertools
import os
import random
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from tests.dying import die_at
from tests.training import toy

STEPS = 12


def train(directory: Path) -> None:
    """A run with dropout, evaluations and checkpoints every few steps."""
    made = toy.make_trainer(
        directory / "run",
        model=toy.make_model(dropout=0.3),
        objective=toy.ToyObjective(draws=True),
        evaluate=toy.accuracy,
        max_steps=STEPS,
        evaluate_every=4,
        checkpoint_every=3,
        log_every=2,
    )
    made.run()
    weights = {name: tensor.contiguous() for name, tensor in toy.weights(made.model).items()}
    save_file(weights, directory / "weights")


def live(directory: Path, *, touch: int | None) -> bool:
    """One life; says whether it ended by itself."""
    child = os.fork()
    if child == 0:
        if touch is not None:
            die_at(touch, below=str(directory / "run"))
        train(directory)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("a life ended with an error")
    return os.WIFEXITED(status)


def main() -> None:
    """Train in as many lives as it takes."""
    directory, seed = Path(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    rng = random.Random(seed)
    for n in itertools.count(1):
        if live(directory, touch=rng.randint(1, 60) if seed and n < 15 else None):
            sys.stdout.write(f"{n}\n")
            return


if __name__ == "__main__":
    main()
