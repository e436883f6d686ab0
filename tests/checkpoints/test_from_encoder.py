"""A LUKE started from a plain encoder reads words exactly as that encoder did."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import nn

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.from_encoder import FromEncoderConfig, from_encoder
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError
from openluke.model.batch import Batch
from tests.checkpoints.released import WRITERS

SIZES = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 66,
}
KINDS = {
    "roberta": ("byte_level", "Roberta", {"type_vocab_size": 1, "pad_token_id": 1}),
    "xlm-roberta": ("sentencepiece", "XLMRoberta", {"type_vocab_size": 1, "pad_token_id": 1}),
    "klue": ("wordpiece", "Roberta", {"type_vocab_size": 1, "pad_token_id": 0}),
    "bert": ("wordpiece", "Bert", {"pad_token_id": 0}),
}
ALL = pytest.mark.parametrize("kind", list(KINDS))


def write_encoder(directory: Path, *, kind: str, architecture: str = "ForMaskedLM") -> nn.Module:
    """A random encoder of transformers with its tokenizer, saved; the model is returned."""
    tokenizer, family, extra = KINDS[kind]
    n_words = WRITERS[tokenizer](directory)
    if tokenizer != "wordpiece":
        (directory / "added_tokens.json").unlink()
        n_words -= 2
    config = getattr(transformers, f"{family}Config")(vocab_size=n_words, **SIZES, **extra)
    torch.manual_seed(3)
    model = getattr(transformers, f"{family}{architecture}")(config).eval()
    for name, parameter in model.named_parameters():
        nn.init.normal_(parameter, 1.0 if name.endswith("orm.weight") else 0.0, 0.2)
    model.save_pretrained(directory)
    return model


def change(directory: Path, alter: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    tensors = load_file(directory / "model.safetensors")
    alter(tensors)
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})


def words_of(bundle: Bundle, words: torch.Tensor) -> Any:
    batch = Batch.from_padded(words, word_pad_id=bundle.encoder.config.word_pad_id)
    with torch.no_grad():
        output = bundle.encoder(batch)
        return output, bundle.heads[0].module(output, batch)


@ALL
def test_words_are_read_as_the_encoder_read_them(kind: str, tmp_path: Path) -> None:
    model = write_encoder(tmp_path, kind=kind)
    bundle = from_encoder(tmp_path)
    words = torch.tensor([[5, 9, 14, 21, 7, 30]])
    with torch.no_grad():
        expected = model(words).logits[0]
    _, scores = words_of(bundle, words)
    n_words = model.config.vocab_size
    assert (scores.words[:, :n_words] - expected).abs().max() < 1e-5
    save_bundle(bundle, directory=tmp_path / "luke")
    _, again = words_of(load_bundle(tmp_path / "luke"), words)
    assert torch.equal(again.words, scores.words)


@ALL
def test_transformers_computes_the_same_from_the_saved_luke(kind: str, tmp_path: Path) -> None:
    model = write_encoder(tmp_path, kind=kind)
    save_bundle(from_encoder(tmp_path), directory=tmp_path / "luke")
    luke = transformers.LukeForMaskedLM.from_pretrained(tmp_path / "luke").eval()
    words = torch.tensor([[5, 9, 14, 21, 7, 30]])
    with torch.no_grad():
        expected = model(words).logits[0]
        found = luke(input_ids=words).logits[0]
    assert (found[:, : model.config.vocab_size] - expected).abs().max() < 1e-5


@ALL
def test_a_bare_encoder_gets_a_fresh_head(kind: str, tmp_path: Path) -> None:
    model = write_encoder(tmp_path, kind=kind, architecture="Model")
    bundle = from_encoder(tmp_path)
    words = torch.tensor([[5, 9, 14]])
    with torch.no_grad():
        expected = model(words)
    output, _ = words_of(bundle, words)
    assert (output.words - expected.last_hidden_state[0]).abs().max() < 1e-5
    assert (output.pooled() - expected.pooler_output).abs().max() < 1e-5


def test_a_fresh_head_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_encoder(tmp_path, kind="roberta", architecture="Model")
    bundle = from_encoder(tmp_path)
    assert "no masked-word head" in caplog.text
    assert "random" in str(bundle.source)


@pytest.mark.parametrize("lost", ["lm_head.dense.bias", "lm_head.layer_norm.weight"])
def test_a_head_that_is_there_in_part_is_refused(lost: str, tmp_path: Path) -> None:
    write_encoder(tmp_path, kind="roberta")
    change(tmp_path, lambda tensors: tensors.pop(lost))
    with pytest.raises(CheckpointError, match=rf"masked-word head.*missing: {re.escape(lost)}"):
        from_encoder(tmp_path)


@pytest.mark.parametrize("name", ["word", "position", "token_type"])
@ALL
def test_a_missing_table_is_named(kind: str, name: str, tmp_path: Path) -> None:
    model = write_encoder(tmp_path, kind=kind, architecture="Model")
    change(tmp_path, lambda tensors: tensors.pop(f"embeddings.{name}_embeddings.weight"))
    assert model is not None
    with pytest.raises(CheckpointError, match=rf"missing: embeddings\.{name}_embeddings\.weight"):
        from_encoder(tmp_path)


def test_a_tokenizer_of_another_encoder_is_refused(tmp_path: Path) -> None:
    write_encoder(tmp_path, kind="bert", architecture="Model")
    name = "embeddings.word_embeddings.weight"
    change(tmp_path, lambda tensors: tensors.update({name: tensors[name][:9].clone()}))
    with pytest.raises(CheckpointError, match="9 rows but the tokenizer"):
        from_encoder(tmp_path)


def test_a_luke_is_told_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "luke", "hidden_size": 24}')
    with pytest.raises(CheckpointError, match="is a LUKE already"):
        from_encoder(tmp_path)


def test_the_entity_side_starts_as_asked(tmp_path: Path) -> None:
    write_encoder(tmp_path, kind="roberta")
    vocab = EntityVocab.build(VocabRow((Name(title),)) for title in ("Japan", "Tokyo"))
    options = FromEncoderConfig(entity_size=8, entity_aware=True, n_entity_types=3, seed=5)
    first = from_encoder(tmp_path, vocab=vocab, options=options)
    again = from_encoder(tmp_path, vocab=vocab, options=options)
    config = first.encoder.config
    assert (config.n_entities, config.entity_size, config.n_entity_types) == (6, 8, 3)
    assert first.entities.id("Tokyo") == 4
    table = first.encoder.entities.table.weight
    assert torch.equal(table, again.encoder.entities.table.weight)
    assert not table[config.entity_pad_id].any()
    attention = first.encoder.layers[0].attention
    assert torch.equal(attention.entity_to_word_query.weight, attention.query.weight)


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "t5"}')
    with pytest.raises(CheckpointError, match="'t5'"):
        from_encoder(tmp_path)


def test_unexpected_tensors_are_named(tmp_path: Path) -> None:
    write_encoder(tmp_path, kind="roberta", architecture="ForTokenClassification")
    with pytest.raises(CheckpointError, match=r"classifier\.bias"):
        from_encoder(tmp_path)
