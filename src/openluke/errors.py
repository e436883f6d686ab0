"""The errors openluke raises: what was found, what was expected, what to do, and where."""

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
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(f"{place}{message}")


class CheckpointError(OpenLukeError):
    """A saved model, vocabulary or artefact that is damaged, incomplete or of another kind."""


class MissingExtraError(OpenLukeError):
    """A feature whose optional dependencies are not installed."""

    def __init__(self, feature: str, *, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{feature} needs optional packages: pip install 'openluke[{extra}]'")
