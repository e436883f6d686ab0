"""ReCoRD: sentences with a gap, which one of the entities of a passage fills."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openluke.errors import DataError
from openluke.formats.form import Form
from openluke.formats.json_rows import Row, read_json, shown
from openluke.formats.json_scan import first_tokens
from openluke.records import Answer, ClozeQuestion, Span

PLACEHOLDER = "@placeholder"
HIGHLIGHT = "@highlight"


def read_record(path: str | Path) -> Iterator[ClozeQuestion]:
    """Read the questions of passages; without ``answers`` what is right is unknown.

    Ends, which in the file are the last character, become what follows it.
    """
    for passage in read_json(path).rows("data"):
        content = passage.row("passage")
        context = content.string("text")
        spans = sorted({_span(entity, context=context) for entity in content.rows("entities")})
        highlights = tuple(Span(*found.span()) for found in re.finditer(HIGHLIGHT, context))
        for row in passage.rows("qas"):
            query = row.string("query")
            yield ClozeQuestion(
                query=query,
                placeholder=_placeholder(row, query=query),
                context=context,
                candidates=tuple(spans),
                highlights=highlights,
                answers=_answers(row, context=context),
                id=row.identifier("id"),
            )


def with_placeholder(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a cloze question, with its gap where the query alone says it."""
    query = values.get("query")
    if "placeholder" in values or not isinstance(query, str):
        return dict(values)
    start = query.find(PLACEHOLDER)
    if start < 0:
        raise DataError(
            f"ClozeQuestion: missing key 'placeholder'; write {PLACEHOLDER} in the query where the "
            "gap is, or give the gap's characters, [start, end]"
        )
    return {**values, "placeholder": [start, start + len(PLACEHOLDER)]}


def _span(row: Row, *, context: str) -> Span:
    start, end = row.integer("start"), row.integer("end") + 1
    if not 0 <= start < end <= len(context):
        raise row.error(
            f"found characters {start} to {end - 1}, expected places in the {len(context)} of the "
            "passage"
        )
    return Span(start, end)


def _placeholder(row: Row, *, query: str) -> Span:
    n_found = query.count(PLACEHOLDER)
    if n_found != 1:
        raise row.error(f"found {n_found} {PLACEHOLDER}, expected one", at=("query",))
    start = query.index(PLACEHOLDER)
    return Span(start, start + len(PLACEHOLDER))


def _answers(row: Row, *, context: str) -> tuple[Answer, ...] | None:
    if row.values.get("answers") is None:
        return None
    found: list[Answer] = []
    for answer in row.rows("answers"):
        span, text = _span(answer, context=context), answer.string("text")
        if span.of(context) != text:
            message = f"its place has {shown(span.of(context))}, expected {shown(text)}"
            raise answer.error(message, at=("text",))
        found.append(Answer(text=text, start=span.start, end=span.end))
    return tuple(found)


def looks_like_record(head: str) -> bool:
    """Whether there is a list of passages with entities."""
    tokens = first_tokens(head)
    return any(f"data[].passage.{key}" in tokens for key in ("text", "entities")) or (
        "data[].qas[].query" in tokens
    )


FORM = Form(
    name="record",
    summary="JSON of data, passage, entities, qas, query and answers: ReCoRD.",
    is_json=True,
    read=read_record,
    looks_like=looks_like_record,
)
