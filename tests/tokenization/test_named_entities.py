"""Which of the entities that records name are in an input."""

import pytest

from openluke.errors import DataError
from openluke.records import Mention
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.named_entities import NamedEntities, passage_of

TEXT = "Tokyo  is in Japan."
MENTIONS = [
    Mention(start=5, end=6),
    Mention(start=0, end=5, entity="Tokyo"),
    Mention(start=7, end=9, entity="Atlantis"),
    Mention(start=13, end=18, language="en"),
]


@pytest.fixture
def read(make):
    """The sources of the entities that are read of an input, and what was logged."""

    def read(*, unknown_titles="skip", **limits):
        (windows,) = make(max_words=40, stride=8).encode([passage_of(TEXT, mentions=MENTIONS)])
        entities = NamedEntities(
            unknown_titles=unknown_titles,
            limits=EntityInputsConfig(**limits) if limits else None,
        )
        features = entities.read(windows[0], unknown=windows.report.unknown_titles)
        assert len(features) == len(windows[0])
        entities.tell()
        return features.entity_sources.tolist()

    return read


def test_unknown_titles_are_left_out_or_kept(read, caplog):
    assert read() == read(max_entities=None) == [1, 3]
    assert (
        "1 of 4 mentions name an entity that the vocabulary does not have; they are left out"
        in (caplog.text)
    )
    caplog.clear()
    assert read(unknown_titles="unk") == [1, 2, 3]
    assert "they are read as [UNK]" in caplog.text


def test_no_more_are_read_than_an_input_has(read, caplog):
    assert read(max_entities=2) == [1, 3]
    assert "beyond" not in caplog.text
    assert read(max_entities=1) == [1]
    assert "1 entities beyond max_entities = 1 of an input are not read" in caplog.text
    with pytest.raises(DataError, match="has 2 entities, more than max_entities = 1; leave some"):
        read(max_entities=1, on_overflow="error")


def test_what_is_read_whole_is_not_copied(make):
    windows = make(max_words=40, stride=8).encode([passage_of(TEXT, mentions=MENTIONS[1:2])])[0]
    entities = NamedEntities(unknown_titles="skip")
    assert entities.read(windows[0], unknown=()) is windows[0]
    bare = make(max_words=40, stride=8).encode([passage_of(TEXT, mentions=())])[0]
    assert entities.read(bare[0], unknown=()) is bare[0]
