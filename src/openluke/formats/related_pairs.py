"""Texts with two mentions and what holds between them, as files of relations give them."""

from openluke.formats.joined_words import JoinedWords
from openluke.formats.json_rows import Row
from openluke.records import Document, Mention, Relation, Span


def related_pair(
    text: str,
    *,
    head: Mention,
    tail: Mention,
    label: str | None,
    words: tuple[Span, ...] | None = None,
    identifier: str | None = None,
) -> Document:
    """The document of a row: its two mentions in the order of the text, and their relation."""
    mentions = sorted({head.span: head, tail.span: tail}.values(), key=lambda each: each.span)
    relation = Relation(head=head.span, tail=tail.span, label=label)
    return Document(
        text=text, mentions=tuple(mentions), relations=(relation,), words=words, id=identifier
    )


def words_of_row(row: Row, *, key: str) -> list[str]:
    """The words of a row, none of which is empty."""
    words = row.strings(key)
    if not words:
        raise row.error("found no words, expected at least one", at=(key,))
    if "" in words:
        raise row.error("found an empty word", at=(key, words.index("")))
    return words


def mention_of_words(
    joined: JoinedWords, *, start: int, end: int, row: Row, key: str, label: str | None = None
) -> Mention:
    """A mention of the words from ``start`` to before ``end``, which ``row`` says under ``key``."""
    if not 0 <= start < end <= len(joined.words):
        raise row.error(
            f"found words {start} to before {end}, expected a range of the {len(joined.words)} "
            "words, counted from 0",
            at=(key,),
        )
    span = joined.span(start, end=end)
    return Mention(start=span.start, end=span.end, label=label)
