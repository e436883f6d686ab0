"""Opening a file of examples: its form is found, the options are checked, and it is read."""

import functools
import inspect
import itertools
import typing
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, make_dataclass
from pathlib import Path
from typing import Any

from openluke.config import from_mapping
from openluke.errors import DataError, ExampleError
from openluke.formats.detect import detect, named
from openluke.formats.form import Form


def open_examples(
    path: str | Path,
    *,
    forms: Sequence[Form],
    form: str | None = None,
    options: Mapping[str, Any] | None = None,
    reader: str | None = None,
) -> Iterator[Any]:
    """The examples of a file, one after another. What is wrong with a row is raised at the row.

    The form and the options are checked at once, and so is that there is an example.

    Args:
        path: The file, or a directory all of whose files are read, in the order of their names;
            those that begin with a full stop are left out.
        forms: The forms that it may have.
        form: The name of its form; by default told from how the file begins.
        options: What the form is read with: keyword arguments of its ``read``.
        reader: Who reads these forms, for messages.
    """
    opened = functools.partial(_open, forms=forms, form=form, options=options or {}, reader=reader)
    first, *others = _files(path)
    examples = opened(first)
    for file in others:
        opened(file)  # checked, and closed: a directory may have more files than can be open
    return itertools.chain(examples, itertools.chain.from_iterable(map(opened, others)))


def _files(path: str | Path) -> list[Path]:
    path = Path(path)
    if not path.is_dir():
        return [path]
    files = sorted(each for each in path.iterdir() if not each.name.startswith("."))
    if not files:
        raise DataError("found an empty directory, expected files of examples", file=path)
    return files


def _open(
    path: Path,
    *,
    forms: Sequence[Form],
    form: str | None,
    options: Mapping[str, Any],
    reader: str | None,
) -> Iterator[Any]:
    chosen = form_in(path, forms=forms, form=form, options=options, reader=reader)
    examples = chosen.read(path, **checked_options(chosen, options=options))
    for first in examples:
        return _with_first(first, examples=examples)
    raise DataError(f"found no examples in the file, read as {chosen.name}", file=path)


def form_in(
    path: Path,
    *,
    forms: Sequence[Form],
    form: str | None = None,
    options: Mapping[str, Any] | None = None,
    reader: str | None = None,
) -> Form:
    """The form of a file: that of the name, or the one that it looks like.

    The arguments are those of ``open_examples``.
    """
    if form is not None:
        return named(form, forms=forms, reader=reader)
    encoding = (options or {}).get("encoding")
    said = encoding if isinstance(encoding, str) else None  # what it may be, its form checks
    return detect(path, forms=forms, reader=reader, encoding=said)


@contextmanager
def placing(
    path: str | Path,
    *,
    forms: Sequence[Form],
    form: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Generator[None, None, None]:
    """Let errors in examples of a file, while the block runs, say where in it they stand.

    The arguments are those of ``open_examples``, by which the examples were read.
    """
    try:
        yield
    except ExampleError as error:
        raise _placed(error, path=path, forms=forms, form=form, options=options or {}) from error
    except DataError as error:
        if error.file is not None:
            raise
        raise DataError(str(error), file=path) from error


def _placed(
    error: ExampleError,
    *,
    path: str | Path,
    forms: Sequence[Form],
    form: str | None,
    options: Mapping[str, Any],
) -> DataError:
    """An error in an example, with its file and line instead of its number."""
    number = error.number
    for file in _files(path):
        chosen = form_in(file, forms=forms, form=form, options=options)
        checked = checked_options(chosen, options=options)
        read_lines = chosen.lines or _no_lines(chosen)
        lines = [*read_lines(file, **checked)]
        if number < len(lines):
            name = "" if lines[number] is not None else f"example {number + 1}: "
            return DataError(f"{name}{error.message}", file=file, line=lines[number])
        number -= len(lines)
    return error


def checked_options(form: Form, *, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the form's reader takes them; unknown ones and wrong types are errors."""
    hints = typing.get_type_hints(_innermost(form.read))
    known = [
        (name, hints.get(name, Any), field(default=parameter.default))
        for name, parameter in _parameters(form.read).items()
    ]
    kind = make_dataclass("Options", known, frozen=True, kw_only=True)
    checked = from_mapping(kind, values=options, where=f"options of form {form.name}")
    return {name: getattr(checked, name) for name in options}


def _no_lines(form: Form) -> Callable[..., Iterator[None]]:
    """For each example of a file that it has no line of its own."""

    def lines(path: Path, **options: Any) -> Iterator[None]:
        return (None for _ in form.read(path, **options))

    return lines


def _parameters(read: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return {
        name: parameter
        for name, parameter in inspect.signature(read).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def _innermost(read: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(read, functools.partial):
        read = read.func
    return read


def _with_first(first: Any, *, examples: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from examples
