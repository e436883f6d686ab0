"""The vocabulary in files that are mapped into memory."""

import json
import os
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest

from openluke.artifacts import finished
from openluke.entities.mapped_names import (
    COUNTS,
    FORMAT_VERSION,
    IDS,
    KEYS,
    KIND,
    LANGUAGES,
    OFFSETS,
    TRIE,
    write_mapped,
)
from openluke.entities.name_index import VocabRow, with_special
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, DataError
from openluke.manifests import HASH, MANIFEST_NAME, files_digest, read_manifest


@pytest.fixture
def path(tmp_path, multilingual):
    multilingual.write(tmp_path / "vocab", form="mapped")
    return tmp_path / "vocab"


def damage(path, *, name, content):
    """Change a file and what the manifest says of it, as if it had been written so."""
    (path / name).write_bytes(content)
    manifest = json.loads((path / MANIFEST_NAME).read_text(encoding="utf-8"))
    manifest["files"][name] = len(content)
    files = [(file, path / file) for file in sorted(manifest["files"])]
    manifest["content"] = f"{HASH}:{files_digest(files)}"
    (path / MANIFEST_NAME).write_text(json.dumps(manifest), encoding="utf-8")


def save(path, *, name, values):
    np.save(path / "new.npy", values)
    damage(path, name=name, content=(path / "new.npy").read_bytes())


def test_the_manifest_says_how_much_there_is(path):
    manifest = read_manifest(path, kind=KIND, format_version=FORMAT_VERSION)
    assert manifest.counts == {"names": 8, "ids": 5}


def test_a_stage_writes_rows_with_its_inputs_and_options(tmp_path):
    stage = {"inputs": {"pages": "sha256:1"}, "options": {"size": 1}}

    def rows():
        return with_special(VocabRow([Name(f"T{i}", "en")], i) for i in range(3))

    write_mapped(tmp_path / "v", rows=rows, **stage)
    assert finished(tmp_path / "v", kind=KIND, format_version=FORMAT_VERSION, **stage)
    vocab = EntityVocab.read(tmp_path / "v")
    assert (vocab.id("T2", language="en"), vocab.count(5), vocab.special.mask) == (5, 2, 2)


def test_a_name_given_twice_is_an_error_and_leaves_nothing(tmp_path):
    rows = [VocabRow([Name("A", "en")]), VocabRow([Name("B", "en"), Name("A", "en")])]
    with pytest.raises(DataError, match="1 names are given more than once, for example 'en:A'"):
        write_mapped(tmp_path / "v", rows=lambda: rows)
    assert list(tmp_path.iterdir()) == []


def test_a_cut_off_file_is_noticed_at_once(path):
    content = (path / TRIE).read_bytes()
    (path / TRIE).write_bytes(content[:-1])
    with pytest.raises(CheckpointError, match=r"names\.marisa: found [0-9,]+ bytes, expected"):
        EntityVocab.read(path)


@pytest.mark.parametrize("name", [TRIE, IDS, KEYS, OFFSETS, COUNTS, LANGUAGES])
def test_a_damaged_file_of_the_same_size_is_noticed_before_it_is_used(path, name):
    content = bytearray((path / name).read_bytes())
    content[len(content) // 2] ^= 0x55
    (path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"vocab: .* damaged, make it or copy it again"):
        EntityVocab.read(path)


def test_random_bytes_for_names_do_not_end_the_process(path):
    content = (path / TRIE).read_bytes()
    rng = random.Random(0)
    for _ in range(20):
        (path / TRIE).write_bytes(content[:64] + rng.randbytes(len(content) - 64))
        with pytest.raises(CheckpointError, match="damaged"):
            EntityVocab.read(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (TRIE, b"nonsense", r"names\.marisa: damaged file of names"),
        (IDS, b"nonsense", r"ids\.npy: damaged array"),
        (LANGUAGES, b"[1", r"languages\.json: damaged file"),
        (LANGUAGES, b"3", r"languages\.json: damaged file"),
    ],
)
def test_damaged_files_are_named(path, name, content, message):
    damage(path, name=name, content=content)
    with pytest.raises(CheckpointError, match=message):
        EntityVocab.read(path)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (IDS, np.zeros(8), r"ids\.npy: found float64 of shape \(8,\), expected one dimension"),
        (IDS, np.zeros((2, 4), np.int32), r"found int32 of shape \(2, 4\)"),
        (IDS, np.zeros(7, np.int32), "found 8 names, 7 ids and 8 keys"),
        (OFFSETS, np.array([0, 2, 3, 5, 8], np.int32), r"counts\.npy: found 5 counts, expected 4"),
        (COUNTS, np.zeros(4, np.int64), r"counts\.npy: found 4 counts, expected 5"),
        (OFFSETS, np.array([0, 3, 2, 5, 7, 8], np.int32), r"offsets\.npy: .* rise from 0 to 8"),
        (OFFSETS, np.array([1, 2, 3, 5, 7, 8], np.int32), r"offsets\.npy: .* rise from 0 to 8"),
        (OFFSETS, np.array([0, 2, 3, 5, 7, 9], np.int32), r"offsets\.npy: .* rise from 0 to 8"),
        (OFFSETS, np.zeros(0, np.int32), r"offsets\.npy: .* rise from 0 to 8"),
    ],
)
def test_arrays_that_do_not_fit_are_named(path, name, values, message):
    save(path, name=name, values=values)
    with pytest.raises(CheckpointError, match=message):
        EntityVocab.read(path)


def test_a_vocabulary_without_any_name_is_said_to_lack_the_special_ones(path):
    write_mapped(path, rows=list, replace=True)
    with pytest.raises(CheckpointError, match=r"no \[PAD\], \[UNK\], \[MASK\] among 0 names"):
        EntityVocab.read(path)


def test_another_process_opens_the_same_files(path):
    assert len(pickle.dumps(EntityVocab.read(path)._names)) < 400


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_what_a_killed_writing_left_goes_away(tmp_path):
    program = (
        "import os, sys; from openluke.entities.mapped_names import write_mapped\n"
        "write_mapped(sys.argv[1], rows=lambda: os.kill(os.getpid(), 9))"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program, str(tmp_path / "v")], check=False)
    assert len(list(tmp_path.glob(".v.*"))) == 2  # a draft and its lock

    write_mapped(tmp_path / "v", rows=lambda: with_special([]))

    assert [path.name for path in tmp_path.iterdir()] == ["v"]
    assert EntityVocab.read(tmp_path / "v").n_ids == 3
