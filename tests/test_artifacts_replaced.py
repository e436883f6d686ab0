"""An artefact that another replaces is there all the while, or comes back: nothing is lost."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from openluke import artifacts
from openluke.artifacts import finished
from openluke.errors import CheckpointError
from openluke.manifests import read_manifest
from tests.test_artifacts import KIND, make


@pytest.fixture
def by_renames(monkeypatch):
    """A system on which two names cannot change places in one step."""
    monkeypatch.setattr(artifacts, "_exchange", lambda *_, **__: False)


def replace_and_be_killed(path, *, patches):
    """Replace an artefact in a process that kills itself, by what is patched there."""
    program = f"""
        import os, signal, shutil
        from pathlib import Path
        from openluke import artifacts

        def kill():
            os.kill(os.getpid(), signal.SIGKILL)

        {textwrap.indent(textwrap.dedent(patches), " " * 8).strip()}
        with artifacts.write_artifact(
            {str(path)!r}, kind="pages", format_version=2, replace=True
        ) as draft:
            (draft.path / "data.txt").write_text("new")
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert ended.returncode == -signal.SIGKILL


BETWEEN_RENAMES = """
    artifacts._exchange = lambda one, *, other: False
    rename = Path.rename
    Path.rename = lambda source, target: (rename(source, target), kill())
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_what_was_killed_between_two_renames_is_put_back_by_the_next_writer(tmp_path, caplog):
    path = make(tmp_path / "pages", text="old")
    replace_and_be_killed(path, patches=BETWEEN_RENAMES)
    assert not path.exists()
    with pytest.raises(
        CheckpointError, match=r"killed; what was there is .*/\.pages\..*\.replaced"
    ):
        read_manifest(path)
    with pytest.raises(CheckpointError, match="is finished already"):
        make(path, text="newer")
    assert (path / "sub/data.txt").read_text() == "old"
    assert "put back, since its replacement was killed" in caplog.text
    make(path, text="newer", replace=True)
    assert (path / "sub/data.txt").read_text() == "newer"
    assert not list(tmp_path.glob(".pages.*.replaced"))


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_what_was_killed_between_two_renames_is_done(tmp_path):
    path = make(tmp_path / "pages", text="old")
    (tmp_path / "link").symlink_to(path)
    replace_and_be_killed(path, patches=BETWEEN_RENAMES)
    assert finished(tmp_path / "link", **KIND)
    assert (path / "sub/data.txt").read_text() == "old"


@pytest.mark.skipif(
    sys.platform not in ("linux", "darwin"), reason="needs names that change places"
)
def test_a_replacement_killed_before_it_takes_the_old_away_is_whole(tmp_path):
    path = make(tmp_path / "pages", text="old")
    replace_and_be_killed(path, patches="shutil.rmtree = lambda *_, **__: kill()")
    assert (path / "data.txt").read_text() == "new"
    assert read_manifest(path).kind == "pages"


@pytest.mark.skipif(
    sys.platform not in ("linux", "darwin"), reason="needs names that change places"
)
def test_a_replaced_artefact_is_never_missing(tmp_path, monkeypatch):
    path = make(tmp_path / "pages", text="old")
    monkeypatch.setattr(Path, "rename", lambda *_: pytest.fail("two renames"))
    make(path, text="new", replace=True)
    assert (path / "sub/data.txt").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["pages"]


def test_names_that_cannot_change_places_are_left_as_they_are(tmp_path):
    (tmp_path / "one").mkdir()
    assert not artifacts._exchange(tmp_path / "one", other=tmp_path / "nowhere")
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


def test_a_replacement_by_renames_leaves_nothing_else(tmp_path, by_renames):
    path = make(tmp_path / "pages", text="old")
    make(path, text="new", replace=True)
    assert (path / "sub/data.txt").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["pages"]


def test_an_artefact_put_back_during_a_replacement_stays(tmp_path, monkeypatch, by_renames):
    path = make(tmp_path / "pages", text="old")
    rename = Path.rename

    def rename_beside_another_writer(source, target):
        rename(source, target)
        if source == path:
            assert finished(path, **KIND)  # as the other writer asks
        return target

    monkeypatch.setattr(Path, "rename", rename_beside_another_writer)
    with pytest.raises(CheckpointError, match="pages: cannot be written"):
        make(path, text="new", replace=True)
    assert (path / "sub/data.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["pages"]


def test_an_artefact_is_not_put_back_over_its_replacement(tmp_path, monkeypatch):
    path = make(tmp_path / "pages", text="old")
    path.rename(tmp_path / ".pages.0.replaced")
    new = make(tmp_path / "new", text="new")
    rename = Path.rename

    def rename_after_the_replacement(source, target):
        rename(new, path)
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", rename_after_the_replacement)
    assert finished(path, **KIND)
    assert (path / "sub/data.txt").read_text() == "new"


def test_what_is_no_longer_whole_is_not_put_back(tmp_path):
    path = make(tmp_path / "pages", text="old")
    (path / "sub/data.txt").unlink()
    path.rename(tmp_path / ".pages.0.replaced")
    assert not finished(path, **KIND)
    assert not path.exists()


@pytest.mark.parametrize(
    "error", [OSError(errno.EBUSY, "Device or resource busy"), KeyboardInterrupt()]
)
def test_a_replacement_that_stops_between_its_two_renames_keeps_the_old(
    tmp_path, monkeypatch, by_renames, error
):
    path = make(tmp_path / "pages", text="old")
    rename = Path.rename

    def fail(source, target):
        if target == path and (source / "sub/data.txt").read_text() == "new":
            raise error
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", fail)
    expected = CheckpointError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        make(path, text="new", replace=True)
    assert (path / "sub/data.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["pages"]


def test_an_interruption_after_the_first_rename_keeps_the_old(tmp_path, monkeypatch, by_renames):
    path = make(tmp_path / "pages", text="old")
    rename = Path.rename

    def interrupted(source, target):
        rename(source, target)
        if source == path:
            raise KeyboardInterrupt
        return target

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(path, text="new", replace=True)
    assert (path / "sub/data.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["pages"]
