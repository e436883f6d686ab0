"""Files to be written, looked at before the work is done: nothing else is lost to them."""

import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from openluke.errors import ConfigError


def check_outputs(
    outputs: Sequence[Path], *, replace: bool = False, inputs: Sequence[Path] = ()
) -> None:
    """Raise a ``ConfigError`` if a file cannot be written there; nothing stays behind.

    Args:
        outputs: The files that a job is to write.
        replace: Whether those that are already there may be replaced.
        inputs: What it reads, which is never replaced: files, or directories of files.
    """
    for number, output in enumerate(outputs):
        _check_kind(output)
        for path in inputs:
            _check_input(path, output=output)
        if any(_is_same(output, other=other) for other in outputs[:number]):
            raise ConfigError(f"{output}: is named for two outputs; choose another for one of them")
        if output.exists() and not replace:
            raise ConfigError(
                f"{output}: already exists; choose another output, or replace it (--replace)"
            )
        _check_place(output)


@contextmanager
def writing(path: Path) -> Generator[None, None, None]:
    """Say in a line of our own why a file cannot be written."""
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error


def _check_kind(output: Path) -> None:
    if output.exists() and not output.is_file():
        what = "a directory" if output.is_dir() else "a device or pipe"
        raise ConfigError(f"{output}: is {what}; expected the name of a file")


def _check_input(path: Path, *, output: Path) -> None:
    if _is_same(output, other=path):
        raise ConfigError(f"{output}: is the input; choose another output")
    if path.is_dir() and Path(os.path.realpath(path)) in Path(os.path.realpath(output)).parents:
        raise ConfigError(f"{output}: lies in the input {path}; choose another output")


def _is_same(output: Path, *, other: Path) -> bool:
    """Whether two paths are of one file, which need not be there yet."""
    if output.exists() and other.exists():
        return output.samefile(other)
    return os.path.realpath(output) == os.path.realpath(other)


def _check_place(output: Path) -> None:
    place = output.absolute().parent
    if not place.exists():
        raise ConfigError(
            f"{output}: there is no directory {place}; make it, or choose another output"
        )
    with writing(output), tempfile.TemporaryFile(dir=place):
        pass
