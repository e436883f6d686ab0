"""A lock that one process has at a time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openluke.errors import ConfigError
from openluke.file_lock import locked

HOLDER = """
import sys, time
from pathlib import Path
from openluke.file_lock import locked
with locked(Path(sys.argv[1]), what="it"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_refused_and_told_what_is_held(tmp_path: Path):
    lock = tmp_path / "lock"
    with (
        locked(lock, what="out.jsonl"),
        pytest.raises(ConfigError, match=r"out\.jsonl: another process is writing it"),
        locked(lock, what="out.jsonl"),
    ):
        pass
    assert not lock.exists()


def test_the_lock_is_free_after_its_block_failed(tmp_path: Path):
    lock = tmp_path / "lock"
    with pytest.raises(KeyError), locked(lock, what="it"):
        raise KeyError
    with locked(lock, what="it"):
        assert lock.exists()


def test_the_lock_is_free_after_its_holder_was_killed(tmp_path: Path):
    lock = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ConfigError), locked(lock, what="it"):
            pass
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    with locked(lock, what="it"):
        assert lock.exists()
