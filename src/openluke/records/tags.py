"""Tags of words, such as B-PER and I-PER: what they say, and the ranges of words that they mean."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from openluke.errors import DataError
from openluke.records.documents import Document

Scheme = Literal["iob1", "iob2", "bioes", "bilou"]
"""How ranges are written. ``iob1``: I-, and B- for a range right after one of its own type.
``iob2``: B- first, then I-. ``bioes`` and ``bilou``: also E- or L- last, and S- or U- for ranges of
one word."""
OUTSIDE = "O"
LETTERS: dict[Scheme, str] = {"iob1": "BI", "iob2": "BI", "bioes": "BIES", "bilou": "BILU"}
"""What tags of each scheme begin with."""
PLAIN_LETTERS = {"B": "B", "I": "I", "E": "E", "S": "S", "L": "E", "U": "S"}
"""What the letters of all schemes mean in those of BIOES."""


class WordRange(NamedTuple):
    """Words from ``start`` to before ``end`` with a label."""

    start: int
    end: int
    label: str


class Tag(NamedTuple):
    """What the tag of a word says, in letters of BIOES."""

    letter: str
    """One of B, I, E, S and O."""
    label: str

    def continues(self, before: "Tag") -> bool:
        """Whether it is of the same range as the tag before it, by the rules of conlleval."""
        return before.letter in "BI" and self.letter in "IE" and before.label == self.label


NO_TAG = Tag(OUTSIDE, "")
"""That of a word outside of every range."""


def lenient_ranges(tags: Iterable[Tag]) -> list[WordRange]:
    """What the tags of a sentence mean as conlleval reads them, whatever their scheme.

    A range goes on as long as its label stays the same and nothing says that one ends (E, S) or
    another begins (B, S). It may begin with any tag, so every sequence makes sense.
    """
    found: list[WordRange] = []
    start, before = 0, NO_TAG
    for index, tag in enumerate([*tags, NO_TAG]):
        if not tag.continues(before):
            if before != NO_TAG:
                found.append(WordRange(start, index, before.label))
            start = index
        before = tag
    return found


def word_ranges(document: Document, *, unlabelled: str | None = None) -> list[WordRange]:
    """The mentions of a document as ranges of its words, in order.

    Args:
        document: A ``DataError`` where its words are not known, or a mention is not made of them.
        unlabelled: The label of mentions that have none; without it they are errors too.
    """
    if document.words is None:
        raise DataError("it has no words; expected a document whose words are known")
    starts = {word[0]: number for number, word in enumerate(document.words)}
    ends = {word[1]: number + 1 for number, word in enumerate(document.words)}
    found: list[WordRange] = []
    for mention in sorted(document.mentions, key=lambda one: one.span):
        place = f"mention ({mention.start}, {mention.end})"
        if mention.start not in starts or mention.end not in ends:
            raise DataError(f"{place} is not made of whole words")
        label = mention.label or unlabelled
        if label is None:
            raise DataError(f"{place} has no label")
        found.append(WordRange(starts[mention.start], ends[mention.end], label))
    return found
