"""Names of entities in files that are mapped into memory: open at once, shared by processes."""

import json
import shutil
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.entities.key_trie import KeyTrie, build_trie, find_key, open_trie
from openluke.entities.name_index import UNKNOWN_COUNT, KeyMaker, VocabRow, VocabTable
from openluke.entities.titles import has_prefix
from openluke.errors import CheckpointError, DataError
from openluke.manifests import check_content, read_manifest
from openluke.resumable import resumable_artifact

KIND = "entity-vocab"
FORMAT_VERSION = 1

TRIE = "names.marisa"  # key -> number of the key
IDS = "ids.npy"  # number of the key -> entity id
KEYS = "keys.npy"  # numbers of the keys, sorted by entity id
OFFSETS = "offsets.npy"  # entity id -> where its keys start in KEYS
COUNTS = "counts.npy"  # entity id -> links to it
LANGUAGES = "languages.json"  # language -> how many names it has

Rows = Callable[[], Iterable[VocabRow]]


class MappedNames:
    """A trie of keys and arrays of ids, read from disk when they are used.

    Other bytes than those that were written can end the process, since a trie does not check where
    its numbers lead: ``open_mapped`` makes sure of them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._trie = open_trie(path / TRIE)
        self._ids = load_array(path / IDS, dtype=np.int32)
        self._keys = load_array(path / KEYS, dtype=np.int32)
        self._offsets = load_array(path / OFFSETS, dtype=np.int32)
        self.n_ids = len(self._offsets) - 1
        self._n_keys = len(self._trie)
        if not self._n_keys == len(self._ids) == len(self._keys):
            raise CheckpointError(
                f"{path}: found {self._n_keys:,} names, {len(self._ids):,} ids and "
                f"{len(self._keys):,} keys, expected as many of each; make the vocabulary again"
            )
        _check_offsets(self._offsets, last=self._n_keys, path=path / OFFSETS)

    def __reduce__(self) -> tuple[type["MappedNames"], tuple[Path]]:
        """Another process opens the same files instead of getting a copy."""
        return MappedNames, (self._path.absolute(),)

    def __len__(self) -> int:
        return self._n_keys

    def find(self, key: str) -> int | None:
        """The id that a key names."""
        number = find_key(self._trie, key=key)
        return None if number is None else int(self._ids[number])

    def keys_of(self, entity_id: int) -> Sequence[str]:
        """All keys of one id, in the order they were given in."""
        numbers = self._keys[self._offsets[entity_id] : self._offsets[entity_id + 1]]
        return [self._trie.restore_key(number) for number in numbers.tolist()]

    def languages(self) -> Counter[str]:
        """How many keys start with each language prefix."""
        return read_languages(self._path)

    def starting_with(self, prefix: str) -> Iterator[str]:
        """The keys that begin with a prefix."""
        return self._trie.iterkeys(prefix.encode("utf-8", "ignore").decode())


def open_mapped(path: str | Path) -> VocabTable:
    """Open the vocabulary that ``write_mapped`` has written.

    All its bytes are read once and compared with the manifest: a tenth of a second for 12 million
    names. Processes that get the vocabulary from this one trust in that.
    """
    path = Path(path)
    check_content(path, manifest=read_manifest(path, kind=KIND, format_version=FORMAT_VERSION))
    names = MappedNames(path)
    counts = load_array(path / COUNTS, dtype=np.int64)
    if len(counts) != names.n_ids:
        raise CheckpointError(
            f"{path / COUNTS}: found {len(counts):,} counts, expected {names.n_ids:,}; "
            "make the vocabulary again"
        )
    return VocabTable(
        names=names,
        has_languages=bool(read_languages(path)),
        counts=counts if (counts != UNKNOWN_COUNT).any() else None,
    )


def write_mapped(
    path: str | Path,
    *,
    rows: Rows,
    inputs: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    counts: Mapping[str, int] | None = None,
    replace: bool = False,
) -> None:
    """Write a vocabulary as an artefact directory of files that can be mapped into memory.

    Args:
        path: The directory to make.
        rows: Gives the entities in the order of their ids; called twice, so that the names need
            not all be in memory.
        inputs: Fingerprints of what the vocabulary is made from, for the manifest.
        options: Options that it is made with, for the manifest.
        counts: What was counted while it was made, for the manifest.
        replace: Whether a finished vocabulary at ``path`` may be replaced.
    """
    with resumable_artifact(  # so that the next call clears what a killed one left
        path,
        kind=KIND,
        format_version=FORMAT_VERSION,
        inputs=inputs,
        options=options,
        replace=replace,
    ) as draft:
        try:
            draft.counts.update(counts or {})
            draft.counts.update(_write_files(draft.path, rows=rows))
        except BaseException:
            shutil.rmtree(draft.path, ignore_errors=True)  # there is nothing to go on with
            raise


def _write_files(directory: Path, *, rows: Rows) -> dict[str, int]:
    trie, languages = _build_trie(rows())
    trie.save(str(directory / TRIE))
    text = json.dumps(languages, ensure_ascii=False, indent=2, sort_keys=True)
    (directory / LANGUAGES).write_text(text + "\n", encoding="utf-8")
    arrays = _number_rows(rows(), trie=trie)
    for name, values in arrays.items():
        np.save(directory / name, values, allow_pickle=False)
    return {"names": len(trie), "ids": len(arrays[COUNTS])}


def _build_trie(rows: Iterable[VocabRow]) -> tuple[KeyTrie, Counter[str]]:
    maker, languages = KeyMaker(), Counter[str]()

    def keys() -> Iterator[str]:
        for row in rows:
            for name in row.names:
                key = maker.key(name)
                if has_prefix(key):
                    languages[key.partition(":")[0]] += 1
                yield key

    trie = build_trie(keys())
    maker.check()
    return trie, languages if maker.has_languages else Counter()


def _number_rows(rows: Iterable[VocabRow], *, trie: KeyTrie) -> dict[str, npt.NDArray[Any]]:
    """The arrays of the vocabulary, by the name of their file."""
    maker = KeyMaker()
    keys, offsets, counts = array("i"), array("i", [0]), array("q")
    for row in rows:
        keys.extend([trie[maker.key(name)] for name in row.names])
        offsets.append(len(keys))
        counts.append(UNKNOWN_COUNT if row.links is None else row.links)
    ids = np.empty(len(trie), dtype=np.int32)
    ids[keys] = np.repeat(np.arange(len(counts), dtype=np.int32), np.diff(offsets))
    if len(keys) != len(trie):
        raise DataError(_repeated_names(np.asarray(keys), trie=trie))
    return {
        IDS: ids,
        KEYS: np.asarray(keys),
        OFFSETS: np.asarray(offsets),
        COUNTS: np.asarray(counts),
    }


def _repeated_names(numbers: npt.NDArray[np.int32], *, trie: KeyTrie) -> str:
    repeated = np.flatnonzero(np.bincount(numbers) > 1)
    examples = ", ".join(repr(trie.restore_key(int(number))) for number in repeated[:3])
    return f"{len(repeated):,} names are given more than once, for example {examples}"


def load_array(path: Path, *, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Map an array into memory and check what it holds."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: damaged array: {error}") from error
    if values.dtype != dtype or values.ndim != 1:
        raise CheckpointError(
            f"{path}: found {values.dtype} of shape {values.shape}, "
            f"expected one dimension of {np.dtype(dtype)}"
        )
    return np.asarray(values)  # same pages, but indexing a plain array is faster


def _check_offsets(offsets: npt.NDArray[np.int32], *, last: int, path: Path) -> None:
    """Raise a ``CheckpointError`` unless the offsets divide all keys among the ids."""
    ends = (offsets[0], offsets[-1]) if len(offsets) else None
    if ends != (0, last) or (offsets[1:] < offsets[:-1]).any():
        raise CheckpointError(
            f"{path}: found {len(offsets):,} offsets, expected such as rise from 0 to {last:,}; "
            "make the vocabulary again"
        )


def read_languages(path: Path) -> Counter[str]:
    """How many names each language has in a vocabulary that ``write_mapped`` has written."""
    try:
        return Counter(json.loads((path / LANGUAGES).read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path / LANGUAGES}: damaged file: {error}") from error
