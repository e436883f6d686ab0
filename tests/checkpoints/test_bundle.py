"""Bundles: several heads on one encoder, lite models, encoders without entities."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.bundle_config import HeadEntry
from openluke.checkpoints.lite import make_lite
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import CheckpointError, ConfigError
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig
from openluke.model.encoder import Encoder
from tests.checkpoints.conftest import Written
from tests.checkpoints.runs import random_inputs, run_ours

Find = Callable[[str], Written]
NER = HeadConfig(kind="entity_span", n_labels=3)
RELATIONS = HeadConfig(kind="entity_pair", n_labels=2, bias=False)


@pytest.fixture
def bundle(checkpoint_of: Find) -> Bundle:
    return load_bundle(checkpoint_of("luke-base").directory)


@pytest.mark.parametrize("quantise", [False, True], ids=["float32", "int8"])
def test_several_heads_come_back(bundle: Bundle, quantise: bool, tmp_path: Path) -> None:
    many = bundle.with_head("ner", config=NER, labels=("O", "PER", "LOC"))
    many = many.with_head("relations", config=RELATIONS)
    save_bundle(many, directory=tmp_path / "many", quantise=quantise)
    again = load_bundle(tmp_path / "many")
    assert [h.entry for h in again.heads] == [h.entry for h in many.heads]
    assert again.head("ner").entry.labels == ("O", "PER", "LOC")
    if not quantise:
        weight = again.head("relations").module.classifier.weight
        assert torch.equal(weight, many.head("relations").module.classifier.weight)
        assert (tmp_path / "many" / "heads" / "ner.safetensors").is_file()


@pytest.mark.parametrize("quantise", [False, True], ids=["float32", "int8"])
def test_a_head_may_have_any_name(bundle: Bundle, quantise: bool, tmp_path: Path) -> None:
    many = bundle.with_head("encoder", config=NER)
    save_bundle(many, directory=tmp_path / "many", quantise=quantise)
    again = load_bundle(tmp_path / "many")
    assert [h.entry.name for h in again.heads] == ["masked", "encoder"]
    found = again.encoder.words.tokens.weight
    assert torch.allclose(found, bundle.encoder.words.tokens.weight, atol=0.01)


def test_a_missing_query_of_ours_is_named(bundle: Bundle, tmp_path: Path) -> None:
    assert bundle.encoder.config.entity_aware
    save_bundle(bundle, directory=tmp_path / "saved")
    (tmp_path / "saved" / "manifest.json").unlink()
    path = tmp_path / "saved" / "model.safetensors"
    tensors = {n: t for n, t in load_file(path).items() if "2" not in n.split(".")[-2]}
    save_file(tensors, path)
    with pytest.raises(CheckpointError, match=r"missing: .*e2e_query"):
        load_bundle(tmp_path / "saved")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_type_of_numbers_is_said(
    dtype: torch.dtype, checkpoint_of: Find, tmp_path: Path
) -> None:
    bundle = load_bundle(checkpoint_of("luke-base").directory, dtype=dtype)
    save_bundle(bundle, directory=tmp_path / "saved")
    name = str(dtype).removeprefix("torch.")
    assert f"| weights | {name} |" in (tmp_path / "saved" / "README.md").read_text()
    assert json.loads((tmp_path / "saved" / "config.json").read_text())["dtype"] == name
    theirs = transformers.LukeForMaskedLM.from_pretrained(tmp_path / "saved")
    assert theirs.dtype == dtype


def test_an_unknown_head_is_an_error_that_names_the_others(bundle: Bundle) -> None:
    with pytest.raises(ConfigError, match=r"no head named 'ner'.*masked"):
        bundle.head("ner")


def test_two_heads_of_one_name_are_refused(bundle: Bundle) -> None:
    with pytest.raises(ConfigError, match="already has"):
        bundle.with_head("masked", config=NER)


def test_labels_must_fit_the_outputs(bundle: Bundle) -> None:
    with pytest.raises(ConfigError, match="3 outputs but 1 labels"):
        bundle.with_head("ner", config=NER, labels=("O",))


def test_a_head_name_is_a_file_name(bundle: Bundle) -> None:
    with pytest.raises(ConfigError, match=r"found '\.\./x'"):
        bundle.with_head("../x", config=NER)


def test_a_missing_head_file_is_named(bundle: Bundle, tmp_path: Path) -> None:
    save_bundle(bundle.with_head("ner", config=NER), directory=tmp_path / "many")
    (tmp_path / "many" / "heads" / "ner.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"ner\.safetensors"):
        load_bundle(tmp_path / "many")


def test_a_model_is_replaced_only_on_request(bundle: Bundle, tmp_path: Path) -> None:
    save_bundle(bundle, directory=tmp_path / "model")
    with pytest.raises(CheckpointError, match="replace"):
        save_bundle(bundle, directory=tmp_path / "model")
    save_bundle(bundle, directory=tmp_path / "model", replace=True)


@pytest.mark.parametrize("name", ["luke-base", "mluke-base"])
def test_a_lite_model_computes_the_same_for_special_entities(
    name: str, checkpoint_of: Find, tmp_path: Path
) -> None:
    full = load_bundle(checkpoint_of(name).directory)
    lite = make_lite(full)
    save_bundle(lite, directory=tmp_path / "lite")
    lite = load_bundle(tmp_path / "lite")
    assert lite.encoder.config.n_entities == lite.entities.n_ids == 4
    assert lite.entities.special.mask == 0
    inputs = random_inputs(n_words=full.encoder.config.n_words, n_entities=4)
    mask = full.entities.special.mask
    in_full = inputs | {"entity_ids": torch.full((2, 2), mask)}
    in_lite = inputs | {"entity_ids": torch.zeros(2, 2, dtype=torch.long)}
    expected, found = run_ours(full, in_full), run_ours(lite, in_lite)
    assert torch.allclose(found.words, expected.words, atol=1e-6)
    special = full.entities.special
    rows = [special.mask, special.unk, special.pad, special.mask2]
    assert torch.allclose(found.entities, expected.entities[:, rows], atol=1e-6)


def test_an_encoder_without_entities_is_saved_for_both_readers(
    bundle: Bundle, tmp_path: Path
) -> None:
    config = replace(bundle.encoder.config, n_entities=0)
    plain = replace(bundle, encoder=Encoder(config).eval(), heads=())
    save_bundle(plain, directory=tmp_path / "plain")
    again = load_bundle(tmp_path / "plain")
    assert again.encoder.config == plain.encoder.config
    theirs = transformers.LukeModel.from_pretrained(tmp_path / "plain").eval()
    words = torch.tensor([[0, 17, 18, 19, 2]])
    with torch.no_grad():
        expected = theirs(input_ids=words).last_hidden_state[0]
    inputs = {"input_ids": words, "attention_mask": torch.ones_like(words)}
    found = words_only(again, inputs)
    assert (found - expected).abs().max() < 1e-5


def test_entity_types_are_kept(bundle: Bundle, tmp_path: Path) -> None:
    config = replace(bundle.encoder.config, n_entity_types=5)
    typed = replace(bundle, encoder=Encoder(config).eval(), heads=())
    save_bundle(typed, directory=tmp_path / "typed")
    again = load_bundle(tmp_path / "typed")
    assert again.encoder.config == config
    weight = again.encoder.entities.types.weight
    assert torch.equal(weight, typed.encoder.entities.types.weight)
    theirs = transformers.LukeModel.from_pretrained(tmp_path / "typed").eval()
    assert torch.equal(theirs.entity_embeddings.token_type_embeddings.weight, weight)


def test_parts_that_do_not_belong_together_are_refused(bundle: Bundle) -> None:
    small = replace(bundle.encoder.config, n_words=40)
    with pytest.raises(ConfigError, match=r"332 pieces .* 40 rows"):
        replace(bundle, encoder=Encoder(small), heads=())
    few = replace(bundle.encoder.config, n_entities=2, entity_pad_id=0)
    with pytest.raises(ConfigError, match=r"9 ids .* 2 rows"):
        replace(bundle, encoder=Encoder(few), heads=())


def words_only(bundle: Bundle, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    batch = Batch.from_padded(
        inputs["input_ids"], word_pad_id=1, word_mask=inputs["attention_mask"]
    )
    with torch.no_grad():
        return bundle.encoder(batch).words


def test_a_name_that_no_file_can_have_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="'aaaaaaaaaaaaaaaaaaaa' … of 300 characters, expected"):
        HeadEntry(name="a" * 300, config=HeadConfig(kind="entity"))
    assert HeadEntry(name="a" * 100, config=HeadConfig(kind="entity")).name == "a" * 100


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [("num_hidden_layers", 3, "n_layers is 2"), ("hidden_act", "relu", "activation is 'gelu'")],
)
def test_two_files_that_contradict_each_other_are_refused(
    key: str, value: object, named: str, checkpoint_of: Find, tmp_path: Path
) -> None:
    save_bundle(load_bundle(checkpoint_of("luke-base").directory), directory=tmp_path / "saved")
    change(tmp_path / "saved" / "config.json", **{key: value})
    with pytest.raises(CheckpointError, match=rf"{key} is {value!r}.*openluke\.json.*{named}"):
        load_bundle(tmp_path / "saved")


def test_the_padding_entity_is_that_of_the_vocabulary(checkpoint_of: Find, tmp_path: Path) -> None:
    save_bundle(load_bundle(checkpoint_of("luke-base").directory), directory=tmp_path / "saved")
    path = tmp_path / "saved" / "openluke.json"
    change(path, encoder=json.loads(path.read_text())["encoder"] | {"entity_pad_id": 5})
    with pytest.raises(CheckpointError, match=r"entity_pad_id is 5, but \[PAD\] has the id"):
        load_bundle(tmp_path / "saved")


def test_heads_say_what_belongs_to_their_kind(checkpoint_of: Find, tmp_path: Path) -> None:
    bundle = load_bundle(checkpoint_of("luke-base").directory)
    bundle = bundle.with_head("spans", config=HeadConfig(kind="entity_span", n_labels=3))
    bundle = bundle.with_head("found", config=HeadConfig(kind="span_proposer"))
    save_bundle(bundle, directory=tmp_path / "saved")
    written = json.loads((tmp_path / "saved" / "openluke.json").read_text())["heads"]
    assert [sorted(head["config"]) for head in written] == [
        ["kind", "tied"],
        ["bias", "dropout", "kind", "n_labels", "problem"],
        ["dropout", "inner_size", "kind", "n_layers"],
    ]
    again = load_bundle(tmp_path / "saved")
    assert [head.entry for head in again.heads] == [head.entry for head in bundle.heads]


def change(path: Path, **values: object) -> None:
    """Change a JSON file; a file of another size is no longer that of the manifest."""
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    (path.parent / "manifest.json").unlink()
