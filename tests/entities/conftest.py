"""Small vocabularies."""

import pytest

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab


@pytest.fixture
def english():
    """Titles without a language, as in the English LUKE."""
    return EntityVocab.build(
        [VocabRow([Name(t)], c) for t, c in [("Japan", 9), ("East Asia", 5), ("Star Wars: A", 0)]]
    ).with_mask2()


@pytest.fixture
def multilingual():
    """Many languages, as in mLUKE, but with special entities in the middle."""
    names = [Name("Japan", "en"), Name("日本", "ja"), Name("Japan", "de")]
    vocab = EntityVocab.build(
        [VocabRow(names, 7), VocabRow([Name("China", "en"), Name("China", "de")], 3)]
    )
    return vocab.subset([3, 2, 1, 0, 4])[0]
