"""Where a text can be cut without any piece noticing: rules per family, each with its proof."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from openluke.tokenization.character_classes import LETTER, OTHER, SPACE, CharacterClasses
from openluke.tokenization.character_rules import is_removal, normalizer_parts
from openluke.tokenization.tokenizer_files import pre_tokenizer_parts

CodePoints = npt.NDArray[np.integer[Any]]
Mask = npt.NDArray[np.bool_]


_HARMLESS = (" {2,}", r" \z", r"\A | \z")
"""Patterns of replacements that leave a single space between characters alone."""


class CutRule(Protocol):
    """Says of places in a text whether cutting there surely changes no piece on either side."""

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
        self._classes = CharacterClasses()

    def unseen(self, left: CodePoints, *, right: CodePoints, beyond: CodePoints) -> Mask:  # noqa: ARG002
        """Between two classes, the left one no space and not in a contraction."""
        before, after = self._classes.of(left), self._classes.of(right)
        contraction = (before == OTHER) & (after == LETTER) & (left == ord("'"))
        return (before != SPACE) & (before != after) & ~contraction


class SpaceRule:
    """Tokenizers that normalise cluster by cluster and split at spaces: SentencePiece, WordPiece.

    A space between two plain characters is a cluster of its own for every normaliser, is neither
    at an end nor in a run of spaces, and begins a new word. A right side that begins with it gets
    the same first piece as after a left side, since a space stands where a dummy prefix would.
    """

    def unseen(self, left: CodePoints, *, right: CodePoints, beyond: CodePoints) -> Mask:
        """Before a single space between plain characters."""
        return (right == ord(" ")) & _is_plain(left) & _is_plain(beyond)


def rule_for(tokenizer: Tokenizer) -> CutRule:
    """The strongest rule whose conditions a Rust tokenizer meets."""
    normalising = normalizer_parts(tokenizer)
    splitting = pre_tokenizer_parts(tokenizer)
    if any(token.single_word for token in tokenizer.get_added_tokens_decoder().values()):
        return NoRule()
    if (
        not normalising
        and len(splitting) == 1
        and splitting[0]["type"] == "ByteLevel"
        and splitting[0].get("use_regex", True)
        and not splitting[0]["add_prefix_space"]
    ):
        return ByteLevelRule()
    if (
        splitting
        and all(_splits_at_spaces(part) for part in splitting)
        and all(_is_local(part) for part in normalising)
    ):
        return SpaceRule()
    return NoRule()


def _is_plain(points: CodePoints) -> Mask:
    """ASCII letters, digits and the commonest marks, which no rule treats together with a space."""
    return ((points >= 0x21) & (points <= 0x7E)) & (points != ord("`")) & (points != ord("'"))


def _splits_at_spaces(part: dict[str, Any]) -> bool:
    kind = part["type"]
    return kind in ("WhitespaceSplit", "BertPreTokenizer") or (
        kind == "Metaspace" and bool(part.get("split", True))
    )


def _is_local(part: dict[str, Any]) -> bool:
    kind = part["type"]
    if kind == "Replace":
        pattern = part["pattern"]
        if "Regex" in pattern:
            return pattern["Regex"] in _HARMLESS or is_removal(pattern["Regex"])
        return " " not in pattern["String"]
    if kind == "Prepend":
        return part["prepend"] in (" ", "▁")
    return kind in (
        *("Precompiled", "BertNormalizer", "Strip", "Lowercase", "Nmt"),
        *("NFC", "NFD", "NFKC", "NFKD", "StripAccents"),
    )
