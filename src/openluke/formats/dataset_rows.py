"""Rows as the ``datasets`` library holds them, or any mappings, as records of every kind.

Rows whose columns are the fields of a record are read by ``records_of_rows``, those of usual data
sets (words with tags, texts with a class, SQuAD's columns) by the other functions. That library is
not needed: a data set is whatever gives mappings one after another and may have ``features``, which
say the names of its class numbers. ``write_records`` of ``json_records`` makes them a file, from
which a task learns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from openluke.errors import DataError
from openluke.formats.joined_words import JoinedBy, JoinedWords, join_words
from openluke.formats.json_records import LISTS, records_of
from openluke.formats.json_rows import Row, shown
from openluke.formats.tagging import BadTagError, ranges_of, scheme_of
from openluke.records import (
    Answer,
    ClassifiedText,
    Document,
    Label,
    Mention,
    Question,
    TaggedText,
)
from openluke.records.tags import Scheme

R = TypeVar("R")

_NAME = Path("data set, row")
_UNKNOWN = -1
"""The class number of rows whose class is not known, in the test sets of that library."""
_CHOICE = "answer"
"""The column that counts the choices of a question."""


def records_of_rows(rows: Iterable[Mapping[str, Any]], *, kind: type[R]) -> Iterator[R]:
    """Rows whose columns are the fields of a record, as in JSON lines of it.

    That are mentions at characters, with types, entities and relations (``Document``), choices
    (``ChoiceQuestion``), gaps (``ClozeQuestion``), and so on; see ``json_records.read_records`` for
    all that may be said shortly. Numbers of classes become the names that the features have, and -1
    and null are what is not known. A list of objects may come as an object of lists, as the library
    holds it. Other columns are errors: ``remove_columns`` of the library leaves them out.

    Args:
        rows: The data set, or a split of it.
        kind: Which records.
    """
    features = dict(getattr(rows, "features", None) or {})
    plain = (
        Row(_plain_object(row.values, features=features, row=row, at=()), row.file, row.line)
        for row in _rows(rows)
    )
    return records_of(plain, kind=kind)


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
        joined = _joined(row, column=tokens, joined_by=joined_by)
        given = _tags_of(joined, row=row, column=tags, names=names)
        try:
            ranges = ranges_of(given, scheme=None if lenient else scheme)
        except BadTagError as error:
            raise row.error(str(error), at=(tags, error.index)) from error
        spans = [(joined.span(start, end=end), label) for start, end, label in ranges]
        mentions = tuple(Mention(start=s.start, end=s.end, label=label) for s, label in spans)
        yield Document(
            text=joined.text, mentions=mentions, words=joined.words, id=row.identifier("id")
        )


def tagged_texts_of_rows(
    rows: Iterable[Mapping[str, Any]],
    *,
    tokens: str = "tokens",
    tags: str = "tags",
    names: Sequence[str] | None = None,
    joined_by: JoinedBy = "spaces",
) -> Iterator[TaggedText]:
    """Rows of words with tags as texts whose words have these tags, such as parts of speech.

    Without the column of the tags they are not known. The arguments are those of
    ``documents_of_rows``.
    """
    names = names or _class_names(rows, column=tags)
    for row in _rows(rows):
        joined = _joined(row, column=tokens, joined_by=joined_by)
        known = row.values.get(tags) is not None
        given = tuple(_tags_of(joined, row=row, column=tags, names=names)) if known else None
        yield TaggedText(text=joined.text, words=joined.words, tags=given, id=row.identifier("id"))


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


def _joined(row: Row, *, column: str, joined_by: JoinedBy) -> JoinedWords:
    words = row.strings(column)
    if not words:
        raise row.error("found no words, expected at least one", at=(column,))
    return join_words(words, joined_by=joined_by)


def _tags_of(
    joined: JoinedWords, *, row: Row, column: str, names: Sequence[str] | None
) -> list[str]:
    given = _tags(row, column=column, names=names)
    if len(given) != len(joined.words):
        raise row.error(f"found {len(given)} tags for {len(joined.words)} words", at=(column,))
    return given


def _plain_object(
    values: Mapping[str, Any], *, features: Mapping[str, Any], row: Row, at: tuple[str | int, ...]
) -> dict[str, Any]:
    """An object with the names of classes, without what is not known."""
    plain: dict[str, Any] = {}
    for key, value in values.items():
        feature = _innermost(features.get(key))
        names = getattr(feature, "names", None)
        if value is None or (names is not None and value == _UNKNOWN):
            continue
        if key in LISTS and isinstance(value, Mapping):
            columns = cast("Mapping[str, Any]", value)
            value = _transposed(columns, row=row, at=(*at, key))  # noqa: PLW2901
        counts = key == _CHOICE  # its numbers are what they say, whatever their names
        plain[key] = _plain(value, feature=None if counts else feature, row=row, at=(*at, key))
    return plain


def _plain(value: Any, *, feature: Any, row: Row, at: tuple[str | int, ...]) -> Any:
    if isinstance(value, Mapping):
        values = cast("Mapping[str, Any]", value)
        features = cast("Mapping[str, Any]", feature) if isinstance(feature, Mapping) else {}
        return _plain_object(values, features=features, row=row, at=at)
    if isinstance(value, list):
        items = enumerate(cast("list[Any]", value))
        return [_plain(item, feature=feature, row=row, at=(*at, index)) for index, item in items]
    names = getattr(feature, "names", None)
    return value if names is None else _class_name(value, row=row, at=at, names=names)


def _transposed(
    columns: Mapping[str, Any], *, row: Row, at: tuple[str | int, ...]
) -> list[dict[str, Any]]:
    """The objects whose fields stand in lists."""
    lists = {key: value for key, value in columns.items() if value is not None}
    if not all(isinstance(value, list) for value in lists.values()):
        raise row.error(f"found {shown(columns)}, expected a list of objects", at=at)
    if len({len(value) for value in lists.values()}) > 1:
        raise row.error(f"found {shown(columns)}, expected lists of one length", at=at)
    return [dict(zip(lists, each, strict=True)) for each in zip(*lists.values(), strict=True)]


def _innermost(feature: Any) -> Any:
    """What lists of a feature hold."""
    while True:
        first = cast("list[Any]", feature)[:1] if isinstance(feature, list) else ()
        inner = first[0] if first else getattr(feature, "feature", None)
        if inner is None:
            return feature
        feature = inner


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
    features = getattr(rows, "features", None) or {}
    return getattr(_innermost(features.get(column)), "names", None)


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
