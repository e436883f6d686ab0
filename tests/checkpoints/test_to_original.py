"""Going back to the original project's form: nothing is mixed, nothing goes without a word."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.from_encoder import FromEncoderConfig, from_encoder
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.original_archive import read_archive
from openluke.checkpoints.original_layout import from_original
from openluke.checkpoints.saving import save_bundle
from openluke.checkpoints.to_original import write_original
from openluke.errors import CheckpointError, ConfigError
from openluke.model.config import HeadConfig
from openluke.tokenization.tokenizer import WordTokenizer
from tests.checkpoints.conftest import Written
from tests.checkpoints.runs import random_inputs, run_ours
from tests.checkpoints.test_from_encoder import write_encoder

Find = Callable[[str], Written]


@pytest.fixture
def bundle(checkpoint_of: Find) -> Bundle:
    return load_bundle(checkpoint_of("luke-base").directory)


def content(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_what_is_there_stays_unless_it_is_to_be_replaced(bundle: Bundle, tmp_path: Path) -> None:
    write_original(bundle, directory=tmp_path / "a")
    before = content(tmp_path / "a")
    with torch.no_grad():
        bundle.encoder.words.norm.bias += 1
    with pytest.raises(CheckpointError, match="replace"):
        write_original(bundle, directory=tmp_path / "a", base_name="another")
    assert content(tmp_path / "a") == before
    write_original(bundle, directory=tmp_path / "a", base_name="roberta-large", replace=True)
    assert read_archive(tmp_path / "a").base_name == "roberta-large"


def test_a_model_of_ours_is_never_written_into(bundle: Bundle, tmp_path: Path) -> None:
    save_bundle(bundle, directory=tmp_path / "a")
    before = content(tmp_path / "a")
    with pytest.raises(CheckpointError):
        write_original(bundle, directory=tmp_path / "a")
    assert content(tmp_path / "a") == before


def test_the_second_head_of_a_name_and_labels_are_told(bundle: Bundle, tmp_path: Path) -> None:
    pair = HeadConfig(kind="entity_pair", n_labels=2, bias=False)
    both = bundle.with_head("relations", config=pair, labels=("none", "born in"))
    both = both.with_head("ner", config=HeadConfig(kind="entity_span", n_labels=3))
    notes = write_original(both, directory=tmp_path / "a")
    assert any("labels of head 'relations'" in note and "born in" in note for note in notes)
    assert any("left out head 'ner'" in note for note in notes)
    tensors = read_archive(tmp_path / "a").tensors
    weight = both.head("relations").module.classifier.weight
    assert torch.equal(tensors["classifier.weight"], weight)
    assert "classifier.bias" not in tensors


def test_types_of_entities_come_back(tmp_path: Path) -> None:
    write_encoder(tmp_path, kind="roberta")
    typed = from_encoder(tmp_path, options=FromEncoderConfig(n_entity_types=3))
    write_original(typed, directory=tmp_path / "a")
    archive = read_archive(tmp_path / "a")
    assert archive.model_config["type_vocab_size"] == 3
    for part in ("embeddings", "entity_embeddings"):
        assert len(archive.tensors[f"{part}.token_type_embeddings.weight"]) == 3
    back = from_original(archive, tokenizer=WordTokenizer.read(tmp_path), entity_aware=False)
    assert back.encoder.config.n_entity_types == 3
    table = typed.encoder.entities.types.weight
    assert torch.equal(back.encoder.entities.types.weight, table)


@pytest.mark.parametrize("kind", ["roberta", "klue", "bert"])
def test_positions_are_counted_as_the_encoder_counted_them(kind: str, tmp_path: Path) -> None:
    model = write_encoder(tmp_path, kind=kind)
    save_bundle(from_encoder(tmp_path), directory=tmp_path / "luke")
    bundle = load_bundle(tmp_path / "luke")
    write_original(bundle, directory=tmp_path / "a", base_name="x-roberta")
    archive = read_archive(tmp_path / "a")
    positions = dict(model.named_parameters())
    name = next(n for n in positions if n.endswith("position_embeddings.weight"))
    assert torch.equal(archive.tensors["embeddings.position_embeddings.weight"], positions[name])
    tokenizer = WordTokenizer.read(tmp_path)
    back = from_original(archive, tokenizer=tokenizer, entity_aware=False)
    inputs = random_inputs(n_words=30, n_entities=3, pad_id=bundle.tokenizer.pad_id)
    assert torch.equal(run_ours(back, inputs).words, run_ours(bundle, inputs).words)
    # a fine-tuned model has no masked-word head that tells whose positions they are
    without = replace(bundle, heads=())
    write_original(without, directory=tmp_path / "b", base_name="x-roberta")
    back = from_original(read_archive(tmp_path / "b"), tokenizer=tokenizer)
    assert back.base == bundle.base
    found = run_ours(back, inputs).words
    assert torch.allclose(found, run_ours(without, inputs).words, atol=1e-5)


def test_an_encoder_without_a_usual_name_has_to_be_named(tmp_path: Path) -> None:
    write_encoder(tmp_path, kind="klue")
    bundle = from_encoder(tmp_path)
    with pytest.raises(ConfigError, match="--base-name"):
        write_original(bundle, directory=tmp_path / "a")
    notes = write_original(bundle, directory=tmp_path / "a", base_name="klue")
    assert any("'klue' for a bert" in note for note in notes)
