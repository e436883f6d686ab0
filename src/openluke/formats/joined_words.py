"""Texts made of words that a file gives one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from openluke.records import Span
from openluke.tokenization.word_pieces import stands_close

JoinedBy = Literal["spaces", "legacy", "nothing"]
"""What stands between words. ``spaces``: one each. ``legacy``: one each, but none before words that
begin with an apostrophe or are a single punctuation mark, as in the texts of the published LUKE.
``nothing``: for scripts without spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedWords:
    """A text and where its words are."""

    text: str
    words: tuple[Span, ...]

    def span(self, start: int, *, end: int) -> Span:
        """The characters of the words from ``start`` to before ``end``."""
        return Span(self.words[start].start, self.words[end - 1].end)


def join_words(words: Sequence[str], *, joined_by: JoinedBy = "spaces") -> JoinedWords:
    """A text of words."""
    parts: list[str] = []
    spans: list[Span] = []
    length = 0
    for word in words:
        if parts and joined_by != "nothing" and not (joined_by == "legacy" and stands_close(word)):
            parts.append(" ")
            length += 1
        spans.append(Span(length, length + len(word)))
        parts.append(word)
        length += len(word)
    return JoinedWords(text="".join(parts), words=tuple(spans))
