"""Looking up entities by name and names by id."""

import pickle

import numpy as np
import pytest
from hypothesis import given

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import MASK2, Name
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, DataError
from tests.entities.vocabularies import everything, vocabularies


@pytest.fixture(params=["memory", "mapped", "extended"])
def multilingual_anywhere(request, tmp_path, multilingual):
    """The same vocabulary, however its names are kept."""
    if request.param == "mapped":
        multilingual.write(tmp_path / "v", form="mapped")
        return EntityVocab.read(tmp_path / "v")
    if request.param == "extended":
        special, _ = multilingual.subset([0, 1, 2, 3])
        return special.extended([VocabRow(multilingual.names(4), multilingual.count(4))])
    return multilingual


def test_a_built_vocabulary_begins_with_the_special_entities(english):
    assert [row.names[0].title for row in english.rows()][:3] == ["[PAD]", "[UNK]", "[MASK]"]
    special = english.special
    assert (special.pad, special.unk, special.mask, special.mask2) == (0, 1, 2, 6)
    assert [english.count(i) for i in range(7)] == [0, 0, 0, 9, 5, 0, 0]


def test_special_entities_are_found_by_name_wherever_they_are(multilingual):
    special = multilingual.special
    assert (special.pad, special.unk, special.mask, special.mask2) == (3, 2, 1, None)
    assert multilingual.id("[MASK]") == multilingual.id("[MASK]", language="ja") == 1


def test_a_vocabulary_without_special_entities_is_an_error_that_names_them(tmp_path):
    (tmp_path / "v").write_text("A\t1\n[UNK]\t0\n", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"v: no \[PAD\], \[MASK\] among 2 names; expected"):
        EntityVocab.read(tmp_path / "v")


def test_len_counts_names_and_n_ids_counts_entities(multilingual_anywhere):
    assert (len(multilingual_anywhere), multilingual_anywhere.n_ids) == (8, 5)


def test_names_of_many_languages_share_an_id(multilingual_anywhere):
    vocab = multilingual_anywhere
    assert vocab.names(0) == (Name("Japan", "en"), Name("日本", "ja"), Name("Japan", "de"))
    assert vocab.id("Japan", language="en") == vocab.id("日本", language="ja") == 0
    assert vocab.find("Japan", language="ja") is None
    assert vocab.find("Japan") is None
    assert vocab.search("Japan") == {"de": 0, "en": 0}
    assert vocab.search("Nippon") == {}
    assert vocab.languages == {"en": 2, "de": 2, "ja": 1}


def test_a_language_may_stand_in_the_title_as_in_transformers(multilingual_anywhere):
    assert multilingual_anywhere.find("en:Japan") == 0
    assert multilingual_anywhere.find("en:Japan", language="de") is None


def test_a_title_is_given_in_the_language_asked_for(multilingual_anywhere):
    assert multilingual_anywhere.title(0) == "Japan"
    assert multilingual_anywhere.title(0, language="ja") == "日本"
    assert multilingual_anywhere.title(1, language="ja") == "[MASK]"
    with pytest.raises(DataError, match="entity 4 has no title in language 'ja'; it has de, en"):
        multilingual_anywhere.title(4, language="ja")


def test_names_without_a_language_match_any_language(english):
    assert english.id("Japan", language="en") == english.id("Japan", language="xx") == 3
    assert english.title(3, language="en") == "Japan"
    assert english.search("Japan") == {None: 3}
    assert english.languages == {}


def test_names_without_a_language_match_beside_names_with_one(multilingual):
    vocab = multilingual.extended([VocabRow([Name("Acme")], 1)])
    assert vocab.id("Acme", language="en") == vocab.id("Acme") == 5
    assert vocab.search("Acme") == {None: 5}


def test_the_spelling_given_wins_over_the_canonical_one():
    vocab = EntityVocab.build([VocabRow([Name("iPod")]), VocabRow([Name("IPod")])])
    assert (vocab.id("iPod"), vocab.id("IPod"), vocab.id("_iPod")) == (3, 4, 4)


@pytest.mark.parametrize("title", ["east_Asia", " East  Asia ", "East Asia#Politics", ":East Asia"])
def test_other_spellings_of_a_title_are_found(english, title):
    assert english.id(title) == 4


def test_an_unknown_title_is_an_error_with_suggestions(english, multilingual_anywhere):
    with pytest.raises(DataError, match=r"entity 'East Azia' is not in .* close: 'East Asia'"):
        english.id("East Azia")
    with pytest.raises(DataError, match=r"entity 'east azia' in language 'en' .*: 'East Asia'"):
        english.id("east azia", language="en")
    with pytest.raises(DataError, match=r"nothing is spelt alike\. find\(\) gives None instead"):
        english.id("Qqq\ud800\0")
    with pytest.raises(DataError, match=r"'ja' is not .*; it is known in de, en: state"):
        multilingual_anywhere.id("Japan", language="ja")
    with pytest.raises(DataError, match="close: 'en:Japan'"):
        multilingual_anywhere.id("Japam", language="en")


@pytest.mark.parametrize("title", ["", "Japan\0", "\ud800", "en:", ":", "#", "[MASK2]"])
def test_odd_titles_are_just_not_there(multilingual_anywhere, title):
    for language in (None, "en", "xx", ""):
        assert multilingual_anywhere.find(title, language=language) is None


def test_membership_takes_titles_and_pairs(multilingual):
    assert "[MASK]" in multilingual
    assert ("Japan", "en") in multilingual
    assert Name("日本", "ja") in multilingual
    assert "Japan" not in multilingual
    assert ("Japan", "ja") not in multilingual
    assert 3 not in multilingual
    assert ("Japan", "en", 1) not in multilingual


def test_many_titles_are_looked_up_at_once(english):
    ids = english.ids(["Japan", "[MASK]", "east_Asia"])
    assert ids.dtype == np.int32
    assert ids.tolist() == [3, 2, 4]
    assert english.ids([]).tolist() == []
    with pytest.raises(DataError, match="entity 'Nowhere' is not"):
        english.ids(["Japan", "Nowhere"])
    assert english.ids(["Japan", "Nowhere"], missing="unk").tolist() == [3, english.special.unk]


@pytest.mark.parametrize("entity_id", [-1, 5, 10**9])
def test_ids_outside_the_vocabulary_are_errors(multilingual_anywhere, entity_id):
    for ask in ("names", "title", "count"):
        with pytest.raises(DataError, match=f"found entity id {entity_id}, expected 0 to 4"):
            getattr(multilingual_anywhere, ask)(entity_id)


def test_asking_never_changes_the_vocabulary(multilingual):
    before = everything(multilingual)
    multilingual.find("Unknown")
    multilingual.search("Unknown")
    assert everything(multilingual) == before


def test_a_second_mask_is_appended_once(multilingual_anywhere):
    vocab = multilingual_anywhere.with_mask2()
    assert vocab.special.mask2 == vocab.id(MASK2) == 5
    assert (vocab.n_ids, len(vocab), vocab.count(5)) == (6, 9, 0)
    assert vocab.with_mask2() is vocab
    assert multilingual_anywhere.special.mask2 is None
    assert multilingual_anywhere.n_ids == 5


def test_more_entities_come_after_the_last_id(multilingual_anywhere):
    vocab = multilingual_anywhere.extended(
        [VocabRow([Name("Ruritania", "en"), Name("Ruritanien", "de")], 4), VocabRow([Name("X")])]
    )
    assert vocab.id("ruritanien", language="de") == vocab.id("Ruritania", language="en") == 5
    assert (vocab.count(5), vocab.count(6), vocab.count(0)) == (4, None, 7)
    assert vocab.names(5) == (Name("Ruritania", "en"), Name("Ruritanien", "de"))
    assert vocab.languages == {"en": 3, "de": 3, "ja": 1}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([Name("Japan", "en")], "entities are already there: 'en:Japan'"),
        ([Name("[MASK]", "en")], r"already there: '\[MASK\]'"),
        ([Name("New", "en"), Name("New", "en")], "already there: 'en:New'"),
        ([Name("en:New")], "'en:New' has no language but reads like one"),
        ([Name("New", "English")], "language 'English' of entity 'New' is no Wikipedia"),
    ],
)
def test_entities_that_cannot_be_added_are_named(multilingual_anywhere, names, message):
    with pytest.raises(DataError, match=message):
        multilingual_anywhere.extended([VocabRow(names)])


def test_languages_cannot_join_a_vocabulary_without(english):
    with pytest.raises(DataError, match="cannot join a vocabulary without"):
        english.extended([VocabRow([Name("Japon", "fr")])])


def test_a_name_for_two_entities_is_an_error():
    with pytest.raises(DataError, match="'A' names entity 3 and entity 4"):
        EntityVocab.build([VocabRow([Name("A")]), VocabRow([Name("A")])])


def test_a_lite_vocabulary_holds_the_special_entities_in_their_order(multilingual):
    lite, rows = multilingual.with_mask2().lite()
    assert [row.names[0].title for row in lite.rows()] == ["[MASK]", "[UNK]", "[PAD]", "[MASK2]"]
    assert rows.tolist() == [1, 2, 3, 5]
    assert lite.special.pad == 2
    with pytest.raises(DataError, match=r"call with_mask2\(\) first"):
        multilingual.lite()


def test_a_subset_renumbers_and_says_which_rows_to_take(multilingual):
    subset, rows = multilingual.subset([3, 2, 1, 4])
    assert rows.tolist() == [3, 2, 1, 4]
    assert subset.names(3) == multilingual.names(4)
    assert subset.count(3) == 3
    assert subset.has_languages
    with pytest.raises(CheckpointError, match=r"no \[PAD\], \[UNK\], \[MASK\]"):
        multilingual.subset([0, 4])
    with pytest.raises(DataError, match="ids that differ"):
        multilingual.subset([1, 2, 3, 3])


@given(vocabularies())
def test_every_name_leads_to_its_id_and_back(vocab):
    for entity_id in range(vocab.n_ids):
        for title, language in vocab.names(entity_id):
            assert vocab.id(title, language=language) == entity_id
            assert (title, language) in vocab
            assert vocab.search(title)[language] == entity_id


def test_a_vocabulary_travels_to_other_processes(multilingual_anywhere):
    there = pickle.loads(pickle.dumps(multilingual_anywhere))
    assert everything(there) == everything(multilingual_anywhere)
