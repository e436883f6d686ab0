"""Which files a store is made from: told apart by all of their content."""

from collections.abc import Sequence
from pathlib import Path

from openluke.artifacts import fingerprint
from openluke.errors import ConfigError, DataError


def identify_inputs(**groups: Sequence[Path]) -> dict[str, str]:
    """Names and hashes of the files of each group, for a manifest.

    Files of a group of several have their numbers before their names, as another order makes
    something else: the numbers of parts are by it, and which of two pages with a title is kept.

    Every byte is read, so that a file changed in place is never taken for the one before: about a
    second for each gigabyte, little beside parsing it.

    Raises:
        DataError: There is no such file.
        ConfigError: A file is given twice in a group.
    """
    check_inputs(**groups)
    found: dict[str, str] = {}
    for group, paths in groups.items():
        for path, name in zip(paths, numbered_names(paths), strict=True):
            found[f"{group}/{name}"] = fingerprint(path)
    return found


def numbered_names(paths: Sequence[Path]) -> list[str]:
    """A name for each of some files or folders, with its place among them if there are several."""
    if len(paths) == 1:
        return [paths[0].name]
    return [f"{number}/{path.name}" for number, path in enumerate(paths)]


def check_inputs(**groups: Sequence[Path]) -> None:
    """Raise if a file of a group is missing or cannot be read, so that it is known at once.

    Raises:
        DataError: There is no such file, or it cannot be read.
        ConfigError: A file is given twice.
    """
    for group, paths in groups.items():
        check_once(paths)
        for path in paths:
            if not path.is_file():
                found = "is a directory" if path.is_dir() else "no such file"
                raise DataError(f"{found}; expected the {group}", file=path)
            try:
                path.open("rb").close()
            except OSError as error:
                raise DataError(f"cannot be read: {error.strerror}", file=path) from error


def check_once(paths: Sequence[str | Path]) -> None:
    """Raise if a file or directory is given twice, whatever name it is given by.

    Raises:
        ConfigError: It is.
    """
    seen = set[Path]()
    for path in paths:
        place = Path(path).resolve()
        if place in seen:
            raise ConfigError(
                f"{path}: is given twice, expected once; what it holds would count twice"
            )
        seen.add(place)
