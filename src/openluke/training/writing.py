"""What to do when a run cannot write: the disk is full, or the directory is not ours."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from openluke.errors import CheckpointError

_FULL = (errno.ENOSPC, errno.EDQUOT)


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
        if error.errno in _FULL:
            advice = "free some space and start the same command again: it goes on from there"
        else:
            advice = "make it writable, or choose another directory"
        raise CheckpointError(f"{path}: cannot be written: {reason}; {kept}; {advice}") from error
