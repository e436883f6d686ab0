"""Mentions as they were scored until November 2021 for LUKE: a corpus as one sequence of tags.

Where a sentence began with a mention right after one of the same label had ended the sentence
before, IOB1 has no tag to part them, so they were one. Gold was read from such tags; predictions
were written with a B at every beginning and lost nothing. Published numbers of that time need it.
"""

from collections.abc import Iterable, Sequence

from openluke.errors import DataError
from openluke.evaluation.tags import UNTYPED, WordSpan, lenient_spans
from openluke.records import Document


def flat_gold(documents: Iterable[Document]) -> list[WordSpan]:
    """What is right, with what IOB1 cannot part across sentences taken for one."""
    tags: list[str] = []
    for document in documents:
        starts = {sentence[0] for sentence in document.sentences or ()}
        words = document.words or ()
        before: WordSpan | None = None
        own = ["O"] * len(words)
        for span in word_spans(document):
            touches = before is not None and (before.end, before.label) == (span.start, span.label)
            parted = touches and words[span.start][0] not in starts
            _write(own, span=span, prefix="B" if parted else "I")
            before = span
        tags.extend(own)
    return lenient_spans(tags)


def flat_predicted(documents: Iterable[Document]) -> list[WordSpan]:
    """What was predicted, counted in the words of the corpus."""
    tags: list[str] = []
    for document in documents:
        own = ["O"] * len(document.words or ())
        for span in word_spans(document):
            _write(own, span=span, prefix="B")
        tags.extend(own)
    return lenient_spans(tags)


def word_spans(document: Document) -> list[WordSpan]:
    """The mentions of a document as ranges of its words, in order.

    A ``DataError`` where one is not made of whole words or shares words with another.
    """
    if document.words is None:
        raise DataError("a document has no words; flat CoNLL scoring counts in words")
    starts = {word[0]: place for place, word in enumerate(document.words)}
    ends = {word[1]: place + 1 for place, word in enumerate(document.words)}
    spans: list[WordSpan] = []
    for mention in sorted(document.mentions, key=lambda one: one.span):
        if mention.start not in starts or mention.end not in ends:
            raise DataError(
                f"mention ({mention.start}, {mention.end}) is not made of whole words; flat CoNLL "
                "scoring counts in words"
            )
        span = WordSpan(starts[mention.start], ends[mention.end], mention.label or UNTYPED)
        if spans and span.start < spans[-1].end:
            raise DataError(
                f"mention ({mention.start}, {mention.end}) shares words with another; flat CoNLL "
                "scoring knows flat mentions only"
            )
        spans.append(span)
    return spans


def _write(tags: list[str], *, span: WordSpan, prefix: str) -> None:
    inside: Sequence[str] = [f"I-{span.label}"] * (span.end - span.start - 1)
    tags[span.start : span.end] = [f"{prefix}-{span.label}", *inside]
