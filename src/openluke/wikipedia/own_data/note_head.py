"""What stands before the text of a note: its title and its other names."""

import json
import re
from typing import NamedTuple

_KEY = re.compile(r"(?!-[ \t])([^\s#:][^:]*+(?::(?![ \t]|$)[^:]*+)*+):(?=[ \t]|$)")
_BLOCK = re.compile(r"[ \t]*+[>|][-+1-9]*+[ \t]*+(?:(?<=[ \t])#.*)?$")
_COMMENT = re.compile(r"[ \t]#")


class NoteHead(NamedTuple):
    """The front matter of a note."""

    title: str | None = None
    aliases: tuple[str, ...] = ()


def split_head(text: str) -> tuple[NoteHead, list[str]]:
    """The front matter of a note, and the lines behind it.

    Front matter stands between a first line ``---`` and the next ``---`` or ``...``. Of it,
    ``title`` and ``aliases`` (or ``alias``) are read, in the forms that note programs write: text
    with or without quotes, ``[one, two]``, a line ``- one`` for each, or indented lines below ``>``
    or ``|``, which become one.
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
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        key = _KEY.match(line)
        if key is not None:
            items = values.setdefault(_plain(key[1]).lower(), [])
            written = line[key.end() :]
        elif line.lstrip().startswith("- "):
            written = line.lstrip()[2:]
        else:
            continue
        if _BLOCK.match(written):
            end = _block_end(lines, start=number)
            found = [" ".join(" ".join(lines[number:end]).split())]
            number = end
        else:
            found = [_plain(written)] if key is None else _values(written)
        items += filter(None, found)
    titles = values.get("title", [])
    aliases = [*values.get("aliases", ()), *values.get("alias", ())]
    return NoteHead(titles[0] if titles else None, tuple(dict.fromkeys(aliases)))


def _block_end(lines: list[str], *, start: int) -> int:
    """Where the lines end that are the value of the line before: they are indented further."""
    depth = _depth(lines[start - 1])
    behind = (n for n in range(start, len(lines)) if lines[n].strip() and _depth(lines[n]) <= depth)
    return next(behind, len(lines))


def _depth(line: str) -> int:
    """How many blanks are before a line."""
    return len(line) - len(line.lstrip())


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
