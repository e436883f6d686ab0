"""Archives of the original project say what is wrong with them under their own name."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
from pathlib import Path

import pytest
import torch

from openluke.checkpoints.inspection import describe
from openluke.checkpoints.original_archive import is_archive, read_archive
from openluke.errors import CheckpointError

VOCAB = b"[PAD]\t0\n[UNK]\t0\n[MASK]\t0\nJapan\t5\n"
METADATA = json.dumps({"model_config": {"bert_model_name": "roberta-base"}}).encode()


def weights() -> bytes:
    stream = io.BytesIO()
    torch.save({"a": torch.randn(64, 64)}, stream)
    return stream.getvalue()


def tar_of(**files: bytes) -> bytes:
    """A tar whose members are named with underscores for dots."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"model/{'.'.join(name.rsplit('__', 1))}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def whole() -> dict[str, bytes]:
    return {
        "pytorch_model__bin": weights(),
        "metadata__json": METADATA,
        "entity_vocab__tsv": VOCAB,
    }


COMPRESSIONS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_compressed_archive_is_read(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "model"
    path.write_bytes(COMPRESSIONS[compression](tar_of(**whole())))
    archive = read_archive(path)
    assert (list(archive.tensors), len(archive.vocab)) == (["a"], 4)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("read", [read_archive, describe])
def test_an_archive_that_is_cut_off_is_a_checkpoint_error(
    tmp_path: Path, compression: str, share: float, read: type
) -> None:
    content = COMPRESSIONS[compression](tar_of(**whole()))
    path = tmp_path / "model.tar"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match=r"model\.tar: "):
        read(path)


@pytest.mark.parametrize("place", [12, 40, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("read", [read_archive, describe])
def test_an_archive_with_changed_bytes_is_a_checkpoint_error(
    tmp_path: Path, compression: str, place: float, read: type
) -> None:
    content = bytearray(COMPRESSIONS[compression](tar_of(**whole())))
    start = int(place * len(content)) if place < 1 else int(place)
    content[start : start + 64] = bytes(byte ^ 0x5A for byte in content[start : start + 64])
    path = tmp_path / "model.tar"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"model\.tar: "):
        read(path)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_compressed_file_that_is_damaged_at_its_start_is_no_other_file(
    tmp_path: Path, compression: str
) -> None:
    path = tmp_path / "model.tar"
    path.write_bytes(COMPRESSIONS[compression](tar_of(**whole()))[:20])
    with pytest.raises(CheckpointError, match=r"model\.tar: damaged archive, or none: [^\n]*[^:]$"):
        read_archive(path)


def test_other_files_are_no_archives(tmp_path: Path) -> None:
    for name, content in {"weights": weights(), "vocab": VOCAB, "empty": b""}.items():
        (tmp_path / name).write_bytes(content)
        assert not is_archive(tmp_path / name)
    assert not is_archive(tmp_path)
    assert not is_archive(tmp_path / "nowhere")


@pytest.mark.parametrize("read", [read_archive, describe])
def test_zeros_are_an_archive_without_weights(tmp_path: Path, read: type) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(bytes(20_000))
    with pytest.raises(
        CheckpointError, match=r"zeros: an archive without pytorch_model\.bin; found nothing$"
    ):
        read(path)


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        (
            "pytorch_model__bin",
            None,
            r"an archive without pytorch_model\.bin; found metadata\.json, ",
        ),
        ("pytorch_model__bin", b"nonsense", r"pytorch_model\.bin: neither a safetensors nor"),
        ("pytorch_model__bin", weights()[:5000], r"pytorch_model\.bin: damaged torch file"),
        ("metadata__json", None, r"metadata\.json: "),
        ("metadata__json", b"{", r"metadata\.json: "),
        ("metadata__json", b"{}", r"metadata\.json: no 'model_config'"),
        ("entity_vocab__tsv", None, r"no entity vocabulary; expected entity_vocab\.tsv or"),
        ("entity_vocab__tsv", b"[PAD]\t0\nx\n", r"entity_vocab\.tsv:2: found 'x"),
    ],
)
def test_a_message_names_the_archive_and_the_member(
    tmp_path: Path, member: str, content: bytes | None, message: str
) -> None:
    files = {name: data for name, data in whole().items() if name != member}
    path = tmp_path / "model.tar"
    path.write_bytes(tar_of(**(files if content is None else files | {member: content})))
    with pytest.raises(CheckpointError, match=rf"model\.tar: {message}") as caught:
        read_archive(path)
    assert "openluke-" not in str(caught.value)


def test_files_that_are_given_beside_an_archive_keep_their_names(tmp_path: Path) -> None:
    path, metadata = tmp_path / "model.tar", tmp_path / "other.json"
    path.write_bytes(tar_of(**whole()))
    metadata.write_text("{}", encoding="utf-8")
    with pytest.raises(CheckpointError, match=rf"^{metadata}: no 'model_config'"):
        read_archive(path, metadata=metadata)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_not_called_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.tar"
    path.write_bytes(tar_of(**whole()))
    monkeypatch.setattr("tempfile.TemporaryDirectory", lambda **_: _FullDisk(tmp_path / "full"))
    with pytest.raises(
        CheckpointError, match=r"model\.tar: cannot be unpacked to .*: .*No space left"
    ):
        read_archive(path)


class _FullDisk:
    """A directory in which every file of an archive is a device that is full."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        for name in ("pytorch_model.bin", "metadata.json", "entity_vocab.tsv"):
            (path / name).symlink_to("/dev/full")

    def __enter__(self) -> str:
        return str(self.path)

    def __exit__(self, *error: object) -> None:
        return None
