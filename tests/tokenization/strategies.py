"""Random texts of many scripts, and random spans in them."""

from hypothesis import strategies as st

WORDS = (
    *("Ana", "Ivanovic", "(Afghanistan)", "don't", "we've", "'sx", "''s", "639-3", "1,000", "...!"),
    *(
        "東京は",
        "寿司を食べた。",
        "カﾞ",
        "Москва",
        "العربية",
        "हिन्दी",
        "서울은",
        "Ἀθήνα",
        "Straße",
        "İI",
    ),
    *(
        "😀",
        "👍🏽",
        "👩‍👩‍👧",
        "e\u0301",
        "\u0301",
        "ﬁ½",
        "ｆｕｌｌ",
        "\u200f",
        "\ufeff",
        "a\u00adb",
    ),
)
SPACES = (
    " ",
    " ",
    " ",
    "  ",
    "   ",
    "\n",
    "\n\n",
    "\t",
    "\u00a0",
    "\u3000",
    "\r\n",
    " \n ",
    "\x1c",
    "",
)


def texts(*, min_parts: int = 0, max_parts: int = 10, spaces=SPACES, words=WORDS):
    """Texts of words, spaces of all kinds, and now and then any characters."""
    anything = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=4)
    word = st.one_of(st.sampled_from(words), st.sampled_from(words), anything)
    part = st.tuples(word, st.sampled_from(spaces)).map("".join)
    whole = st.lists(part, min_size=min_parts, max_size=max_parts).map("".join)
    return st.tuples(st.sampled_from(("", "", " ", "\n")), whole).map("".join)


@st.composite
def texts_with_spans(draw, *, min_spans: int = 0, max_spans: int = 6, **options):
    """A text and spans of at least one character."""
    text = draw(texts(**options).filter(bool) if min_spans else texts(**options))
    if not text:
        return text, []
    place = st.integers(0, len(text) - 1)
    spans = [
        (start, draw(st.integers(start + 1, len(text))))
        for start in draw(st.lists(place, min_size=min_spans, max_size=max_spans))
    ]
    return text, spans
