"""Columns of words and any tags: part of speech, or whatever is said of each word."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openluke.formats.columns import columns_of, looks_tabular, mostly_tabular, read_sentences
from openluke.formats.form import Form
from openluke.formats.joined_words import JoinedBy, join_words
from openluke.records import TaggedText


def read_tagged_words(
    path: str | Path,
    *,
    word_column: int = 0,
    tag_column: int = -1,
    tagged: bool = True,
    comment: str | None = None,
    encoding: str = "utf-8",
    joined_by: JoinedBy = "spaces",
    lenient: bool = False,
) -> Iterator[TaggedText]:
    """Read sentences, each word of which has a tag.

    Args:
        path: The file.
        word_column: The column of the word, counted from 0; -1 is the last.
        tag_column: The column of the tag.
        tagged: Whether there are tags.
        comment: What comment lines begin with; by default lines are comments that begin with # and
            do not have the columns of the others.
        encoding: Of the file.
        joined_by: What stands between words in the text.
        lenient: Read lines with other numbers of columns, which are errors else.
    """
    columns = columns_of(
        word_column=word_column,
        tag_column=tag_column,
        tagged=tagged,
        comment=comment,
        encoding=encoding,
        lenient=lenient,
    )
    for sentence in read_sentences(path, columns=columns):
        joined = join_words(sentence.words, joined_by=joined_by)
        tags = tuple(sentence.tags) if tagged else None
        yield TaggedText(text=joined.text, words=joined.words, tags=tags)


def tagged_word_lines(path: str | Path, **options: Any) -> Iterator[int | None]:
    """The first lines of sentences; the options are those of ``read_tagged_words``."""
    sentences = read_sentences(path, columns=columns_of(**options))
    return (sentence.lines[0] for sentence in sentences)


def looks_like_tagged_words(head: str) -> bool:
    """Whether lines have the same number of columns, two or more."""
    return bool(looks_tabular(head))


def resembles_tagged_words(head: str) -> bool:
    """Whether most lines have the same number of columns, two or more."""
    return bool(mostly_tabular(head))


FORM = Form(
    name="columns",
    summary="A word on each line with its tag in another column; blank lines between sentences.",
    read=read_tagged_words,
    looks_like=looks_like_tagged_words,
    resembles=resembles_tagged_words,
    lines=tagged_word_lines,
)
