"""KBP37, RELX and SemEval-2010 task 8: sentences with <e1> and <e2> around two mentions."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openluke.errors import DataError
from openluke.formats.form import Form
from openluke.formats.related_pairs import related_pair
from openluke.formats.text_lines import read_lines
from openluke.records import Document, Mention

_log = logging.getLogger(__name__)

_FIRST = re.compile(r'(?P<id>[^\t]*)\t\s*"?(?P<text>.*?)"?\s*')
_MARK = re.compile(r"<e(?P<number>[12])>(?P<mention>.*?)</e(?P=number)>")
_LABEL = re.compile(r"[^\s<>]+")


def read_marked_text(
    path: str | Path, *, encoding: str = "utf-8", close_full_stops: bool = False
) -> Iterator[Document]:
    """Read documents with a relation each, from blocks with a blank line after each.

    A block has a line of an identifier, a tab and the sentence in quotes, a line with the label,
    such as ``Cause-Effect(e1,e2)``, and perhaps lines after it that are not read. What ``<e1>``
    marks is the head, what ``<e2>`` marks the tail, whatever the label says of the direction. Where
    labels are missing they are unknown.

    Args:
        path: The file.
        encoding: Of the file.
        close_full_stops: Take the space before full stops away, as in the published experiments
            on KBP37 and RELX.
    """
    for block in _blocks(path, encoding=encoding):
        number, line = block[0]
        first = _FIRST.fullmatch(line)
        if first is None:
            message = f"found {line[:60]!r}, expected an identifier, a tab and a sentence"
            raise DataError(message, file=path, line=number)
        text = first["text"].replace(" .", ".") if close_full_stops else first["text"]
        label = None
        if len(block) > 1:
            label_number, label = block[1][0], block[1][1].strip()
            if not _LABEL.fullmatch(label):
                message = f"found {label[:60]!r}, expected a label such as Cause-Effect(e1,e2)"
                raise DataError(message, file=path, line=label_number)
        yield _document(text, label=label, identifier=first["id"], place=(path, number))


def marked_text_lines(
    path: str | Path, *, encoding: str = "utf-8", **_: Any
) -> Iterator[int | None]:
    """The lines of sentences; the options are those of ``read_marked_text``."""
    return (block[0][0] for block in _blocks(path, encoding=encoding))


def _blocks(path: str | Path, *, encoding: str) -> Iterator[list[tuple[int, str]]]:
    block: list[tuple[int, str]] = []
    for number, line in read_lines(path, encoding=encoding):
        if line.strip():
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _document(
    marked: str, *, label: str | None, identifier: str, place: tuple[str | Path, int]
) -> Document:
    text, end = "", 0
    found: dict[str, Mention] = {}
    for mark in _MARK.finditer(marked):
        text += marked[end : mark.start()]
        start, end = len(text), mark.end()
        text += mark["mention"].strip() or mark["mention"]
        if mark["number"] in found or not mark["mention"]:
            fault = "two" if mark["mention"] else "an empty"
            message = f"found {fault} <e{mark['number']}>, expected one with what it marks"
            raise DataError(message, file=place[0], line=place[1])
        if mark["mention"].isspace():
            # RELX has one such row in four languages; it counts in published scores.
            _log.warning("%s:%d: <e%s> marks nothing but spaces", *place, mark["number"])
        found[mark["number"]] = Mention(start=start, end=len(text))
    text += marked[end:]
    for number in "12":
        if number not in found:
            message = f"found no <e{number}>…</e{number}>, expected one around a mention"
            raise DataError(message, file=place[0], line=place[1])
    return related_pair(text, head=found["1"], tail=found["2"], label=label, identifier=identifier)


def looks_like_marked_text(head: str) -> bool:
    """Whether the first line has a tab and both marks after it."""
    line = next((line for line in head.split("\n") if line.strip()), "")
    return all(mark in line.partition("\t")[2] for mark in ("<e1>", "</e1>", "<e2>", "</e2>"))


FORM = Form(
    name="marked",
    summary="A number, a tab and a sentence with <e1> and <e2> in quotes; its label on the next "
    "line; a blank line.",
    read=read_marked_text,
    looks_like=looks_like_marked_text,
    lines=marked_text_lines,
)
