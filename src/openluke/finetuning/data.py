"""The examples of a run: read from their files, some set aside for choosing the best model."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from openluke.artifacts import fingerprint
from openluke.errors import DataError, ExampleError
from openluke.finetuning.checking import labels_to_learn
from openluke.finetuning.holding_out import Splits, hold_out
from openluke.finetuning.recipe import DataConfig, FileConfig
from openluke.formats.reading import open_examples, placed
from openluke.task import TaskType

logger = logging.getLogger(__name__)

File = Path | FileConfig
_MOST_NAMED = 20
"""How many labels a message names."""


def read_splits(data: DataConfig, *, task: TaskType, seed: int, options: Any) -> Splits:
    """Read what is learnt from and what is chosen by; the files of tests are not opened.

    Args:
        data: The files.
        task: Whose examples they are.
        seed: By which examples are drawn where some are set aside.
        options: The task's configuration, by which it says what it can learn from.
    """
    train = list(read_data(data.train, data=data, task=task))
    labels = _labels_of(data.train, data=data, examples=train, task=task, options=options)
    if data.dev is None:
        return hold_out(train, share=data.dev_share, seed=seed)
    dev = list(read_data(data.dev, data=data, task=task))
    known = _labels_of(data.dev, data=data, examples=dev, task=task, options=options)
    _tell_new_labels(sorted({*known} - {*labels}), file=data.dev)
    return Splits(train=train, dev=dev, held_out=False)


def read_data(file: File, *, data: DataConfig, task: TaskType) -> Iterator[Any]:
    """The examples of one file of the data."""
    return open_examples(forms=task.forms, **_reading(file, data=data))


def _reading(file: File, *, data: DataConfig) -> dict[str, Any]:
    """What a file of the data is read with."""
    if isinstance(file, FileConfig):
        options = {**data.options, **file.options}
        return {"path": file.path, "form": file.form or data.form, "options": options}
    return {"path": file, "form": data.form, "options": data.options}


def _labels_of(
    file: File, *, data: DataConfig, examples: Sequence[Any], task: TaskType, options: Any
) -> tuple[str, ...]:
    """The labels of a file; what cannot be learnt from is an error that says where it stands."""
    try:
        return labels_to_learn(examples, kind=task, config=options)
    except ExampleError as error:
        raise placed(error, forms=task.forms, **_reading(file, data=data)) from error
    except DataError as error:
        raise DataError(str(error), file=path_of(file)) from error


def _tell_new_labels(labels: Sequence[str], *, file: File) -> None:
    if labels:
        more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
        logger.warning(
            "%s: has labels that the training data does not have; none of them can be learnt, so "
            "each counts as missed: %s%s",
            path_of(file),
            ", ".join(labels[:_MOST_NAMED]),
            more,
        )


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
