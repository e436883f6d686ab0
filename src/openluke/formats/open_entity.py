"""Open Entity as ERNIE released it: sentences with one mention each and its types."""

from collections.abc import Iterator
from pathlib import Path

from openluke.formats.form import Form
from openluke.formats.json_rows import read_rows, row_lines
from openluke.formats.json_scan import first_tokens
from openluke.records import Document, Label, Mention


def read_open_entity(path: str | Path) -> Iterator[Document]:
    """Read documents with a mention each, from a JSON list or JSON lines.

    A row is ``{"sent", "start", "end", "labels"}``; without ``labels`` the types are unknown. The
    text is as it stands in the file, treebanks' brackets such as ``-LRB-`` included.
    """
    for row in read_rows(path):
        text = row.string("sent")
        start, end = row.integer("start"), row.integer("end")
        if not 0 <= start < end <= len(text):
            raise row.error(
                f"found characters {start} to {end}, expected a range of the {len(text)} of the "
                "sentence",
                at=("start",),
            )
        labels = None
        if row.values.get("labels") is not None:
            labels = tuple(Label(label=name) for name in row.strings("labels"))
        mention = Mention(start=start, end=end, labels=labels)
        yield Document(text=text, mentions=(mention,), id=row.identifier("id"))


def looks_like_open_entity(head: str) -> bool:
    """Whether there are objects with a sentence and the place of its mention."""
    tokens = first_tokens(head)
    keys = ("sent", "start", "end")
    return any(all(top + key in tokens for key in keys) for top in ("", "[]."))


FORM = Form(
    name="open-entity",
    summary="JSON of sent, start, end and labels.",
    is_json=True,
    read=read_open_entity,
    looks_like=looks_like_open_entity,
    lines=row_lines,
)
