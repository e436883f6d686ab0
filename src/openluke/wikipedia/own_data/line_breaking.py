"""Texts of several lines, with links by character, as paragraphs of one line."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from openluke.records.pages import PageLink, Paragraph


class BadLink(NamedTuple):
    """A link that cannot be kept."""

    number: int
    """Its place among the links that were given."""
    reason: str
    """What was found, and what was expected."""


class Broken(NamedTuple):
    """A text as paragraphs."""

    paragraphs: list[Paragraph]
    bad: list[BadLink]
    """The links that are in none of them."""


def break_lines(text: str, *, links: Sequence[PageLink] = (), kind: str = "text") -> Broken:
    """Make a paragraph of each line of a text that is more than white space.

    White space around lines is left out, and so is that at the ends of links; all else stays
    character by character. Lines end wherever Unicode says that one ends.

    Args:
        text: The text.
        links: In any order, by characters of the text. One that overlaps another that begins
            before it, that lies on two lines, or that has nothing but white space is not kept.
        kind: Of all paragraphs.
    """
    bad: list[BadLink] = []
    good = list(_good_links(text, links=links, bad=bad))
    return Broken(list(_lines(text, links=good, kind=kind)), sorted(bad))


def _good_links(text: str, *, links: Sequence[PageLink], bad: list[BadLink]) -> Iterator[PageLink]:
    """The links that can be kept in order, without white space at their ends."""
    end_before = 0
    for number in sorted(range(len(links)), key=lambda number: links[number][:2]):
        start, end, title = links[number]
        reason = ""
        if not 0 <= start < end <= len(text):
            reason = (
                f"found characters {start:,} to {end:,} of a text of {len(text):,}, expected a "
                "start before its end, and both inside"
            )
        elif start < end_before:
            reason = (
                f"found characters {start:,} to {end:,} after a link up to {end_before:,}, "
                "expected links that do not overlap"
            )
        else:
            end_before = end
            anchor = text[start:end]
            words = anchor.strip()
            if not words:
                reason = f"found {anchor[:60]!r}, expected a link with a text"
            elif len(words.splitlines()) > 1:
                reason = f"found {anchor[:60]!r}, expected a link on one line"
            else:
                start += len(anchor) - len(anchor.lstrip())
                yield PageLink(start, start + len(words), title)
        if reason:
            bad.append(BadLink(number, reason))


def _lines(text: str, *, links: Sequence[PageLink], kind: str) -> Iterator[Paragraph]:
    place = first = 0
    for line in text.splitlines(keepends=True):
        words = line.strip()
        start = place + len(line) - len(line.lstrip())
        place += len(line)
        end = first
        while end < len(links) and links[end].start < place:
            end += 1
        if words:
            inside = tuple(
                [
                    PageLink(link.start - start, link.end - start, link.title)
                    for link in links[first:end]
                ]
            )
            yield Paragraph(words, inside, kind)
        first = end
