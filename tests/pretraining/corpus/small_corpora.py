"""Page stores, vocabularies and tokenizers that corpora of the tests are made of."""

import random
from pathlib import Path

from openluke.pretraining.corpus.build_corpus import CorpusSources, build_corpus
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.records.pages import Page, PageLink, Paragraph
from openluke.wikipedia.build_candidates import Workforce
from openluke.wikipedia.build_vocab import build_vocab
from openluke.wikipedia.vocab_choice import VocabOptions
from tests.tokenization import small_tokenizers
from tests.wikipedia.small_stores import write_store

WORDS = "the city of Tokyo is in Japan and has a river with many fish .".split()
OPTIONS = CorpusOptions(max_words=40, validation=0.2)


def prose(title, *, rng, targets=(), n_sentences=6, **facts) -> Page:
    """A page of some paragraphs whose sentences link to some pages."""
    paragraphs = []
    for _ in range(3):
        text, links = "", []
        for _ in range(n_sentences):
            words = rng.choices(WORDS[:-1], k=rng.randint(2, 12))
            words[0] = words[0].capitalize()
            if targets and rng.random() < 0.5:
                target = rng.choice(targets)
                words.insert(1, target)
                start = len(text) + len(words[0]) + 1
                links.append(PageLink(start, start + len(target), target))
            text += " ".join(words) + ". "
        paragraphs.append(Paragraph(text.strip(), tuple(links)))
    return Page(title=title, paragraphs=tuple(paragraphs), n_lead=1, **facts)


def small_pages(*, n=60, seed=0) -> list[Page]:
    """Pages that link to each other, by their titles and by titles of redirects."""
    rng = random.Random(seed)
    titles = [f"City {number}" for number in range(n)]
    targets = [*titles[:20], "Town 3", "Nowhere"]
    made = [prose(title, rng=rng, targets=targets) for title in titles]
    made.append(prose("City", rng=rng, targets=titles, is_disambiguation=True))
    made.append(prose("List of cities", rng=rng, targets=titles, is_list=True))
    return made


def write_sources(root: Path, *, language=None, pages=None, n_parts=3, site="en") -> CorpusSources:
    """A page store, its vocabulary and a tokenizer below a directory."""
    store = write_store(
        root / "pages",
        pages=small_pages() if pages is None else pages,
        redirects=[("Town 3", "City 3"), ("Lost", "Elsewhere")],
        n_parts=n_parts,
        language=site,
    )
    build_vocab(store, output=root / "vocab", options=VocabOptions(size=25, language=language))
    tokenizer = small_tokenizers.write_byte_level(root / "tokenizer")
    return CorpusSources(pages=store, vocab=root / "vocab", tokenizer=tokenizer)


def build(sources: CorpusSources, output: Path, *, workers: int = 1, **more) -> Corpus:
    workforce = more.pop("workforce", Workforce(workers=workers))
    given = {"options": OPTIONS, "workforce": workforce} | more
    return build_corpus(sources, output=output, **given)
