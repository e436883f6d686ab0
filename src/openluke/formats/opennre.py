"""OpenNRE: words or a text, its head and tail with positions, and their relation."""

from collections.abc import Iterator
from pathlib import Path

from openluke.formats.form import Form
from openluke.formats.joined_words import JoinedBy, join_words
from openluke.formats.json_rows import Row, read_rows, row_lines
from openluke.formats.json_scan import first_tokens
from openluke.formats.related_pairs import mention_of_words, related_pair, words_of_row
from openluke.records import Document, Mention


def read_opennre(path: str | Path, *, joined_by: JoinedBy = "spaces") -> Iterator[Document]:
    """Read documents with a relation each, from JSON lines or a JSON list.

    A row has ``token``, and positions that count words; or ``text``, and positions that count
    characters. Positions are ``[start, end]``, without what stands at the end.

    Args:
        path: The file.
        joined_by: What stands between words in the text.
    """
    for row in read_rows(path):
        yield _of_words(row, joined_by=joined_by) if "token" in row.values else _of_text(row)


def _of_words(row: Row, *, joined_by: JoinedBy) -> Document:
    joined = join_words(words_of_row(row, key="token"), joined_by=joined_by)
    mentions: list[Mention] = []
    for name in ("h", "t"):
        start, end = _position(row.row(name))
        mentions.append(
            mention_of_words(joined, start=start, end=end, row=row.row(name), key="pos")
        )
    return related_pair(
        joined.text,
        head=mentions[0],
        tail=mentions[1],
        label=row.optional_string("relation"),
        words=joined.words,
        identifier=row.identifier("id"),
    )


def _of_text(row: Row) -> Document:
    text = row.string("text")
    mentions: list[Mention] = []
    for name in ("h", "t"):
        start, end = _position(row.row(name))
        if not 0 <= start < end <= len(text):
            raise row.error(
                f"found characters {start} to {end}, expected a range of the {len(text)} of the "
                "text",
                at=(name, "pos"),
            )
        mentions.append(Mention(start=start, end=end))
    return related_pair(
        text,
        head=mentions[0],
        tail=mentions[1],
        label=row.optional_string("relation"),
        identifier=row.identifier("id"),
    )


def _position(row: Row) -> tuple[int, int]:
    position = row.integers("pos")
    if len(position) != 2:
        raise row.error(f"found {position}, expected [start, end]", at=("pos",))
    return position[0], position[1]


def looks_like_opennre(head: str) -> bool:
    """Whether there are objects with a head and a tail that have positions."""
    tokens = first_tokens(head)
    return any({f"{top}h.pos", f"{top}t.pos"} <= tokens.keys() for top in ("", "[]."))


FORM = Form(
    name="opennre",
    summary="JSON lines of token (or text), h and t with pos, and relation.",
    is_json=True,
    read=read_opennre,
    looks_like=looks_like_opennre,
    lines=row_lines,
)
