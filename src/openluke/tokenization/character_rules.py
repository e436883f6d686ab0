"""SentencePiece's character rules in Rust, with what the Rust library gets wrong put right."""

import base64
import json
import re
from typing import Any, cast

from tokenizers import Regex, Tokenizer, normalizers

_CONTROLS = range(0x01, 0xA0)


def character_rules(charsmap: bytes) -> list[normalizers.Normalizer]:
    """The compiled rules of a model file as steps of normalisation.

    The Rust library applies the shortest rule that fits the beginning of a letter with its
    accents, and none to more than five bytes. So text with separate accents (Vietnamese, Korean,
    kana) comes out without some of them. Composing them before and after gives what SentencePiece
    gives, whose usual rules (``nmt_nfkc``) compose too.
    """
    rules = normalizers.Precompiled(charsmap)
    steps: list[normalizers.Normalizer] = [rules]
    if rules.normalize_str("e\u0301") == "é":
        steps = [normalizers.NFC(), rules, normalizers.NFC()]
    removal = _removal(rules)
    return steps if removal is None else [removal, *steps]


def repair_offsets(rust: Tokenizer) -> None:
    """Let a tokenizer drop control characters before its compiled rules do.

    Ids stay the same. Where the Rust library's compiled rules drop the first character of a text,
    its offsets are wrong from there on.
    """
    parts = normalizer_parts(rust)
    compiled = next((part for part in parts if part["type"] == "Precompiled"), None)
    if compiled is None:
        return
    removal = _removal(normalizers.Precompiled(base64.b64decode(compiled["precompiled_charsmap"])))
    if removal is not None and parts[0] != _state(removal):
        rust.normalizer = normalizers.Sequence([removal, rust.normalizer])


def is_removal(pattern: str) -> bool:
    """Whether a pattern is of the kind that ``repair_offsets`` makes."""
    return re.fullmatch(r"\[(\\x\{[0-9a-f]+\})+\]", pattern) is not None


def normalizer_parts(rust: Tokenizer) -> list[dict[str, Any]]:
    """Settings of the normalizers of a tokenizer, in order."""
    return [] if rust.normalizer is None else _flat(_state(rust.normalizer))


def _removal(rules: normalizers.Precompiled) -> normalizers.Normalizer | None:
    """A step that removes the control characters that the rules remove."""
    removed = [point for point in _CONTROLS if not rules.normalize_str(chr(point))]
    if not removed:
        return None
    pattern = "".join(f"\\x{{{point:x}}}" for point in removed)
    return normalizers.Replace(Regex(f"[{pattern}]"), "")


def _state(normalizer: normalizers.Normalizer) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(normalizer.__getstate__()))


def _flat(state: dict[str, Any]) -> list[dict[str, Any]]:
    if state["type"] != "Sequence":
        return [state]
    return [part for inner in state["normalizers"] for part in _flat(inner)]
