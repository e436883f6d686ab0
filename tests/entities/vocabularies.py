"""Strategies for odd vocabularies, and what a vocabulary knows."""

from itertools import pairwise

from hypothesis import strategies as st

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import MASK, MASK2, PAD, SPECIAL_TITLES, UNK, Name, has_prefix
from openluke.entities.vocab import EntityVocab

LANGUAGES = ["de", "en", "ja", "zh-yue"]


def titles(*, alphabet=None):
    characters = (
        st.characters(exclude_categories=["Cs"], exclude_characters="\0")
        if alphabet is None
        else alphabet
    )
    return st.text(characters, max_size=8).filter(lambda t: t not in SPECIAL_TITLES)


@st.composite
def vocabularies(draw, *, languages=None, many_names=True, title=None):
    """Any vocabulary; ``languages`` says whether names have one (drawn by default)."""
    if languages is None:
        languages = draw(st.booleans())
    title = titles() if title is None else title
    if languages:
        name = st.builds(Name, title, st.sampled_from(LANGUAGES))
    else:
        name = st.builds(Name, title.filter(lambda t: not has_prefix(t)), st.none())
    names = draw(st.lists(name, unique=True, min_size=1, max_size=12))
    cuts = range(len(names)) if many_names is False else _cuts(draw, n=len(names))
    cuts = [*cuts, len(names)]
    count = st.integers(0, 2**40)
    rows = [VocabRow(names[a:b], draw(count)) for a, b in pairwise(cuts)]
    special = [PAD, UNK, MASK, *([MASK2] if draw(st.booleans()) else [])]
    rows += [VocabRow([Name(t)], 0) for t in special]
    return from_rows(draw(st.permutations(rows)))


def from_rows(rows):
    """A vocabulary with the special entities wherever the rows have them."""
    whole = EntityVocab.build(row for row in rows if row.names[0].title not in (PAD, UNK, MASK))
    special = {whole.names(i)[0].title: i for i in (0, 1, 2)}
    rest = iter(range(3, whole.n_ids))
    order = [special.get(row.names[0].title) for row in rows]
    order = [next(rest) if i is None else i for i in order]
    return whole.subset(order)[0]


def _cuts(draw, *, n):
    inner = draw(st.sets(st.integers(1, n - 1))) if n > 1 else ()
    return [0, *sorted(inner)]


def everything(vocab):
    """All that a vocabulary knows, to compare two."""
    return [(list(row.names), row.links) for row in vocab.rows()], vocab.special, len(vocab)
