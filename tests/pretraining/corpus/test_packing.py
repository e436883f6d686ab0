"""Sentences are packed with their links as the rules say, and all that is left out is counted."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.pretraining.corpus.linked_entities import LinkedEntities
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.pretraining.corpus.packing import Packer, fill
from openluke.pretraining.corpus.piecing import PageCutter, single_spaced
from openluke.records.pages import Page, PageLink, Paragraph
from tests.pretraining.corpus.plain_windows import PlainWindow, plain_windows, sentences_of

TITLES = ["Tokyo", "Studio Ousia", "LUKE", "寿司"]
VOCAB = EntityVocab.build(VocabRow([Name(title)]) for title in TITLES)
ROWS = {title: VOCAB.id(title) for title in TITLES}
WORDS = ["Tokyo", "is", "a", "city", "(", "LUKE", ")", ",", "1980", "寿司を食べた。", "été", "Dr."]
ENDS = [". ", "! ", "? ", " ", "  ", "\t", "\u00a0", "。", ". \u3000", "."]


@st.composite
def paragraphs(draw) -> Paragraph:
    parts = draw(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(ENDS)), min_size=1))
    text = "".join(word + end for word, end in parts).strip()
    n = draw(st.integers(0, 5))
    places = draw(st.lists(st.integers(0, len(text)), min_size=2 * n, max_size=2 * n))
    pairs = np.array(sorted(places)).reshape(-1, 2).tolist()
    links = [
        PageLink(start, end, draw(st.sampled_from([*TITLES, "Nowhere"])))
        for start, end in pairs
        if start < end
    ]
    kind = draw(st.sampled_from(["text", "text", "item", "heading"]))
    return Paragraph(text, tuple(links), kind)


pages = st.lists(
    st.lists(paragraphs(), max_size=4).map(
        lambda made: Page(title="A page", paragraphs=tuple(made))
    ),
    max_size=4,
)


def packed(pages, *, tokenizer, options, counts):
    cutter = PageCutter(tokenizer, entities=LinkedEntities(VOCAB, language="en"), options=options)
    packer = Packer(
        min_words=options.min_words,
        max_words=options.max_words - 2,
        max_entities=options.max_entities,
        keep_plain=options.sentences_without_entities,
    )
    return [
        PlainWindow(
            one.page,
            one.words.tolist(),
            [
                (entity, start, end)
                for entity, (start, end) in zip(
                    one.entities.tolist(), one.ranges.tolist(), strict=True
                )
            ],
        )
        for one in packer.pack(cutter.cut(pages, counts=counts), counts=counts)
    ]


@settings(max_examples=60)
@given(
    pages=pages,
    min_words=st.integers(1, 5),
    room=st.integers(0, 30),
    max_entities=st.integers(1, 4),
    keep_plain=st.booleans(),
    unknown=st.sampled_from(["skip", "keep"]),
)
def test_windows_are_those_of_a_plain_reading(
    tokenizer, pages, min_words, room, max_entities, keep_plain, unknown
) -> None:
    options = CorpusOptions(
        language="en",
        min_words=min_words,
        max_words=min_words + room + 2,
        max_entities=max_entities,
        sentences_without_entities=keep_plain,
        unknown_entities=unknown,
    )
    counts = Counter()
    found = packed(pages, tokenizer=tokenizer, options=options, counts=counts)
    unk = VOCAB.special.unk if unknown == "keep" else None
    assert found == plain_windows(
        pages,
        tokenizer=tokenizer,
        rows=ROWS,
        min_words=min_words,
        max_words=min_words + room,
        max_entities=max_entities,
        keep_plain=keep_plain,
        unknown=unk,
    )
    check_counts(counts, pages=pages, found=found, tokenizer=tokenizer, unknown=unk)
    for window in found:
        assert len(window.words) <= options.max_words - 2
        assert len(window.links) <= max_entities
        assert window.links or keep_plain
        assert all(0 <= start < end <= len(window.words) for _, start, end in window.links)


def check_counts(counts, *, pages, found, tokenizer, unknown) -> None:
    """What is kept and what is left out is all that there was."""
    kept = sum(len(window.words) for window in found)
    dropped = {name: n for name, n in counts.items() if name.startswith("dropped_")}

    def of(what):
        return sum(n for name, n in dropped.items() if name.startswith(f"dropped_{what}"))

    plain = [
        words
        for page in pages
        for words, _ in sentences_of(page, tokenizer=tokenizer, rows=ROWS, unknown=unknown)
    ]
    assert counts["pieces"] == kept
    assert kept + of("pieces") == counts["all_pieces"] == sum(map(len, plain))
    assert counts["sentences"] + of("sentences") == len(plain)
    assert counts["mentions"] == sum(len(window.links) for window in found)
    n_links = sum(len(one.links) for page in pages for one in page.paragraphs)
    assert counts["mentions"] + of("links") == counts["links"] == n_links


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3)), max_size=40), st.integers(9, 20))
def test_windows_are_filled_page_by_page(rows, limit) -> None:
    rows.sort(key=lambda row: row[1])
    lengths = np.array([length for length, _ in rows], dtype=np.int64)
    owners = np.array([page for _, page in rows], dtype=np.int64)
    windows = fill(lengths, pages=owners, limit=limit)
    for number in range(len(rows)):
        own = windows == windows[number]
        assert lengths[own].sum() <= limit
        assert len(set(owners[own].tolist())) == 1
        if number and windows[number] != windows[number - 1]:
            before = windows == windows[number - 1]
            is_full = lengths[before].sum() + lengths[number] > limit
            assert is_full or owners[number] != owners[number - 1]
    assert np.unique(windows).tolist() == list(range(len(np.unique(windows))))


def pieces(page, *, tokenizer, **options):
    counts = Counter()
    options = CorpusOptions(language="en", min_words=1, **options)
    found = packed([page], tokenizer=tokenizer, options=options, counts=counts)
    return found, counts


def linked(text, *titles, kind="text", paragraphs=()) -> Page:
    """A page of a paragraph in which each title is a link where it first stands."""
    links = [PageLink(text.index(t), text.index(t) + len(t), t) for t in titles]
    return Page(title="P", paragraphs=(Paragraph(text, tuple(links), kind), *paragraphs))


def tokens(words, *, tokenizer) -> list[str]:
    return [tokenizer.token(word) for word in words]


def test_words_after_any_space_begin_as_words(tokenizers) -> None:
    luke = tokenizers["byte_level"]
    page = linked("The city\tTokyo (Tokyo)\u00a0and  Tokyo.")
    again = linked("The city Tokyo (Tokyo) and Tokyo.")
    ((one,), _), ((other,), _) = (
        pieces(each, tokenizer=luke, sentences_without_entities=True) for each in (page, again)
    )
    assert one == other


def test_anchors_begin_as_the_text_before_them_says(tokenizers) -> None:
    # D-11: what stands directly behind a bracket or another link has no space before it
    luke = tokenizers["byte_level"]
    text = "(Tokyo) LUKETokyo"
    links = (PageLink(1, 6, "Tokyo"), PageLink(8, 12, "LUKE"), PageLink(12, 17, "Tokyo"))
    page = Page(title="P", paragraphs=(Paragraph(text, links),))
    (((_, words, found),), _) = pieces(page, tokenizer=luke)
    shown = tokens(words, tokenizer=luke)
    inside = [luke.token(row) for row in luke.encode([["Tokyo"]], offsets=False)[0].ids]
    assert "".join(shown) == "Ġ(Tokyo)ĠLUKETokyo"
    assert [shown[start:end] for _, start, end in found][::2] == [inside, inside]
    assert "".join(shown[slice(*found[1][1:])]) == "ĠLUKE"


def test_paragraphs_are_encoded_with_a_space_before_them(tokenizers) -> None:
    # section 2.4 of the reference: "Studio Ousia" and " developed " are ĠStudio… and Ġdeveloped
    luke = tokenizers["byte_level"]
    page = linked("Studio Ousia developed LUKE.", "Studio Ousia", "LUKE")
    ((window,), _) = pieces(page, tokenizer=luke)
    shown = tokens(window.words, tokenizer=luke)
    assert "".join(shown) == "ĠStudioĠOusiaĠdevelopedĠLUKE."
    assert ["".join(shown[start:end]) for _, start, end in window.links] == [
        "ĠStudioĠOusia",
        "ĠLUKE",
    ]
    assert window.links[1][2] == len(shown) - 1  # the full stop is a piece of its own


def test_links_across_sentences_are_left_out_and_their_text_is_kept(tokenizers) -> None:
    luke = tokenizers["byte_level"]
    text = "He went home. Tokyo is big."
    across = Page(title="P", paragraphs=(Paragraph(text, (PageLink(8, 19, "Tokyo"),)),))
    plain = Page(title="P", paragraphs=(Paragraph(text),))
    (found, counts) = pieces(across, tokenizer=luke, sentences_without_entities=True)
    (wanted, _) = pieces(plain, tokenizer=luke, sentences_without_entities=True)
    assert found == wanted
    assert counts["dropped_links_across_sentences"] == 1


def test_what_is_asked_for_is_taken_of_a_page(tokenizers) -> None:
    luke = tokenizers["byte_level"]
    heading = Paragraph("About Tokyo", (PageLink(6, 11, "Tokyo"),), "heading")
    item = Paragraph("LUKE is here", (PageLink(0, 4, "LUKE"),), "item")
    lead = Paragraph("Tokyo is big.", (PageLink(0, 5, "Tokyo"),))
    page = Page(title="P", paragraphs=(lead, heading, item), n_lead=1)

    def entities(**options):
        return [
            entity
            for window in pieces(page, tokenizer=luke, **options)[0]
            for entity, _, _ in window.links
        ]

    tokyo, luke_row = ROWS["Tokyo"], ROWS["LUKE"]
    assert entities() == [tokyo, luke_row]
    assert entities(headings=True) == [tokyo, tokyo, luke_row]
    assert entities(lead_only=True) == entities(lead_only=True, headings=True) == [tokyo]
    counts = pieces(page, tokenizer=luke, lead_only=True)[1]
    assert counts["dropped_links_after_lead"] == 2
    assert counts["dropped_characters_after_lead"] == len(heading.text) + len(item.text)


def test_unknown_entities_are_skipped_or_kept(tokenizers) -> None:
    luke = tokenizers["byte_level"]
    page = Page(title="P", paragraphs=(Paragraph("Nowhere is far.", (PageLink(0, 7, "Nowhere"),)),))
    (found, counts) = pieces(page, tokenizer=luke)
    assert (found, counts["dropped_links_to_unknown_entities"]) == ([], 1)
    assert counts["dropped_windows_without_entities"] == 1
    ((window,), _) = pieces(page, tokenizer=luke, unknown_entities="keep")
    assert [entity for entity, _, _ in window.links] == [VOCAB.special.unk]


@pytest.mark.parametrize(
    ("text", "links", "wanted"),
    [
        ("a  b", [(0, 1), (3, 4)], "a b"),
        ("a \t\u00a0b c", [(0, 1), (4, 5), (4, 7)], "a b c"),
        ("a b", [(2, 3)], "a b"),
        ("a\u3000寿司", [(2, 4)], "a 寿司"),
    ],
)
def test_links_stay_on_their_words_where_space_is_tidied(text, links, wanted) -> None:
    paragraph = Paragraph(text, tuple(PageLink(*link, "T") for link in links))
    found = single_spaced(paragraph)
    assert found.text == wanted
    assert [found.text[one.start : one.end] for one in found.links] == [
        text[start:end] for start, end in links
    ]


@pytest.mark.parametrize("family", ["byte_level", "sentencepiece", "wordpiece"])
def test_no_page_at_all_gives_no_window(tokenizers, family) -> None:
    for none in ([], [Page(title="P")], [linked(".")]):
        counts = Counter()
        options = CorpusOptions(language="en")
        assert packed(none, tokenizer=tokenizers[family], options=options, counts=counts) == []
