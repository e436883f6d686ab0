"""Tokenizers of all families and an entity vocabulary, made once."""

import json
from pathlib import Path

import pytest

from openluke.entities.vocab import EntityVocab
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer
from tests.tokenization import small_tokenizers as small

ENTITIES = ["[PAD]", "[UNK]", "[MASK]", "[MASK2]", "Tokyo", "Japan", "Ana Ivanovic"]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Directories of tokenizer files by family."""
    root = tmp_path_factory.mktemp("tokenizers")
    return {
        "byte_level": small.write_byte_level(root / "luke"),
        "sentencepiece": small.write_mluke(root / "mluke"),
        "wordpiece": small.write_wordpiece(root / "bert"),
    }


@pytest.fixture(scope="session")
def tokenizers(files: dict[str, Path]) -> dict[str, WordTokenizer]:
    """Word tokenizers by family, with markers."""
    return {family: WordTokenizer.read(path, add_markers=True) for family, path in files.items()}


@pytest.fixture(scope="session", params=["byte_level", "sentencepiece", "wordpiece"])
def tokenizer(
    request: pytest.FixtureRequest, tokenizers: dict[str, WordTokenizer]
) -> WordTokenizer:
    """Each tokenizer in turn."""
    return tokenizers[request.param]


@pytest.fixture(scope="session")
def luke(tokenizers: dict[str, WordTokenizer]) -> WordTokenizer:
    """The byte-level tokenizer."""
    return tokenizers["byte_level"]


@pytest.fixture(scope="session")
def vocab(tmp_path_factory: pytest.TempPathFactory) -> EntityVocab:
    """A few entities."""
    path = tmp_path_factory.mktemp("vocab") / "entity_vocab.json"
    path.write_text(json.dumps({title: row for row, title in enumerate(ENTITIES)}))
    return EntityVocab.read(path)


@pytest.fixture
def make(tokenizer, vocab):
    """Entity inputs of each tokenizer by configuration."""
    return lambda **options: EntityInputs(tokenizer, vocab, EntityInputsConfig(**options))


@pytest.fixture
def make_luke(luke, vocab):
    """Entity inputs of the byte-level tokenizer by configuration."""
    return lambda **options: EntityInputs(luke, vocab, EntityInputsConfig(**options))
