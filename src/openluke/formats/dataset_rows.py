"""Rows as the ``datasets`` library holds them, or any mappings: mentions, classes and questions.

That library is not needed: a data set is whatever gives mappings one after another and may have
``features``, which say the names of its class numbers. ``write_records`` of ``json_records`` makes
them a file, from which a task learns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from openluke.errors import DataError
from openluke.formats.joined_words import JoinedBy, join_words
from openluke.formats.json_rows import Row, shown
from openluke.formats.tagging import BadTagError, ranges_of, scheme_of
from openluke.records import Answer, ClassifiedText, Document, Label, Mention, Question
from openluke.records.tags import Scheme

_NAME = Path("data set, row")
_UNKNOWN = -1
"""The class number of rows whose class is not known, in the test sets of that library."""


def documents_of_rows(
    rows: Iterable[Mapping[str, Any]],
    *,
    tokens: str = "tokens",
    tags: str = "ner_tags",
    names: Sequence[str] | None = None,
    scheme: Scheme | None = None,
    joined_by: JoinedBy = "spaces",
    lenient: bool = False,
) -> Iterator[Document]:
    """Rows of words with tags as documents with mentions.

    Args:
        rows: The data set, or a split of it.
        tokens: The column of the words.
        tags: The column of the tags: their names, or numbers.
        names: The names of the numbers; by default those of the column's feature.
        scheme: How tags mark mentions; by default told from all rows.
        joined_by: What stands between words in the text.
        lenient: Read tags that break their scheme as conlleval does.
    """
    names = names or _class_names(rows, column=tags)
    if scheme is None and not lenient:
        rows = list(rows) if isinstance(rows, Iterator) else rows
        scheme = _told_scheme(rows, column=tags, names=names)
    for row in _rows(rows):
        words = row.strings(tokens)
        if not words:
            raise row.error("found no words, expected at least one", at=(tokens,))
        joined = join_words(words, joined_by=joined_by)
        given = _tags(row, column=tags, names=names)
        if len(given) != len(words):
            raise row.error(f"found {len(given)} tags for {len(words)} words", at=(tags,))
        try:
            ranges = ranges_of(given, scheme=None if lenient else scheme)
        except BadTagError as error:
            raise row.error(str(error), at=(tags, error.index)) from error
        spans = [(joined.span(start, end=end), label) for start, end, label in ranges]
        mentions = tuple(Mention(start=s.start, end=s.end, label=label) for s, label in spans)
        yield Document(
            text=joined.text, mentions=mentions, words=joined.words, id=row.identifier("id")
        )


def texts_of_rows(
    rows: Iterable[Mapping[str, Any]],
    *,
    text: str = "text",
    pair: str | None = None,
    label: str = "label",
    names: Sequence[str] | None = None,
) -> Iterator[ClassifiedText]:
    """Rows with a label as texts: a class, a list of classes, or a number that is measured.

    Whole numbers are classes and have to have names; numbers with a point are values. Where the
    label is missing, null or -1, it is not known.

    Args:
        rows: The data set, or a split of it.
        text: The column of the text.
        pair: The column of the second text, if there is one.
        label: The column of the label.
        names: The names of class numbers; by default those of the column's feature.
    """
    names = names or _class_names(rows, column=label)
    for row in _rows(rows):
        value = row.values.get(label)
        several = isinstance(value, list)
        classes = _tags(row, column=label, names=names) if several else None
        is_class = not several and not isinstance(value, float) and value not in (None, _UNKNOWN)
        yield ClassifiedText(
            text=row.string(text),
            pair=None if pair is None else row.string(pair),
            label=_class_name(value, row=row, at=(label,), names=names) if is_class else None,
            labels=None if classes is None else tuple(Label(label=name) for name in classes),
            value=row.number(label) if isinstance(value, float) else None,
            id=row.identifier("id"),
        )


def questions_of_rows(
    rows: Iterable[Mapping[str, Any]],
    *,
    question: str = "question",
    context: str = "context",
    answers: str = "answers",
    language: str | None = None,
) -> Iterator[Question]:
    """Rows of SQuAD's columns as questions.

    Answers are ``{"text": [...], "answer_start": [...]}``; without the column they are unknown, and
    with empty lists the passage has none.

    Args:
        rows: The data set, or a split of it.
        question: The column of the question.
        context: The column of the passage.
        answers: The column of the answers.
        language: Of the passages, where a score has rules for it.
    """
    for row in _rows(rows):
        passage = row.string(context)
        known = row.values.get(answers) is not None
        yield Question(
            question=row.string(question),
            context=passage,
            answers=_answers(row.row(answers), context=passage) if known else None,
            title=row.optional_string("title"),
            language=language,
            id=row.identifier("id"),
        )


def _rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    for number, values in enumerate(rows):
        if not isinstance(values, Mapping):
            raise DataError(
                f"found {shown(values)}, expected rows; of a data set with splits name one, for "
                'example data["train"]'
            )
        yield Row(values, _NAME, number)


def _answers(row: Row, *, context: str) -> tuple[Answer, ...]:
    texts, starts = row.strings("text"), row.integers("answer_start")
    if len(texts) != len(starts):
        raise row.error(f"found {len(texts)} texts and {len(starts)} places", at=("text",))
    found: list[Answer] = []
    for index, (text, start) in enumerate(zip(texts, starts, strict=True)):
        if start < 0 or not text or not context.startswith(text, start):
            raise row.error(
                f"at character {start} of the context stands "
                f"{shown(context[max(start, 0) : max(start, 0) + len(text)])}, expected "
                f"{shown(text)}",
                at=("answer_start", index),
            )
        found.append(Answer(text=text, start=start, end=start + len(text)))
    return tuple(found)


def _class_names(rows: Any, *, column: str) -> Sequence[str] | None:
    """The names of a column's numbers, which its feature or that of its items has."""
    feature = (getattr(rows, "features", None) or {}).get(column)
    while feature is not None and not hasattr(feature, "names"):
        inner = cast("list[Any]", feature)[:1] if isinstance(feature, list) else ()
        feature = inner[0] if inner else getattr(feature, "feature", None)
    return None if feature is None else feature.names


def _tags(row: Row, *, column: str, names: Sequence[str] | None) -> list[str]:
    return [
        _class_name(value, row=row, at=(column, index), names=names)
        for index, value in enumerate(row.items(column))
    ]


def _class_name(
    value: Any, *, row: Row, at: tuple[str | int, ...], names: Sequence[str] | None
) -> str:
    if isinstance(value, str):
        return value
    if names is None:
        message = f"found {shown(value)}, and no names of numbers; expected a name, or names = …"
        raise row.error(message, at=at)
    if type(value) is not int or not 0 <= value < len(names):
        message = f"found {shown(value)}, expected a name or a number from 0 to {len(names) - 1}"
        raise row.error(message, at=at)
    return names[value]


def _told_scheme(
    rows: Iterable[Mapping[str, Any]], *, column: str, names: Sequence[str] | None
) -> Scheme | None:
    try:
        return scheme_of(_tags(row, column=column, names=names) for row in _rows(rows))
    except BadTagError as error:
        at = f"{column}[{error.index}]: "
        raise DataError(f"{at}{error}", file=_NAME, line=error.sentence) from error
