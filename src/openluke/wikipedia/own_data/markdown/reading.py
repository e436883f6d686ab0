"""A note in Markdown to paragraphs of clean text with links."""

import dataclasses
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from openluke.records.pages import Paragraph
from openluke.wikipedia.own_data.markdown.blocks import read_blocks
from openluke.wikipedia.own_data.markdown.inline import Targets, read_inline


class MarkdownReading(NamedTuple):
    """What a note says."""

    paragraphs: tuple[Paragraph, ...]
    dropped: Counter[str]
    """How much was left out, by what it was."""


def read_markdown(lines: Iterable[str], *, targets: Targets) -> MarkdownReading:
    """Read a note in linear time; any lines are one, and what is no markup is text.

    Headings, items of lists and quotations are paragraphs. Marks of emphasis and HTML tags vanish
    around their text, code in a line stays, and blocks of code, tables, images, comments and marks
    of footnotes are left out.

    Args:
        lines: Those of the note, without front matter.
        targets: Where its links lead; the note's own references are added.
    """
    found = read_blocks(lines)
    targets = dataclasses.replace(targets, references=found.references)
    paragraphs: list[Paragraph] = []
    for block in found.blocks:
        inline = read_inline(block.text, targets=targets)
        if inline.text:
            paragraphs.append(Paragraph(inline.text, inline.links, block.kind))
    return MarkdownReading(tuple(paragraphs), found.dropped)
