"""What the notes of a folder are called, and to which of them a link leads."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from openluke.errors import DataError

_ENDINGS = (".md", ".markdown")


def list_notes(folder: Path) -> tuple[str, ...]:
    """The Markdown files of a folder and those in it, as paths from there, in a fixed order.

    Hidden files and folders are left out, and links to other folders are not followed.

    Raises:
        DataError: There are none.
    """
    found: list[str] = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(place).relative_to(folder)
        found += [
            (inside / name).as_posix()
            for name in files
            if name.lower().endswith(_ENDINGS) and not name.startswith(".")
        ]
    if not found:
        raise DataError(
            "found no Markdown files; expected a folder of notes (.md); give files of JSON lines "
            "one by one",
            file=folder,
        )
    return tuple(sorted(found))


class NoteNames:
    """The names of notes: that of the file, or its path where several files are called the same."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._by_ending: dict[str, str] = {}
        """Of the notes whose paths end so, the one that lies least deep."""
        stems = Counter[str]()
        bare_paths = map(without_ending, paths)
        for bare in sorted(bare_paths, key=lambda one: (one.count("/"), one)):
            key = bare.casefold()
            stems[_last(key)] += 1
            self._by_ending.setdefault(f"/{key}", bare)  # a whole path, from the top
            parts = key.split("/")
            for first in range(len(parts)):
                self._by_ending.setdefault("/".join(parts[first:]), bare)
        self._repeated = frozenset(stem for stem, times in stems.items() if times > 1)

    def name(self, path: str) -> str:
        """The name of the note of a file."""
        bare = without_ending(path)
        return bare if _last(bare).casefold() in self._repeated else _last(bare)

    def linked(self, target: str, *, note: str) -> str:
        """The name of the note that ``[[target]]`` in a note leads to, in upper or lower case.

        It is looked for from the top, in the note's own folder, and then in any, of which the least
        deep counts. Where there is none, the name is the last part of what is written.

        Args:
            target: What is written, without a heading or a block.
            note: The file that the link is in.
        """
        bare = without_ending(target.strip().strip("/"))
        here = normpath(join(dirname(note), bare))
        places = [f"/{normpath(bare)}", f"/{here}"] if "/" in bare else [f"/{here}"]
        for place in (*places, normpath(bare)):
            found = self._by_ending.get(place.casefold())
            if found is not None and bare:
                return self.name(found)
        return _last(bare)

    def at(self, address: str, *, note: str) -> str | None:
        """The name of the note that ``[text](address)`` in a note leads to; ``None`` if to none.

        What ends like a note and is none leads to a missing one of that name.

        Args:
            address: A path from the note's folder, or with a slash before it from the top.
            note: The file that the link is in.
        """
        path = unquote(address.partition("#")[0].partition("?")[0]).strip()
        place = normpath(path.lstrip("/") if path.startswith("/") else join(dirname(note), path))
        bare = without_ending(place)
        found = self._by_ending.get(f"/{bare.casefold()}") if path else None
        if found is not None:
            return self.name(found)
        return _last(bare) or None if bare != place else None


def without_ending(path: str) -> str:
    """The path of a note without what says that it is one."""
    for ending in _ENDINGS:
        if path.lower().endswith(ending):
            return path[: -len(ending)]
    return path


@lru_cache(1)
def note_names(paths: tuple[str, ...]) -> NoteNames:
    """The names of the notes of a folder; those of the folder that was asked for last are kept."""
    return NoteNames(paths)


def group_notes(sizes: Iterable[int], *, part_size: int) -> list[range]:
    """Ranges of notes in order, each of which has about so many bytes."""
    groups: list[range] = []
    first = number = n_bytes = 0
    for number, size in enumerate(sizes, start=1):
        n_bytes += size
        if n_bytes >= part_size:
            groups.append(range(first, number))
            first, n_bytes = number, 0
    return [*groups, range(first, number)] if first < number else groups


def _last(path: str) -> str:
    return path.rpartition("/")[2]
