"""The Japanese Wikipedia NER data set of Stockmark: texts with entities by characters."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from openluke.formats.form import Form
from openluke.formats.json_rows import Row, read_rows, row_lines, shown
from openluke.formats.json_scan import first_tokens
from openluke.records import Document, Mention


def read_ner_wikipedia_ja(
    path: str | Path, *, start: int = 0, end: int | None = None
) -> Iterator[Document]:
    """Read documents with mentions, from a JSON list or JSON lines.

    Args:
        path: The file.
        start: The first text that is read, counted from 0: the set has no splits.
        end: The text before which reading ends; by default all are read.
    """
    for row in islice(read_rows(path), start, end):
        text = row.string("text")
        mentions = tuple(_mention(entity, text=text) for entity in row.rows("entities"))
        yield Document(text=text, mentions=mentions, id=row.identifier("curid"))


def ner_wikipedia_ja_lines(
    path: str | Path, *, start: int = 0, end: int | None = None
) -> Iterator[int | None]:
    """The lines of texts; the options are those of ``read_ner_wikipedia_ja``."""
    return islice(row_lines(path), start, end)


def _mention(row: Row, *, text: str) -> Mention:
    span = row.integers("span")
    if len(span) != 2 or not 0 <= span[0] < span[1] <= len(text):
        raise row.error(
            f"found {span}, expected [start, end] in the {len(text)} characters of the text",
            at=("span",),
        )
    found, name = text[span[0] : span[1]], row.string("name")
    if found != name:
        raise row.error(f"its place has {shown(found)}, expected {shown(name)}", at=("name",))
    return Mention(start=span[0], end=span[1], label=row.string("type"))


def looks_like_ner_wikipedia_ja(head: str) -> bool:
    """Whether there are objects with a page's number, a text and entities."""
    tokens = first_tokens(head)
    keys = ("curid", "text", "entities")
    return any(all(top + key in tokens for key in keys) for top in ("", "[]."))


FORM = Form(
    name="ner-wikipedia-ja",
    summary="JSON of curid, text and entities with name, span and type.",
    is_json=True,
    read=read_ner_wikipedia_ja,
    looks_like=looks_like_ner_wikipedia_ja,
    lines=ner_wikipedia_ja_lines,
)
