"""Long texts are cut where no piece notices, by each family's rules, and cut at all."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers

from openluke.tokenization import cutting
from openluke.tokenization.alignment import align
from openluke.tokenization.cut_rules import NoRule
from openluke.tokenization.tokenizer import WordTokenizer
from tests.tokenization import small_tokenizers as small

MANY = settings(max_examples=60, deadline=None)

WORDS = (
    *(
        "Ana",
        "said,",
        "won.",
        "don't",
        "`a",
        "''s",
        "639-3",
        "(x)",
        "[ENT",
        "MASK]",
        "_",
        "▁",
        "▁a",
    ),
    *("Москва", "Лев", "«Войну»", "Ἀθήνα", "της", "naïve", "Đà", "Nẵng", "ﬁ", "ŉ", "İI"),
    *(
        "東京",
        "は日本の",
        "首都です。",
        "カﾞ",
        "サ゛",
        "서울은",
        "ᄒ",
        "ᅡ",
        "ｆｕｌｌ",
        "＜mask＞",
        "豈",
    ),
    *("हिन्दी", "क", "ไทย", "กำ", "עברית", "العربية", "\u0600١", "\u0600a", "\u070fa", "\u0d4ea"),
    *(
        "😀",
        "👩‍👩‍👧",
        "🇯🇵",
        "©",
        "e\u0301",
        "\u0301",
        "\u0344",
        "\u200d",
        "\u200b",
        "\ufeff",
        "\u00a8",
        "\u00b4",
    ),
    *(
        "a\u00adb",
        "\x01",
        "\x7f",
        "\ufffd",
        "\U0010fffe",
        "\u00a0\u0301",
        "\u0e33",
        "\uff9e",
        "ᄀ가",
    ),
)
SPACES = (
    *(" ", " ", " ", " ", "", "  ", "   ", "\n", "\n", " \n", "\r\n", "\t"),
    *("\u00a0", "\u3000", "\u2028", "\x1c", " \u0301", " \u200d"),
)
TOKENS = ("<mask>", "<s>", "<ent>", "<ent2>", "[MASK]", "[SEP]", "[MA", "SK]", "<en", "t>", "[ENT]")


@st.composite
def texts(draw) -> str:
    """Texts of many scripts with every kind of space, and special tokens, whole and broken."""
    word = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(TOKENS))
    parts = st.tuples(word, st.sampled_from(SPACES)).map("".join)
    return "".join(draw(st.lists(parts, min_size=2, max_size=30)))


@dataclass(frozen=True)
class Variant:
    """A tokenizer that is made of a small one by another normalizer, pre-tokenizer or tokens."""

    name: str
    base: str
    normalizer: normalizers.Normalizer | None = None
    pre_tokenizer: pre_tokenizers.PreTokenizer | None = None
    tokens: tuple[AddedToken, ...] = ()
    cuts: bool = True
    """Whether there is a rule for it."""

    def of(self, tokenizer: WordTokenizer) -> WordTokenizer:
        """The tokenizer."""
        rust = Tokenizer.from_str(tokenizer._rust.to_str())
        if self.normalizer is not None:
            rust.normalizer = self.normalizer
        if self.pre_tokenizer is not None:
            rust.pre_tokenizer = self.pre_tokenizer
        rust.add_tokens(list(self.tokens))
        return WordTokenizer(rust, family=tokenizer.family, roles=tokenizer.roles)


def hidden(content: str, **options) -> AddedToken:
    return AddedToken(content, normalized=True, **options)


def bert(**options) -> normalizers.BertNormalizer:
    return normalizers.BertNormalizer(**options)


def metaspace(scheme: str) -> pre_tokenizers.Metaspace:
    return pre_tokenizers.Metaspace(prepend_scheme=scheme)


def no_prefix(*parts) -> normalizers.Sequence:
    return normalizers.Sequence([*parts, normalizers.Replace(Regex(" {2,}"), " ")])


VARIANTS = [
    Variant("roberta", "byte_level"),
    Variant("roberta with tokens", "byte_level", tokens=(hidden("[ENT]", rstrip=True),)),
    Variant("xlm-r", "sentencepiece"),
    Variant("xlm-r with tokens", "sentencepiece", tokens=(hidden("[ENT]", lstrip=True),)),
    Variant("xlm-r, greedy", "sentencepiece", tokens=(hidden("x", rstrip=True),), cuts=False),
    Variant("xlm-r, open", "sentencepiece", tokens=(hidden("won. Ana"),), cuts=False),
    Variant("words", "sentencepiece", tokens=(AddedToken("Ana", single_word=True),), cuts=False),
    Variant("nfkc", "sentencepiece", normalizers.NFKC(), metaspace("first")),
    Variant("no prefix", "sentencepiece", no_prefix(normalizers.NFD()), metaspace("never")),
    Variant("stripped", "sentencepiece", normalizers.Strip(), metaspace("always"), cuts=False),
    Variant(
        "stripped words",
        "sentencepiece",
        normalizers.Strip(),
        pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace("always")]),
    ),
    Variant("prefix", "sentencepiece", normalizers.Prepend(" "), metaspace("never"), cuts=False),
    Variant(
        "joined",
        "sentencepiece",
        normalizers.Replace("Ana", "Ana "),
        metaspace("always"),
        cuts=False,
    ),
    Variant(
        "split words",
        "sentencepiece",
        normalizers.NFKC(),
        pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace("always")]),
    ),
    Variant(
        "one word",
        "sentencepiece",
        pre_tokenizer=pre_tokenizers.Metaspace(split=False),
        cuts=False,
    ),
    Variant("bert", "wordpiece"),
    Variant("bert with tokens", "wordpiece", tokens=(hidden("[ENT]"), AddedToken("[MA"))),
    Variant("cased", "wordpiece", bert(lowercase=False, strip_accents=False)),
    Variant("cased, bare", "wordpiece", bert(lowercase=False, strip_accents=True)),
    Variant("unclean", "wordpiece", bert(clean_text=False, handle_chinese_chars=False)),
    Variant("nfkc bert", "wordpiece", normalizers.NFKC()),
]


@pytest.fixture(scope="module", params=VARIANTS, ids=lambda variant: variant.name)
def variant(request, tokenizers) -> tuple[Variant, WordTokenizer]:
    return request.param, request.param.of(tokenizers[request.param.base])


@pytest.fixture(
    scope="module",
    params=[{}, {"kind": "bpe"}, {"remove_extra_whitespaces": False}, {"add_dummy_prefix": False}],
    ids=str,
)
def model_file(request, tmp_path_factory) -> WordTokenizer:
    """Tokenizers of SentencePiece files that say different things of spaces."""
    directory = tmp_path_factory.mktemp("model")
    return WordTokenizer.read(small.write_mluke(directory, **request.param), add_markers=True)


def assert_no_cut_is_seen(tokenizer: WordTokenizer, text: str) -> None:
    """Cut at every place that the rules allow, and compare with the whole text."""

    def pieces():
        aligned = align(
            [text],
            boundaries=np.zeros(0, dtype=np.int64),
            counts=[0],
            tokenizer=tokenizer,
            prefix_space=[False],
        )
        return aligned.ids.tolist(), aligned.offsets.tolist()

    whole = pieces()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "RUN_CHARACTERS", 1)
        assert pieces() == whole


@MANY
@given(text=texts())
def test_no_cut_of_a_long_text_is_seen(variant, text) -> None:
    assert_no_cut_is_seen(variant[1], text)


@MANY
@given(text=texts())
def test_no_cut_is_seen_whatever_a_model_file_says_of_spaces(model_file, text) -> None:
    assert_no_cut_is_seen(model_file, text)


def test_there_is_a_rule_for_the_usual_tokenizers_alone(variant) -> None:
    description, tokenizer = variant
    assert isinstance(tokenizer.cut_rule, NoRule) != description.cuts


LINES = {
    "English": "Ana Ivanovic said on Thursday she won. ",
    "Russian": "Лев Толстой написал «Войну и мир» ",
    "Greek": "Η Αθήνα είναι η πρωτεύουσα ",
    "French": "déjà vu à côté été ",
    "Korean": "서울은 대한민국의 수도이다 ",
    "Arabic": "القاهرة هي عاصمة مصر ",
    "Hindi": "भारत की राजधानी नई दिल्ली है ",
    "Chinese, spaced": "東京 首都 寿司 大阪 ",
    "lines": "Москва\nСтолица\n",
    "English with tokens": "Ana <mask> said [MASK] she won. ",
}


def longest_run(tokenizer: WordTokenizer, text: str) -> int:
    """Characters of the longest segment that the tokenizer is given at once."""
    longest = 0
    encode = tokenizer.encode

    def spy(segmented, *, offsets):
        nonlocal longest
        longest = max(longest, *(len(segment) for run in segmented for segment in run))
        return encode(segmented, offsets=offsets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "RUN_CHARACTERS", 100)
        patch.setattr(tokenizer, "encode", spy)
        none = np.zeros(0, dtype=np.int64)
        align([text], boundaries=none, counts=[0], tokenizer=tokenizer, prefix_space=[False])
    return longest


@pytest.mark.parametrize("language", LINES)
def test_texts_of_all_scripts_are_read_in_runs(tokenizer, language) -> None:
    assert longest_run(tokenizer, LINES[language] * 40) < 300


def test_chinese_without_spaces_is_read_in_runs_by_bert(tokenizers) -> None:
    assert longest_run(tokenizers["wordpiece"], "東京首都寿司大阪" * 100) < 300
