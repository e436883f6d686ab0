"""Pages as word pieces, with the places of their sentences and links."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from openluke.pretraining.corpus.linked_entities import LinkedEntities
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.pretraining.corpus.packing import PieceText
from openluke.pretraining.corpus.spacing import mark_spaces, without_added_spaces
from openluke.records.pages import Page, PageLink, Paragraph
from openluke.tokenization.alignment import align
from openluke.tokenization.sentences import split_sentences
from openluke.tokenization.tokenizer import WordTokenizer

_ODD_SPACE = re.compile(r"[^\S ]|  ")
_SPACES = re.compile(r"\s+")


@dataclass(slots=True)
class _Marks:
    """Where sentences and links of some paragraphs begin and end."""

    texts: list[str] = field(default_factory=list[str])
    places: list[int] = field(default_factory=list[int])
    """Start and end of each sentence, then of each link, of one text after another."""
    n_sentences: list[int] = field(default_factory=list[int])
    """Of each text."""
    n_links: list[int] = field(default_factory=list[int])
    pages: list[int] = field(default_factory=list[int])
    """The page of each sentence."""
    owners: list[int] = field(default_factory=list[int])
    """The sentence of each link."""
    entities: list[int] = field(default_factory=list[int])


class PageCutter:
    """Cuts pages into word pieces, so that no piece goes across the ends of sentences and links."""

    def __init__(
        self, tokenizer: WordTokenizer, *, entities: LinkedEntities, options: CorpusOptions
    ) -> None:
        self._marks_spaces = tokenizer.family == "sentencepiece"
        self._tokenizer = without_added_spaces(tokenizer) if self._marks_spaces else tokenizer
        self._entities = entities
        self._options = options
        self._language = options.language or "en"

    def cut(self, pages: Sequence[Page], *, counts: Counter[str]) -> PieceText:
        """The pieces of pages, which are numbered from 0.

        Args:
            pages: Some whole pages; many at once are faster.
            counts: Where it is counted what there is, and what is left out and why.
        """
        marks = _Marks()
        for number, page in enumerate(pages):
            for paragraph in self._chosen(page, counts=counts):
                self._mark(single_spaced(paragraph), page=number, marks=marks, counts=counts)
        n_pairs = np.array([marks.n_sentences, marks.n_links], dtype=np.int64).T
        n_places = 2 * n_pairs.sum(axis=1)
        texts, places = marks.texts, np.array(marks.places, dtype=np.int64)
        if self._marks_spaces:
            texts, places = mark_spaces(texts, places=places, counts=n_places)
        aligned = align(
            texts,
            boundaries=places,
            counts=n_places.tolist(),
            tokenizer=self._tokenizer,
            prefix_space=[True] * len(texts),
        )
        firsts = aligned.bounds[:-1].repeat(n_pairs.sum(axis=1))
        ranges = aligned.places.reshape(-1, 2) + firsts[:, None]
        is_link = np.tile([False, True], len(marks.texts)).repeat(n_pairs.reshape(-1))
        counts["all_pieces"] += len(aligned.ids)
        return PieceText(
            ids=aligned.ids,
            sentences=ranges[~is_link],
            pages=np.array(marks.pages, dtype=np.int64),
            links=ranges[is_link],
            owners=np.array(marks.owners, dtype=np.int64),
            entities=np.array(marks.entities, dtype=np.int32),
        )

    def _chosen(self, page: Page, *, counts: Counter[str]) -> Iterator[Paragraph]:
        """The paragraphs of a page that are taken."""
        options = self._options
        for number, paragraph in enumerate(page.paragraphs):
            counts["characters"] += len(paragraph.text)
            counts["links"] += len(paragraph.links)
            if options.lead_only and number >= page.n_lead:
                what = "after_lead"
            elif paragraph.kind == "heading" and not options.headings:
                what = "of_headings"
            else:
                yield paragraph
                continue
            counts[f"dropped_characters_{what}"] += len(paragraph.text)
            counts[f"dropped_links_{what}"] += len(paragraph.links)

    def _mark(
        self, paragraph: Paragraph, *, page: int, marks: _Marks, counts: Counter[str]
    ) -> None:
        """Find the sentences of a paragraph, and the links that lie in one and are kept."""
        sentences = split_sentences(paragraph.text, language=self._language)
        first = len(marks.pages)
        starts = [sentence.start for sentence in sentences]
        ends = [sentence.end for sentence in sentences]
        n_before = len(marks.entities)
        places: list[int] = []
        for link in paragraph.links:
            start, end = _trimmed(link, text=paragraph.text)
            entity = self._entity(link.title)
            owner = bisect_right(starts, start) - 1
            if entity is None:
                counts["dropped_links_to_unknown_entities"] += 1
            elif start >= end:
                counts["dropped_links_without_pieces"] += 1
            elif owner < 0 or end > ends[owner]:
                counts["dropped_links_across_sentences"] += 1
            else:
                places += (start, end)
                marks.owners.append(first + owner)
                marks.entities.append(entity)
        marks.texts.append(paragraph.text)
        for start, end in zip(starts, ends, strict=True):
            marks.places += (start, end)
        marks.places += places
        marks.pages += [page] * len(sentences)
        marks.n_sentences.append(len(sentences))
        marks.n_links.append(len(marks.entities) - n_before)

    def _entity(self, title: str) -> int | None:
        row = self._entities.find(title)
        if row is None and self._options.unknown_entities == "keep":
            return self._entities.vocab.special.unk
        return row


def single_spaced(paragraph: Paragraph) -> Paragraph:
    """The paragraph with one plain space for all space between two words.

    So a word after a tab or a non-breaking space begins as one after a space does.
    """
    text = paragraph.text
    if _ODD_SPACE.search(text) is None:
        return paragraph
    is_space = np.array([False, *map(str.isspace, text)])
    places = np.concatenate(([0], (~(is_space[1:] & is_space[:-1])).cumsum())).tolist()
    links = [PageLink(places[link.start], places[link.end], link.title) for link in paragraph.links]
    return Paragraph(_SPACES.sub(" ", text), tuple(links), paragraph.kind)


def _trimmed(link: PageLink, *, text: str) -> tuple[int, int]:
    """The characters of a link without the space around them."""
    start, end = link.start, link.end
    while start < end and text[start] == " ":
        start += 1
    while start < end and text[end - 1] == " ":
        end -= 1
    return start, end
