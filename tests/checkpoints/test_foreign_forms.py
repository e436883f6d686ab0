"""Checkpoints that transformers does not read: UCTopic, disambiguation, unknown heads."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.checkpoints.stored_model import ReadOptions
from openluke.errors import CheckpointError
from tests.checkpoints.conftest import Written
from tests.checkpoints.released import Released, english, write_released
from tests.checkpoints.runs import random_inputs, run_ours, run_theirs

Find = Callable[[str], Written]


def write(
    directory: Path, *, architecture: str = "LukeModel", **changes: object
) -> torch.nn.Module:
    return write_released(
        Released("x", architecture, english(), **changes),  # type: ignore[arg-type]
        directory=directory,
    )


def change_weights(directory: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    path = directory / "pytorch_model.bin"
    tensors = torch.load(path, weights_only=True)
    change(tensors)
    torch.save(tensors, path)


def change_config(directory: Path, **values: object) -> None:
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_uctopic_gives_vectors_of_mentions(tmp_path: Path) -> None:
    theirs = write(tmp_path)
    weight, bias = torch.randn(24, 24), torch.randn(24)

    def add_mlp(tensors: dict[str, torch.Tensor]) -> None:
        for name in list(tensors):
            tensors[f"luke.{name}"] = tensors.pop(name)
        tensors |= {"mlp.dense.weight": weight, "mlp.dense.bias": bias}

    change_weights(tmp_path, add_mlp)
    bundle = load_bundle(tmp_path)
    inputs = random_inputs(n_words=332, n_entities=9)
    entities = run_theirs(theirs, inputs).entity_last_hidden_state.flatten(0, 1)
    expected = torch.tanh(entities @ weight.T + bias)
    assert (run_ours(bundle, inputs) - expected).abs().max() < 1e-5
    save_bundle(bundle, directory=tmp_path / "saved")
    assert load_bundle(tmp_path / "saved").heads[0].entry == bundle.heads[0].entry


def test_the_separate_mask_of_disambiguation_models_becomes_a_row(tmp_path: Path) -> None:
    write(tmp_path)
    vector = torch.randn(10)
    key = "luke.entity_embeddings.mask_embedding"

    def add_mask(tensors: dict[str, torch.Tensor]) -> None:
        for name in list(tensors):
            tensors[f"luke.{name}"] = tensors.pop(name)
        tensors[key] = vector

    change_weights(tmp_path, add_mask)
    bundle = load_bundle(tmp_path)
    assert torch.equal(bundle.encoder.entities.table.weight[bundle.entities.special.mask], vector)


def test_missing_and_unexpected_tensors_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    change_weights(tmp_path, lambda t: t.update(new=torch.ones(1)))
    with pytest.raises(CheckpointError, match=r"unexpected tensors .*: new"):
        load_bundle(tmp_path)
    change_weights(tmp_path, lambda t: (t.pop("new"), t.pop("embeddings.LayerNorm.bias")))
    with pytest.raises(CheckpointError, match=r"missing: embeddings\.LayerNorm\.bias"):
        load_bundle(tmp_path)


def test_a_wrong_shape_is_named_with_what_was_expected(tmp_path: Path) -> None:
    write(tmp_path)
    change_config(tmp_path, intermediate_size=44)
    pattern = r"encoder\.layer\.0\.intermediate\.dense\.\w+ is .*, the configuration says \(44,"
    with pytest.raises(CheckpointError, match=pattern):
        load_bundle(tmp_path)


def test_another_kind_of_model_is_refused_with_the_way_on(tmp_path: Path) -> None:
    write(tmp_path)
    change_config(tmp_path, model_type="roberta")
    with pytest.raises(CheckpointError, match=r"'roberta', expected 'luke'.*from-encoder"):
        load_bundle(tmp_path)


def test_an_unknown_architecture_asks_what_its_head_is(tmp_path: Path) -> None:
    write(tmp_path, architecture="LukeForEntityPairClassification")
    change_config(tmp_path, architectures=["SomebodysPairModel"])
    with pytest.raises(CheckpointError, match=r"SomebodysPairModel.*head='entity_pair'"):
        load_bundle(tmp_path)
    bundle = load_bundle(tmp_path, options=ReadOptions(head="entity_pair"))
    assert bundle.heads[0].entry.config.kind == "entity_pair"


def test_shipped_queries_are_used_when_entity_aware_attention_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, entity_aware=False)
    shipped = torch.randn(24, 24)
    name = "encoder.layer.1.attention.self.e2e_query.weight"
    change_weights(tmp_path, lambda t: t.update({name: shipped}))
    assert not load_bundle(tmp_path).encoder.config.entity_aware
    bundle = load_bundle(tmp_path, options=ReadOptions(entity_aware=True))
    attention = bundle.encoder.layers[1].attention
    assert torch.equal(attention.entity_to_entity_query.weight, shipped)


def test_missing_queries_are_copies_of_the_query(tmp_path: Path) -> None:
    write(tmp_path, entity_aware=False)

    def drop(tensors: dict[str, torch.Tensor]) -> None:
        for name in [name for name in tensors if "2" in name and "_query" in name]:
            del tensors[name]

    change_weights(tmp_path, drop)
    bundle = load_bundle(tmp_path, options=ReadOptions(entity_aware=True))
    attention = bundle.encoder.layers[0].attention
    assert torch.equal(attention.word_to_entity_query.weight, attention.query.weight)
    plain = load_bundle(tmp_path)
    inputs = random_inputs(n_words=332, n_entities=9)
    aware = run_ours(bundle, inputs)
    assert (aware.words - run_ours(plain, inputs).words).abs().max() < 1e-5


def test_untied_decoders_stay_untied(tmp_path: Path) -> None:
    model = write(tmp_path, architecture="LukeForMaskedLM")
    own = torch.randn(332, 24)
    change_weights(tmp_path, lambda t: t.update({"lm_head.decoder.weight": own}))
    model.lm_head.decoder.weight = torch.nn.Parameter(own)
    bundle = load_bundle(tmp_path)
    assert not bundle.heads[0].entry.config.tied
    inputs = random_inputs(n_words=332, n_entities=9)
    expected = run_theirs(model, inputs).logits[inputs["attention_mask"].bool()]
    assert (run_ours(bundle, inputs).words - expected).abs().max() < 1e-5
    save_bundle(bundle, directory=tmp_path / "saved")
    again = load_bundle(tmp_path / "saved")
    assert (run_ours(again, inputs).words - expected).abs().max() < 1e-5


@pytest.mark.parametrize("name", ["config.json", "entity_vocab.json", "vocab.json"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / name).unlink()
    stem = name.split(".", maxsplit=1)[0]
    with pytest.raises(CheckpointError, match=stem):
        load_bundle(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "entity_vocab.json", "vocab.json"])
def test_a_damaged_file_is_named(name: str, tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / name).write_text('{"cut off')
    with pytest.raises(CheckpointError, match=name):
        load_bundle(tmp_path)


def test_a_vocabulary_without_specials_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "entity_vocab.json").write_text('{"[PAD]": 0, "Japan": 1}')
    with pytest.raises(CheckpointError, match=r"\[UNK\].*\[MASK\]|\[MASK\].*\[UNK\]"):
        load_bundle(tmp_path)


def test_a_vocabulary_of_another_model_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    vocab = english() | {f"Title {i}": 9 + i for i in range(5)}
    (tmp_path / "entity_vocab.json").write_text(json.dumps(vocab))
    with pytest.raises(CheckpointError, match=r"14 ids .* 9 rows"):
        load_bundle(tmp_path)


def test_a_bundle_of_a_newer_form_says_so(tmp_path: Path, checkpoint_of: Find) -> None:
    save_bundle(load_bundle(checkpoint_of("luke-base").directory), directory=tmp_path / "saved")
    path = tmp_path / "saved" / "openluke.json"
    path.write_text(path.read_text().replace('"format": 2', '"format": 99'))
    with pytest.raises(CheckpointError, match="format 99"):
        load_bundle(tmp_path / "saved")


def change_vocab(directory: Path, change: Callable[[dict[str, int]], dict[str, int]]) -> None:
    path = directory / "entity_vocab.json"
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))))


def test_titles_that_a_converter_gave_the_language_none_are_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path)
    titles = load_bundle(tmp_path).entities
    change_vocab(
        tmp_path, lambda ids: {k if k[0] == "[" else f"None:{k}": i for k, i in ids.items()}
    )
    found = load_bundle(tmp_path).entities
    assert [row.names for row in found.rows()] == [row.names for row in titles.rows()]
    assert "keys begin with 'None:'" in caplog.text


def test_a_table_with_more_rows_than_titles_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path)
    load_bundle(tmp_path)
    assert not caplog.text
    change_vocab(tmp_path, lambda ids: {k: i for k, i in ids.items() if k[0] == "[" and i < 3})
    bundle = load_bundle(tmp_path)
    rows = bundle.encoder.config.n_entities
    assert f"the entity table has {rows} rows but entity_vocab.json names only 3" in caplog.text
    save_bundle(bundle, directory=tmp_path / "saved")
    assert load_bundle(tmp_path / "saved").encoder.config.n_entities == rows


def test_a_model_whose_vocabulary_has_holes_is_read_and_saved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path)
    change_vocab(tmp_path, lambda ids: {k: i for k, i in ids.items() if i != 4})
    bundle = load_bundle(tmp_path)
    assert "1 of the ids 0 to 8 have no name, for example 4" in caplog.text
    save_bundle(bundle, directory=tmp_path / "saved")
    again = load_bundle(tmp_path / "saved").entities
    assert [row.names for row in again.rows()] == [row.names for row in bundle.entities.rows()]
