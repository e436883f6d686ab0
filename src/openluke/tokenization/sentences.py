"""Splitting texts into sentences, in some 300 languages."""

# sentencex has no type stubs.
# pyright: reportMissingTypeStubs=false, reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false

import re
from collections.abc import Iterator
from typing import cast

import sentencex

from openluke.errors import DataError
from openluke.records import Span
from openluke.tokenization.sheet import surrogate_message

_LINE_END = re.compile(r"[\r\n\v\f]+")
_EMPTY_LINE = re.compile(r"(?>\r\n?|\n)(?:[^\S\r\n]*(?>\r\n?|\n))+")
_INITIAL = re.compile(r"[^\W\d_]\.")
"""A letter with a full stop is no sentence but an initial, or a word such as the French ``M.``."""
_PLAIN_SPACES = dict.fromkeys((0x85, 0x2028, 0x2029), "\n") | dict.fromkeys(
    (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "
)
"""Spaces that are not ASCII as others that are: sentencex 1.0 breaks down over ``A\\u2028.``"""


def split_sentences(
    text: str, *, language: str = "en", line_breaks_end: bool = False
) -> tuple[Span, ...]:
    """The sentences of a text in order, without the space around them.

    Every character that is no space is in exactly one sentence. An empty line ends one.

    Args:
        text: The text.
        language: Code of its language, as Wikipedia has them; a language without rules of its own
            is split by those of a related one, or else of English.
        line_breaks_end: Whether each line break ends a sentence, as in lists and titles, and where
            each line is a text of its own; if not, sentences go on over single line breaks.
    """
    try:
        return _sentences(
            text.translate(_PLAIN_SPACES),
            language=language,
            ends=_LINE_END if line_breaks_end else _EMPTY_LINE,
        )
    except UnicodeEncodeError as error:
        raise DataError(surrogate_message([text])) from error


def _sentences(plain: str, *, language: str, ends: "re.Pattern[str]") -> tuple[Span, ...]:
    sentences: list[Span] = []
    start = 0
    for end in ends.finditer(plain):
        sentences += _split(plain[start : end.start()], start=start, language=language)
        start = end.end()
    return (*sentences, *_split(plain[start:], start=start, language=language))


def _split(block: str, *, start: int, language: str) -> Iterator[Span]:
    parts = cast("list[str]", sentencex.segment(language, block))
    if "".join(parts) != block:
        raise DataError(
            f"the sentences found of language {language!r} do not add up to the text, at "
            f"characters {start} to {start + len(block)}; expected each character in one sentence; "
            "give the sentences of this text yourself"
        )
    first, last = None, start  # of a sentence that goes on
    for part in parts:
        solid = part.strip()
        if solid:
            place = start + part.index(solid)
            first = place if first is None else first
            if not _INITIAL.fullmatch(solid):
                yield Span(first, place + len(solid))
                first = None
            last = place + len(solid)
        start += len(part)
    if first is not None:
        yield Span(first, last)
