"""What lies at a path is said from its content."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.inspection import describe
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import CheckpointError
from openluke.model.config import HeadConfig
from tests.checkpoints.conftest import Written
from tests.checkpoints.test_from_encoder import write_encoder
from tests.checkpoints.test_original import Original

Find = Callable[[str], Written]


def test_a_checkpoint_of_transformers_is_described(checkpoint_of: Find) -> None:
    written = checkpoint_of("luke-base")
    described = describe(written.directory)
    assert described.kind == "transformers LUKE checkpoint"
    facts = described.facts
    assert facts["architecture"] == "LukeForMaskedLM"
    assert facts["layers"] == 2
    assert facts["parameters of the entity table"] == 9 * 10
    assert facts["tokenizer"] == {"family": "byte_level", "pieces": 332, "marker ids": [330, 331]}
    assert facts["entity vocabulary"]["special ids"]["[MASK2]"] == 3


@pytest.mark.parametrize("quantise", [False, True])
def test_a_bundle_is_described_with_its_heads(
    quantise: bool, checkpoint_of: Find, tmp_path: Path
) -> None:
    bundle = load_bundle(checkpoint_of("mluke-base").directory)
    bundle = bundle.with_head(
        "ner", config=HeadConfig(kind="entity_span", n_labels=2), labels=("O", "PER")
    )
    save_bundle(bundle, directory=tmp_path / "saved", quantise=quantise)
    described = describe(tmp_path / "saved")
    assert described.kind == "openluke model" + (" (int8 rows)" if quantise else "")
    assert [head["name"] for head in described.facts["heads"]] == ["masked", "ner"]
    assert described.facts["heads"][1]["labels"] == ["O", "PER"]
    assert described.facts["entity vocabulary"]["languages"] == {"en": 2, "ja": 2}


def test_parameters_are_counted_once(checkpoint_of: Find, tmp_path: Path) -> None:
    bundle = load_bundle(checkpoint_of("luke-base").directory)
    expected = sum(
        parameter.numel()
        for module in (bundle.encoder, bundle.heads[0].module)
        for parameter in module.parameters()
    )
    save_bundle(bundle, directory=tmp_path / "saved")
    assert describe(tmp_path / "saved").facts["parameters"] == expected
    assert describe(checkpoint_of("luke-base").directory).facts["parameters"] == expected


def n_parameters(bundle: Bundle) -> int:
    modules = [bundle.encoder, *(head.module for head in bundle.heads)]
    return sum(p.numel() for module in modules for p in module.parameters())


@pytest.mark.parametrize("quantise", [False, True])
def test_the_parameters_of_all_heads_count(
    quantise: bool, checkpoint_of: Find, tmp_path: Path
) -> None:
    bundle = load_bundle(checkpoint_of("luke-base").directory)
    for name in ("ner", "events"):
        bundle = bundle.with_head(name, config=HeadConfig(kind="entity_span", n_labels=7))
    save_bundle(bundle, directory=tmp_path / "saved", quantise=quantise)
    assert describe(tmp_path / "saved").facts["parameters"] == n_parameters(bundle)


def test_tied_tables_count_once_in_every_program(tmp_path: Path) -> None:
    original = Original(tmp_path)
    found = describe(original.directory).facts["parameters"]
    assert found == sum(parameter.numel() for parameter in original.model.parameters())
    (tmp_path / "bert").mkdir()
    model = write_encoder(tmp_path / "bert", kind="bert")
    tensors = dict(model.state_dict())
    torch.save(tensors, tmp_path / "bert" / "pytorch_model.bin")
    (tmp_path / "bert" / "model.safetensors").unlink()
    assert "cls.predictions.decoder.weight" in tensors
    found = describe(tmp_path / "bert").facts["parameters"]
    assert found == sum(parameter.numel() for parameter in model.parameters())


def test_an_archive_of_the_original_is_described(tmp_path: Path) -> None:
    original = Original(tmp_path)
    described = describe(original.directory)
    assert described.kind == "archive of the original LUKE project"
    assert described.facts["base"] == "roberta-base"
    assert described.facts["entity vocabulary"]["entities"] == 5


def test_a_plain_encoder_is_told_what_to_do(tmp_path: Path) -> None:
    write_encoder(tmp_path, kind="roberta")
    described = describe(tmp_path)
    assert described.kind == "transformers checkpoint of type 'roberta'"
    assert "from-encoder" in described.facts["use"]


def test_parts_of_a_model_are_described(checkpoint_of: Find, tmp_path: Path) -> None:
    directory = checkpoint_of("luke-base").directory
    assert describe(directory / "entity_vocab.json").facts["entities"] == 9
    assert describe(directory / "pytorch_model.bin").kind == "weights"
    torch.save({"a": torch.ones(2, 3)}, tmp_path / "any name")
    assert describe(tmp_path / "any name").facts["parameters"] == 6


def test_what_is_not_known_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        describe(tmp_path / "nothing")
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(CheckpointError, match=r"found notes\.md"):
        describe(tmp_path)
    with pytest.raises(CheckpointError, match=r"notes\.md"):
        describe(tmp_path / "notes.md")
