"""Ids are SentencePiece's own with fairseq's offset, and MLukeTokenizer's wherever it works."""

import itertools
import unicodedata

import pytest
import sentencepiece
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer
from tests.parity.encodings import assert_same
from tests.tokenization import small_tokenizers as small
from tests.tokenization.strategies import WORDS, texts

MANY = settings(max_examples=200, deadline=None)
FAIRSEQ_UNK = 3
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>", "▁")
# transformers leaves XLM-R's rules out, also that for runs of spaces: plain text it is.
PLAIN_WORDS = [
    word
    for word in WORDS
    if all(one.isalnum() or one in "()-,.!" for one in word)
    and unicodedata.normalize("NFKC", word) == word
]


CONTROLS = "\x01\x08\x0b\x1c\x1f\x7f\x8f"
MARKS = ("\u0301", "\u0323", "\uff9e", "e", "ア")


def controlled_texts():
    """Texts with control characters, and marks that might join across them."""
    parts = st.one_of(
        st.text(CONTROLS, min_size=1, max_size=2), st.sampled_from(MARKS), texts(max_parts=2)
    )
    return st.lists(parts, max_size=8).map("".join)


@st.composite
def plain_texts_with_spans(draw):
    """Words with single spaces, and spans that do not begin or end in the middle of spaces."""
    text = " ".join(draw(st.lists(st.sampled_from(PLAIN_WORDS), min_size=1, max_size=8)))
    places = [n for n in range(len(text) + 1) if not text[n : n + 1].isspace()]
    spans = st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True).map(sorted)
    return text, [tuple(span) for span in draw(st.lists(spans, min_size=1, max_size=6))]


def swallows(model: sentencepiece.SentencePieceProcessor, text: str) -> bool:
    """Whether the Rust library loses a mark: one on a character that has a rule of its own."""
    composed = unicodedata.normalize("NFC", text)
    return any(
        unicodedata.category(mark) in ("Mn", "Mc", "Me", "Cf", "Sk", "Lm")
        and unicodedata.category(base) != "Cc"
        and model.normalize(base) not in (base, f"▁{base}")
        for base, mark in itertools.pairwise(composed)
    )


def fairseq_ids(model: sentencepiece.SentencePieceProcessor, text: str) -> list[int]:
    """The ids that XLM-R has for a text: those of SentencePiece, one more, unknown ones 3."""
    return [
        row + 1 if row != model.unk_id() else FAIRSEQ_UNK
        for row in model.encode(text, out_type=int)
    ]


def our_ids(tokenizer: WordTokenizer, text: str) -> list[int]:
    return tokenizer.encode([[text]], offsets=False)[0].ids if text else []


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def pair(request, tmp_path_factory):
    """Our tokenizer and SentencePiece, of the same model file."""
    directory = small.write_mluke(
        tmp_path_factory.mktemp("spm") / request.param, kind=request.param
    )
    model = sentencepiece.SentencePieceProcessor(
        model_file=str(directory / "sentencepiece.bpe.model")
    )
    return WordTokenizer.read(directory), model


@MANY
@given(text=texts())
def test_ids_are_those_of_sentencepiece_but_for_marks_on_characters_with_rules(pair, text) -> None:
    ours, model = pair
    assume(not any(token in text for token in SPECIAL) and not swallows(model, text))
    assert our_ids(ours, text) == fairseq_ids(model, text)


def test_special_ids_are_those_of_fairseq(pair) -> None:
    ours, model = pair
    assert (ours.bos_id, ours.pad_id, ours.eos_id, ours.unk_id) == (0, 1, 2, 3)
    assert ours.mask_id == model.get_piece_size() + 1
    assert (ours.marker_id, ours.marker2_id) == (ours.mask_id + 1, ours.mask_id + 2)
    assert ours.n_words == ours.mask_id + 3
    for row in range(3, model.get_piece_size()):
        assert ours.token(row + 1) == model.id_to_piece(row)


@pytest.mark.parametrize(
    "options",
    [
        {"normalization_rule_name": "identity"},
        {"add_dummy_prefix": False},
        {"remove_extra_whitespaces": False},
        {"byte_fallback": True, "vocab_size": 700},
    ],
    ids=lambda options: next(iter(options)),
)
def test_the_rules_in_the_model_file_are_followed(tmp_path, options) -> None:
    directory = small.write_mluke(tmp_path, **options)
    ours = WordTokenizer.read(directory)
    model = sentencepiece.SentencePieceProcessor(
        model_file=str(directory / "sentencepiece.bpe.model")
    )
    for text in ("Ana said", " Ana  said ", "(Afghanistan) ½ ﬁ", "東京は日本の首都です。", "x🦄y"):
        assert our_ids(ours, text) == fairseq_ids(model, text), text


@pytest.fixture(scope="module")
def both(mluke, entity_vocab, mluke_of_transformers):
    """Ours and theirs by layout."""
    tasks = {"plain": None, "entity_pair": "entity_pair_classification"}
    return {
        layout: (
            EntityInputs(mluke, entity_vocab, EntityInputsConfig(layout=layout)),
            mluke_of_transformers(task),
        )
        for layout, task in tasks.items()
    }


@MANY
@given(case=plain_texts_with_spans())
def test_any_spans_in_plain_text(both, case) -> None:
    text, spans = case
    ours, theirs = both["plain"]
    assert_same(ours(text, spans=spans)[0], theirs(text, entity_spans=spans))


def test_two_mentions_between_markers(both) -> None:
    ours, theirs = both["entity_pair"]
    text = "The dialects spoken across Iran and アフガニスタン (Afghanistan)."
    spans = [(45, 56), (27, 31)]
    assert_same(ours(text, spans=spans)[0], theirs(text, entity_spans=spans))


def test_full_width_letters_are_normalised_as_xlm_r_does(pair) -> None:
    ours, model = pair
    assert our_ids(ours, "Ｔｏｋｙｏ　ﬁ") == our_ids(ours, "Tokyo fi")
    assert our_ids(ours, "Tokyo fi") == fairseq_ids(model, "Tokyo fi")


@pytest.fixture(scope="module")
def xlm_r(tmp_path_factory):
    """A ``tokenizer.json`` as XLM-R has it: as we read it, and as the Rust library does."""
    model = small.write_mluke(tmp_path_factory.mktemp("xlm_r") / "model")
    path = model.parent / "json" / "tokenizer.json"
    path.parent.mkdir()
    small.xlm_r_json(model).save(str(path))
    return WordTokenizer.read(path.parent), Tokenizer.from_file(str(path))


def test_a_tokenizer_json_of_xlm_r_gives_the_ids_of_the_model_file(tmp_path) -> None:
    directory = small.write_mluke(tmp_path / "model")
    from_model = WordTokenizer.read(directory)
    other = tmp_path / "json"
    other.mkdir()
    small.xlm_r_json(directory).save(str(other / "tokenizer.json"))
    from_json = WordTokenizer.read(other, add_markers=True)
    assert from_json.n_words == from_model.n_words
    for text in small.CORPUS:
        assert our_ids(from_json, text) == our_ids(from_model, text)


@MANY
@given(text=controlled_texts())
@example(text="e\x1f\u0301")
@example(text="\x1f\u0301e")
@example(text="\x1f <mask>\x01\u0301")
def test_a_tokenizer_json_of_xlm_r_gives_the_ids_of_the_rust_library(xlm_r, text) -> None:
    ours, theirs = xlm_r
    assert our_ids(ours, text) == theirs.encode(text, add_special_tokens=False).ids


@MANY
@given(controls=st.text(CONTROLS, max_size=3), text=texts())
def test_control_characters_before_a_text_move_its_offsets_and_no_more(
    xlm_r, controls, text
) -> None:
    ours, _ = xlm_r
    text = f"a{text}"
    plain, moved = (
        ours.encode([[one]], offsets=True)[0].offsets for one in (text, controls + text)
    )
    assert moved == [(start + len(controls), end + len(controls)) for start, end in plain]


@MANY
@given(text=controlled_texts())
@example(text="e\x1f\u0301")
@example(text="\x1f\u0301e")
@example(text="ｶ\x7fﾞ")
def test_control_characters_keep_marks_from_joining_as_in_sentencepiece(pair, text) -> None:
    ours, model = pair
    assume(not any(token in text for token in SPECIAL) and not swallows(model, text))
    assert our_ids(ours, text) == fairseq_ids(model, text)
