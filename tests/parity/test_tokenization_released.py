"""Golden encodings of the released models, with the real vocabularies where they are at hand.

They need ``OPENLUKE_DATA=DIR`` with ``tokenizers/roberta-base`` and ``tokenizers/xlm-roberta``.
"""

import json
import os
from pathlib import Path

import pytest

from openluke.entities.vocab import EntityVocab
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.passages import Passage
from openluke.tokenization.tokenizer import WordTokenizer
from tests.parity.encodings import as_encoding

DATA = os.environ.get("OPENLUKE_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(DATA is None, reason="set OPENLUKE_DATA to the real vocabularies"),
]
LAYOUTS = {
    None: "plain",
    "text_pair": "plain",
    "entity_classification": "entity",
    "entity_pair_classification": "entity_pair",
    "entity_span_classification": "entity_span",
}
ENTITY_IDS = {"[PAD]": 0, "[UNK]": 1, "[MASK]": 2, "[MASK2]": 3, "en:ISO 639-3": 4, "en:Iran": 5}
LONG = (
    "Top seed Ana Ivanovic said on Thursday she could hardly believe her luck as a fortuitous "
    "netcord helped the new world number one avoid a humiliating second- round exit at Wimbledon ."
)


def expected(model: str) -> list[dict]:
    """The published encodings of a model."""
    if DATA is None:
        return []
    path = Path(DATA, "luke-fixtures/hf_expected_values.json")
    cases = json.loads(path.read_text(encoding="utf-8"))["tokenizer_expected"]
    return [case for case in cases if case["model"].startswith(model)]


@pytest.fixture(scope="module")
def vocab(tmp_path_factory) -> EntityVocab:
    path = tmp_path_factory.mktemp("vocab") / "entity_vocab.json"
    path.write_text(json.dumps(ENTITY_IDS), encoding="utf-8")
    return EntityVocab.read(path)


@pytest.fixture(scope="module")
def luke() -> WordTokenizer:
    return WordTokenizer.read(Path(DATA, "tokenizers/roberta-base"), add_markers=True)


@pytest.fixture(scope="module")
def mluke() -> WordTokenizer:
    return WordTokenizer.read(Path(DATA, "tokenizers/xlm-roberta"), add_markers=True)


def check(case: dict, *, tokenizer: WordTokenizer, vocab: EntityVocab) -> None:
    layout = LAYOUTS[case.get("task")]
    inputs = EntityInputs(tokenizer, vocab, EntityInputsConfig(layout=layout))
    pair = None
    if "text_pair" in case:
        pair = Passage(text=case["text_pair"], spans=case["entity_spans_pair"])
    windows = inputs(
        case["text"],
        spans=case.get("entity_spans", ()),
        entities=case.get("entities"),
        pair=pair,
    )
    assert len(windows) == 1
    encoding = as_encoding(windows[0])
    positions = [
        [position for position in row if position != -1] for row in encoding["entity_position_ids"]
    ]
    ids = encoding["input_ids"]
    if case.get("add_special_tokens") is False:
        ids = ids[1:-1]
    found = {
        **encoding,
        "input_ids": ids,
        "n_input_ids": len(ids),
        "entity_positions_without_padding": positions,
    }
    for key, value in case.items():
        if key in found and key != "entity_ids":
            assert found[key] == value, key


@pytest.mark.parametrize("case", expected("luke-base"), ids=lambda case: case.get("task"))
def test_encodings_of_luke(luke, vocab, case) -> None:
    check(case, tokenizer=luke, vocab=vocab)


@pytest.mark.parametrize("case", expected("mluke-base"), ids=lambda case: case["text"][:20])
def test_encodings_of_mluke(mluke, vocab, case) -> None:
    check(case, tokenizer=mluke, vocab=vocab)


def test_sizes_of_the_released_models(luke, mluke) -> None:
    assert (luke.n_words, luke.marker_id, luke.marker2_id) == (50267, 50265, 50266)
    assert (mluke.n_words, mluke.marker_id, mluke.marker2_id) == (250004, 250002, 250003)


def test_the_length_of_the_golden_inputs(luke, mluke, vocab) -> None:
    config = EntityInputsConfig(layout="entity", prefix_space=True)
    windows = EntityInputs(luke, vocab, config)(LONG, spans=[(39, 42)])
    assert len(windows[0]) == 42
    text = (
        "ISO 639-3 uses the code fas for the dialects spoken across Iran and "
        "アフガニスタン (Afghanistan)."
    )
    windows = EntityInputs(mluke, vocab, EntityInputsConfig(layout="entity"))(text, spans=[(0, 9)])
    assert len(windows[0]) == 33


def test_prefixes_of_words(luke, mluke) -> None:
    def tokens(tokenizer, *segments):
        ids = tokenizer.encode([list(segments)], offsets=False)[0].ids
        return [tokenizer.token(row) for row in ids]

    assert tokens(luke, " Tokyo") == ["ĠTokyo"]
    assert tokens(luke, "Tokyo") == ["Tok", "yo"]
    assert tokens(luke, " Studio Ousia", " developed ") == [
        *("ĠStudio", "ĠO", "us", "ia", "Ġdeveloped", "Ġ"),
    ]
    assert tokens(mluke, "Tokyo") == ["▁Tokyo"]
    assert tokens(mluke, "私は", "寿司")[0] == "▁私は"
