import pytest

from openluke.errors import DataError
from openluke.evaluation.answer_rules import answer_rules


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Beatles", "beatles"),
        ("an apple", "Apple"),
        ("U.S.A.", "usa"),
        ("forty-two", "fortytwo"),
        ("  New \n York ", "new york"),
        ("A the an", ""),
    ],
)
def test_squad_forgets_case_ascii_punctuation_articles_and_space(one, other):
    assert answer_rules("squad").exact_match(one, gold=other) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("theatre", "atre"),  # an article is a whole word
        ("«Paris»", "Paris"),  # only ASCII punctuation goes
        ("El Niño", "Niño"),  # only English articles go, whatever the language
    ],
)
def test_squad_keeps_the_rest(one, other):
    assert answer_rules("squad").exact_match(one, gold=other) == 0.0


def test_punctuation_goes_before_articles_do():
    """So what punctuation parted may become, or stop being, an article."""
    assert answer_rules("squad").exact_match("t.h.e end", gold="end") == 1.0
    assert answer_rules("squad").exact_match("the-end", gold="theend") == 1.0


def test_f1_compares_pieces_as_often_as_they_occur():
    rules = answer_rules("squad")
    assert rules.f1("New York City", gold="York") == pytest.approx(2 * (1 / 3) / (4 / 3))
    assert rules.f1("York York", gold="York") == pytest.approx(2 * (1 / 2) / (3 / 2))
    assert rules.f1("City York", gold="York City") == 1.0
    assert rules.exact_match("City York", gold="York City") == 0.0
    assert rules.f1("Paris", gold="Rome") == 0.0


def test_answers_of_which_nothing_is_left_match_but_have_no_f1_in_squad_1():
    rules = answer_rules("squad")
    assert (rules.exact_match("the", gold="a"), rules.f1("the", gold="a")) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "The “Beatles”", "beatles"),
        ("es", "Los Ángeles", "ángeles"),
        ("es", "unos y unas", "y"),
        ("vi", "những chiếc của tôi", "tôi"),
        ("de", "Die Stadt des Königs", "stadt königs"),
        ("ar", "الكتاب", "كتاب"),
        ("ar", "كتالب", "كت ب"),  # also inside of a word
        ("hi", "ताज महल।", "ताज महल"),  # a danda is punctuation
        ("zh", "北京，上海", "北京上海"),
        ("zh", "用 Python3 写", "用python3写"),
    ],
)
def test_mlqa_has_rules_for_each_language(language, one, other):
    assert answer_rules("mlqa").exact_match(one, gold=other, language=language) == 1.0


def test_mlqa_has_articles_of_the_one_language_only():
    assert answer_rules("mlqa").exact_match("The end", gold="end", language="de") == 0.0
    assert answer_rules("mlqa").exact_match("the end", gold="end", language="hi") == 0.0


def test_mlqa_compares_chinese_by_character_and_the_rest_by_word():
    rules = answer_rules("mlqa")
    assert rules.f1("北京市", gold="北京", language="zh") == pytest.approx(2 * (2 / 3) / (5 / 3))
    assert rules.f1("Python语言", gold="Python", language="zh") == pytest.approx(1 / 2)
    assert rules.f1("Python 3", gold="Python3", language="zh") == 0.0
    # U+9FA6 lies beyond the range that MLQA knows, so it does not part.
    assert rules.f1("龦龦", gold="龦", language="zh") == 0.0
    assert rules.f1("龥龥", gold="龥", language="zh") == pytest.approx(2 / 3)


@pytest.mark.parametrize("language", [None, "ja"])
def test_mlqa_needs_a_language_that_it_knows(language):
    with pytest.raises(DataError, match="expected one that MLQA has rules for: en, es, vi, de, ar"):
        answer_rules("mlqa").f1("a", gold="a", language=language)


def test_jsquad_compares_characters_and_drops_only_the_last_full_stop():
    rules = answer_rules("jsquad")
    assert rules.exact_match("東京。。", gold="東京") == 1.0
    assert rules.exact_match("「東京」", gold="東京") == 0.0
    assert rules.exact_match("The NHK", gold="the nhk") == 1.0
    assert rules.exact_match("the NHK", gold="nhk") == 0.0
    assert rules.f1("東京都", gold="東京") == pytest.approx(2 * (2 / 3) / (5 / 3))
    # A space that parts words is a character too.
    assert rules.f1("a b", gold="ab") == pytest.approx(2 * (2 / 3) / (5 / 3))


def test_jaquad_compares_characters_but_spaces_in_any_order():
    rules = answer_rules("jaquad")
    assert rules.exact_match("東 京", gold="東京") == 1.0
    assert rules.exact_match("京東", gold="東京") == 1.0  # it is exact where F1 is 1
    assert rules.exact_match("東京。", gold="東京") == 0.0
    assert rules.exact_match("NHK", gold="nhk") == 0.0
    assert rules.f1("東京都", gold="東京") == pytest.approx(2 * (2 / 3) / (5 / 3))


@pytest.mark.parametrize("name", ["jsquad", "jaquad"])
def test_two_empty_answers_agree_where_the_script_says_so(name):
    assert answer_rules(name).f1("", gold=" ") == 1.0
    assert answer_rules(name).f1("", gold="東") == 0.0
