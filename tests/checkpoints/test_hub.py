"""Names are resolved through the hub's client, or the reason why not is said."""

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from openluke.checkpoints import hub
from openluke.errors import CheckpointError, ConfigError


def test_a_path_is_itself(tmp_path: Path) -> None:
    assert hub.resolve(tmp_path) == tmp_path
    with pytest.raises(CheckpointError, match="no revision"):
        hub.resolve(tmp_path, revision="main")


@pytest.mark.parametrize("value", [None, 3, "", " ", ["tiny"]])
def test_what_cannot_be_a_model_is_told(value: Any) -> None:
    with pytest.raises(ConfigError, match="expected a model: the path of its directory"):
        hub.resolve(value)


def test_of_a_fine_tuning_run_the_model_is_taken(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").touch()
    with pytest.raises(CheckpointError, match="a fine-tuning run that has no model yet"):
        hub.resolve(tmp_path)
    (tmp_path / "model").mkdir()
    assert hub.resolve(tmp_path) == tmp_path / "model"
    (tmp_path / "config.json").touch()
    assert hub.resolve(tmp_path) == tmp_path


@pytest.mark.parametrize(
    "name", ["a/b/c", "./x/y", "./nope", "../nope", "/nope", "~/nope", "a--b/c", "bad name/x"]
)
def test_what_is_neither_path_nor_name_is_an_error(name: str) -> None:
    with pytest.raises(CheckpointError, match="no such file or directory"):
        hub.resolve(name)


def test_a_bare_name_is_one_of_the_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []
    monkeypatch.setattr(hub, "snapshot_download", lambda n, **_: asked.append(n) or str(tmp_path))
    (tmp_path / "model.safetensors").touch()
    assert hub.resolve("roberta-base") == tmp_path
    assert asked == ["roberta-base"]


def test_a_tokenizer_is_downloaded_without_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[list[str]] = []

    def snapshot(_: str, *, allow_patterns: list[str], **__: object) -> str:
        asked.append(allow_patterns)
        return str(tmp_path)

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    hub.resolve("owner/name", weights=False)
    (patterns,) = asked
    assert "*.json" in patterns
    assert not any("safetensors" in pattern or ".bin" in pattern for pattern in patterns)


def test_only_what_a_model_needs_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[str, str | None, list[str]]] = []

    def snapshot(name: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((name, revision, allow_patterns))
        if "pytorch_model*.bin" in allow_patterns:
            (tmp_path / "pytorch_model.bin").touch()
        return str(tmp_path)

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    assert hub.resolve("owner/name", revision="v1") == tmp_path
    assert [(name, revision) for name, revision, _ in asked] == [("owner/name", "v1")] * 2
    assert "*.safetensors" in asked[0][2]
    assert "pytorch_model*.bin" not in asked[0][2]
    asked.clear()
    (tmp_path / "model.safetensors").touch()
    hub.resolve("owner/name")
    assert len(asked) == 1


def test_without_a_network_or_a_cache_the_way_on_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def snapshot(name: str, **_: object) -> str:
        raise LocalEntryNotFoundError("Got: ConnectError\nand more")

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    with pytest.raises(CheckpointError, match=r"cannot be reached \(Got: ConnectError\)"):
        hub.resolve("owner/name")


def test_an_upload_that_fails_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Api:
        def create_repo(self, *_: object, **__: object) -> None:
            raise OSError("no route")

    monkeypatch.setattr(hub, "HfApi", Api)
    with pytest.raises(CheckpointError, match=r"no route.*log in"):
        hub.upload(tmp_path, name="owner/name", message="Upload")


def test_an_upload_gives_the_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[tuple[str, bool]] = []

    class Api:
        def create_repo(self, name: str, *, private: bool, **_: object) -> None:
            made.append((name, private))

        def upload_folder(self, *, repo_id: str, **_: object) -> str:
            return f"https://hub/{repo_id}"

    monkeypatch.setattr(hub, "HfApi", Api)
    assert hub.upload(tmp_path, name="owner/name", message="Upload") == "https://hub/owner/name"
    assert made == [("owner/name", True)]
