"""Pieces of documents, cut between sentences where no mention and no relation is cut."""

from dataclasses import replace

from openluke.records import Document, Span
from openluke.tokenization.sentences import split_sentences


def uncut_stretches(document: Document) -> list[Span]:
    """The sentences of a document in order; those that a mention or relation joins are one."""
    sentences = document.sentences
    if sentences is None:
        sentences = split_sentences(document.text)
    joined = sorted(
        [mention.span for mention in document.mentions]
        + [
            Span(min(one.head[0], one.tail[0]), max(one.head[1], one.tail[1]))
            for one in document.relations
        ]
    )
    stretches: list[Span] = []
    reached, number = 0, 0
    for start, end in sentences:
        while number < len(joined) and joined[number].start < start:
            reached = max(reached, joined[number].end)
            number += 1
        if stretches and reached > start:
            stretches[-1] = Span(stretches[-1].start, end)
        else:
            stretches.append(Span(start, end))
    return stretches


def piece_of(document: Document, *, span: Span) -> Document:
    """A part of a document, with what lies in it; nothing that the document has may be cut."""

    def within(one: Span) -> bool:
        return span.start <= one[0] and one[1] <= span.end

    def moved(one: Span) -> Span:
        return Span(one[0] - span.start, one[1] - span.start)

    def kept(spans: tuple[Span, ...] | None) -> tuple[Span, ...] | None:
        return None if spans is None else tuple(moved(one) for one in spans if within(one))

    mentions = [mention for mention in document.mentions if within(mention.span)]
    relations = [one for one in document.relations if within(one.head) and within(one.tail)]
    return replace(
        document,
        text=span.of(document.text),
        mentions=tuple(
            replace(one, start=one.start - span.start, end=one.end - span.start) for one in mentions
        ),
        relations=tuple(
            replace(one, head=moved(one.head), tail=moved(one.tail)) for one in relations
        ),
        sentences=kept(document.sentences),
        words=kept(document.words),
    )
