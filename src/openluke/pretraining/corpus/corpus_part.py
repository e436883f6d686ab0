"""The pages of one file of a page store to a shard of windows, and one of those held out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from openluke.entities.vocab import EntityVocab
from openluke.pretraining.corpus.corpus import ENTITIES, TOKENIZER
from openluke.pretraining.corpus.linked_entities import LinkedEntities
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.pretraining.corpus.packing import Packed, Packer
from openluke.pretraining.corpus.page_choice import PageChoice, PageHead
from openluke.pretraining.corpus.piecing import PageCutter
from openluke.pretraining.corpus.shard_writing import ShardWriter, Window, shard_file
from openluke.pretraining.corpus.shards import NO_PAGE
from openluke.records.pages import Page
from openluke.tokenization.tokenizer import WordTokenizer
from openluke.wikipedia.pages import PageStore

_MOST_PAGES = 64
_MOST_CHARACTERS = 1 << 18
"""Pages are cut into pieces together until there are so many."""


class _Tools(NamedTuple):
    """What parts are made with."""

    tokenizer: WordTokenizer
    entities: LinkedEntities
    cutter: PageCutter


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMaker:
    """Makes the shards of parts of a page store, in this process or another."""

    store: Path
    """The page store."""
    materials: Path
    """Has the tokenizer and the entities."""
    redirects: Path
    """What ``write_redirects`` has written."""
    choice: PageChoice
    """Which pages are taken."""
    options: CorpusOptions
    """How they are cut; the language is known."""
    identity: str
    """What it all is made from: what was opened for one job is used for no other."""

    def __call__(self, part: int, directory: Path) -> dict[str, int]:
        """Write the shards of a part, and count."""
        tools = _open_tools(self)
        options, counts = self.options, Counter[str](pages=0, mentions=0)
        packer = Packer(
            min_words=options.min_words,
            max_words=options.max_words - 2,
            max_entities=options.max_entities,
            keep_plain=options.sentences_without_entities,
        )
        n_words = tools.tokenizer.n_words
        with (
            ShardWriter(shard_file(directory, split="train", part=part), n_words=n_words) as train,
            ShardWriter(
                shard_file(directory, split="validation", part=part), n_words=n_words
            ) as validation,
        ):
            for pages in _grouped(self._pages(part, entities=tools.entities, counts=counts)):
                rows = [tools.entities.find(page.title) for page in pages]
                held_out = [self.choice.is_held_out(page.title) for page in pages]
                text = tools.cutter.cut(pages, counts=counts)
                for packed in packer.pack(text, counts=counts):
                    self._count(packed, counts=counts, unknown=tools.entities.vocab.special.unk)
                    row, title = rows[packed.page], pages[packed.page].title
                    window = _window(packed, row=row, title=title, tokenizer=tools.tokenizer)
                    (validation if held_out[packed.page] else train).add(window)
        tools.entities.forget()
        return dict(counts)

    def _pages(
        self, part: int, *, entities: LinkedEntities, counts: Counter[str]
    ) -> Iterator[Page]:
        """The pages of a part that are taken."""
        for page in PageStore.open(self.store).pages(part=part):
            head = PageHead(page.title, page.is_disambiguation, page.is_list)
            is_known = entities.find(page.title) is not None
            reason = self.choice.reason_to_drop(head, is_known=is_known)
            if reason is None:
                counts["pages"] += 1
                yield page
            else:
                counts[f"dropped_pages_{reason}"] += 1

    def _count(self, packed: Packed, *, counts: Counter[str], unknown: int) -> None:
        counts["windows"] += 1
        lengths = packed.ranges[:, 1] - packed.ranges[:, 0]
        counts["long_mentions"] += int((lengths > self.options.max_mention_length).sum())
        counts["mentions_of_unknown_entities"] += int((packed.entities == unknown).sum())


@lru_cache(maxsize=1)
def _open_tools(maker: PartMaker) -> _Tools:
    """What a process opens once for all parts that it makes."""
    vocab = EntityVocab.read(maker.materials / ENTITIES)
    entities = LinkedEntities(
        vocab, language=maker.options.language or "", redirects=maker.redirects
    )
    tokenizer = WordTokenizer.read(maker.materials / TOKENIZER)
    cutter = PageCutter(tokenizer, entities=entities, options=maker.options)
    return _Tools(tokenizer, entities, cutter)


def _grouped(pages: Iterator[Page]) -> Iterator[list[Page]]:
    group: list[Page] = []
    size = 0
    for page in pages:
        group.append(page)
        size += sum(len(paragraph.text) for paragraph in page.paragraphs)
        if len(group) >= _MOST_PAGES or size >= _MOST_CHARACTERS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _window(packed: Packed, *, row: int | None, title: str, tokenizer: WordTokenizer) -> Window:
    """A window as it is kept: with [CLS] and [SEP], which the places count."""
    return Window(
        words=np.concatenate(([tokenizer.bos_id], packed.words, [tokenizer.eos_id])),
        entities=packed.entities,
        starts=packed.ranges[:, 0] + 1,
        ends=packed.ranges[:, 1] + 1,
        page=NO_PAGE if row is None else row,
        title=title,
    )
