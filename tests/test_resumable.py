"""A resumable artefact goes on where it was, is as any other in the end, and is made by one."""

import errno
import logging
import os
import re
from pathlib import Path

import pytest

from openluke import __version__
from openluke.artifacts import fingerprint, identity, write_artifact
from openluke.errors import CheckpointError, ConfigError
from openluke.file_lock import locked
from openluke.manifests import check_content, read_manifest
from openluke.resumable import SCRATCH, begun, check_unfinished, resumable_artifact

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


OTHERS = pytest.mark.parametrize(
    ("more", "changed"),
    [
        ({"kind": "other"}, "kind: test-numbers → other"),
        ({"format_version": 2}, "format_version: 1 → 2"),
        ({"inputs": {"x": "sha256:1"}}, "x: content 0 → content 1"),
        ({"inputs": {}}, "x: content 0 → none"),
        ({"options": {"n": 1, "by": {"tens": True}}}, "by.tens: false → true"),
    ],
)
BEGUN = {"inputs": {"x": "sha256:0"}, "options": {"n": 1, "by": {"tens": False}}}


@OTHERS
def test_what_another_job_began_stays_and_what_differs_is_said(tmp_path, more, changed) -> None:
    out = tmp_path / "out"
    stop_after(out, "a", **BEGUN)
    message = rf"out: has unfinished work that was begun otherwise \({re.escape(changed)}\); "
    with pytest.raises(CheckpointError, match=message):
        make(out, "b", **(BEGUN | more))
    with pytest.raises(CheckpointError, match=message):
        check_unfinished(out, wanted=identity(**(KIND | BEGUN | more)))
    assert make(out, **BEGUN) == ["a"]


@OTHERS
def test_another_job_begins_anew_if_it_may_and_says_so(tmp_path, caplog, more, changed) -> None:
    out = tmp_path / "out"
    stop_after(out, "a", **BEGUN)
    with caplog.at_level(logging.WARNING):
        assert make(out, "b", replace=True, **(BEGUN | more)) == []
    assert "out: what another job began is discarded" in caplog.text
    assert there(out) == ["b", "manifest.json"]
    assert changed


def test_another_release_does_not_go_on(tmp_path, monkeypatch) -> None:
    stop_after(tmp_path / "out", "a")
    record = tmp_path / ".out.unfinished" / "manifest.json"
    record.write_text(record.read_text().replace(f'"{__version__}"', '"0.0.1"'))
    with pytest.raises(CheckpointError, match=rf"openluke_version: 0\.0\.1 → {__version__}"):
        make(tmp_path / "out")


def test_work_that_nobody_knows_any_more_stays_unless_it_may_go(tmp_path) -> None:
    out = tmp_path / "out"
    stop_after(out, "a")
    (tmp_path / ".out.unfinished" / "manifest.json").write_text("{")
    with pytest.raises(CheckpointError, match="what with can no longer be read"):
        make(out)
    assert begun(out) is None
    assert make(out, "b", replace=True) == []


def test_a_job_that_was_killed_before_it_did_anything_is_in_nobodys_way(tmp_path) -> None:
    (tmp_path / ".out.unfinished" / "draft").mkdir(parents=True)
    (tmp_path / ".out.unfinished" / "manifest.json").write_text("{")
    assert make(tmp_path / "out", "b") == []
    assert there(tmp_path / "out") == ["b", "manifest.json"]


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
