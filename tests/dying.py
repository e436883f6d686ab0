"""A process that dies at a chosen touch of the file system."""

import itertools
import os
import signal
import sys


def die_at(touch: int, *, below: str) -> None:
    """Kill this process at a touch of the file system, counted from 1."""
    count = itertools.count(1)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(("open", "os.", "shutil.")):
            paths = [str(one) for one in arguments if isinstance(one, str | os.PathLike)]
            if any(path.startswith(below) for path in paths) and next(count) == touch:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
