"""A resumable artefact goes on where it was, is as any other in the end, and is made by one."""

import errno
import logging
import os
from pathlib import Path

import pytest

from openluke.artifacts import fingerprint, write_artifact
from openluke.errors import CheckpointError, ConfigError
from openluke.file_lock import locked
from openluke.manifests import check_content, read_manifest
from openluke.resumable import SCRATCH, resumable_artifact

KIND = {"kind": "test-numbers", "format_version": 1}


def stop_after(path: Path, *names: str, error: BaseException | None = None, **more) -> list[str]:
    """Write files and fail; returns what was there before."""
    error = error or KeyboardInterrupt()
    found: list[str] = []
    with pytest.raises(type(error)):
        fail(path, *names, error=error, found=found, **more)
    return found


def fail(
    path: Path, *names: str, error: BaseException, found: list[str] | None = None, **more
) -> None:
    with resumable_artifact(path, **(KIND | more)) as draft:
        if found is not None:
            found += there(draft.path)
        for name in names:
            (draft.path / name).parent.mkdir(exist_ok=True)
            (draft.path / name).write_text(name)
        raise error


def make(path: Path, *names: str, **more) -> list[str]:
    found: list[str] = []
    with resumable_artifact(path, **(KIND | more)) as draft:
        found += there(draft.path)
        for name in names:
            (draft.path / name).write_text(name)
        draft.counts["names"] = len(there(draft.path))
    return found


def there(path: Path) -> list[str]:
    return sorted(one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file())


def test_what_was_written_is_there_again(tmp_path) -> None:
    out = tmp_path / "new" / "out"
    assert stop_after(out, "a", "b/c", f"{SCRATCH}/x") == []
    assert not out.exists()
    assert stop_after(out, "d") == [f"{SCRATCH}/x", "a", "b/c"]
    assert make(out, "e") == [f"{SCRATCH}/x", "a", "b/c", "d"]
    assert there(out) == ["a", "b/c", "d", "e", "manifest.json"]
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_it_is_the_artefact_that_is_made_at_once(tmp_path) -> None:
    more = {"inputs": {"x": "sha256:1"}, "options": {"n": 1, "pair": (1, 2)}}
    stop_after(tmp_path / "one", "a", f"{SCRATCH}/x", **more)
    make(tmp_path / "one", "b", **more)
    with write_artifact(tmp_path / "other", **KIND, **more) as draft:
        (draft.path / "a").write_text("a")
        (draft.path / "b").write_text("b")
        draft.counts["names"] = 3
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "other")
    check_content(tmp_path / "one", manifest=read_manifest(tmp_path / "one"))


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "other"},
        {"format_version": 2},
        {"inputs": {"x": "sha256:1"}},
        {"options": {"n": 1}},
    ],
)
def test_another_job_begins_anew_and_says_so(tmp_path, caplog, more) -> None:
    out = tmp_path / "out"
    stop_after(out, "a")
    with caplog.at_level(logging.WARNING):
        assert make(out, "b", **more) == []
    assert "out: what another job began is discarded" in caplog.text
    assert there(out) == ["b", "manifest.json"]


def test_nothing_is_left_where_nothing_was_done(tmp_path) -> None:
    assert stop_after(tmp_path / "out", error=ConfigError("no dump")) == []
    assert list(tmp_path.iterdir()) == []


def test_a_finished_artefact_is_replaced_only_if_that_is_asked_for(tmp_path) -> None:
    out = tmp_path / "out"
    make(out, "a")
    with pytest.raises(CheckpointError, match="out: is finished already; choose another place"):
        make(out, "b")
    stop_after(out, "b", replace=True)
    assert there(out) == ["a", "manifest.json"]
    assert make(out, "c", replace=True) == ["b"]
    assert there(out) == ["b", "c", "manifest.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "letter").touch()
    with pytest.raises(CheckpointError, match="foreign: exists and is no openluke artefact"):
        make(tmp_path / "foreign", "a", replace=True)


def test_a_second_process_is_refused(tmp_path) -> None:
    out = tmp_path / "out"
    busy = "out: another process is writing it at this moment"
    with locked(tmp_path / ".out.lock", what="x"), pytest.raises(ConfigError, match=busy):
        make(out, "a")
    make(out, "a")


def test_a_full_disk_is_told_with_what_to_do(tmp_path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / ".out.unfinished/a"))
    with pytest.raises(CheckpointError, match=r"out: cannot be written: No space left .*; free"):
        fail(tmp_path / "out", "a", error=full)
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory", "dump.xml")
    with pytest.raises(CheckpointError, match=r"written: No such file .* \(dump\.xml\)$"):
        fail(tmp_path / "out", "a", error=missing)
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="a/x: cannot be written: "):
        make(tmp_path / "file/a/x")


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_a_link_stays_one(tmp_path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    make(tmp_path / "link", "a")
    assert (tmp_path / "link").is_symlink()
    assert there(tmp_path / "there") == ["a", "manifest.json"]
