"""Tokenizers of transformers beside ours, of the same vocabularies."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import AddedToken
from transformers import LukeTokenizer, MLukeTokenizer

from openluke.entities.vocab import EntityVocab
from openluke.tokenization.tokenizer import WordTokenizer
from tests.tokenization import small_tokenizers as small
from tests.tokenization.conftest import ENTITIES

ENTITY_IDS = {title: row for row, title in enumerate(ENTITIES)}


@pytest.fixture(scope="session")
def luke_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a released LUKE."""
    return small.write_byte_level(tmp_path_factory.mktemp("parity") / "luke")


@pytest.fixture(scope="session")
def luke(luke_files: Path) -> WordTokenizer:
    """Our byte-level tokenizer."""
    return WordTokenizer.read(luke_files)


@pytest.fixture(scope="session")
def luke_of_transformers() -> Callable[[str | None], LukeTokenizer]:
    """LukeTokenizer for a task.

    It is given its vocabulary as objects: given as files it is silently empty.
    """
    vocab, merges = small.train_byte_level()

    def make(task: str | None = None, **options) -> LukeTokenizer:
        return LukeTokenizer(
            vocab=dict(vocab),
            merges=list(merges),
            entity_vocab=dict(ENTITY_IDS),
            task=task,
            mask_token=AddedToken("<mask>", lstrip=True, special=True, normalized=False),
            **options,
        )

    return make


@pytest.fixture(scope="session")
def mluke_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a released mLUKE."""
    return small.write_mluke(tmp_path_factory.mktemp("parity") / "mluke")


@pytest.fixture(scope="session")
def mluke(mluke_files: Path) -> WordTokenizer:
    """Our SentencePiece tokenizer."""
    return WordTokenizer.read(mluke_files)


@pytest.fixture(scope="session")
def mluke_of_transformers(
    mluke: WordTokenizer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str | None], MLukeTokenizer]:
    """MLukeTokenizer for a task, read from what we save: from a model file its ids are shifted."""
    directory = tmp_path_factory.mktemp("parity") / "saved"
    mluke.save(directory)

    def make(task: str | None = None) -> MLukeTokenizer:
        return MLukeTokenizer.from_pretrained(directory, task=task, entity_vocab=dict(ENTITY_IDS))

    return make


@pytest.fixture(scope="session")
def entity_vocab(tmp_path_factory: pytest.TempPathFactory) -> EntityVocab:
    """Our entity vocabulary, of the same entities."""
    import json  # noqa: PLC0415

    path = tmp_path_factory.mktemp("parity") / "entity_vocab.json"
    path.write_text(json.dumps(ENTITY_IDS))
    return EntityVocab.read(path)
