"""FewRel: sentences by relation, each with a head and a tail."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from openluke.formats.form import Form
from openluke.formats.joined_words import JoinedBy, JoinedWords, join_words
from openluke.formats.json_rows import Row, read_json
from openluke.formats.json_scan import Steps, places
from openluke.formats.related_pairs import mention_of_words, related_pair, words_of_row
from openluke.records import Document, Mention


def read_fewrel(
    path: str | Path, *, start: int = 0, end: int | None = None, joined_by: JoinedBy = "spaces"
) -> Iterator[Document]:
    """Read documents with a relation each, whose label is the identifier of the property.

    Where a name stands several times in a sentence, the first is related.

    Args:
        path: The file.
        start: The first sentence of each relation that is read, counted from 0: the form has no
            splits, so that training, development and test sets are cut out of one file.
        end: The sentence of each relation before which reading ends; by default all are read.
        joined_by: What stands between words in the text.
    """
    relations = read_json(path)
    for label in relations.values:
        for row in list(relations.rows(label))[start:end]:
            joined = join_words(words_of_row(row, key="tokens"), joined_by=joined_by)
            yield related_pair(
                joined.text,
                head=_mention(row, key="h", joined=joined),
                tail=_mention(row, key="t", joined=joined),
                label=label,
                words=joined.words,
            )


def _mention(row: Row, *, key: str, joined: JoinedWords) -> Mention:
    """A head or tail: its name, its identifier, and for each place the numbers of its words."""
    words = _first_place(row.items(key))
    if words is None:
        message = "expected [name, identifier, [[word, …], …]] with the numbers of words"
        raise row.error(message, at=(key,))
    return mention_of_words(joined, start=words[0], end=words[-1] + 1, row=row, key=key)


def _first_place(values: list[Any]) -> list[int] | None:
    """The numbers of its first words, which follow each other; ``None`` of anything else."""
    try:
        words = cast("list[int]", values[2][0])
        return words if words == [*range(words[0], words[-1] + 1)] else None
    except (IndexError, KeyError, TypeError):
        return None


def looks_like_fewrel(head: str) -> bool:
    """Whether there are lists by key of objects with words, a head and a tail."""
    found = {_shape(place.steps) for place in places(head)}
    return {("", 0, "tokens"), ("", 0, "h", 2, 0, 0), ("", 0, "t", 2, 0, 0)} <= found


def _shape(steps: Steps) -> Steps:
    """A way without its first key, which is the relation's."""
    return ("", *steps[1:]) if steps and isinstance(steps[0], str) else steps


FORM = Form(
    name="fewrel",
    summary="JSON of lists by relation, of objects with tokens, h and t.",
    is_json=True,
    read=read_fewrel,
    looks_like=looks_like_fewrel,
)
