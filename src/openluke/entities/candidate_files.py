"""Tables of names and candidates in files that are mapped into memory."""

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

import numpy as np
import numpy.typing as npt

from openluke.entities.key_trie import KeyTrie, build_trie, open_trie
from openluke.entities.mapped_names import load_array
from openluke.entities.mention_keys import MentionForm
from openluke.errors import CheckpointError, DataError
from openluke.manifests import check_content, read_manifest

KIND = "candidates"
FORMAT_VERSION = 1

MENTIONS = "mentions.marisa"  # name, as it is compared -> number of the name
TITLES = "titles.marisa"  # title -> number of the title
OFFSETS = "offsets.npy"  # number of the name -> where its candidates start
ENTITIES = "entities.npy"  # candidate -> number of its title
COUNTS = "counts.npy"  # candidate -> links with this name
SOURCES = "sources.npy"  # candidate -> flags of candidates.Source
LINKS = "links.npy"  # number of the name -> links with it
COUNTED_LINKS = "counted_links.npy"  # those of them on pages whose texts were counted, if not all
OCCURRENCES = "occurrences.npy"  # number of the name -> how often texts have it, or UNCOUNTED
FORM = "form.json"  # how names are compared

UNCOUNTED = -1
_MOST = 2**31 - 1

_Ints = npt.NDArray[np.int32]


class CandidateRow(NamedTuple):
    """A name and what it may stand for."""

    mention: str
    """As it is compared: what ``mention_key`` gives."""
    links: int
    """Links with this text, those to entities that are left out included."""
    occurrences: int
    """How often texts have the name, or ``UNCOUNTED``."""
    candidates: Sequence[tuple[str, int, int]]
    """Title, links and flags of ``Source``, in the order in which they are to be given."""
    counted_links: int | None = None
    """The links that link probability is of, in the unit of the occurrences; all by default."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateFiles:
    """The opened files of a table."""

    path: Path
    form: MentionForm
    mentions: KeyTrie
    titles: KeyTrie
    offsets: _Ints
    entities: _Ints
    counts: _Ints
    sources: npt.NDArray[np.uint8]
    links: _Ints
    counted_links: _Ints
    occurrences: _Ints

    def __reduce__(self) -> tuple[Callable[[Path], "CandidateFiles"], tuple[Path]]:
        """Another process opens the same files instead of getting a copy."""
        return map_candidate_files, (self.path.absolute(),)


def open_candidate_files(path: str | Path) -> CandidateFiles:
    """Open the files of a finished table after a look at all their bytes."""
    path = Path(path)
    check_content(path, manifest=read_manifest(path, kind=KIND, format_version=FORMAT_VERSION))
    return map_candidate_files(path)


def write_candidate_files(
    directory: Path, *, rows: Callable[[], Iterable[CandidateRow]], form: MentionForm
) -> dict[str, int]:
    """Write the files of a table into a directory, such as that of a draft.

    Args:
        directory: Where the files go.
        rows: Gives the names, each once, in any order; called three times, so that they need not
            all be in memory.
        form: How names are compared.

    Returns:
        How much there is, for a manifest.
    """
    mentions = build_trie(row.mention for row in rows())
    mentions.save(str(directory / MENTIONS))
    titles = build_trie(_titles(rows()))
    titles.save(str(directory / TITLES))
    arrays = _number_rows(rows(), mentions=mentions, titles=titles)
    for name, values in arrays.items():
        np.save(directory / name, values, allow_pickle=False)
    (directory / FORM).write_text(json.dumps({"form": form}) + "\n", encoding="utf-8")
    return {
        "mentions": len(mentions),
        "titles": len(titles),
        "candidates": len(arrays[ENTITIES]),
    }


def _titles(rows: Iterable[CandidateRow]) -> Iterator[str]:
    """Every title at least once; those of the rows just before are not given again."""
    seen: set[str] = set()
    for row in rows:
        for title, _, _ in row.candidates:
            if title not in seen:
                if len(seen) == 1_000_000:
                    seen.clear()
                seen.add(title)
                yield title


def _number_rows(
    rows: Iterable[CandidateRow], *, mentions: KeyTrie, titles: KeyTrie
) -> dict[str, npt.NDArray[Any]]:
    """The arrays of the table, by the name of their file."""
    numbers, sizes, links, occurrences = array("i"), array("i"), array("i"), array("i")
    entities, counts, sources = array("i"), array("i"), array("B")
    counted_links = array("i")
    try:
        for row in rows:
            numbers.append(mentions[row.mention])
            sizes.append(len(row.candidates))
            links.append(row.links)
            occurrences.append(min(row.occurrences, _MOST))
            counted_links.append(
                row.links if row.counted_links is None else min(row.counted_links, _MOST)
            )
            for title, count, source in row.candidates:
                entities.append(titles[title])
                counts.append(count)
                sources.append(source)
    except OverflowError as error:
        raise DataError(f"found a count above {_MOST:,}; count in a smaller unit") from error
    order = _order(np.asarray(numbers), mentions=mentions)
    places, offsets = _moved(np.asarray(sizes), order=order)
    counted = {COUNTED_LINKS: np.asarray(counted_links)[order]} if counted_links != links else {}
    return counted | {
        OFFSETS: offsets,
        ENTITIES: np.asarray(entities)[places],
        COUNTS: np.asarray(counts)[places],
        SOURCES: np.asarray(sources, dtype=np.uint8)[places],
        LINKS: np.asarray(links)[order],
        OCCURRENCES: np.asarray(occurrences)[order],
    }


def _order(numbers: _Ints, *, mentions: KeyTrie) -> npt.NDArray[np.int64]:
    """The rows in the order of the numbers of their names."""
    if len(numbers) != len(mentions):
        repeated = np.flatnonzero(np.bincount(numbers) > 1)
        examples = ", ".join(repr(mentions.restore_key(int(number))) for number in repeated[:3])
        raise DataError(f"{len(repeated):,} names are given more than once, for example {examples}")
    order = np.empty(len(numbers), dtype=np.int64)
    order[numbers] = np.arange(len(numbers))
    return order


def _moved(
    sizes: _Ints, *, order: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """For rows put in order, where each candidate was before, and where each row starts then."""
    starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    offsets = np.concatenate([[0], np.cumsum(sizes[order], dtype=np.int64)])
    if offsets[-1] > _MOST:
        raise DataError(f"found {offsets[-1]:,} candidates, expected at most {_MOST:,}")
    places = np.arange(offsets[-1], dtype=np.int64)
    places += np.repeat(starts[:-1][order] - offsets[:-1], sizes[order])
    return places, offsets.astype(np.int32)


def map_candidate_files(path: Path) -> CandidateFiles:
    """Open the files of a table that are known to be as they were written."""
    counted_links = path / (COUNTED_LINKS if (path / COUNTED_LINKS).exists() else LINKS)
    files = CandidateFiles(
        path=path,
        form=_read_form(path / FORM),
        mentions=open_trie(path / MENTIONS),
        titles=open_trie(path / TITLES),
        offsets=load_array(path / OFFSETS, dtype=np.int32),
        entities=load_array(path / ENTITIES, dtype=np.int32),
        counts=load_array(path / COUNTS, dtype=np.int32),
        sources=load_array(path / SOURCES, dtype=np.uint8),
        links=load_array(path / LINKS, dtype=np.int32),
        counted_links=load_array(counted_links, dtype=np.int32),
        occurrences=load_array(path / OCCURRENCES, dtype=np.int32),
    )
    _check_sizes(files)
    return files


def _check_sizes(files: CandidateFiles) -> None:
    n_names, n_candidates = len(files.mentions), len(files.entities)
    named = {len(files.offsets) - 1, len(files.links)}
    named |= {len(files.counted_links), len(files.occurrences)}
    per_candidate = {len(files.counts), len(files.sources), int(files.offsets[-1])}
    if named != {n_names} or per_candidate != {n_candidates}:
        raise CheckpointError(
            f"{files.path}: found {n_names:,} names with {sorted(named)} rows and "
            f"{n_candidates:,} candidates with {sorted(per_candidate)}, expected as many of each; "
            "make the table again"
        )


def _read_form(path: Path) -> MentionForm:
    try:
        form = json.loads(path.read_bytes())["form"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CheckpointError(f"{path}: damaged file: {error}") from error
    if form not in get_args(MentionForm):
        raise CheckpointError(f"{path}: found form {form!r}, expected {get_args(MentionForm)}")
    return cast("MentionForm", form)
