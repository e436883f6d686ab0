"""SentencePiece tokenizers that begin a word only where the text has a space.

Such tokenizers put a space before every text that they are given. A text that is cut at links is
given in segments, and a segment that follows on a letter or bracket would begin as a new word: in
languages without spaces every link would. So in pretraining, as the original project has it, spaces
are written as the mark that SentencePiece has for them, and none is added.
"""

# The stubs of the tokenizers library leave element types open.
# pyright: reportUnknownMemberType=false

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from openluke.tokenization.tokenizer import WordTokenizer

_MARK = "▁"

_Array = npt.NDArray[np.integer[Any]]


class SpacedTexts(NamedTuple):
    """Texts with places in them, as a tokenizer is to be given them."""

    texts: list[str]
    places: _Array
    """Places in the texts, those of the first text first. *Shape:* (K,)."""


def without_added_spaces(tokenizer: WordTokenizer) -> WordTokenizer:
    """The same tokenizer, but that it takes each text as it is; for texts of ``mark_spaces``."""
    with tempfile.TemporaryDirectory() as directory:
        tokenizer.save(directory)
        state: Any = json.loads(Path(directory, "tokenizer.json").read_text(encoding="utf-8"))
    splitting: dict[str, Any] = state["pre_tokenizer"] or {}
    parts: list[dict[str, Any]] = [splitting, *splitting.get("pretokenizers", ())]
    for part in parts:
        if part.get("type") == "Metaspace":
            part["prepend_scheme"] = "never"
    return WordTokenizer(
        Tokenizer.from_str(json.dumps(state)),
        family=tokenizer.family,
        roles=tokenizer.roles,
        where=tokenizer.where,
    )


def mark_spaces(
    texts: Sequence[str], *, places: _Array, counts: Sequence[int] | _Array
) -> SpacedTexts:
    """Write the spaces of texts, and one before each, as marks; places after one go before it.

    Args:
        texts: With single plain spaces between words.
        places: Places in the texts, those of the first text first. *Shape:* (K,).
        counts: How many places each text has.
    """
    marked = [f"{_MARK}{text.replace(' ', _MARK)}" for text in texts]
    points = np.frombuffer("".join(marked).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    lengths = np.fromiter(map(len, marked), dtype=np.int64, count=len(marked))
    firsts = (lengths.cumsum() - lengths).repeat(counts)
    # A mark more stands in front, so that this is the character before each place.
    is_after_mark = points[firsts + places] == ord(_MARK)
    return SpacedTexts(marked, places + ~is_after_mark)
