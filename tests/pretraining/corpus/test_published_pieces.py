"""Links cut texts into pieces as the original project did, by the real vocabularies.

They need ``OPENLUKE_DATA=DIR`` with ``tokenizers/roberta-base`` and ``tokenizers/xlm-roberta``.
"""

import os
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.pretraining.corpus.linked_entities import LinkedEntities
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.pretraining.corpus.packing import Packer
from openluke.pretraining.corpus.piecing import PageCutter
from openluke.records.pages import Page, PageLink, Paragraph
from openluke.tokenization.tokenizer import WordTokenizer

DATA = os.environ.get("OPENLUKE_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(DATA is None, reason="set OPENLUKE_DATA to the real vocabularies"),
]
PACKER = Packer(min_words=1, max_words=510, max_entities=128, keep_plain=True)


def pieces(text, *links, name, language) -> list[list[str]]:
    """The pieces of a text, cut at its links."""
    tokenizer = WordTokenizer.read(Path(DATA or "", "tokenizers", name))
    vocab = EntityVocab.build(VocabRow([Name(title)]) for title in links)
    cutter = PageCutter(
        tokenizer,
        entities=LinkedEntities(vocab, language=language),
        options=CorpusOptions(language=language),
    )
    found = [PageLink(text.index(t), text.index(t) + len(t), t) for t in links]
    page = Page(title="P", paragraphs=(Paragraph(text, tuple(found)),))
    (window,) = PACKER.pack(cutter.cut([page], counts=Counter()), counts=Counter())
    bounds = [0, *window.ranges.reshape(-1).tolist(), len(window.words)]
    tokens = [tokenizer.token(word) or "" for word in window.words.tolist()]
    cut = [tokens[start:end] for start, end in pairwise(bounds)]
    return [one for one in cut if one]


@pytest.mark.parametrize(
    ("text", "links", "wanted"),
    [
        (
            "Studio Ousia developed LUKE.",
            ["Studio Ousia", "LUKE"],
            ["ĠStudio ĠO us ia", "Ġdeveloped", "ĠLU KE", "."],
        ),
        ("(Tokyo)", ["Tokyo"], ["Ġ(", "Tok yo", ")"]),
        ("Tokyo (Tokyo)", [], ["ĠTokyo Ġ( Tok yo )"]),
    ],
)
def test_pieces_of_english_luke(text, links, wanted) -> None:
    found = pieces(text, *links, name="roberta-base", language="en")
    assert [" ".join(one) for one in found] == wanted


@pytest.mark.parametrize(
    ("text", "links", "wanted"),
    [
        ("私は寿司を食べた。", ["寿司"], ["▁私は", "寿 司", "を 食べた 。"]),
        ("Tokyo", ["Tokyo"], ["▁Tokyo"]),
        ("「Tokyo」", ["Tokyo"], ["▁「", "To ky o", "」"]),
    ],
)
def test_pieces_of_mluke(text, links, wanted) -> None:
    found = pieces(text, *links, name="xlm-roberta", language="ja")
    assert [" ".join(one) for one in found] == wanted
