"""Redirects as wikitext says them: ``#REDIRECT [[Title#Section]]``."""

import re

from openluke.wikipedia.language_facts import facts

_LINK = re.compile(r"\s*:?\s*\[\[\s*:?([^\[\]|\n]+)(?:\|[^\]\n]*)?\]\]")
_LONGEST = 1000
_SIGNS = ("#", "＃")
"""What every redirect word begins with."""


class RedirectReader:
    """Finds where redirects lead to, in the words of a language."""

    def __init__(self, language: str) -> None:
        words = sorted(facts(language).redirect_words, key=len, reverse=True)
        self._words = re.compile("|".join(re.escape(word) for word in words))

    def target(self, text: str, *, declared: str | None, is_redirect: bool) -> str | None:
        """The title that a page leads to, perhaps with a fragment; none if it is no redirect.

        Args:
            text: Its wikitext.
            declared: What the dump says that it leads to, which has no fragment.
            is_redirect: Whether the dump says that it is a redirect.
        """
        written = self.written_target(text)
        if declared is None:
            return written or ("" if is_redirect else None)
        fragment = "" if written is None else written.partition("#")[2].strip()
        return f"{declared}#{fragment}" if fragment else declared

    def written_target(self, text: str) -> str | None:
        """The title that wikitext leads to, as written; none if it is no redirect."""
        head = text[:_LONGEST].lstrip()
        if not head.startswith(_SIGNS):
            return None
        folded = head.casefold()
        word = self._words.match(folded)
        if word is None:
            return None
        link = _LINK.match(head, _length_before(head, folded=word.end()))
        return None if link is None else " ".join(link[1].replace("_", " ").split()) or None


def _length_before(text: str, *, folded: int) -> int:
    """How many characters become so many when their case is folded."""
    length = 0
    for index, character in enumerate(text):
        if length >= folded:
            return index
        length += len(character.casefold())
    return len(text)
