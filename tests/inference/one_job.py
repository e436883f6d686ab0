"""A program that predicts a file and fails: ``python -m tests.inference.one_job HOW NUMBER …``.

What follows is what stands after ``openluke predict``. HOW is ``killed``: it is, by SIGKILL, when
it has written as many chunks, before it notes the last of them; or ``full``: files cannot grow
beyond as many bytes, as on a disk that is full.
"""

import os
import signal
import sys

import pytest

from openluke.cli.main import main
from openluke.inference import scheduling
from openluke.inference.unfinished_predictions import GrowingFile

resource = pytest.importorskip("resource", reason="limits are those of POSIX")
FEW = {"max_texts": 3, "max_characters": 1000}
"""So few texts a chunk that a small file has many."""


def use_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predict a few texts at a time."""
    monkeypatch.setattr(scheduling.chunks_of_texts, "__kwdefaults__", FEW)


def _kill_after(n_chunks: int, *, monkeypatch: pytest.MonkeyPatch) -> None:
    add, added = GrowingFile.add, []

    def adding(self: GrowingFile, text: str) -> None:
        add(self, text)
        added.append(text)
        if len(added) == n_chunks:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(GrowingFile, "add", adding)


def _run() -> None:
    how, number, *arguments = sys.argv[1:]
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_small_chunks(monkeypatch)
        if how == "killed":
            _kill_after(int(number), monkeypatch=monkeypatch)
        else:
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(number), hard))
        main(["predict", *arguments])


if __name__ == "__main__":
    _run()
