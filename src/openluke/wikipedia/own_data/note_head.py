"""What stands before the text of a note: its title and its other names."""

import json
import re
from typing import NamedTuple

_KEY = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:(?=[ \t]|$)")
_COMMENT = re.compile(r"[ \t]#")


class NoteHead(NamedTuple):
    """The front matter of a note."""

    title: str | None = None
    aliases: tuple[str, ...] = ()


def split_head(text: str) -> tuple[NoteHead, list[str]]:
    """The front matter of a note, and the lines behind it.

    Front matter stands between a first line ``---`` and the next ``---`` or ``...``. Of it,
    ``title`` and ``aliases`` (or ``alias``) are read, in the forms that note programs write: text
    with or without quotes, ``[one, two]``, or a line ``- one`` for each.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    lines = [line.removesuffix("\r") for line in lines]
    if lines[0].rstrip() != "---":
        return NoteHead(), lines
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() in ("---", "..."):
            return _read_head(lines[1:number]), lines[number + 1 :]
    return NoteHead(), lines


def _read_head(lines: list[str]) -> NoteHead:
    values: dict[str, list[str]] = {}
    items: list[str] = []
    for line in lines:
        key = _KEY.match(line)
        if key is not None:
            items = values.setdefault(key[1].lower(), [])
            items += _values(line[key.end() :])
        elif line.lstrip().startswith("- "):
            items += filter(None, [_plain(line.lstrip()[2:])])
    titles = values.get("title", [])
    aliases = [*values.get("aliases", ()), *values.get("alias", ())]
    return NoteHead(titles[0] if titles else None, tuple(dict.fromkeys(aliases)))


def _values(written: str) -> list[str]:
    """The value of a key, or those of a list on its line."""
    text = written.strip()
    if text.startswith("[") and text.endswith("]"):
        found = [_plain(item) for item in _split_list(text[1:-1])]
    else:
        found = [_plain(text)]
    return [value for value in found if value]


def _split_list(text: str) -> list[str]:
    """What stands between commas that no quotes are around."""
    items, start, quote, is_blank = list[str](), 0, "", True
    for place, letter in enumerate(text):
        if letter == quote:
            quote = ""
        elif letter in "\"'" and is_blank:
            quote = letter
        elif letter == "," and not quote:
            items.append(text[start:place])
            start, is_blank = place + 1, True
            continue
        is_blank = is_blank and letter.isspace()
    return [*items, text[start:]]


def _plain(written: str) -> str:
    """A value without its quotes, or without the comment behind it."""
    text = written.strip()
    if text[:1] == "'" and text[-1:] == "'" and len(text) > 1:
        return " ".join(text[1:-1].replace("''", "'").split())
    if text[:1] == '"':
        end = text.rfind('"')
        try:
            value = json.loads(text[: end + 1])
        except ValueError:
            value = text[1 : end if end else None]
        return " ".join(str(value).split())
    if text.startswith("#"):
        return ""
    comment = _COMMENT.search(text)
    return " ".join((text if comment is None else text[: comment.start()]).split())
