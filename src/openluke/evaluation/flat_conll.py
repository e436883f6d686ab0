"""Mentions as they were scored until November 2021 for LUKE: a corpus as one sequence of tags.

Where a sentence began with a mention right after one of the same label had ended the sentence
before, IOB1 has no tag to part them, so they were one. Gold was read from such tags; predictions
were written with a B at every beginning and lost nothing. Published numbers of that time need it.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from openluke.errors import DataError
from openluke.evaluation.tags import UNTYPED, lenient_spans
from openluke.records import Document
from openluke.records.tags import OUTSIDE, WordRange, word_ranges


def flat_gold(documents: Iterable[Document]) -> list[WordRange]:
    """What is right, with what IOB1 cannot part across sentences taken for one."""
    tags: list[str] = []
    for document in documents:
        starts = {sentence[0] for sentence in document.sentences or ()}
        words = document.words or ()
        before: WordRange | None = None
        own = [OUTSIDE] * len(words)
        for span in _flat_ranges(document):
            touches = before is not None and (before.end, before.label) == (span.start, span.label)
            parted = touches and words[span.start][0] not in starts
            _write(own, span=span, prefix="B" if parted else "I")
            before = span
        tags.extend(own)
    return lenient_spans(tags)


def flat_predicted(documents: Iterable[Document]) -> list[WordRange]:
    """What was predicted, counted in the words of the corpus."""
    tags: list[str] = []
    for document in documents:
        own = [OUTSIDE] * len(document.words or ())
        for span in _flat_ranges(document):
            _write(own, span=span, prefix="B")
        tags.extend(own)
    return lenient_spans(tags)


def _flat_ranges(document: Document) -> list[WordRange]:
    """The mentions of a document as ranges of its words, none of which may be of two."""
    try:
        ranges = word_ranges(document, unlabelled=UNTYPED)
    except DataError as error:
        raise DataError(f"{error}; flat CoNLL scoring counts in words") from error
    for before, one in pairwise(ranges):
        if one.start < before.end:
            raise DataError(
                f"the {one.label} of words {one.start} to {one.end} shares words with another "
                "mention; flat CoNLL scoring knows flat mentions only"
            )
    return ranges


def _write(tags: list[str], *, span: WordRange, prefix: str) -> None:
    inside: Sequence[str] = [f"I-{span.label}"] * (span.end - span.start - 1)
    tags[span.start : span.end] = [f"{prefix}-{span.label}", *inside]
