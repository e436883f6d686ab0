"""A manifest says what an artefact is; by it newer versions, other kinds and damage are seen."""

import json

import pytest

from openluke.artifacts import write_artifact
from openluke.errors import CheckpointError
from openluke.manifests import MANIFEST_NAME, check_content, read_manifest


def make(path):
    with write_artifact(path, kind="pages", format_version=2) as draft:
        (draft.path / "sub").mkdir()
        (draft.path / "sub" / "data.txt").write_text("content", encoding="utf-8")
    return path


def edit_manifest(path, **changes):
    file = path / MANIFEST_NAME
    file.write_text(json.dumps(json.loads(file.read_text()) | changes), encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged manifest"),
        (b'{"kind": "pages"', "damaged manifest"),
        (b"\xff\xfe\xfa", "damaged manifest"),
        (b"[1]", "damaged manifest: not a JSON object"),
        (b"[" * 100_000, "damaged manifest"),
        (b'{"manifest_version": 3, "name": "extension"}', "another program's manifest"),
        (b'{"layout": 1, "kind": "x"}', "damaged manifest.*missing key 'format_version'"),
        (b'{"layout": 1, "kind": 3, "format_version": 1}', "damaged manifest.*expected str"),
    ],
)
def test_a_damaged_or_foreign_manifest_is_a_checkpoint_error(tmp_path, content, message):
    (tmp_path / MANIFEST_NAME).write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        read_manifest(tmp_path)


def test_newer_versions_and_other_kinds_are_refused(tmp_path):
    path = make(tmp_path / "pages")
    with pytest.raises(CheckpointError, match=r"format version 2 is newer than 1.*upgrade"):
        read_manifest(path, kind="pages", format_version=1)
    with pytest.raises(CheckpointError, match="found an artefact of kind 'pages', not 'vocab'"):
        read_manifest(path, kind="vocab")
    edit_manifest(path, layout=9, new_key=1)
    with pytest.raises(CheckpointError, match="layout version 9 is newer than 1"):
        read_manifest(path)


def test_damage_that_keeps_the_sizes_is_seen_by_reading_all(tmp_path):
    path = make(tmp_path / "pages")
    check_content(path, manifest=read_manifest(path))
    (path / "sub/data.txt").write_text("CONTENT", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"pages: the files have the hash .* damaged, make"):
        check_content(path, manifest=read_manifest(path))
    (path / "sub/data.txt").write_text("content", encoding="utf-8")
    edit_manifest(path, content="")
    with pytest.raises(CheckpointError, match=r"expected one as in manifest\.json"):
        check_content(path, manifest=read_manifest(path))


def test_a_missing_manifest_says_what_was_expected(tmp_path):
    with pytest.raises(CheckpointError, match=r"no manifest\.json; expected a finished"):
        read_manifest(tmp_path / "nowhere")
