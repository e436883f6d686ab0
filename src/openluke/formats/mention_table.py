"""Names that texts are looked through for, each with the entity that it names.

A table is a file in one of two forms:

- JSON, that of the published experiments: for each page the names that its links have, and the
  titles of what they link to, as in ``{"Super_Bowl_50": {"Denver": "Denver Broncos"}}``.
- Lines of a name and a title between which a tab stands, for texts of all pages, or of a page, a
  name and a title, for those of one.

Forms of questions have three options of them, read by ``with_names``: ``mentions``,
``question_mentions`` and ``ignore_case``.

As in the published experiments, a text is read from left to right and the longest name counts; a
name that stands for two entities on a page stands for none there. They compared word pieces, up to
ten of a name; here a name begins and ends where words do, and may be of any length.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from openluke.errors import DataError
from openluke.formats.json_rows import read_json
from openluke.formats.text_lines import read_lines
from openluke.records import Mention, Question
from openluke.tokenization.word_boundaries import split_words

_log = logging.getLogger(__name__)

TABLES = ("mentions", "question_mentions")
"""The options of forms of questions that name a table."""

_Names = dict[str, str | None]
"""Titles by name; ``None`` where a name stands for several."""


class _Entry(NamedTuple):
    page: str | None
    name: str
    entity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionTable:
    """Names and their entities."""

    pages: dict[str | None, _Names]
    """The names of each page; those of ``None`` count on all pages that do not say otherwise."""
    ignore_case: bool
    most_words: int
    """Of the longest name."""

    def find(
        self, text: str, *, page: str | None = None, language: str | None = None
    ) -> tuple[Mention, ...]:
        """The names in a text, from left to right.

        Args:
            text: The text.
            page: The title of the page that it belongs to.
            language: The Wikipedia language of the titles; ``None`` if they have none.
        """
        everywhere = self.pages.get(None, {})
        own = {} if page is None else self.pages.get(_page(page), {})
        words: list[list[int]] = split_words(text).tolist() if own or everywhere else []
        found: list[Mention] = []
        first = 0
        while first < len(words):
            start, after = words[first][0], first + 1
            for last in range(min(first + self.most_words, len(words)) - 1, first - 1, -1):
                end = words[last][1]
                key = _key(text[start:end], ignore_case=self.ignore_case)
                entity = own[key] if key in own else everywhere.get(key)
                if entity is not None:
                    mention = Mention(start=start, end=end, entity=entity, language=language)
                    found.append(mention)
                    after = last + 1
                    break
            first = after
        return tuple(found)


def read_mention_table(path: str | Path, *, ignore_case: bool = False) -> MentionTable:
    """Read a table.

    Args:
        path: The file.
        ignore_case: Whether names are found in any case, as for LUKE; the case counts for mLUKE.
    """
    pages: dict[str | None, _Names] = {}
    most_words = 0
    is_json = next((line.lstrip()[:1] == "{" for _, line in read_lines(path) if line.strip()), None)
    if is_json is None:
        raise DataError("found an empty file, expected a table of names and titles", file=path)
    for page, name, entity in _json_entries(path) if is_json else _line_entries(path):
        names = pages.setdefault(None if page is None else _page(page), {})
        key = _key(name, ignore_case=ignore_case)
        names[key] = entity if names.get(key, entity) == entity else None
        most_words = max(most_words, len(split_words(name)))
    return MentionTable(pages=pages, ignore_case=ignore_case, most_words=most_words)


def with_names(
    questions: Iterable[Question],
    *,
    path: str | Path,
    mentions: Path | None,
    question_mentions: Path | None,
    ignore_case: bool,
) -> Iterator[Question]:
    """The questions of a file with the names of tables as mentions.

    Titles have the language of the question, but those of ``question_mentions`` are written with
    theirs. A passage or a question that comes with mentions keeps those.

    Args:
        questions: Those of the file.
        path: The file, from where the paths of tables go.
        mentions: The table for passages, and for questions where they have none of their own.
        question_mentions: The table for questions.
        ignore_case: Whether names are found in any case.
    """
    passages = _table(mentions, beside=path, ignore_case=ignore_case)
    asked = _table(question_mentions, beside=path, ignore_case=ignore_case)
    last = None  # questions on one passage follow each other, and it is looked through once
    named: tuple[Mention, ...] = ()
    is_read = is_named = False
    for question in questions:
        given, page, language = question.mentions, question.title, question.language
        if passages is not None and not given:
            passage = (question.context, page, language)
            if passage != last:
                named = passages.find(question.context, page=page, language=language)
                last = passage
            given, is_read, is_named = named, True, is_named or bool(named)
        own = question.question_mentions
        if asked is not None and not own:
            own = asked.find(question.question, page=page)
        elif passages is not None and not own:
            own = passages.find(question.question, page=page, language=language)
        yield replace(question, mentions=given, question_mentions=own)
    if is_read and not is_named:
        _log.warning(
            "%s: none of the names of %s is in a passage; are its pages those of the titles?",
            path,
            mentions,
        )


def _table(table: Path | None, *, beside: str | Path, ignore_case: bool) -> MentionTable | None:
    if table is None:
        return None
    return read_mention_table(Path(beside).parent / table, ignore_case=ignore_case)


def _json_entries(path: str | Path) -> Iterator[_Entry]:
    table = read_json(path)
    for page in table.values:
        names = table.row(page)
        for name in names.values:
            yield _Entry(page, name, names.string(name))


def _line_entries(path: str | Path) -> Iterator[_Entry]:
    for number, line in read_lines(path):
        if not line.strip():
            continue
        match [each.strip() for each in line.split("\t")]:
            case [str(name), str(entity)] if name and entity:
                yield _Entry(None, name, entity)
            case [str(page), str(name), str(entity)] if page and name and entity:
                yield _Entry(page, name, entity)
            case fields:
                raise DataError(
                    f"found {len(fields)} columns ({sum(map(bool, fields))} with text), expected a "
                    "name and a title, or a page, a name and a title, with tabs between them",
                    file=path,
                    line=number,
                )


def _key(name: str, *, ignore_case: bool) -> str:
    name = name.strip()
    return name.lower() if ignore_case else name


def _page(title: str) -> str:
    return unquote(title).replace("_", " ")
