"""Artefacts are wholly there or not at all, and say what they were made from."""

import errno
import logging
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from openluke import __version__
from openluke.artifacts import (
    atomic_file,
    fingerprint,
    finished,
    write_artifact,
)
from openluke.errors import CheckpointError
from openluke.manifests import MANIFEST_NAME, README, read_manifest

KIND = {"kind": "pages", "format_version": 2}


def make(path, *, text="content", inputs=None, options=None, replace=False):
    with write_artifact(path, **KIND, inputs=inputs, options=options, replace=replace) as draft:
        (draft.path / "sub").mkdir()
        (draft.path / "sub" / "data.txt").write_text(text, encoding="utf-8")
        draft.counts["pages"] = 3
    return path


def test_an_artefact_appears_with_its_manifest(tmp_path):
    path = make(tmp_path / "a" / "pages", inputs={"dump": "sha256:1"}, options={"n": 1})
    manifest = read_manifest(path, kind="pages", format_version=2)
    assert (manifest.kind, manifest.format_version) == ("pages", 2)
    assert manifest.openluke_version == __version__
    assert manifest.inputs == {"dump": "sha256:1"}
    assert manifest.options == {"n": 1}
    assert manifest.counts == {"pages": 3}
    assert manifest.files == {"sub/data.txt": 7}
    assert [p.name for p in path.parent.iterdir()] == ["pages"]


def test_a_failing_block_leaves_nothing(tmp_path):
    def interrupted():
        with write_artifact(tmp_path / "pages", **KIND) as draft:
            (draft.path / "data").write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_process_leaves_nothing_that_looks_finished(tmp_path, caplog):
    program = f"""
        import os, signal
        from openluke.artifacts import write_artifact
        with write_artifact({str(tmp_path / "pages")!r}, kind="pages", format_version=2) as draft:
            (draft.path / "data").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not (tmp_path / "pages").exists()
    assert not list(tmp_path.rglob(MANIFEST_NAME))
    make(tmp_path / "pages")
    assert read_manifest(tmp_path / "pages").counts == {"pages": 3}
    assert "left by a run that was killed" in caplog.text


def test_a_finished_artefact_is_replaced_only_on_request(tmp_path):
    path = make(tmp_path / "pages", text="old")
    with pytest.raises(CheckpointError, match="is finished already"):
        make(path, text="new")
    assert (path / "sub/data.txt").read_text() == "old"
    make(path, text="new", replace=True)
    assert (path / "sub/data.txt").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["pages"]


def test_a_failing_replacement_keeps_the_old_artefact(tmp_path):
    path = make(tmp_path / "pages", text="old")
    with pytest.raises(ValueError, match="no"), write_artifact(path, **KIND, replace=True):
        raise ValueError("no")
    assert (path / "sub/data.txt").read_text() == "old"


def test_an_artefact_of_another_kind_is_never_replaced(tmp_path):
    path = make(tmp_path / "pages")
    other = write_artifact(path, kind="vocab", format_version=2, replace=True)
    with (
        pytest.raises(
            CheckpointError, match=r"found an artefact of kind 'pages', which .* 'vocab'"
        ),
        other,
    ):
        pytest.fail("the work began")
    assert read_manifest(path).kind == "pages"


@pytest.mark.parametrize("name", ["notes.txt", ".git/config", ".gitattributes", "sub/mine"])
def test_an_artefact_with_files_of_its_user_is_never_replaced(tmp_path, name):
    path = make(tmp_path / "pages")
    (path / name).parent.mkdir(exist_ok=True)
    (path / name).write_text("precious", encoding="utf-8")
    with pytest.raises(CheckpointError, match=f"files that are not part of it: {name}; move them"):
        make(path, replace=True)
    assert (path / name).read_text() == "precious"


def test_a_link_of_the_user_counts_as_a_file(tmp_path):
    path = make(tmp_path / "pages")
    (path / "link").symlink_to(tmp_path)
    with pytest.raises(CheckpointError, match="not part of it: link"):
        make(path, replace=True)


def test_people_may_edit_or_add_the_readme(tmp_path):
    path = tmp_path / "pages"
    with write_artifact(path, **KIND) as draft:
        (draft.path / README).write_text("written", encoding="utf-8")
    (path / README).write_text("edited by hand", encoding="utf-8")
    assert README not in read_manifest(path).files
    make(path, replace=True)
    (path / README).write_text("added", encoding="utf-8")
    make(path, replace=True)
    assert not (path / README).exists()


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_an_artefact_behind_a_link_is_replaced_where_it_lies(tmp_path):
    path = make(tmp_path / "pages")
    (tmp_path / "link").symlink_to(path)
    make(tmp_path / "link", text="new", replace=True)
    assert (tmp_path / "link").is_symlink()
    assert (path / "sub/data.txt").read_text() == "new"


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_what_is_no_artefact_is_never_replaced(tmp_path, kind):
    path = tmp_path / "mine"
    if kind == "file":
        path.write_text("precious", encoding="utf-8")
    else:
        path.mkdir()
        (path / "precious").touch()
    with pytest.raises(CheckpointError, match="is no openluke artefact; choose another place"):
        make(path, replace=True)
    assert path.exists()


def test_an_empty_directory_is_a_good_place(tmp_path):
    (tmp_path / "pages").mkdir()
    assert read_manifest(make(tmp_path / "pages")).kind == "pages"


def test_options_that_are_no_json_fail_before_the_work(tmp_path):
    with pytest.raises(TypeError), write_artifact(tmp_path / "x", **KIND, options={"a": object()}):
        pytest.fail("the work began")


def test_a_stage_is_done_when_kind_version_inputs_and_options_agree(tmp_path, caplog):
    path = tmp_path / "pages"
    inputs, options = {"dump": "sha256:1"}, {"languages": ("en", "de"), "limit": None}
    same = {"inputs": inputs, "options": options}
    caplog.set_level(logging.INFO)
    assert finished(path, **KIND, **same) is None
    make(path, **same)
    assert finished(path, **KIND, **same) == read_manifest(path)
    told = [f"{path}: is already there, made from the same inputs with the same options"]
    assert caplog.messages == told
    assert finished(path, **KIND, inputs={"dump": "sha256:2"}, options=options) is None
    assert finished(path, **KIND, inputs=inputs, options={}) is None
    assert finished(path, kind="pages", format_version=3, **same) is None
    assert finished(path, kind="vocab", format_version=2, **same) is None
    assert caplog.messages == told


def test_what_is_otherwise_in_a_finished_artefact_is_said(tmp_path):
    options = {f"option {n}": n for n in range(9)} | {"tables": {"all": "x" * 50}}
    path = make(tmp_path / "pages", inputs={"dump": "sha256:12345678f"}, options=options)
    changed = r"made otherwise \(dump: content 12345678 → none; list: none → yes\); choose another"
    with pytest.raises(CheckpointError, match=changed):
        make(path, options=options | {"list": "yes"})
    others = options | {"tables": {"all": "x" * 51, "de": 1}}
    changed = r"tables\.all: another x{38} …; tables\.de: none → 1"
    with pytest.raises(CheckpointError, match=changed):
        make(path, inputs={"dump": "sha256:12345678f"}, options=others)
    with pytest.raises(CheckpointError, match=r"option 6: 6 → none; and 3 more\); choose"):
        make(path)


def test_a_damaged_artefact_is_not_taken_for_unfinished(tmp_path):
    path = make(tmp_path / "pages")
    (path / "sub/data.txt").write_text("cut", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"found 3 bytes, expected 7; .* damaged"):
        finished(path, **KIND)
    (path / "sub/data.txt").unlink()
    with pytest.raises(CheckpointError, match=r"data\.txt: missing; the artefact is incomplete"):
        read_manifest(path)


def test_a_fingerprint_is_of_the_content_alone(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"same")
    second.write_bytes(b"same")
    os.utime(second, (1, 1))
    assert fingerprint(first) == fingerprint(second)
    assert fingerprint(first).startswith("sha256:0967115f2813a3541eaef77de9d9d577")
    second.write_bytes(b"other")
    assert fingerprint(first) != fingerprint(second)


def test_a_fingerprint_of_a_directory_covers_names_and_contents(tmp_path):
    def directory(name, **files):
        path = tmp_path / name
        path.mkdir()
        for file, text in files.items():
            (path / file).write_text(text, encoding="utf-8")
        return fingerprint(path)

    assert directory("one", a="1", b="2") == directory("two", b="2", a="1")
    assert len({directory("x", a="1"), directory("y", a="2"), directory("z", b="1")}) == 3


def test_a_fingerprint_of_an_artefact_is_that_of_its_manifest(tmp_path):
    one, two = make(tmp_path / "one"), make(tmp_path / "two")
    assert fingerprint(one) == fingerprint(two) == fingerprint(one / MANIFEST_NAME)
    make(two, replace=True, options={"n": 2})
    assert fingerprint(one) != fingerprint(two)


def test_artefacts_that_differ_in_content_alone_have_other_fingerprints(tmp_path):
    one, two = make(tmp_path / "one", text="aaa"), make(tmp_path / "two", text="bbb")
    assert read_manifest(one).files == read_manifest(two).files
    assert fingerprint(one) != fingerprint(two)


def test_an_artefact_that_was_edited_no_longer_stands_for_its_manifest(tmp_path):
    path = make(tmp_path / "one")
    before = fingerprint(path)
    (path / "sub/data.txt").write_text("edited by hand", encoding="utf-8")
    edited = fingerprint(path)
    (path / "sub/data.txt").write_text("EDITED by hand", encoding="utf-8")
    assert len({before, edited, fingerprint(path)}) == 3


def test_another_programs_manifest_is_a_file_like_any_other(tmp_path):
    (tmp_path / MANIFEST_NAME).write_text("{}", encoding="utf-8")
    before = fingerprint(tmp_path)
    (tmp_path / "data").write_text("x", encoding="utf-8")
    assert fingerprint(tmp_path) != before


def test_a_fingerprint_of_nothing_is_a_checkpoint_error(tmp_path):
    with pytest.raises(CheckpointError, match="nowhere: cannot be read: No such file"):
        fingerprint(tmp_path / "nowhere")


def test_an_atomic_file_replaces_only_when_the_block_ends_well(tmp_path):
    def write(text, *, error=None):
        with atomic_file(tmp_path / "deep" / "file.txt") as partial:
            partial.write_text(text, encoding="utf-8")
            if error:
                raise error
        return tmp_path / "deep" / "file.txt"

    path = write("old")
    assert path.read_text() == "old"
    with pytest.raises(ValueError, match="no"):
        write("new", error=ValueError("no"))
    assert path.read_text() == "old"
    assert write("newer").read_text() == "newer"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def failing(path, *, error):
    with atomic_file(path):
        raise error


def failing_artifact(path, *, error):
    with write_artifact(path, **KIND):
        raise error


@pytest.mark.parametrize("write", [failing, failing_artifact])
def test_an_error_of_the_system_names_the_path_and_the_reason(tmp_path, write):
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / ".x.1.partial/data"))
    with pytest.raises(CheckpointError, match=r"/x: cannot be written: No space left on device$"):
        write(tmp_path / "x", error=full)
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory", "dump.xml")
    with pytest.raises(CheckpointError, match=r"/x: cannot be written: No such .* \(dump\.xml\)$"):
        write(tmp_path / "x", error=missing)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [failing, failing_artifact])
def test_a_file_in_the_way_is_seen_before_the_work(tmp_path, write):
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match=r"a/x: cannot be written: Not a dir.*/file\)$"):
        write(tmp_path / "file/a/x", error=AssertionError("the work began"))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place that takes no file")
@pytest.mark.parametrize("write", [failing, failing_artifact])
def test_a_place_that_takes_no_file_is_seen_before_the_work(write):
    with pytest.raises(CheckpointError, match="/proc/x: cannot be written: "):
        write(Path("/proc/x"), error=AssertionError("the work began"))


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
@pytest.mark.parametrize("write", [failing, failing_artifact])
def test_links_in_a_circle_are_named(tmp_path, write):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(CheckpointError, match="a/x: cannot be written: "):
        write(tmp_path / "a" / "x", error=AssertionError("the work began"))


def test_an_atomic_file_takes_no_directorys_place(tmp_path):
    with pytest.raises(CheckpointError, match="is a directory, expected the name of a file"):
        failing(tmp_path, error=AssertionError("the work began"))


@pytest.mark.skipif(os.name != "posix", reason="needs named pipes")
def test_an_atomic_file_takes_no_pipes_place(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="is a device or pipe, expected the name of a file"):
        failing(tmp_path / "pipe", error=AssertionError("the work began"))
