"""Archives of the original project: read in every form, computed equally, written back."""

import json
import tarfile
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import LukeForMaskedLM

from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.original_archive import read_archive
from openluke.checkpoints.original_layout import from_original
from openluke.checkpoints.saving import save_bundle
from openluke.checkpoints.to_original import write_original
from openluke.errors import CheckpointError
from openluke.tokenization.tokenizer import WordTokenizer
from tests.checkpoints.released import (
    Released,
    luke_config,
    old_state_dict,
    randomise,
    write_byte_level,
    write_sentencepiece,
    write_wordpiece,
)
from tests.checkpoints.runs import random_inputs, run_ours, run_theirs

VOCAB = ["[PAD]", "[UNK]", "[MASK]", "Japan", "Tokyo"]


class Original:
    """An archive directory, the encoder's tokenizer, and the transformers model it amounts to."""

    def __init__(self, root: Path, *, write_tokenizer=write_byte_level) -> None:
        self.directory = root / "archive"
        self.directory.mkdir()
        (root / "tokenizer").mkdir()
        n_words = write_tokenizer(root / "tokenizer")
        (root / "tokenizer" / "added_tokens.json").unlink(missing_ok=True)
        self.tokenizer = WordTokenizer.read(root / "tokenizer")
        n_words = self.tokenizer.n_words
        vocab = {name: i for i, name in enumerate(VOCAB)}
        torch.manual_seed(2)
        self.model = LukeForMaskedLM(
            luke_config(
                Released("x", "LukeForMaskedLM", vocab, entity_aware=False), n_words=n_words
            )
        ).eval()
        randomise(self.model)
        self.tensors = {
            name.removeprefix("luke."): tensor
            for name, tensor in old_state_dict(self.model).items()
            if "2" not in name.split(".")[-2]  # pretraining has no entity-aware queries
        }
        self.write()

    def write(self) -> None:
        torch.save(self.tensors, self.directory / "pytorch_model.bin")
        lines = [
            json.dumps({"id": i, "entities": [[name, None]], "count": i})
            for i, name in enumerate(VOCAB)
        ]
        (self.directory / "entity_vocab.jsonl").write_text("\n".join(lines) + "\n")
        config = self.model.config.to_dict()
        names = [
            "vocab_size",
            "entity_vocab_size",
            "entity_emb_size",
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
            "hidden_act",
            "max_position_embeddings",
            "type_vocab_size",
            "layer_norm_eps",
        ]
        metadata = {
            "model_config": {name: config[name] for name in names}
            | {"bert_model_name": "roberta-base", "cls_entity_prediction": False}
            | {"pad_token_id": 0},
            "max_seq_length": 60,
            "max_entity_length": 128,
            "max_mention_length": 30,
            "arguments": {"learning_rate": 1e-5},
        }
        (self.directory / "metadata.json").write_text(json.dumps(metadata))


@pytest.fixture
def original(tmp_path: Path) -> Original:
    return Original(tmp_path)


def inputs_for(original: Original) -> dict[str, Tensor]:
    return random_inputs(n_words=original.tokenizer.n_words, n_entities=len(VOCAB))


def assert_computes_the_same(original: Original, bundle) -> None:
    inputs = inputs_for(original)
    theirs = run_theirs(original.model, inputs)
    words, entities = run_ours(bundle, inputs)
    real = inputs["attention_mask"].bool()
    n_words = original.tokenizer.n_words
    assert (words[:, :n_words] - theirs.logits[real]).abs().max() < 1e-5
    expected = theirs.entity_logits.flatten(0, 1)
    assert (entities[:, : len(VOCAB)] - expected).abs().max() < 1e-5


@pytest.mark.parametrize("entity_aware", [True, False])
def test_an_archive_computes_what_the_original_did(
    original: Original, entity_aware: bool, tmp_path: Path
) -> None:
    archive = read_archive(original.directory)
    bundle = from_original(archive, tokenizer=original.tokenizer, entity_aware=entity_aware)
    assert bundle.encoder.config.entity_aware == entity_aware
    assert bundle.encoder.config.word_pad_id == 1
    assert bundle.inputs.max_words == 60
    assert_computes_the_same(original, bundle)
    save_bundle(bundle, directory=tmp_path / "saved")
    assert_computes_the_same(original, load_bundle(tmp_path / "saved"))


def test_markers_and_the_second_mask_are_copies(original: Original) -> None:
    bundle = from_original(read_archive(original.directory), tokenizer=original.tokenizer)
    words = bundle.encoder.words.tokens.weight
    assert torch.equal(words[bundle.tokenizer.marker_id], words[original.tokenizer.id("@")])
    assert torch.equal(words[bundle.tokenizer.marker2_id], words[original.tokenizer.id("#")])
    table, special = bundle.encoder.entities.table.weight, bundle.entities.special
    assert special.mask2 == len(VOCAB)
    assert torch.equal(table[special.mask2], table[special.mask])
    bias = bundle.heads[0].module.entities.bias
    assert bias[special.mask2] == bias[special.mask]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_read_whatever_its_paths(original: Original, mode: str, tmp_path: Path) -> None:
    path = tmp_path / "model.tar"
    with tarfile.open(path, mode) as archive:
        for name in ("pytorch_model.bin", "metadata.json", "entity_vocab.jsonl"):
            archive.add(original.directory / name, arcname=f"../../evil/{name}")
    bundle = from_original(read_archive(path), tokenizer=original.tokenizer)
    assert_computes_the_same(original, bundle)


def test_a_weight_file_finds_its_siblings(original: Original) -> None:
    archive = read_archive(original.directory / "pytorch_model.bin")
    assert_computes_the_same(original, from_original(archive, tokenizer=original.tokenizer))


def test_a_training_checkpoint_is_read_with_its_files_named(
    original: Original, tmp_path: Path
) -> None:
    tensors = {f"module.{name}": tensor for name, tensor in original.tensors.items()}
    path = tmp_path / "mp_rank_00_model_states.pt"
    torch.save({"module": tensors, "epoch": 1, "global_step": 10}, path)
    archive = read_archive(
        path,
        metadata=original.directory / "metadata.json",
        vocab=original.directory / "entity_vocab.jsonl",
    )
    assert_computes_the_same(original, from_original(archive, tokenizer=original.tokenizer))


def test_tensors_without_a_place_are_told(original: Original) -> None:
    original.tensors["cls_entity_predictions.bias"] = torch.ones(10)
    original.write()
    bundle = from_original(read_archive(original.directory), tokenizer=original.tokenizer)
    assert bundle.left_out == ("cls_entity_predictions.bias",)


@pytest.mark.parametrize("write_tokenizer", [write_byte_level, write_sentencepiece])
def test_to_original_gives_back_what_from_original_read(write_tokenizer, tmp_path: Path) -> None:
    original = Original(tmp_path, write_tokenizer=write_tokenizer)
    bundle = from_original(
        read_archive(original.directory), tokenizer=original.tokenizer, entity_aware=False
    )
    assert write_original(bundle, directory=tmp_path / "back") == ()
    back = read_archive(tmp_path / "back")
    expected = {n: t for n, t in original.tensors.items() if n != "embeddings.position_ids"}
    assert back.tensors.keys() == expected.keys()
    assert all(torch.equal(back.tensors[name], tensor) for name, tensor in expected.items())
    assert list(back.vocab.rows()) == list(read_archive(original.directory).vocab.rows())
    for key in ("vocab_size", "entity_vocab_size", "max_position_embeddings", "hidden_size"):
        assert back.model_config[key] == read_archive(original.directory).model_config[key]


def test_trained_markers_are_kept_and_told(original: Original, tmp_path: Path) -> None:
    bundle = from_original(read_archive(original.directory), tokenizer=original.tokenizer)
    with torch.no_grad():
        bundle.encoder.words.tokens.weight[bundle.tokenizer.marker_id] += 1
        bundle.encoder.entities.table.weight[bundle.entities.special.mask2] += 1
    notes = write_original(bundle, directory=tmp_path / "back")
    assert len(notes) == 2
    assert "<ent>" in notes[0]
    assert "[MASK2]" in notes[1]
    table = read_archive(tmp_path / "back").tensors["embeddings.word_embeddings.weight"]
    assert torch.equal(table, bundle.encoder.words.tokens.weight)


@pytest.mark.parametrize(
    ("name", "width", "n_labels", "bias", "kind"),
    [
        ("typing", 1, 9, True, "entity"),
        ("classifier", 2, 42, False, "entity_pair"),
        ("classifier", 3, 5, True, "entity_span"),
        ("qa_outputs", 1, 2, True, "extractive_qa"),
        ("scorer", 2, 1, True, "entity_pair"),
    ],
)
def test_a_fine_tuned_head_is_told_by_what_it_reads(
    name: str, width: int, n_labels: int, bias: bool, kind: str, original: Original
) -> None:
    original.tensors[f"{name}.weight"] = torch.randn(n_labels, width * 24)
    if bias:
        original.tensors[f"{name}.bias"] = torch.randn(n_labels)
    original.write()
    bundle = from_original(read_archive(original.directory), tokenizer=original.tokenizer)
    head = bundle.heads[0]
    assert (head.entry.config.kind, head.entry.config.bias) == (kind, bias)
    assert torch.equal(head.module.classifier.weight, original.tensors[f"{name}.weight"])


def test_missing_parts_of_an_archive_are_named(original: Original) -> None:
    (original.directory / "entity_vocab.jsonl").unlink()
    with pytest.raises(CheckpointError, match=r"entity_vocab\.tsv or entity_vocab\.jsonl"):
        read_archive(original.directory)
    original.write()
    (original.directory / "metadata.json").write_text("{}")
    with pytest.raises(CheckpointError, match="no 'model_config'"):
        read_archive(original.directory)


def test_a_bert_archive_has_its_positions_shifted(tmp_path: Path) -> None:
    original = Original(tmp_path, write_tokenizer=write_wordpiece)
    tensors = original.tensors
    for theirs, bert in (
        ("lm_head.bias", "cls.predictions.bias"),
        ("lm_head.dense.", "cls.predictions.transform.dense."),
        ("lm_head.layer_norm.", "cls.predictions.transform.LayerNorm."),
        ("lm_head.decoder.", "cls.predictions.decoder."),
    ):
        for name in [name for name in tensors if name.startswith(theirs)]:
            tensors[name.replace(theirs, bert)] = tensors.pop(name)
    tensors["cls.seq_relationship.bias"] = torch.ones(2)
    original.write()
    bundle = from_original(
        read_archive(original.directory), tokenizer=original.tokenizer, entity_aware=False
    )
    positions = tensors["embeddings.position_embeddings.weight"]
    shifted = bundle.encoder.words.positions.weight
    assert bundle.encoder.config.word_pad_id == 0
    assert torch.equal(shifted[1:], positions)
    entity_positions = bundle.encoder.entities.positions.weight
    assert torch.equal(
        entity_positions[:66], tensors["entity_embeddings.position_embeddings.weight"]
    )
    assert bundle.left_out == ("cls.seq_relationship.bias",)
    write_original(bundle, directory=tmp_path / "back")
    back = read_archive(tmp_path / "back").tensors
    dropped = {"cls.seq_relationship.bias", "embeddings.position_ids"}
    assert back.keys() == tensors.keys() - dropped
    assert all(torch.equal(back[name], tensors[name]) for name in back)
