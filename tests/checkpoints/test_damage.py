"""Whatever is wrong in a model's files ends in an error of ours that says what."""

import contextlib
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.original_archive import read_archive
from openluke.checkpoints.original_layout import from_original
from openluke.checkpoints.saving import save_bundle
from openluke.checkpoints.weights import check_finite, read_weights
from openluke.errors import CheckpointError, OpenLukeError
from openluke.model.config import HeadConfig
from tests.checkpoints.released import Released, english, write_released
from tests.checkpoints.test_original import Original

Tensors = dict[str, torch.Tensor]


def write(directory: Path, *, architecture: str, **changes: Any) -> None:
    released = Released("x", architecture, english(), **changes)
    write_released(released, directory=directory)


def change_json(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def change_weights(directory: Path, change: Callable[[Tensors], object]) -> None:
    tensors = torch.load(directory / "pytorch_model.bin", weights_only=True)
    change(tensors)
    torch.save(tensors, directory / "pytorch_model.bin")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("architectures", -1),
        ("architectures", [5]),
        ("classifier_dropout", "x"),
        ("classifier_dropout", 3.5),
        ("hidden_act", []),
        ("hidden_dropout_prob", -1),
        ("id2label", "x"),
        ("id2label", {"a": "b"}),
        ("initializer_range", -1),
        ("intermediate_size", -1),
        ("max_position_embeddings", 2),
        ("num_hidden_layers", 10**30),
        ("problem_type", []),
        ("problem_type", "guessing"),
        ("type_vocab_size", -1),
    ],
)
def test_a_wrong_value_in_config_is_named_with_its_file(
    key: str, value: object, tmp_path: Path
) -> None:
    write(tmp_path, architecture="LukeForSequenceClassification")
    change_json(tmp_path / "config.json", **{key: value})
    with pytest.raises(OpenLukeError, match=r"config\.json"):
        load_bundle(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("task", []),
        ("task", "entity_disambiguation"),
        ("added_tokens_decoder", {"a": "b"}),
        ("additional_special_tokens", 5),
    ],
)
def test_a_wrong_value_in_tokenizer_config_is_named(
    key: str, value: object, tmp_path: Path
) -> None:
    write(tmp_path, architecture="LukeModel")
    change_json(tmp_path / "tokenizer_config.json", **{key: value})
    with pytest.raises(OpenLukeError, match=str(tmp_path)):
        load_bundle(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "added_tokens.json"])
def test_json_that_is_nested_too_deep_is_named(name: str, tmp_path: Path) -> None:
    write(tmp_path, architecture="LukeModel")
    (tmp_path / name).write_text("[" * 100_000)
    with pytest.raises(CheckpointError, match=name):
        load_bundle(tmp_path)


@pytest.mark.parametrize("lost", [("classifier.weight", "classifier.bias"), ("classifier.bias",)])
@pytest.mark.parametrize(
    "architecture", ["LukeForEntityClassification", "LukeForSequenceClassification"]
)
def test_a_head_that_is_said_to_be_there_must_be_there(
    architecture: str, lost: tuple[str, ...], tmp_path: Path
) -> None:
    write(tmp_path, architecture=architecture)
    change_weights(tmp_path, lambda tensors: [tensors.pop(name) for name in lost])
    with pytest.raises(CheckpointError, match=r"lack classifier\.bias"):
        load_bundle(tmp_path)


def test_the_head_of_masked_words_must_be_there_too(tmp_path: Path) -> None:
    write(tmp_path, architecture="LukeForMaskedLM")
    change_weights(tmp_path, lambda tensors: tensors.pop("lm_head.dense.bias"))
    with pytest.raises(CheckpointError, match=r"missing: lm_head\.dense\.bias"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("part", ["weight", "bias"])
def test_one_missing_query_is_named(part: str, tmp_path: Path) -> None:
    write(tmp_path, architecture="LukeModel")
    name = f"encoder.layer.1.attention.self.e2w_query.{part}"
    change_weights(tmp_path, lambda tensors: tensors.pop(name))
    with pytest.raises(CheckpointError, match=rf"missing: {re.escape(name)}"):
        load_bundle(tmp_path)


@pytest.mark.parametrize(
    "name", ["embeddings.word_embeddings", "entity_embeddings.entity_embeddings"]
)
def test_a_missing_table_is_named(name: str, tmp_path: Path) -> None:
    write(tmp_path, architecture="LukeForMaskedLM")
    change_weights(tmp_path, lambda tensors: tensors.pop(f"luke.{name}.weight"))
    with pytest.raises(CheckpointError, match=rf"missing: luke\.{re.escape(name)}\.weight"):
        load_bundle(tmp_path)


def test_a_tensor_of_another_shape_is_named_as_in_the_file(tmp_path: Path) -> None:
    write(tmp_path, architecture="LukeModel")
    name = "encoder.layer.1.attention.self.key.weight"
    change_weights(tmp_path, lambda tensors: tensors.update({name: torch.zeros(3, 3)}))
    with pytest.raises(CheckpointError, match=rf"{re.escape(name)} is \(3, 3\), the config"):
        load_bundle(tmp_path)


def test_the_parts_of_an_int8_file_are_named_as_in_it(tmp_path: Path) -> None:
    write(tmp_path / "plain", architecture="LukeForEntityClassification")
    save_bundle(load_bundle(tmp_path / "plain"), directory=tmp_path / "small", quantise=True)
    file = tmp_path / "small" / "model.int8.safetensors"
    tensors = load_file(file)
    del tensors["encoder/layers.1.attention.key.bias"]
    save_file(tensors, file)
    (tmp_path / "small" / "manifest.json").unlink()
    with pytest.raises(CheckpointError, match=r"missing: encoder/layers\.1\.attention\.key\.bias"):
        load_bundle(tmp_path / "small")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_weights_that_are_no_numbers_are_named(
    value: float, dtype: torch.dtype, tmp_path: Path
) -> None:
    write(tmp_path, architecture="LukeModel")
    name = "encoder.layer.0.attention.self.query.weight"

    def spoil(tensors: dict[str, torch.Tensor]) -> None:
        tensors |= {n: t.to(dtype) if t.is_floating_point() else t for n, t in tensors.items()}
        tensors[name].view(-1)[5:7] = value

    change_weights(tmp_path, spoil)
    with pytest.raises(CheckpointError, match=rf"{re.escape(name)} has 2 weights that are no fin"):
        load_bundle(tmp_path)


def test_a_head_that_is_no_number_is_named_by_its_file(tmp_path: Path) -> None:
    write(tmp_path / "plain", architecture="LukeForEntityClassification")
    bundle = load_bundle(tmp_path / "plain")
    bundle = bundle.with_head("b", config=HeadConfig(kind="entity", n_labels=2))
    torch.nn.init.constant_(bundle.heads[1].module.get_parameter("classifier.bias"), torch.nan)
    save_bundle(bundle, directory=tmp_path / "saved")
    with pytest.raises(CheckpointError, match=r"b\.safetensors: classifier\.bias has 2 weights"):
        load_bundle(tmp_path / "saved")


def test_large_half_precision_weights_are_numbers(tmp_path: Path) -> None:
    check_finite({"a": torch.full((100, 100), 6e4, dtype=torch.float16)}, where=tmp_path)
    check_finite({"a": torch.full((100,), 3e38)}, where=tmp_path)


@pytest.mark.parametrize("dtype", [torch.int32, torch.bool])
def test_tensors_of_whole_numbers_are_named(dtype: torch.dtype, tmp_path: Path) -> None:
    write(tmp_path, architecture="LukeModel")
    name = "embeddings.LayerNorm.weight"
    change_weights(tmp_path, lambda t: t.update({name: t[name].to(dtype)}))
    with pytest.raises(CheckpointError, match=rf"{re.escape(name)} is of {dtype}"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("shape", [(), (24,), (3, 24)])
def test_a_type_table_of_another_shape_is_named(shape: tuple[int, ...], tmp_path: Path) -> None:
    write(tmp_path, architecture="LukeModel")
    name = "entity_embeddings.token_type_embeddings.weight"
    change_weights(tmp_path, lambda t: t.update({name: torch.ones(shape)}))
    with pytest.raises(CheckpointError, match=rf"{re.escape(name)} is \("):
        load_bundle(tmp_path)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("zipped", [True, False])
def test_changed_bytes_of_a_torch_file_are_an_error_of_ours(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    torch.save({"a": torch.ones(3, 4)}, path, _use_new_zipfile_serialization=zipped)
    whole, rng = path.read_bytes(), random.Random(0)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] = rng.randrange(256)
        path.write_bytes(damaged if rng.random() < 0.8 else whole[: rng.randrange(len(whole))])
        with contextlib.suppress(CheckpointError):
            read_weights(path)


@pytest.mark.parametrize(
    "name",
    [
        "embeddings.word_embeddings",
        "embeddings.position_embeddings",
        "embeddings.token_type_embeddings",
        "entity_embeddings.entity_embeddings",
        "entity_embeddings.position_embeddings",
        "entity_embeddings.token_type_embeddings",
    ],
)
def test_a_table_that_an_archive_lacks_is_named(name: str, tmp_path: Path) -> None:
    original = Original(tmp_path)
    del original.tensors[f"{name}.weight"]
    original.write()
    with pytest.raises(CheckpointError, match=rf"missing: {re.escape(name)}\.weight"):
        from_original(read_archive(original.directory), tokenizer=original.tokenizer)


@pytest.mark.parametrize("value", [None, "x", 3.5])
@pytest.mark.parametrize("key", ["max_seq_length", "max_mention_length"])
def test_a_wrong_length_in_an_archive_is_named(key: str, value: object, tmp_path: Path) -> None:
    original = Original(tmp_path)
    change_json(original.directory / "metadata.json", **{key: value})
    with pytest.raises(CheckpointError, match=r"metadata\.json: max_"):
        from_original(read_archive(original.directory), tokenizer=original.tokenizer)


def test_spare_rows_of_entities_do_not_move_the_second_mask(tmp_path: Path) -> None:
    original = Original(tmp_path)
    for name in list(original.tensors):
        if name.startswith(("entity_embeddings.entity_embeddings.", "entity_predictions.decoder.")):
            table = original.tensors[name]
            original.tensors[name] = torch.cat([table, torch.randn(3, table.shape[1])])
    bias = original.tensors["entity_predictions.bias"]
    original.tensors["entity_predictions.bias"] = torch.cat([bias, torch.randn(3)])
    original.write()
    bundle = from_original(read_archive(original.directory), tokenizer=original.tokenizer)
    special, table = bundle.entities.special, bundle.encoder.entities.table.weight
    assert torch.equal(table[special.mask2], table[special.mask])
    original.tensors["entity_predictions.bias"] = bias[:2].clone()
    original.write()
    with pytest.raises(CheckpointError, match="2 rows but the entity vocabulary has 5"):
        from_original(read_archive(original.directory), tokenizer=original.tokenizer)


def test_an_archive_of_the_original_names_the_command_that_converts_it(tmp_path: Path) -> None:
    original = Original(tmp_path)
    for path in (original.directory, original.directory / "pytorch_model.bin"):
        with pytest.raises(CheckpointError, match="openluke convert from-original"):
            load_bundle(path)


def test_what_is_no_model_says_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "note.txt").touch()
    for path, found in (
        (tmp_path, r"a directory without config\.json \(it holds note\.txt\)"),
        (tmp_path / "note.txt", "a file"),
        (tmp_path / "nowhere", "nothing"),
    ):
        with pytest.raises(CheckpointError, match=f"found {found}, expected the directory of a m"):
            load_bundle(path)
