"""TACRED: a sentence as words, with its subject, its object and their relation."""

from collections.abc import Iterator
from pathlib import Path

from openluke.formats.form import Form
from openluke.formats.joined_words import JoinedBy, JoinedWords, join_words
from openluke.formats.json_rows import Row, read_rows, row_lines
from openluke.formats.json_scan import first_tokens
from openluke.formats.related_pairs import mention_of_words, related_pair, words_of_row
from openluke.records import Document, Mention

_KEYS = {"token", "subj_start", "subj_end", "obj_start", "obj_end"}


def read_tacred(path: str | Path, *, joined_by: JoinedBy = "spaces") -> Iterator[Document]:
    """Read documents with a relation each, from a JSON list or JSON lines.

    The subject is the relation's head, the object its tail; their types are their labels.

    Args:
        path: The file.
        joined_by: What stands between words in the text.
    """
    for row in read_rows(path):
        words = words_of_row(row, key="token")
        joined = join_words(words, joined_by=joined_by)
        yield related_pair(
            joined.text,
            head=_mention(row, name="subj", joined=joined),
            tail=_mention(row, name="obj", joined=joined),
            label=row.optional_string("relation"),
            words=joined.words,
            identifier=row.identifier("id"),
        )


def _mention(row: Row, *, name: str, joined: JoinedWords) -> Mention:
    """The subject or object; TACRED's ends are the last word, not what follows it."""
    return mention_of_words(
        joined,
        start=row.integer(f"{name}_start"),
        end=row.integer(f"{name}_end") + 1,
        row=row,
        key=f"{name}_start",
        label=row.optional_string(f"{name}_type"),
    )


def looks_like_tacred(head: str) -> bool:
    """Whether there are objects with words, a subject and an object."""
    tokens = first_tokens(head)
    return any({key.removeprefix(top) for key in tokens} >= _KEYS for top in ("", "[]."))


FORM = Form(
    name="tacred",
    summary="JSON of token, subj_start, subj_end, obj_start, obj_end and relation.",
    is_json=True,
    read=read_tacred,
    looks_like=looks_like_tacred,
    lines=row_lines,
)
