"""What hypothesis makes up for tests of how files are read."""

from itertools import pairwise

from hypothesis import strategies as st

from openluke.formats.joined_words import join_words
from openluke.records import Document, Mention, Span
from openluke.records.tags import WordRange

WORDS = st.text("ab'.,#東é\u00a0👩-", min_size=1, max_size=4).filter(
    lambda word: word.strip() and not word.startswith("#") and word != "-DOCSTART-"
)
LABELS = st.sampled_from(["PER", "LOC", "B-X", "人名"])


@st.composite
def ranges(draw, n_words):
    """Ranges of words that do not overlap, in order."""
    bounds = sorted(draw(st.sets(st.integers(0, n_words), max_size=8)))
    kept = [pair for pair in pairwise(bounds) if draw(st.booleans())]
    return [WordRange(start, end, draw(LABELS)) for start, end in kept]


@st.composite
def documents(draw):
    """Documents of words in sentences, with mentions inside of them."""
    sentences = draw(st.lists(st.lists(WORDS, min_size=1, max_size=5), min_size=1, max_size=4))
    joined = join_words([word for sentence in sentences for word in sentence])
    mentions, spans, start = [], [], 0
    for sentence in sentences:
        for first, last, label in draw(ranges(len(sentence))):
            span = joined.span(start + first, end=start + last)
            mentions.append(Mention(start=span.start, end=span.end, label=label))
        spans.append(Span(*joined.span(start, end=start + len(sentence))))
        start += len(sentence)
    return Document(
        text=joined.text, mentions=tuple(mentions), sentences=tuple(spans), words=joined.words
    )
