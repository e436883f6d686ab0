"""Small tokenizers, entities and inputs for the tests of pretraining."""

from collections.abc import Sequence

import numpy as np
import pytest

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.features import Features
from openluke.tokenization.tokenizer import WordTokenizer
from tests.tokenization import small_tokenizers as small

N_TITLES = 40
WRITERS = {
    "byte_level": small.write_byte_level,
    "sentencepiece": small.write_mluke,
    "wordpiece": small.write_wordpiece,
}


@pytest.fixture(scope="session")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, WordTokenizer]:
    """Word tokenizers by family."""
    root = tmp_path_factory.mktemp("tokenizers")
    return {family: WordTokenizer.read(write(root / family)) for family, write in WRITERS.items()}


@pytest.fixture(scope="session", params=WRITERS)
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
def vocab() -> EntityVocab:
    """[PAD], [UNK], [MASK] and entities with fewer and fewer links."""
    rows = [VocabRow([Name(f"Title {i}")], N_TITLES - i) for i in range(N_TITLES)]
    return EntityVocab.build(rows)


def features_of(
    words: Sequence[int],
    *,
    ranges: Sequence[tuple[int, int]] = (),
    entities: Sequence[int] = (),
) -> Features:
    """One input; only what the model reads is meaningful."""
    n, m = len(words), len(entities)
    return Features(
        word_ids=np.array(words, dtype=np.int32),
        word_offsets=np.zeros((n, 2), dtype=np.int32),
        word_texts=np.zeros(n, dtype=np.int32),
        word_types=np.zeros(n, dtype=np.int32),
        entity_ids=np.array(entities, dtype=np.int32),
        entity_ranges=np.array(ranges, dtype=np.int32).reshape(m, 2),
        entity_types=np.zeros(m, dtype=np.int32),
        entity_sources=np.arange(m, dtype=np.int32),
    )


def pieces_of(tokenizer: WordTokenizer, *, text: str) -> list[int]:
    """Ids of a text, with the tokens before and after it."""
    (encoding,) = tokenizer.encode([[text]], offsets=False)
    return [tokenizer.bos_id, *encoding.ids, tokenizer.eos_id]
