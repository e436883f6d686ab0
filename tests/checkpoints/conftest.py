"""A directory of each released layout, with the model of transformers that has its weights."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from torch import nn

from tests.checkpoints.released import RELEASED, Released, write_released


class Written(NamedTuple):
    """A checkpoint on disk and the model it was made of."""

    released: Released
    directory: Path
    model: nn.Module


@pytest.fixture(scope="session")
def checkpoint_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Written]:
    """The written layout of that name, made once."""
    made: dict[str, Written] = {}

    def find(name: str) -> Written:
        if name not in made:
            released = next(layout for layout in RELEASED if layout.name == name)
            directory = tmp_path_factory.mktemp(name)
            made[name] = Written(released, directory, write_released(released, directory=directory))
        return made[name]

    return find
