"""Where a text can be cut without any piece noticing: rules per family, each with its proof."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from tokenizers import AddedToken, Tokenizer

from openluke.tokenization.character_classes import (
    LETTER,
    MARK,
    OTHER,
    SPACE,
    BertClasses,
    ByteLevelClasses,
    PlainClasses,
)
from openluke.tokenization.character_rules import is_removal, normalizer_parts
from openluke.tokenization.tokenizer_files import pre_tokenizer_parts

CodePoints = npt.NDArray[np.integer[Any]]
Mask = npt.NDArray[np.bool_]

_HARMLESS = (" {2,}", r" \z", r"\A | \z")
"""Patterns of replacements that leave a single space between characters alone."""

_JOINING = (
    *("\u0600", "\u0601", "\u0602", "\u0603", "\u0604", "\u0605", "\u06dd", "\u070f"),
    *("\u0890", "\u0891", "\u08e2", "\u0d4e", "\U000110bd", "\U000110cd", "\U000111c2"),
    *("\U000111c3", "\U0001193f", "\U00011941", "\U00011a3a", "\U00011d46", "\U00011f02"),
    *map(chr, range(0x11A84, 0x11A8A)),
)
"""The characters that are of one group with the letter after them."""


class CutRule(Protocol):
    """Says of places in a text whether cutting there surely changes no piece on either side.

    What the rules say holds where no special or added token stands around the place.
    """

    def unseen(self, left: CodePoints, *, right: CodePoints, beyond: CodePoints) -> Mask:
        """Judge places by the character before, the one after, and the one after that.

        ``beyond`` is 0 where the text ends. Saying no is always right, only slower: the text is
        then cut.

        *Shape:* all (K,).
        """
        ...


class NoRule:
    """Nothing is known about the tokenizer: every cut may be seen."""

    def unseen(self, left: CodePoints, *, right: CodePoints, beyond: CodePoints) -> Mask:  # noqa: ARG002
        """Never."""
        return np.zeros(len(left), dtype=np.bool_)


class ByteLevelRule:
    """GPT-2's pattern: contractions, then `` ?letters``, `` ?numbers``, `` ?others``, spaces.

    The pattern is matched from left to right and looks ahead in one alternative only, the one for
    runs of spaces. So what stands right of a place where a match ends does not depend on the left
    side, and what stands left of it does not depend on the right side unless it ends in a space.
    A match surely ends between a character that is no space and one of another class, but for the
    contractions (``'s``), the only alternatives in which two classes follow each other without a
    space between. Byte-pair encoding never looks beyond a match.
    """

    def __init__(self) -> None:
        self._classes = ByteLevelClasses()

    def unseen(self, left: CodePoints, *, right: CodePoints, beyond: CodePoints) -> Mask:  # noqa: ARG002
        """Between two classes, the left one no space and not in a contraction."""
        before, after = self._classes.of(left), self._classes.of(right)
        contraction = (before == OTHER) & (after == LETTER) & (left == ord("'"))
        return (before != SPACE) & (before != after) & ~contraction


class BertRule:
    """BERT's rules, which look at one character after the other.

    They take characters out, put spaces around Han characters, and take accents off, for which
    marks are sorted, but never across a space or a character that is a word of its own. So both
    sides of a place before one of these become what they become together, and no word goes across
    it. WordPiece never looks beyond a word.

    Args:
        classes: Of the characters, as the normalizer leaves them.
        marks: Whether to cut before words of one character too.
    """

    def __init__(self, classes: BertClasses, *, marks: bool) -> None:
        self._classes = classes
        self._marks = marks

    def unseen(self, left: CodePoints, *, right: CodePoints, beyond: CodePoints) -> Mask:  # noqa: ARG002
        """Before spaces and marks, unless after a space."""
        after = self._classes.of(right)
        found = (after == SPACE) | (after == MARK) if self._marks else after == SPACE
        return found & (self._classes.of(left) != SPACE)


class SpaceRule:
    """SentencePiece's rules: normalise group by group (grapheme clusters), then split at spaces.

    A space between two plain characters is a group of its own for every normaliser, is neither
    at an end nor in a run of spaces, and begins a new word. A right side that begins with it gets
    the same first piece as after a left side, since a space stands where a dummy prefix would.
    """

    def __init__(self, classes: PlainClasses) -> None:
        self._classes = classes

    def unseen(self, left: CodePoints, *, right: CodePoints, beyond: CodePoints) -> Mask:
        """Before a single space between plain characters."""
        found = self._classes.of(right) == SPACE
        places = np.flatnonzero(found)
        around = self._classes.of(np.stack((left[places], beyond[places])))
        found[places] = (around == LETTER).all(axis=0)
        return found


def rule_for(tokenizer: Tokenizer) -> CutRule:
    """The strongest rule whose conditions a Rust tokenizer meets."""
    normalising = normalizer_parts(tokenizer)
    splitting = pre_tokenizer_parts(tokenizer)
    added = list(tokenizer.get_added_tokens_decoder().values())
    # These tokens are looked for in the normal form, so that texts do not show where they stand.
    hidden = [token for token in added if token.normalized and normalising]
    if any(token.single_word for token in added) or any(map(_reaches_over_space, hidden)):
        return NoRule()
    if not normalising and _kinds(splitting) == ["ByteLevel"] and _is_gpt2(splitting[0]):
        return ByteLevelRule()
    if _kinds(normalising) == ["BertNormalizer"] and _kinds(splitting) == ["BertPreTokenizer"]:
        return BertRule(BertClasses(tokenizer.normalizer), marks=not hidden)
    classes = PlainClasses(tokenizer.normalizer)
    if (
        splitting
        and all(_splits_at_spaces(part) for part in splitting)
        and all(map(_is_local, normalising))
        and (not any(map(_strips_start, normalising)) or splitting[0]["type"] != "Metaspace")
        and all(classes.normal(f"{joining}a").endswith("a") for joining in _JOINING)
    ):
        return SpaceRule(classes)
    return NoRule()


def _kinds(parts: list[dict[str, Any]]) -> list[str]:
    return [part["type"] for part in parts]


def _is_gpt2(part: dict[str, Any]) -> bool:
    return part.get("use_regex", True) and not part["add_prefix_space"]


def _reaches_over_space(token: AddedToken) -> bool:
    return token.rstrip or "▁" in token.content or any(map(str.isspace, token.content))


def _splits_at_spaces(part: dict[str, Any]) -> bool:
    kind = part["type"]
    return kind in ("WhitespaceSplit", "BertPreTokenizer") or (
        kind == "Metaspace" and bool(part.get("split", True))
    )


def _strips_start(part: dict[str, Any]) -> bool:
    """Whether a space at the start is taken off; a dummy prefix then stands at another place."""
    if part["type"] == "Strip":
        return bool(part["strip_left"])
    return part["type"] == "Replace" and part["pattern"].get("Regex", "").startswith(r"\A ")


def _is_local(part: dict[str, Any]) -> bool:
    """Whether a step of normalisation leaves a space between plain characters as it is."""
    kind = part["type"]
    if kind == "Replace":
        pattern = part["pattern"]
        if "Regex" in pattern:
            return pattern["Regex"] in _HARMLESS or is_removal(pattern["Regex"])
        text, content = pattern["String"], part["content"]
        # What becomes of a single character is asked of the whole normalizer.
        return " " not in text and (len(text) == 1 or (content != "" and " " not in content))
    return kind in (
        *("Precompiled", "BertNormalizer", "Strip", "Lowercase", "Nmt"),
        *("NFC", "NFD", "NFKC", "NFKD", "StripAccents"),
    )
