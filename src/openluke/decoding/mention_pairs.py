"""Which pairs of a document's mentions are asked for their relation."""

from collections.abc import Sequence

from openluke.records import Document, Relation, Span

Pair = tuple[Span, Span]


def asked_pairs(
    document: Document,
    *,
    every: bool,
    types: Sequence[tuple[str, str]] = (),
    unrelated: str | None = None,
) -> tuple[Relation, ...]:
    """The pairs whose relation is asked for, with the label where it is known.

    Args:
        document: A text with relations, mentions or both.
        every: Whether all ordered pairs of mentions are asked for, beside those that the document
            names; if not, that is so only for a document that names none.
        types: Labels of a first and a second mention; of pairs of mentions, only such are asked
            for. Empty lets all through.
        unrelated: With ``every``, the label of pairs that the document does not name.
    """
    if document.relations and not every:
        return document.relations
    named = {(relation.head, relation.tail) for relation in document.relations}
    others = [
        Relation(head=head, tail=tail, label=unrelated if every else None)
        for head, tail in _pairs_of_mentions(document, types=types)
        if (head, tail) not in named
    ]
    return (*document.relations, *others)


def _pairs_of_mentions(document: Document, *, types: Sequence[tuple[str, str]]) -> list[Pair]:
    wanted = set(types)
    pairs = [
        (head.span, tail.span)
        for head in document.mentions
        for tail in document.mentions
        if head.span != tail.span and (not wanted or (head.label, tail.label) in wanted)
    ]
    return list(dict.fromkeys(pairs))
