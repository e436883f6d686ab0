"""Windows of pages made one piece after another, as the words of the rules have it."""

import functools
import itertools
from typing import NamedTuple

from tokenizers import Tokenizer, pre_tokenizers

from openluke.tokenization.sentences import split_sentences


class PlainWindow(NamedTuple):
    page: int
    words: list[int]
    links: list[tuple[int, int, int]]
    """Entity, first piece, end."""


def plain_windows(
    pages, *, tokenizer, rows, min_words, max_words, max_entities, keep_plain, unknown=None
) -> list[PlainWindow]:
    """All windows of pages; ``rows`` are the entities of titles."""
    made = []
    for number, page in enumerate(pages):
        words, links = [], []

        def close(number=number):
            nonlocal words, links
            if words and (links or keep_plain):
                made.append(PlainWindow(number, words, links[:max_entities]))
            words, links = [], []

        for sentence, found in sentences_of(page, tokenizer=tokenizer, rows=rows, unknown=unknown):
            if not min_words <= len(sentence) <= max_words:
                continue
            if len(words) + len(sentence) > max_words:
                close()
            links += [
                (entity, len(words) + start, len(words) + end)
                for entity, start, end in found
                if start < end
            ]
            words += sentence
        close()
    return made


def sentences_of(page, *, tokenizer, rows, unknown=None):
    """The pieces of each sentence of a page, and the entity and pieces of each of its links."""
    for paragraph in page.paragraphs:
        if paragraph.kind != "heading":
            yield from _sentences(paragraph, tokenizer=tokenizer, rows=rows, unknown=unknown)


def _sentences(paragraph, *, tokenizer, rows, unknown):
    text, moved = "", []
    for character in paragraph.text:
        moved.append(len(text))
        if not character.isspace():
            text += character
        elif not text.endswith(" "):
            text += " "
    moved.append(len(text))
    links = []
    for start, end, title in paragraph.links:
        first, last = moved[start], moved[end]
        while first < last and text[first] == " ":
            first += 1
        while first < last and text[last - 1] == " ":
            last -= 1
        entity = rows.get(title, unknown)
        if entity is not None and first < last:
            links.append((first, last, entity))
    for start, end in split_sentences(text, language="en"):
        own = [link for link in links if start <= link[0] and link[1] <= end]
        places = sorted({start, end, *(place for link in own for place in link[:2])})
        counts, words = {start: 0}, []
        for first, last in itertools.pairwise(places):
            words += _pieces(text, first=first, last=last, tokenizer=tokenizer)
            counts[last] = len(words)
        yield words, [(entity, counts[first], counts[last]) for first, last, entity in own]


def _pieces(text, *, first, last, tokenizer):
    """The pieces of a stretch: a space before it is its own, one at its end is not."""
    if last < len(text) and text[last - 1] == " ":
        last -= 1
    if first and text[first - 1] == " ":
        first -= 1
    piece = text[first:last]
    if not piece:
        return []
    if first == 0 and tokenizer.family == "byte_level" and piece[0] != " ":
        piece = f" {piece}"
    if first and piece[0] != " " and tokenizer.family == "sentencepiece":
        rust = _taking_texts_as_they_are(tokenizer)
        return rust.encode(piece, add_special_tokens=False).ids
    return tokenizer.encode([[piece]], offsets=True)[0].ids


@functools.cache
def _taking_texts_as_they_are(tokenizer) -> Tokenizer:
    rust = Tokenizer.from_str(tokenizer._rust.to_str())
    rust.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    return rust
