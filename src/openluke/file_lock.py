"""A lock that one process has at a time, and that ends with the process however it ends."""

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from openluke.errors import ConfigError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

logger = logging.getLogger(__name__)


@contextmanager
def locked(path: Path, *, what: str) -> Generator[None, None, None]:
    """Hold a lock while the block runs.

    Args:
        path: The file that stands for the lock; it is there while the lock is held.
        what: What is being made, for the message to a process that comes second.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _take(descriptor, path=path, what=what)
        try:
            yield
        finally:
            # removed while it is held, so that nobody else's lock is removed
            if sys.platform != "win32":
                path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _take(descriptor: int, *, path: Path, what: str) -> None:
    busy = ConfigError(
        f"{what}: another process is writing it at this moment; wait for it, or choose another "
        "output"
    )
    try:
        _lock(descriptor)
    except (BlockingIOError, PermissionError) as error:
        raise busy from error
    except OSError as error:
        # some network file systems have no locks; better to work without than not to work
        logger.warning("%s: cannot be locked: %s", path, error.strerror)
        return
    if not path.exists() or os.fstat(descriptor).st_ino != path.stat().st_ino:
        raise busy  # its holder removed it while we waited


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
