"""Files of examples in any form that a task reads, told apart by structure, never by name."""

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openluke.errors import ConfigError, DataError
from openluke.formats.form import Form
from openluke.task import TaskType

_START = 1 << 16
"""How many bytes of a file are looked at."""


def read_file(
    path: str | Path,
    *,
    task: TaskType,
    form: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Iterator[Any]:
    """The examples of a file, or of several one after another.

    Args:
        path: A file, or a directory whose files are all read, in the order of their names.
        task: What the examples are for.
        form: The name of the file's form; by default the one of the task's forms that it looks
            like.
        options: What is said to the reader, as the form documents it.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if not file.name.startswith("."))
        if not files:
            raise DataError("is an empty directory; expected files of examples", file=path)
    else:
        files = [path]
    for file in files:
        chosen = find_form(file, task=task, name=form)
        _check_options(chosen, options=options or {}, file=file)
        yield from chosen.read(file, **(options or {}))


def find_form(path: Path, *, task: TaskType, name: str | None = None) -> Form:
    """The form of a file: the one of that name, or the one that the file looks like."""
    by_name = {form.name: form for form in task.forms}
    known = ", ".join(by_name)
    if name is not None:
        if name not in by_name:
            raise ConfigError(f"no form named {name!r} is read by {task.name}; forms: {known}")
        return by_name[name]
    start = _start(path)
    found = [form for form in task.forms if form.looks_like(start)]
    if len(found) == 1:
        return found[0]
    what = (
        f"looks like {' and '.join(form.name for form in found)}" if found else "has no known form"
    )
    raise DataError(f"{what}; say which it is with form (--form): {known}", file=path)


def _start(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            # structure is ASCII; an encoding that says otherwise is the reader's to refuse
            return stream.read(_START).decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error


def _check_options(form: Form, *, options: Mapping[str, Any], file: Path) -> None:
    """Refuse options that the reader does not have, by the names of those that it has."""
    known = reader_options(form)
    for name in options:
        if name not in known:
            raise ConfigError(
                f"{file}: the form {form.name!r} has no option {name!r}; options: "
                f"{', '.join(known) or 'none'}"
            )


def reader_options(form: Form) -> dict[str, inspect.Parameter]:
    """What can be said to the reader of a form, by name."""
    parameters = inspect.signature(form.read).parameters
    return {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
