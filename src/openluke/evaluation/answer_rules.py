"""When two answers are the same, and which of their pieces are: the rules of each data set."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from openluke.errors import DataError
from openluke.evaluation.counts import f1, share

RulesName = Literal["squad", "mlqa", "jsquad", "jaquad"]
"""``squad`` is also what ReCoRD and, in every language, XQuAD are scored by."""

_MLQA_ARTICLES: dict[str, re.Pattern[str] | None] = {
    "en": re.compile(r"\b(a|an|the)\b"),
    "es": re.compile(r"\b(un|una|unos|unas|el|la|los|las)\b"),
    "vi": re.compile(r"\b(của|là|cái|chiếc|những)\b"),
    "de": re.compile(r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    # The official pattern has another part, which asks for a line's beginning after a space and so
    # never matches: in effect these letters vanish wherever they stand, also inside of a word.
    "ar": re.compile("ال"),
    "hi": None,
    "zh": None,
}
_ENGLISH = re.compile(r"\b(a|an|the)\b")
_HAN = re.compile("([一-龥])")
"""What MLQA takes for Chinese characters: U+4E00 to U+9FA5."""
_ASCII_PUNCTUATION = frozenset(string.punctuation)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRules:
    """How answers are compared."""

    normalise: Callable[[str, str | None], str]
    """What is left of an answer in a language."""
    pieces: Callable[[str], list[str]]
    """What F1 compares of a normalised answer."""
    any_order: bool = False
    """Whether answers with the same pieces in any order match exactly."""
    empty_agree: bool = False
    """Whether the F1 of two answers of which nothing is left is 1; it is 0 if only one is empty."""

    def exact_match(self, answer: str, *, gold: str, language: str | None = None) -> float:
        """1 if the two are the same, else 0."""
        one, other = self.normalise(answer, language), self.normalise(gold, language)
        if self.any_order:
            return float(Counter(self.pieces(one)) == Counter(self.pieces(other)))
        return float(one == other)

    def f1(self, answer: str, *, gold: str, language: str | None = None) -> float:
        """The F1 of the pieces of the two."""
        found = self.pieces(self.normalise(answer, language))
        right = self.pieces(self.normalise(gold, language))
        if self.empty_agree and not (found and right):
            return float(found == right)
        n_same = (Counter(found) & Counter(right)).total()
        return f1(share(n_same, of=len(found)), recall=share(n_same, of=len(right)))


def answer_rules(name: RulesName) -> AnswerRules:
    """The rules of that name."""
    return _RULES[name]


def _squad(text: str, language: str | None) -> str:  # noqa: ARG001 - English, whatever it is
    kept = "".join(one for one in text.lower() if one not in _ASCII_PUNCTUATION)
    return " ".join(_ENGLISH.sub(" ", kept).split())


def _mlqa(text: str, language: str | None) -> str:
    if language not in _MLQA_ARTICLES:
        known = ", ".join(_MLQA_ARTICLES)
        raise DataError(
            f"the language of a question is {language!r}, expected one that MLQA has rules for: "
            f"{known}; say the language of the file (the option language of its form), or take "
            "other rules"
        )
    kept = "".join(one for one in text.lower() if not _is_punctuation(one))
    articles = _MLQA_ARTICLES[language]
    kept = articles.sub(" ", kept) if articles else kept
    # "Mixed segmentation": each Chinese character is a piece, other text is split at spaces.
    kept = _HAN.sub(r" \1 ", kept) if language == "zh" else kept
    return " ".join(kept.split())


def _jsquad(text: str, language: str | None) -> str:  # noqa: ARG001 - Japanese
    # JGLUE's patch of the SQuAD script: no articles, no punctuation but a last full stop.
    return " ".join(text.lower().rstrip("。").split())


def _jaquad(text: str, language: str | None) -> str:  # noqa: ARG001 - Japanese
    return "".join(text.split())


def _is_punctuation(character: str) -> bool:
    return character in _ASCII_PUNCTUATION or unicodedata.category(character)[0] == "P"


_RULES: dict[RulesName, AnswerRules] = {
    "squad": AnswerRules(normalise=_squad, pieces=str.split),
    "mlqa": AnswerRules(normalise=_mlqa, pieces=str.split),
    "jsquad": AnswerRules(normalise=_jsquad, pieces=list, empty_agree=True),
    "jaquad": AnswerRules(normalise=_jaquad, pieces=list, any_order=True, empty_agree=True),
}
