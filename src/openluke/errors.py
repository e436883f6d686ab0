"""The errors openluke raises: what was found, what was expected, what to do, and where."""

from collections.abc import Callable
from functools import partial
from pathlib import Path


class OpenLukeError(Exception):
    """Base of every error that openluke raises on purpose."""


class ConfigError(OpenLukeError):
    """An option, a configuration key or a combination of them that cannot work."""


class DataError(OpenLukeError):
    """Something in the user's data: a text, a span, a row of a file."""

    def __init__(
        self, message: str, *, file: str | Path | None = None, line: int | None = None
    ) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{_place(file, line=line)}{message}")


class ExampleError(DataError):
    """Something in an example; who knows where it was read says the place instead of the number."""

    def __init__(self, message: str, *, number: int) -> None:
        self.message = message
        self.number = number
        """How many examples stand before it."""
        super().__init__(f"example {number}: {message}")

    def __reduce__(self) -> tuple[Callable[[], "ExampleError"], tuple[()]]:
        """Errors come back from worker processes as pickles, which know no keywords."""
        return partial(ExampleError, self.message, number=self.number), ()


class CheckpointError(OpenLukeError):
    """A saved model, vocabulary or artefact that is damaged, incomplete or of another kind."""


class TrainingError(OpenLukeError):
    """Training that cannot go on: a loss or a gradient that is no number."""


class MissingExtraError(OpenLukeError):
    """A feature whose optional dependencies are not installed."""

    def __init__(self, feature: str, *, extra: str) -> None:
        self.feature = feature
        self.extra = extra
        super().__init__(f"{feature} needs optional packages: pip install 'openluke[{extra}]'")

    def __reduce__(self) -> tuple[Callable[[], "MissingExtraError"], tuple[()]]:
        """Errors come back from worker processes as pickles, which know no keywords."""
        return partial(MissingExtraError, self.feature, extra=self.extra), ()


def _place(file: str | Path | None, *, line: int | None) -> str:
    if file is None:
        return "" if line is None else f"line {line}: "
    return f"{file}: " if line is None else f"{file}:{line}: "
