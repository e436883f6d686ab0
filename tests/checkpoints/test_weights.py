"""Files of tensors: every form is read, every damage is named, nothing foreign is run."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from openluke.checkpoints.weights import (
    has_weights,
    is_weight_file,
    read_weights,
    write_weights,
)
from openluke.errors import CheckpointError

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "b.bias": torch.ones(3)}


def assert_same(found: dict[str, torch.Tensor]) -> None:
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())


def test_written_weights_are_read_back(tmp_path: Path) -> None:
    write_weights(TENSORS, path=tmp_path / "model.safetensors")
    assert has_weights(tmp_path)
    assert_same(read_weights(tmp_path))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_torch_file_is_read(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "pytorch_model.bin"
    torch.save(TENSORS, path, _use_new_zipfile_serialization=zipped)
    assert_same(read_weights(tmp_path))


@pytest.mark.parametrize("key", ["module", "state_dict"])
def test_the_state_dict_of_a_training_checkpoint_is_found(tmp_path: Path, key: str) -> None:
    torch.save({key: TENSORS, "epoch": 3, "global_step": 7}, tmp_path / "states.pt")
    assert_same(read_weights(tmp_path / "states.pt"))


def test_shards_are_joined(tmp_path: Path) -> None:
    for i, (name, tensor) in enumerate(TENSORS.items()):
        save_file({name: tensor}, tmp_path / f"model-{i}.safetensors")
    index = {"weight_map": {name: f"model-{i}.safetensors" for i, name in enumerate(TENSORS)}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert_same(read_weights(tmp_path))


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    index = {"weight_map": {"a.weight": "model-1.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=r"not there: model-1\.safetensors"):
        read_weights(tmp_path)


def test_a_directory_without_weights_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    assert not has_weights(tmp_path)
    with pytest.raises(CheckpointError, match=r"no weights; expected .* found notes\.txt"):
        read_weights(tmp_path)


@pytest.mark.parametrize("keep", [0, 5, 20, 60, -1])
def test_a_truncated_safetensors_file_is_an_error_that_says_so(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "model.safetensors"
    write_weights(TENSORS, path=path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"model\.safetensors: (damaged|neither)"):
        read_weights(tmp_path)


@pytest.mark.parametrize("keep", [0, 4, 100, -30])
def test_a_truncated_torch_file_is_an_error_that_says_so(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "pytorch_model.bin"
    torch.save(TENSORS, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin: (damaged|neither)"):
        read_weights(tmp_path)


class Foreign:
    """Stands for code that a pickle would run."""

    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("run",))


def test_a_pickle_with_code_is_refused_unrun(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    torch.save({"a": Foreign()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="more than tensors"):
        read_weights(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Foreign(), protocol=2))
    with pytest.raises(CheckpointError, match=r"more than tensors|damaged"):
        read_weights(tmp_path)
    assert capsys.readouterr().out == ""


def test_a_pointer_file_of_git_lfs_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(CheckpointError, match="git-lfs"):
        read_weights(tmp_path)


def test_a_torch_file_of_something_else_is_an_error(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match="found list, expected a state dict"):
        read_weights(tmp_path / "x.pt")


def test_weight_files_are_told_by_their_content(tmp_path: Path) -> None:
    write_weights(TENSORS, path=tmp_path / "anything")
    (tmp_path / "x.safetensors").write_text("no tensors here, just text")
    assert is_weight_file(tmp_path / "anything")
    assert not is_weight_file(tmp_path / "x.safetensors")
