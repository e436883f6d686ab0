"""The parts of a long job, kept beside its output until they are joined."""

import contextlib
import hashlib
import json
import logging
import shutil
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from openluke.artifacts import atomic_file
from openluke.errors import ConfigError
from openluke.file_lock import locked
from openluke.inference.output_files import writing
from openluke.inference.passage_lines import PassageLine
from openluke.inference.tally import Tally
from openluke.inference.vector_files import FORMS, VectorForm
from openluke.inference.vectors import EncodedText

logger = logging.getLogger(__name__)

_JOB = "job.json"
_PART = ".part"
_TALLY = ".tally"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A directory of parts that one job alone writes to."""

    directory: Path
    form: VectorForm

    def path(self, chunk: Sequence[PassageLine], *, number: int) -> Path:
        """The file of a chunk: of its place and content, so that a changed one is made anew."""
        passages = [line.passage for line in chunk]
        content = [(p.text, p.spans, p.entities, p.languages, p.types) for p in passages]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
        return self.directory / f"{number:06d}-{digest[:32]}{_PART}"

    def write(self, texts: Sequence[EncodedText], *, path: Path) -> None:
        """Write the vectors of a chunk, and before them what was lost."""
        tally = Tally.of(text.report for text in texts)
        with writing(path):
            with atomic_file(path.with_suffix(_TALLY)) as temporary:
                temporary.write_text(json.dumps(asdict(tally)), encoding="utf-8")
            with atomic_file(path) as temporary:
                FORMS[self.form].write(texts, path=temporary)

    def read_tally(self, path: Path) -> Tally:
        """What was lost in a chunk."""
        return Tally(**json.loads(path.with_suffix(_TALLY).read_text(encoding="utf-8")))

    def join(self, paths: Sequence[Path], *, output: Path) -> None:
        """Write the output; the parts are no longer needed then."""
        with writing(output):
            with atomic_file(output) as temporary:
                FORMS[self.form].join(paths, path=temporary)
            shutil.rmtree(self.directory)


@contextmanager
def open_parts(
    output: Path, *, form: VectorForm, identity: Mapping[str, Any], replace: bool
) -> Generator[Parts, None, None]:
    """Take the directory of parts for one job; it stays if finished parts are in it.

    Args:
        output: What will be made of the parts.
        form: Form of the parts.
        identity: What parts must have in common.
        replace: Discard the parts of a job with another identity.
    """
    directory = output.with_name(f".{output.name}.parts")
    with contextlib.ExitStack() as stack:
        with writing(output):
            lock = output.with_name(f".{output.name}.lock")
            stack.enter_context(locked(lock, what=str(output)))
            _take(directory, identity=dict(identity), replace=replace)
        try:
            yield Parts(directory=directory, form=form)
        finally:
            if not _has_parts(directory):
                shutil.rmtree(directory, ignore_errors=True)


def _take(directory: Path, *, identity: dict[str, Any], replace: bool) -> None:
    """Make the directory, or check that what is there is of the same job."""
    file = directory / _JOB
    if directory.exists() and not file.exists():
        shutil.rmtree(directory)
    if file.exists():
        found = json.loads(file.read_text(encoding="utf-8"))
        changed = sorted(key for key in identity if found.get(key) != identity[key])
        if not changed:
            return
        if _has_parts(directory) and not replace:
            raise ConfigError(
                f"{directory}: left by an unfinished job with another {' and '.join(changed)}; "
                "finish that one, or discard its work (--replace)"
            )
        shutil.rmtree(directory)
    with atomic_file(file) as temporary:
        temporary.write_text(json.dumps(identity), encoding="utf-8")


def _has_parts(directory: Path) -> bool:
    return any(directory.glob(f"*{_PART}"))
