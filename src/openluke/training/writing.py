"""What to do when a run cannot write: the disk is full, or the directory is not ours."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from openluke.errors import CheckpointError

_FREE_SPACE = "free some space and start the same command again: it goes on from there"
_ADVICE = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: "files may not become that large here: raise the limit (ulimit -f)",
    errno.EEXIST: "there is a file of that name; choose a directory",
    errno.ENOTDIR: "a part of this path is a file; choose a directory",
}


@contextmanager
def explained(path: Path, *, kept: str) -> Generator[None, None, None]:
    """Turn the operating system's error into one that says what to do.

    Args:
        path: What is written in the block.
        kept: What is still whole, for the message.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        advice = _ADVICE.get(error.errno or 0, "make it writable, or choose another directory")
        raise CheckpointError(f"{path}: cannot be written: {reason}; {kept}; {advice}") from error
