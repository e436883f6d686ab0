"""SQuAD 1.1 and 2.0, and what has its form: XQuAD, MLQA, JaQuAD, JSQuAD, SQuADShifts."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openluke.formats.form import Form, option_hint
from openluke.formats.json_rows import Row, read_json, shown
from openluke.formats.json_scan import first_tokens
from openluke.formats.mention_table import TABLES, with_names
from openluke.records import Answer, Question

_log = logging.getLogger(__name__)


def read_squad(
    path: str | Path,
    *,
    language: str | None = None,
    start: int = 0,
    end: int | None = None,
    lenient: bool = False,
    mentions: Path | None = None,
    question_mentions: Path | None = None,
    ignore_case: bool = False,
) -> Iterator[Question]:
    """Read questions on the paragraphs of articles.

    Questions without ``answers`` are those whose answers are unknown; ``is_impossible``, or an
    empty list, says that the passage has none.

    Args:
        path: The file.
        language: Of the passages, where a score has rules for it (MLQA), or the titles of a table
            of names have one (mLUKE).
        start: The first article that is read, counted from 0, for sets that come without splits.
        end: The article before which reading ends; by default all are read.
        lenient: Where an answer does not stand at its place, forget the place and say how often; an
            error else. The text counts in scores, and nothing is learnt of such an answer.
        mentions: A table of names and the entities that they name, which passages and questions are
            looked through for, see ``openluke.formats.mention_table``; a path from where the file
            lies. Without it only words are read.
        question_mentions: One for the questions, where they have another language; its titles are
            written with theirs, as in ``es:Madrid``.
        ignore_case: Whether names are found in any case, as in the experiments of LUKE; the case
            counted in those of mLUKE.
    """
    reading = _Reading(language=language, lenient=lenient)
    yield from with_names(
        _questions(read_json(path), reading=reading, start=start, end=end),
        path=path,
        mentions=mentions,
        question_mentions=question_mentions,
        ignore_case=ignore_case,
    )
    if reading.n_misplaced:
        _log.warning(
            "%s: %d answers do not stand at their place; their places were forgotten",
            path,
            reading.n_misplaced,
        )


def _questions(
    content: Row, *, reading: "_Reading", start: int, end: int | None
) -> Iterator[Question]:
    for article in list(content.rows("data"))[start:end]:
        title = article.optional_string("title")
        for paragraph in article.rows("paragraphs"):
            context = paragraph.string("context")
            for row in paragraph.rows("qas"):
                yield reading.question(row, context=context, title=title)


@dataclass(slots=True, kw_only=True)
class _Reading:
    language: str | None
    lenient: bool
    n_misplaced: int = 0

    def question(self, row: Row, *, context: str, title: str | None) -> Question:
        return Question(
            question=row.string("question"),
            context=context,
            answers=self._answers(row, context=context),
            title=title,
            language=self.language,
            id=row.identifier("id"),
        )

    def _answers(self, row: Row, *, context: str) -> tuple[Answer, ...] | None:
        impossible = row.values.get("is_impossible")
        if impossible is not None and not isinstance(impossible, bool):
            message = f"found {shown(impossible)}, expected true or false"
            raise row.error(message, at=("is_impossible",))
        if row.values.get("answers") is None:
            return () if impossible else None
        answers = tuple(self._answer(each, context=context) for each in row.rows("answers"))
        if answers and impossible:
            message = f"found {len(answers)}, expected none, since is_impossible is true"
            raise row.error(message, at=("answers",))
        if not answers and impossible is False:
            message = "found none, expected at least one, since is_impossible is false"
            raise row.error(message, at=("answers",))
        return answers

    def _answer(self, row: Row, *, context: str) -> Answer:
        text, start = row.string("text"), row.integer("answer_start")
        found = context[max(start, 0) : max(start, 0) + len(text)]
        if text and start >= 0 and found == text:
            return Answer(text=text, start=start, end=start + len(text))
        if not self.lenient:
            raise row.error(
                f"at character {start} of the context stands {shown(found)}, expected the answer "
                f"{shown(text)}; correct it, or forget such places by "
                f"{option_hint('lenient', value='true')}",
                at=("answer_start",),
            )
        self.n_misplaced += 1
        return Answer(text=text)


def looks_like_squad(head: str) -> bool:
    """Whether there is a list of articles with paragraphs."""
    tokens = first_tokens(head)
    return any(
        f"data[].paragraphs[].{key}" in tokens for key in ("context", "qas[].question", "qas[].id")
    )


FORM = Form(
    name="squad",
    summary="JSON of data, paragraphs, context, qas and answers: SQuAD, XQuAD, MLQA, JaQuAD.",
    is_json=True,
    read=read_squad,
    looks_like=looks_like_squad,
    tables=TABLES,
)
