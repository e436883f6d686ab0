"""Predictions of an unfinished job, kept beside its output until they are complete."""

import hashlib
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from openluke.artifacts import atomic_file
from openluke.config import to_mapping
from openluke.errors import ConfigError

_BLOCK = 1 << 20
"""How many bytes are read at once."""


def _of_nothing() -> str:
    return hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is."""

    identity: dict[str, Any]
    """What all of its predictions have in common."""
    inputs: int = 0
    """How many inputs are done."""
    size: int = 0
    """How many bytes of predictions there are of them."""
    digest: str = field(default_factory=_of_nothing)
    """A hash of these inputs, by which a changed file is noticed."""
    written: str = field(default_factory=_of_nothing)
    """A hash of these bytes, by which a damaged file is noticed."""


class GrowingFile:
    """Predictions that are added to those of an earlier run."""

    def __init__(self, stream: IO[bytes], *, hasher: "hashlib._Hash") -> None:
        self._stream = stream
        self._hasher = hasher

    def add(self, text: str) -> None:
        """Write a text so that no kill can lose it any more."""
        content = text.encode("utf-8")
        self._stream.write(content)
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._hasher.update(content)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._stream.tell()

    @property
    def digest(self) -> str:
        """A hash of them."""
        return self._hasher.hexdigest()


class UnfinishedPredictions:
    """The two files beside an output: what is predicted so far, and how far that is."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._predictions = output.with_name(f".{output.name}.partial")
        self._state = output.with_name(f".{output.name}.progress")

    def progress(self, identity: Mapping[str, Any]) -> Progress:
        """How far the job is.

        Raises:
            ConfigError: The work is that of another job.
        """
        if not (self._state.exists() and self._predictions.exists()):
            # a state alone is that of a finished job which was killed before it was removed
            self.discard()
            return Progress(identity=dict(identity))
        values = json.loads(self._state.read_text(encoding="utf-8"))
        found: Mapping[str, Any] = values["identity"]
        changed = sorted(key for key in identity if found.get(key) != identity[key])
        if changed:
            raise ConfigError(
                f"{self._state}: left by an unfinished job with another {' and '.join(changed)}; "
                "finish that one, or discard its work (--replace)"
            )
        return Progress(**values)

    @contextmanager
    def opened(self, progress: Progress) -> Generator[GrowingFile, None, None]:
        """The predictions so far, without what a kill left behind them.

        Raises:
            ConfigError: They are not those that were written.
        """
        self._predictions.touch()
        with self._predictions.open("r+b") as stream:
            hasher = _hash(stream, size=progress.size)
            if hasher.hexdigest() != progress.written:
                raise ConfigError(
                    f"{self._predictions}: not what an unfinished job has written of "
                    f"{progress.inputs:,} inputs; discard its work (--replace)"
                )
            stream.truncate()
            yield GrowingFile(stream, hasher=hasher)

    def save(self, progress: Progress) -> None:
        """Keep how far the job is."""
        with atomic_file(self._state) as temporary:
            temporary.write_text(json.dumps(to_mapping(progress)), encoding="utf-8")

    def discard(self) -> None:
        """Remove the work."""
        self._state.unlink(missing_ok=True)
        self._predictions.unlink(missing_ok=True)

    def finish(self) -> None:
        """Make the predictions the output."""
        self._predictions.replace(self._output)
        self._state.unlink(missing_ok=True)


def _hash(stream: IO[bytes], *, size: int) -> "hashlib._Hash":
    """A hash of as many bytes from the beginning, or of all if there are fewer."""
    hasher = hashlib.sha256()
    while block := stream.read(min(_BLOCK, size)):
        hasher.update(block)
        size -= len(block)
    return hasher
