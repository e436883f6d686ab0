"""SentencePiece's character rules in Rust, with most that the Rust library gets wrong put right."""

import base64
import json
import re
from typing import Any, cast

from tokenizers import Regex, Tokenizer, normalizers

_CONTROLS = range(0x01, 0xA0)
_PLACE_HOLDER = "\U0010fffe"
"""No character, and no text that is exchanged may hold it; it is dropped where one does."""


def character_rules(charsmap: bytes) -> list[normalizers.Normalizer]:
    """The compiled rules of a model file as steps of normalisation.

    The Rust library applies the shortest rule that fits the beginning of a letter with its
    accents, and none to more than five bytes. So text with separate accents (Vietnamese, Korean,
    kana) comes out without some of them. Composing them before and after gives what SentencePiece
    gives, whose usual rules (``nmt_nfkc``) compose too. One kind of text still differs: a mark that
    composes with nothing, on a character that a rule of its own replaces (a full-width A or a
    no-break space before U+0301), is lost, where SentencePiece keeps it.
    """
    rules = normalizers.Precompiled(charsmap)
    removed = _removed_controls(rules)
    if rules.normalize_str("e\u0301") != "é":
        return [_removal_at_start(removed), rules] if removed else [rules]
    steps: list[normalizers.Normalizer] = [normalizers.NFC(), rules, normalizers.NFC()]
    if removed:
        # Something must stand where they stood until all is composed: marks do not join across it.
        hold = normalizers.Replace(Regex(f"[{removed}]"), _PLACE_HOLDER)
        steps = [hold, *steps, normalizers.Replace(_PLACE_HOLDER, "")]
    return steps


def repair_offsets(rust: Tokenizer) -> None:
    """Let a tokenizer drop control characters at the start before its compiled rules do.

    Ids stay the same. Where the Rust library's compiled rules drop the first character of a text,
    its offsets are wrong from there on. Elsewhere the characters stay for the rules to drop, since
    they keep marks after them apart from what stands before.
    """
    parts = normalizer_parts(rust)
    compiled = next((part for part in parts if part["type"] == "Precompiled"), None)
    if compiled is None or _is_our_step(parts[0]):
        return
    rules = normalizers.Precompiled(base64.b64decode(compiled["precompiled_charsmap"]))
    if removed := _removed_controls(rules):
        removal = _removal_at_start(removed)
        rust.normalizer = normalizers.Sequence([removal, rust.normalizer])


def is_removal(pattern: str) -> bool:
    """Whether a pattern is of the kind that takes control characters out of a text."""
    return re.fullmatch(r"(\\A)?\[(\\x\{[0-9a-f]+\})+\]\+?", pattern) is not None


def _is_our_step(part: dict[str, Any]) -> bool:
    return part["type"] == "Replace" and is_removal(part["pattern"].get("Regex", ""))


def normalizer_parts(rust: Tokenizer) -> list[dict[str, Any]]:
    """Settings of the normalizers of a tokenizer, in order."""
    return [] if rust.normalizer is None else _flat(_state(rust.normalizer))


def _removed_controls(rules: normalizers.Precompiled) -> str:
    """The control characters that the rules remove, as a pattern says them in brackets."""
    removed = [point for point in _CONTROLS if not rules.normalize_str(chr(point))]
    return "".join(f"\\x{{{point:x}}}" for point in removed)


def _removal_at_start(removed: str) -> normalizers.Normalizer:
    return normalizers.Replace(Regex(rf"\A[{removed}]+"), "")


def _state(normalizer: normalizers.Normalizer) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(normalizer.__getstate__()))


def _flat(state: dict[str, Any]) -> list[dict[str, Any]]:
    if state["type"] != "Sequence":
        return [state]
    return [part for inner in state["normalizers"] for part in _flat(inner)]
