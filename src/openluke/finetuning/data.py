"""The examples of a run: read from their files, some set aside for choosing the best model."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from openluke.artifacts import fingerprint
from openluke.finetuning.recipe import DataConfig, FileConfig
from openluke.formats.reading import open_examples
from openluke.task import TaskType

logger = logging.getLogger(__name__)

File = Path | FileConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """The examples that a task learns from, and those that the best model is chosen by."""

    train: list[Any]
    dev: list[Any]
    """Empty where nothing is set aside: the last model is kept."""
    held_out: bool
    """Whether ``dev`` was set aside of the training file."""


def read_splits(data: DataConfig, *, task: TaskType, seed: int) -> Splits:
    """Read what is learnt from and what is chosen by; the files of tests are not opened."""
    train = list(read_data(data.train, data=data, task=task))
    if data.dev is not None:
        dev = list(read_data(data.dev, data=data, task=task))
        return Splits(train=train, dev=dev, held_out=False)
    return _hold_out(train, share=data.dev_share, seed=seed)


def read_data(file: File, *, data: DataConfig, task: TaskType) -> Iterator[Any]:
    """The examples of one file of the data."""
    if isinstance(file, FileConfig):
        options = {**data.options, **file.options}
        form = file.form or data.form
        return open_examples(file.path, forms=task.forms, form=form, options=options)
    return open_examples(file, forms=task.forms, form=data.form, options=data.options)


def path_of(file: File) -> Path:
    """Where a file of the data lies."""
    return file.path if isinstance(file, FileConfig) else file


def test_files(data: DataConfig) -> dict[str, File]:
    """The files that the best model is scored on, by name."""
    alone = {} if data.test is None else {"test": data.test}
    return alone | data.tests


def file_fingerprints(data: DataConfig) -> dict[str, str]:
    """A hash of the content of each file that is learnt from or chosen by."""
    files = {"train": data.train} | ({} if data.dev is None else {"dev": data.dev})
    return {name: fingerprint(path_of(file)) for name, file in files.items()}


def _hold_out(examples: Sequence[Any], *, share: float, seed: int) -> Splits:
    number = round(share * len(examples))
    if not number:
        return Splits(train=list(examples), dev=[], held_out=False)
    drawn = np.random.default_rng(seed).permutation(len(examples))[:number]
    aside = set(drawn.tolist())
    logger.warning(
        "no dev data: %d of %d training examples are set aside to choose the best model by",
        number,
        len(examples),
    )
    return Splits(
        train=[example for i, example in enumerate(examples) if i not in aside],
        dev=[examples[i] for i in sorted(aside)],
        held_out=True,
    )
