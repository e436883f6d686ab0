"""The examples of a run: read from their files, some set aside for choosing the best model."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openluke.artifacts import fingerprint
from openluke.finetuning.checking import check_scorable, labels_to_learn
from openluke.finetuning.holding_out import hold_out
from openluke.finetuning.recipe import DataConfig, FileConfig
from openluke.formats.reading import open_examples, placing
from openluke.task import TaskType, settled

logger = logging.getLogger(__name__)

File = Path | FileConfig
_MOST_NAMED = 20
"""How many labels a message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """The examples that a task learns from, and those that the best model is chosen by."""

    train: list[Any]
    dev: list[Any]
    """Empty where nothing is set aside: the last model is kept."""
    held_out: bool
    """Whether ``dev`` was set aside of the training file."""
    options: Any
    """The task's configuration, with what the training data decides in it."""


def read_splits(data: DataConfig, *, task: TaskType, seed: int, options: Any) -> Splits:
    """Read what is learnt from and what is chosen by; the files of tests are not opened.

    Args:
        data: The files.
        task: Whose examples they are.
        seed: By which examples are drawn where some are set aside.
        options: The task's configuration.
    """
    train = list(read_data(data.train, data=data, task=task))
    options = settled(task, config=options, examples=train)
    with placing(forms=task.forms, **_reading(data.train, data=data)):
        labels = labels_to_learn(train, kind=task, config=options)
        if data.dev is None and data.dev_share:
            check_scorable(train, kind=task, config=options)
    if data.dev is None:
        train, dev = hold_out(train, share=data.dev_share, seed=seed)
        missed = {*labels} - {*task.labels_of(train, config=options)}
        _tell_new_labels(sorted(missed), where="the examples set aside")
        return Splits(train=train, dev=dev, held_out=bool(dev), options=options)
    dev = read_scored(data.dev, data=data, task=task, options=options)
    with placing(forms=task.forms, **_reading(data.dev, data=data)):
        missed = {*task.labels_of(dev, config=options)} - {*labels}
    _tell_new_labels(sorted(missed), where=str(path_of(data.dev)))
    return Splits(train=train, dev=dev, held_out=False, options=options)


def read_data(file: File, *, data: DataConfig, task: TaskType) -> Iterator[Any]:
    """The examples of one file of the data."""
    return open_examples(forms=task.forms, **_reading(file, data=data))


def read_scored(file: File, *, data: DataConfig, task: TaskType, options: Any) -> list[Any]:
    """The examples of a file of the data by which a model is scored."""
    examples = list(read_data(file, data=data, task=task))
    with placing(forms=task.forms, **_reading(file, data=data)):
        check_scorable(examples, kind=task, config=options)
    return examples


def placing_of(file: File, *, data: DataConfig, task: TaskType) -> AbstractContextManager[None]:
    """Have errors about examples of a file say where in it they stand."""
    return placing(forms=task.forms, **_reading(file, data=data))


def _reading(file: File, *, data: DataConfig) -> dict[str, Any]:
    """What a file of the data is read with."""
    if isinstance(file, FileConfig):
        options = {**data.options, **file.options}
        return {"path": file.path, "form": file.form or data.form, "options": options}
    return {"path": file, "form": data.form, "options": data.options}


def _tell_new_labels(labels: Sequence[str], *, where: str) -> None:
    if labels:
        more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
        logger.warning(
            "%s: has labels that are not learnt, as no training example has them: %s%s",
            where,
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


def file_fingerprints(data: DataConfig, *, task: TaskType) -> dict[str, str]:
    """A hash of the content of each file that is learnt from or chosen by, and of their tables."""
    tables = {name for form in task.forms for name in form.tables}
    files = {"train": data.train} | ({} if data.dev is None else {"dev": data.dev})
    found = {name: fingerprint(path_of(file)) for name, file in files.items()}
    for name, file in files.items():
        options = _reading(file, data=data)["options"]
        for table in sorted(tables):
            if options.get(table) is not None:
                found[f"{name} {table}"] = fingerprint(path_of(file).parent / options[table])
    return found
