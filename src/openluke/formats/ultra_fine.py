"""Ultra-fine entity typing as it was published: a mention, the words around it, and its types."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from openluke.errors import DataError
from openluke.formats.form import Form
from openluke.formats.json_rows import Row, read_rows, row_lines
from openluke.formats.json_scan import first_tokens
from openluke.records import Document, Label, Mention

_KEYS = ("left_context_token", "right_context_token", "mention_span")


def read_ultra_fine(
    path: str | Path, *, labels: tuple[str, ...] | None = None
) -> Iterator[Document]:
    """Read documents with a mention each, from JSON lines.

    Args:
        path: The file.
        labels: The types that count; others are left out, and a mention with none of them stays as
            one without types. Those of Open Entity are entity, event, group, location, object,
            organization, person, place and time. By default all types.
    """
    wanted = None if labels is None else frozenset(labels)
    seen = 0
    for row in read_rows(path):
        document = _document(row, wanted=wanted)
        seen += any(mention.labels for mention in document.mentions)
        yield document
    if wanted and not seen:
        known = ", ".join(sorted(wanted))
        raise DataError(f"no row has any of the labels asked for ({known})", file=path)


def _document(row: Row, *, wanted: frozenset[str] | None) -> Document:
    mention = row.string("mention_span")
    if not mention:
        raise row.error("found an empty mention", at=("mention_span",))
    before = _joined(row.strings("left_context_token"))
    after = _joined(row.strings("right_context_token"))
    start = len(before) + bool(before)
    names = None
    if row.values.get("y_str") is not None:
        names = [name for name in row.strings("y_str") if wanted is None or name in wanted]
    labels = None if names is None else tuple(Label(label=name) for name in names)
    return Document(
        text=_joined([before, mention, after]),
        mentions=(Mention(start=start, end=start + len(mention), labels=labels),),
        id=row.identifier("annot_id"),
    )


def _joined(parts: Sequence[str]) -> str:
    return " ".join(part for part in parts if part)


def looks_like_ultra_fine(head: str) -> bool:
    """Whether there are objects with a mention and the words before and after it."""
    tokens = first_tokens(head)
    return any(all(top + key in tokens for key in _KEYS) for top in ("", "[]."))


FORM = Form(
    name="ultra-fine",
    summary="JSON lines of left_context_token, mention_span, right_context_token and y_str.",
    is_json=True,
    read=read_ultra_fine,
    looks_like=looks_like_ultra_fine,
    lines=row_lines,
)
