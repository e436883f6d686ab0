"""Every released layout is read, computes what transformers computes, and is written back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.checkpoints.weights import read_weights
from tests.checkpoints.conftest import Written
from tests.checkpoints.released import RELEASED
from tests.checkpoints.runs import random_inputs, run_ours, run_theirs

Find = Callable[[str], Written]
LAYOUTS = pytest.mark.parametrize("name", [layout.name for layout in RELEASED])
HEADLESS = {"bare"}
BIASED_PAIR = "mluke-large-lite-finetuned-kbp37"


def scores(output: Any, inputs: dict[str, Tensor], *, kind: str | None) -> list[Tensor]:
    """The comparable tensors of transformers' output, without padding."""
    real = inputs["attention_mask"].bool()
    if kind is None:
        return [output.last_hidden_state[real], output.entity_last_hidden_state.flatten(0, 1)]
    if kind == "masked":
        return [output.logits[real], output.entity_logits.flatten(0, 1)]
    if kind == "extractive_qa":
        return [output.start_logits[real], output.end_logits[real]]
    if kind == "entity_span":
        return [output.logits.flatten(0, 1)]
    return [output.logits[real] if kind == "token" else output.logits]


def our_scores(bundle: Bundle, inputs: dict[str, Tensor], *, kind: str | None) -> list[Tensor]:
    found = run_ours(bundle, inputs)
    if kind is None:
        return [found.words, found.entities]
    if kind in ("masked", "extractive_qa"):
        return list(found)
    return [found[::2] if kind == "entity" else found]  # transformers scores the first entity


def inputs_of(written: Written, *, kind: str | None) -> dict[str, Tensor]:
    config = written.model.config
    inputs = random_inputs(n_words=config.vocab_size, n_entities=config.entity_vocab_size)
    if kind == "entity_span":
        inputs["entity_start_positions"] = torch.tensor([[1, 3], [2, 4]])
        inputs["entity_end_positions"] = torch.tensor([[2, 5], [2, 4]])
    if kind == "multiple_choice":
        inputs = {name: tensor[None] for name, tensor in inputs.items()}
    return inputs


def kind_of(bundle: Bundle) -> str | None:
    return bundle.heads[0].entry.config.kind if bundle.heads else None


def assert_same_scores(ours: list[Tensor], theirs: list[Tensor]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.shape == other.shape
        assert (mine - other).abs().max() < 1e-5


@LAYOUTS
def test_a_released_layout_computes_what_transformers_does(name: str, checkpoint_of: Find) -> None:
    written = checkpoint_of(name)
    bundle = load_bundle(written.directory)
    kind = kind_of(bundle)
    inputs = inputs_of(written, kind=kind)
    theirs = scores(run_theirs(written.model, inputs), inputs, kind=kind)
    assert_same_scores(our_scores(bundle, inputs, kind=kind), theirs)


@LAYOUTS
def test_special_entities_come_from_the_vocabulary(name: str, checkpoint_of: Find) -> None:
    written = checkpoint_of(name)
    bundle = load_bundle(written.directory)
    vocab, special = written.released.vocab, bundle.entities.special
    found = (special.pad, special.unk, special.mask, special.mask2)
    assert found == tuple(vocab[token] for token in ("[PAD]", "[UNK]", "[MASK]", "[MASK2]"))
    assert bundle.encoder.config.entity_pad_id == vocab["[PAD]"]


@LAYOUTS
def test_a_saved_bundle_is_read_by_transformers(
    name: str, checkpoint_of: Find, tmp_path: Path
) -> None:
    written = checkpoint_of(name)
    bundle = load_bundle(written.directory)
    save_bundle(bundle, directory=tmp_path / "saved")
    theirs, info = getattr(transformers, written.released.architecture).from_pretrained(
        tmp_path / "saved", output_loading_info=True
    )
    left = {BIASED_PAIR: {"classifier.bias"}}.get(name, set())
    assert not info["missing_keys"]
    assert set(info["unexpected_keys"]) == left
    if left:
        theirs.classifier.bias = torch.nn.Parameter(written.model.classifier.bias.detach())
    kind = kind_of(bundle)
    inputs = inputs_of(written, kind=kind)
    ours = our_scores(bundle, inputs, kind=kind)
    assert_same_scores(ours, scores(run_theirs(theirs.eval(), inputs), inputs, kind=kind))


@LAYOUTS
@pytest.mark.parametrize("quantise", [False, True], ids=["float32", "int8"])
def test_a_saved_bundle_comes_back(
    name: str, quantise: bool, checkpoint_of: Find, tmp_path: Path
) -> None:
    bundle = load_bundle(checkpoint_of(name).directory)
    save_bundle(bundle, directory=tmp_path / "once", quantise=quantise)
    once = load_bundle(tmp_path / "once")
    save_bundle(once, directory=tmp_path / "twice")
    again = load_bundle(tmp_path / "twice")
    assert once.encoder.config == again.encoder.config == bundle.encoder.config
    assert [h.entry for h in again.heads] == [h.entry for h in bundle.heads]
    assert again.inputs == bundle.inputs
    assert again.entities.special == bundle.entities.special
    assert list(again.entities.rows()) == list(bundle.entities.rows())
    for first, second in zip(modules(once), modules(again), strict=True):
        assert_same_tensors(first.state_dict(), second.state_dict())
    if not quantise:
        for first, second in zip(modules(bundle), modules(again), strict=True):
            assert_same_tensors(first.state_dict(), second.state_dict())


@LAYOUTS
def test_a_saved_tokenizer_gives_the_same_ids(
    name: str, checkpoint_of: Find, tmp_path: Path
) -> None:
    bundle = load_bundle(checkpoint_of(name).directory)
    save_bundle(bundle, directory=tmp_path / "saved")
    again = load_bundle(tmp_path / "saved")
    text, spans = "Beyoncé lives in Los Angeles, 東京 🙂 <mask>.", [(0, 7), (17, 28)]
    layout = bundle.inputs.layout
    spans = spans[:1] if layout == "entity" else spans
    first = bundle.entity_inputs()(text, spans=spans)[0]
    second = again.entity_inputs()(text, spans=spans)[0]
    assert first.word_ids.tolist() == second.word_ids.tolist()
    assert first.entity_ids.tolist() == second.entity_ids.tolist()
    assert first.entity_ranges.tolist() == second.entity_ranges.tolist()


@LAYOUTS
def test_names_of_tensors_are_those_of_transformers(
    name: str, checkpoint_of: Find, tmp_path: Path
) -> None:
    written = checkpoint_of(name)
    save_bundle(load_bundle(written.directory), directory=tmp_path / "saved")
    ours = read_weights(tmp_path / "saved").keys()
    theirs = written.model.state_dict().keys()
    tied = {"entity_predictions.decoder.weight"} & theirs  # saved once, as the table
    assert ours == theirs - tied


def modules(bundle: Bundle) -> list[torch.nn.Module]:
    return [bundle.encoder, *(head.module for head in bundle.heads)]


def assert_same_tensors(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert first.keys() == second.keys()
    assert all(torch.equal(first[key], second[key]) for key in first)
