"""What becomes of each HTML tag and each tag of MediaWiki's extensions."""

DROPPED = frozenset(
    """
    ce categorytree chem dynamicpagelist gallery graph hiero imagemap includeonly indicator inputbox
    listing mapframe maplink math pages phonos pre ref references rp rss rt rtc score section source
    style syntaxhighlight templatedata templatestyles timeline
    """.split()
)
"""Tags that go with all that is between them: notes, formulas, pictures, programs, ruby."""

BREAKING = frozenset(
    "blockquote center dd div dl dt h1 h2 h3 h4 h5 h6 hr ol p poem ul".split(),
)
"""Tags where a paragraph ends."""

DRESSING = frozenset(
    """
    a abbr b bdi bdo big caption cite code data del dfn em font i ins kbd langconvert link mark meta
    noinclude onlyinclude q rb ruby s samp small span strike strong sub sup tbody td tfoot th thead
    time tr translate tt tvar u var
    """.split()
)
"""Tags of which only what is between them stays. A tag in none of these lists is text."""

TABLE, ITEM, LITERAL = "table", "li", "nowiki"
"""Tags with a rule of their own."""

SPACE = frozenset(("br", "wbr"))
"""Tags that stand between words."""
