"""Which files a store is made from: told apart by their content, without reading all of it."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from openluke.artifacts import fingerprint
from openluke.errors import DataError

_SMALL = 64 << 20
_SAMPLE = 1 << 16
_N_SAMPLES = 256


def identify_inputs(**groups: Sequence[Path]) -> dict[str, str]:
    """Names and identities of the files of each group, for a manifest.

    Small files are hashed. It would take minutes to hash those of a large Wikipedia, again whenever
    work is taken up; so that of these the size and samples are hashed, which differ between any two
    dumps.

    Raises:
        DataError: There is no such file.
    """
    found: dict[str, str] = {}
    for group, paths in groups.items():
        names = Counter(path.name for path in paths)
        for number, path in enumerate(paths):
            if not path.is_file():
                raise DataError(f"no such file; expected the {group}", file=path)
            name = path.name if names[path.name] == 1 else f"{number}/{path.name}"
            found[f"{group}/{name}"] = _identity(path)
    return found


def _identity(path: Path) -> str:
    size = path.stat().st_size
    if size <= _SMALL:
        return fingerprint(path)
    digest = hashlib.sha256(str(size).encode())
    try:
        with path.open("rb") as file:
            for sample in _samples(file, size=size):
                digest.update(sample)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    return f"sha256-samples:{digest.hexdigest()}"


def _samples(file: BinaryIO, *, size: int) -> Iterator[bytes]:
    """Stretches of a file from its beginning to its end."""
    for number in range(_N_SAMPLES):
        file.seek((size - _SAMPLE) * number // (_N_SAMPLES - 1))
        yield file.read(_SAMPLE)
