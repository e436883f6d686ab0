"""One spelling per entity title, and the keys that titles and languages are stored under."""

import re
import unicodedata
from typing import NamedTuple

PAD, UNK, MASK, MASK2 = "[PAD]", "[UNK]", "[MASK]", "[MASK2]"
SPECIAL_TITLES = frozenset((PAD, UNK, MASK, MASK2))
"""Titles that stand for no entity; they belong to no language."""

_LANGUAGE = re.compile(r"[a-z]{2,12}(?:-[a-z0-9]{1,12})*")
_PREFIX = re.compile(rf"{_LANGUAGE.pattern}:")
_DIRECTION_MARKS = dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F)])


class Name(NamedTuple):
    """A title in the Wikipedia of a language; the language is ``None`` where none is known."""

    title: str
    language: str | None = None


def canonical_title(title: str, *, capitalise: bool = True) -> str:
    """The spelling that MediaWiki stores a title under.

    Underscores and runs of white space become one space, direction marks vanish, a leading colon
    and a fragment (from ``#``) are cut, characters are composed (NFC) and the first letter is a
    capital. Applying it twice changes nothing; special tokens such as ``[MASK]`` stay as they are.

    Args:
        title: The title as somebody wrote it.
        capitalise: Whether the first letter is a capital, as in all Wikipedias but few.
    """
    title = unicodedata.normalize("NFC", title.translate(_DIRECTION_MARKS))
    title = title.partition("#")[0]
    title = " ".join(title.replace("_", " ").split()).lstrip(": ")
    return capitalised(title) if capitalise else title


def capitalised(title: str) -> str:
    """The title with the first letter that MediaWiki gives it."""
    first = title[:1]
    if title[:2].isascii():  # as most are, and this takes a fifth of the time
        return first.upper() + title[1:] if first.islower() else title
    capital = _capital(first)
    return title if capital == first else unicodedata.normalize("NFC", capital + title[1:])


def is_language(text: str) -> bool:
    """Whether the text has the shape of a Wikipedia language code, such as ``en`` or ``zh-yue``."""
    return _LANGUAGE.fullmatch(text) is not None


def has_prefix(key: str) -> bool:
    """Whether a key starts with the shape of a language code and a colon."""
    return _PREFIX.match(key) is not None


def join_key(title: str, *, language: str | None) -> str:
    """The key of a name: ``language:title``, or the bare title without a language."""
    return title if language is None else f"{language}:{title}"


def split_key(key: str) -> Name:
    """The name that a key of a vocabulary with languages stands for."""
    if not has_prefix(key):
        return Name(key)
    language, _, title = key.partition(":")
    return Name(title, language)


def _capital(letter: str) -> str:
    """The capital that MediaWiki gives a first letter, which is always a single character.

    Georgian keeps its Mkhedruli letters: their capitals serve headlines in all capitals only.
    """
    capital = letter.upper()
    is_georgian = "\u10d0" <= letter <= "\u10ff"
    return letter if len(capital) != 1 or is_georgian else capital
