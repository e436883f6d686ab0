"""The published numbers of the released checkpoints, where a model hub can be reached."""

import pytest
import torch
from torch import Tensor

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.hub import resolve
from openluke.checkpoints.loading import load_bundle
from openluke.features import Features
from openluke.inference.load import load
from openluke.model.batch import Batch
from openluke.model.encoder import EncoderOutput
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig

pytestmark = pytest.mark.network

NEWS = (
    "Top seed Ana Ivanovic said on Thursday she could hardly believe her luck as a fortuitous "
    "netcord helped the new world number one avoid a humiliating second- round exit at Wimbledon ."
)
FARSI = (
    "ISO 639-3 uses the code fas for the dialects spoken across Iran "
    "and アフガニスタン (Afghanistan)."
)
GOLDEN = {
    "studio-ousia/luke-base": (
        [[0.0037, 0.1368, -0.0091], [0.1099, 0.3329, -0.1095], [0.0765, 0.5335, 0.1179]],
        [0.1457, 0.1044, 0.0174],
    ),
    "studio-ousia/luke-large": (
        [[0.0133, 0.0865, 0.0095], [0.3093, -0.2576, -0.7418], [-0.1720, -0.2117, -0.2869]],
        [0.0466, -0.0106, -0.0179],
    ),
    "studio-ousia/mluke-base": (
        [[0.0892, 0.0596, -0.2819], [0.0134, 0.1199, 0.0573], [-0.0169, 0.0927, 0.0644]],
        [-0.1482, 0.0609, 0.0322],
    ),
}
"""First three words and first entity, first three dimensions each; to 1e-4."""


def run(bundle: Bundle, features: Features) -> EncoderOutput:
    batch = Batch.collate([features], max_mention_length=bundle.inputs.max_mention_length)
    with torch.no_grad():
        return bundle.encoder(batch)


def typing_inputs(bundle: Bundle) -> EntityInputs:
    config = EntityInputsConfig(layout="entity", prefix_space=True)
    return EntityInputs(bundle.tokenizer, bundle.entities, config)


def assert_golden(name: str, output: EncoderOutput) -> None:
    words, entity = (torch.tensor(values) for values in GOLDEN[name])
    assert_close(output.words[:3, :3], words)
    assert_close(output.entities[0, :3], entity)


def assert_close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["studio-ousia/luke-base", "studio-ousia/luke-large"])
def test_luke_computes_its_published_numbers(name: str) -> None:
    bundle = load_bundle(resolve(name))
    features = typing_inputs(bundle)(NEWS, spans=[(39, 42)])[0]
    assert len(features) == 42
    assert_golden(name, run(bundle, features))


def test_mluke_computes_its_published_numbers() -> None:
    bundle = load_bundle(resolve("studio-ousia/mluke-base"))
    features = typing_inputs(bundle)(FARSI, spans=[(0, 9)])[0]
    assert len(features) == 33
    assert_golden("studio-ousia/mluke-base", run(bundle, features))


def test_mluke_fills_the_masks_of_the_published_sentence() -> None:
    bundle = load_bundle(resolve("studio-ousia/mluke-base"))
    text = "Tokyo is the capital of <mask>."
    features = bundle.entity_inputs()(text, spans=[(24, 30)])[0]
    batch = Batch.collate([features], max_mention_length=30)
    with torch.no_grad():
        scores = bundle.head("masked").module(bundle.encoder(batch), batch)
    place = features.word_ids.tolist().index(bundle.tokenizer.mask_id)
    word = bundle.tokenizer.token(int(scores.words[place].argmax()))
    assert word is not None
    assert word.strip("▁") == "Japan"
    assert bundle.entities.title(int(scores.entities[0].argmax()), language="en") == "Japan"


@pytest.mark.parametrize(
    ("name", "kind", "n_labels"),
    [
        ("studio-ousia/luke-large-finetuned-conll-2003", "entity_span", 5),
        ("studio-ousia/luke-large-finetuned-tacred", "entity_pair", 42),
        ("studio-ousia/luke-large-finetuned-open-entity", "entity", 9),
        ("studio-ousia/mluke-large-lite-finetuned-conll-2003", "entity_span", 5),
        ("studio-ousia/mluke-large-lite-finetuned-kbp37", "entity_pair", 37),
    ],
)
def test_fine_tuned_models_are_read_with_their_heads(name: str, kind: str, n_labels: int) -> None:
    (head,) = load_bundle(resolve(name)).heads
    assert (head.entry.config.kind, head.entry.config.n_labels) == (kind, n_labels)


@pytest.mark.parametrize(
    "name",
    [
        "studio-ousia/luke-base-lite",
        "studio-ousia/mluke-base-lite",
        "studio-ousia/luke-japanese-base-lite",
        "JiachengLi/uctopic-base",
    ],
)
def test_other_released_models_encode_a_text(name: str) -> None:
    (encoded,) = load(name, device="cpu").encode("Tokyo is in Japan.", spans=[[(0, 5)]])
    assert encoded.mentions[0].vector.shape == (768,)
