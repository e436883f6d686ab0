"""Names that are linked to each other, put together as long as no language has two of them."""

from array import array
from collections.abc import Iterable, Sequence


class NameGroups:
    """Groups of names, which have numbers from 0 on, with at most one name of each language."""

    def __init__(self, languages: Sequence[int]) -> None:
        self._languages = languages  # the number of each name's language
        self.n_names = len(languages)
        self._parents = array("i", range(len(languages)))
        self._sizes = array("i", [1]) * len(languages)
        self._next = array("i", range(len(languages)))  # the names of a group in a circle
        self.n_refused = 0
        """Links that would have put two names of a language together."""

    def link(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Put the groups of linked names together; the links that matter most come first."""
        for one, other in pairs:
            large, small = self.group(one), self.group(other)
            if large == small:
                continue
            if self._sizes[large] < self._sizes[small]:
                large, small = small, large
            if self._share_language(large, small):
                self.n_refused += 1
                continue
            self._parents[small] = large
            self._sizes[large] += self._sizes[small]
            self._next[large], self._next[small] = self._next[small], self._next[large]

    def group(self, name: int) -> int:
        """The name that stands for the group of a name."""
        parents = self._parents
        while parents[name] != name:
            parents[name] = parents[parents[name]]
            name = parents[name]
        return name

    def members(self, name: int) -> list[int]:
        """The names of a name's group."""
        found = [name]
        while (name := self._next[name]) != found[0]:
            found.append(name)
        return found

    def _share_language(self, one: int, other: int) -> bool:
        languages = {self._languages[name] for name in self.members(other)}
        return any(self._languages[name] in languages for name in self.members(one))
