"""CoNLL columns: documents of words with tags of mentions, in IOB1, IOB2, BIOES or BILOU."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from openluke.errors import DataError
from openluke.formats.columns import (
    Columns,
    Sentence,
    columns_of,
    looks_tabular,
    mostly_tabular,
    read_sentences,
)
from openluke.formats.form import Form
from openluke.formats.joined_words import JoinedBy, join_words
from openluke.formats.tagging import BadTagError, ranges_of, scheme_of
from openluke.records import Document, Mention, Span
from openluke.records.tags import Scheme, WordRange

Unit = Literal["document", "sentence"]
_TAG = re.compile(r"O|[BIESLU]-.+")
_TAG_OR_NUMBER = re.compile(rf"{_TAG.pattern}|\d+")


def read_conll(
    path: str | Path,
    *,
    unit: Unit | None = None,
    scheme: Scheme | None = None,
    word_column: int = 0,
    tag_column: int = -1,
    tagged: bool = True,
    comment: str | None = None,
    encoding: str = "utf-8",
    joined_by: JoinedBy = "spaces",
    lenient: bool = False,
) -> Iterator[Document]:
    """Read documents with mentions, whose text is the words one after another.

    Args:
        path: The file.
        unit: What a document is: what stands between lines that begin with ``-DOCSTART-``, or each
            sentence. By default documents where the file marks them, else sentences.
        scheme: How tags mark mentions; by default told from all tags of the file.
        word_column: The column of the word, counted from 0; -1 is the last.
        tag_column: The column of the tag.
        tagged: Whether there are tags; without, documents have no mentions.
        comment: What comment lines begin with; by default lines are comments that begin with # and
            do not have the columns of the others.
        encoding: Of the file.
        joined_by: What stands between words in the text.
        lenient: Read tags that break their scheme as conlleval does, and lines with other numbers
            of columns, which are errors else.
    """
    columns = columns_of(
        word_column=word_column,
        tag_column=tag_column,
        tagged=tagged,
        comment=comment,
        encoding=encoding,
        lenient=lenient,
    )
    asks_scheme = tagged and not lenient and scheme is None
    if asks_scheme or unit is None:
        survey = _Survey(Path(path), columns=columns)
        scheme = survey.scheme() if asks_scheme else scheme
        unit = unit or survey.unit()
    reading = _Reading(Path(path), scheme=None if lenient else scheme, tagged=tagged)
    for sentences in _units(read_sentences(path, columns=columns), unit=unit):
        yield reading.document(sentences, joined_by=joined_by)


def conll_lines(
    path: str | Path, *, unit: Unit | None = None, **options: Any
) -> Iterator[int | None]:
    """The first lines of documents; the options are those of ``read_conll``."""
    columns = columns_of(**options)
    unit = unit or _Survey(Path(path), columns=columns).unit()
    for sentences in _units(read_sentences(path, columns=columns), unit=unit):
        yield sentences[0].lines[0]


def looks_like_conll(head: str) -> bool:
    """Whether lines have the same number of columns, one of which holds tags of mentions."""
    rows = looks_tabular(head)
    return any(
        all(_TAG.fullmatch(field) for field in column) for column in [*zip(*rows, strict=True)][1:]
    )


def resembles_conll(head: str) -> bool:
    """Whether most lines have as many columns, one of which holds tags or numbers of tags."""
    columns = [*zip(*mostly_tabular(head), strict=True)][1:]
    return any(
        2 * sum(bool(_TAG_OR_NUMBER.fullmatch(field)) for field in column) > len(column)
        for column in columns
    )


class _Reading:
    """Makes documents of sentences."""

    def __init__(self, path: Path, *, scheme: Scheme | None, tagged: bool) -> None:
        self._path = path
        self._scheme: Scheme | None = scheme
        self._tagged = tagged

    def document(self, sentences: list[Sentence], *, joined_by: JoinedBy) -> Document:
        words = [word for sentence in sentences for word in sentence.words]
        joined = join_words(words, joined_by=joined_by)
        spans: list[Span] = []
        mentions: list[Mention] = []
        start = 0
        for sentence in sentences:
            end = start + len(sentence.words)
            spans.append(joined.span(start, end=end))
            for first, last, label in self._ranges(sentence):
                place = joined.span(start + first, end=start + last)
                mentions.append(Mention(start=place.start, end=place.end, label=label))
            start = end
        return Document(
            text=joined.text, mentions=tuple(mentions), sentences=tuple(spans), words=joined.words
        )

    def _ranges(self, sentence: Sentence) -> list[WordRange]:
        if not self._tagged:
            return []
        try:
            return ranges_of(sentence.tags, scheme=self._scheme)
        except BadTagError as error:
            line = sentence.lines[error.index]
            raise DataError(str(error), file=self._path, line=line) from error


def _units(sentences: Iterable[Sentence], *, unit: Unit) -> Iterator[list[Sentence]]:
    gathered: list[Sentence] = []
    for sentence in sentences:
        if gathered and (unit == "sentence" or sentence.begins_document):
            yield gathered
            gathered = []
        gathered.append(sentence)
    if gathered:
        yield gathered


class _Survey:
    """What is told of a whole file before it is read."""

    def __init__(self, path: Path, *, columns: Columns) -> None:
        self._path = path
        self._columns = columns

    def unit(self) -> Unit:
        is_marked = any(sentence.begins_document for sentence in self._sentences())
        return "document" if is_marked else "sentence"

    def scheme(self) -> Scheme | None:
        try:
            return scheme_of(sentence.tags for sentence in self._sentences())
        except BadTagError as error:
            sentence = next(islice(self._sentences(), error.sentence, None))
            line = sentence.lines[error.index]
            raise DataError(str(error), file=self._path, line=line) from error

    def _sentences(self) -> Iterator[Sentence]:
        return read_sentences(self._path, columns=self._columns)


FORM = Form(
    name="conll",
    summary="A word on each line with its B-, I- or O tag in another column; blank lines between "
    "sentences.",
    read=read_conll,
    looks_like=looks_like_conll,
    resembles=resembles_conll,
    lines=conll_lines,
)
