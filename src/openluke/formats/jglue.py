"""JGLUE: JSTS, JNLI and MARC-ja as texts with a label or a number, JCommonsenseQA as questions."""

from collections.abc import Iterator
from pathlib import Path

from openluke.formats.form import Form
from openluke.formats.json_rows import read_rows, row_lines
from openluke.formats.json_scan import first_tokens
from openluke.records import ChoiceQuestion, ClassifiedText

_PAIR = {"sentence_pair_id", "sentence1", "sentence2"}


def read_jsts(path: str | Path) -> Iterator[ClassifiedText]:
    """Read pairs of sentences with a similarity, from JSON lines."""
    for row in read_rows(path):
        yield ClassifiedText(
            text=row.string("sentence1"),
            pair=row.string("sentence2"),
            value=None if row.values.get("label") is None else row.number("label"),
            id=row.identifier("sentence_pair_id"),
        )


def read_jnli(path: str | Path) -> Iterator[ClassifiedText]:
    """Read pairs of sentences with a label, from JSON lines."""
    for row in read_rows(path):
        yield ClassifiedText(
            text=row.string("sentence1"),
            pair=row.string("sentence2"),
            label=row.optional_string("label"),
            id=row.identifier("sentence_pair_id"),
        )


def read_marc_ja(path: str | Path) -> Iterator[ClassifiedText]:
    """Read reviews with a label, from JSON lines."""
    for row in read_rows(path):
        yield ClassifiedText(
            text=row.string("text"),
            label=row.optional_string("label"),
            id=row.identifier("review_id"),
        )


def read_jcommonsenseqa(path: str | Path) -> Iterator[ChoiceQuestion]:
    """Read questions with the choices ``choice0``, ``choice1`` and so on, from JSON lines."""
    for row in read_rows(path):
        choices: list[str] = []
        while f"choice{len(choices)}" in row.values or not choices:
            choices.append(row.string(f"choice{len(choices)}"))
        answer = None if row.values.get("label") is None else row.integer("label")
        if answer is not None and not 0 <= answer < len(choices):
            raise row.error(f"found {answer}, expected 0 to {len(choices) - 1}", at=("label",))
        yield ChoiceQuestion(
            question=row.string("question"),
            choices=tuple(choices),
            answer=answer,
            id=row.identifier("q_id"),
        )


def looks_like_jsts(head: str) -> bool:
    """Whether the first line has two sentences, and no label that is a word."""
    row = _first_row(head)
    return row.keys() >= _PAIR and not row.get("label", "").startswith('"')


def looks_like_jnli(head: str) -> bool:
    """Whether the first line has two sentences, and no label that is a number."""
    row = _first_row(head)
    return row.keys() >= _PAIR and row.get("label", "null")[0] in '"n'


def looks_like_marc_ja(head: str) -> bool:
    """Whether the first line has a review."""
    return _first_row(head).keys() >= {"review_id", "text"}


def looks_like_jcommonsenseqa(head: str) -> bool:
    """Whether the first line has a question and choices."""
    return _first_row(head).keys() >= {"question", "choice0", "choice1"}


def _first_row(head: str) -> dict[str, str]:
    """What stands in the first object of JSON lines, by key, as it is written."""
    line = next((line for line in head.split("\n") if line.strip()), "")
    return first_tokens(line) if line.lstrip().startswith("{") else {}


JSTS = Form(
    name="jsts",
    summary="JSON lines of sentence1, sentence2 and a number as label: JSTS.",
    is_json=True,
    read=read_jsts,
    looks_like=looks_like_jsts,
    lines=row_lines,
)
JNLI = Form(
    name="jnli",
    summary="JSON lines of sentence1, sentence2 and label: JNLI.",
    is_json=True,
    read=read_jnli,
    looks_like=looks_like_jnli,
    lines=row_lines,
)
MARC_JA = Form(
    name="marc-ja",
    summary="JSON lines of review_id, text and label: MARC-ja.",
    is_json=True,
    read=read_marc_ja,
    looks_like=looks_like_marc_ja,
    lines=row_lines,
)
JCOMMONSENSEQA = Form(
    name="jcommonsenseqa",
    summary="JSON lines of question, choice0, choice1 and so on, and label: JCommonsenseQA.",
    is_json=True,
    read=read_jcommonsenseqa,
    looks_like=looks_like_jcommonsenseqa,
    lines=row_lines,
)
