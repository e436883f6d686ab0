"""Pieces of one word are one group: told by each family's marks, and by characters."""

import numpy as np
import pytest
from tokenizers import Tokenizer

from openluke.pretraining.word_groups import WordGroups
from openluke.tokenization.tokenizer import WordTokenizer
from tests.pretraining.conftest import pieces_of


def words_of(tokenizer, *, text):
    """The text of each group; special tokens are empty."""
    ids = np.array(pieces_of(tokenizer, text=text), dtype=np.int32)
    starts = WordGroups(tokenizer).starts(ids)
    assert starts.shape == ids.shape
    return [tokenizer.decode(part).strip() for part in np.split(ids, np.flatnonzero(starts)[1:])]


def test_words_of_a_text_are_its_groups(tokenizer):
    found = words_of(tokenizer, text="Los Angeles is the capital of Japan.")
    expected = ["", "Los", "Angeles", "is", "the", "capital", "of", "Japan", ".", ""]
    assert [word.lower() for word in found] == [word.lower() for word in expected]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("they (Tokyo), don't", ["they", "(Tokyo", ")", ",", "don", "'t"]),
        ("a co-worker", ["a", "co", "-worker"]),
        ("naïve déjà vu", ["naïve", "déjà", "vu"]),
        ("say “yes”", ["say", "“yes”"]),
    ],
    ids=["punctuation", "hyphen", "letters of several bytes", "marks that no piece holds whole"],
)
def test_a_byte_level_piece_begins_a_word_after_a_space_or_with_punctuation(luke, text, words):
    assert words_of(luke, text=text)[1:-1] == words


def test_a_byte_level_piece_of_a_script_without_spaces_begins_a_word(luke):
    (row,) = luke.encode([["は"]], offsets=False)[0].ids
    ids = np.array([row, row, row], dtype=np.int32)
    assert WordGroups(luke).starts(ids).tolist() == [True, True, True]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tokyo (Japan)", ["Tokyo", "", "(", "Japan", ")"]),
        ("東京はdnaの京", ["", "東", "京", "は", "dna", "の", "京"]),
        ("Москва является", ["Москва", "является"]),
    ],
    ids=["punctuation", "a script without spaces", "a script with spaces"],
)
def test_a_sentencepiece_word_is_a_run_of_letters(tokenizers, text, words):
    assert words_of(tokenizers["sentencepiece"], text=text)[1:-1] == words


def test_the_first_piece_of_a_text_begins_a_word(tokenizers):
    wordpiece = tokenizers["wordpiece"]
    rest = wordpiece.id("##s")
    ids = [wordpiece.bos_id, rest, rest, wordpiece.eos_id, rest]
    starts = WordGroups(wordpiece).starts(np.array(ids, dtype=np.int32))
    assert starts.tolist() == [True, True, False, True, True]


def test_an_empty_input_has_no_words(tokenizer):
    assert WordGroups(tokenizer).starts(np.zeros(0, dtype=np.int32)).tolist() == []


def test_words_are_told_by_pieces_where_a_tokenizer_cannot_decode(luke):
    rust = Tokenizer.from_str(luke._rust.to_str())
    rust.decoder = None
    bare = WordTokenizer.from_rust(rust, family="byte_level")
    ids = np.array(pieces_of(luke, text="they (Tokyo), don't"), dtype=np.int32)
    assert np.array_equal(WordGroups(bare).starts(ids), WordGroups(luke).starts(ids))
