"""The original project's entity vocabularies, one entity a line: ``.jsonl`` and ``.tsv``."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO, cast

from openluke.entities.name_index import (
    REPAIR,
    KeyMaker,
    MemoryNames,
    VocabRow,
    VocabTable,
    check_ids,
    counts_array,
    warn_of_repeated,
)
from openluke.entities.titles import Name
from openluke.errors import CheckpointError, DataError

TSV_LINE = re.compile(r"([^\t\n]*)\t([0-9]{1,18})\r?\n?")
"""``title<TAB>count``; the number of the line is the id."""

_RECORD = 'expected {"id": 5, "entities": [["Title", "en"], …], "count": 12}'


def read_jsonl(path: Path, *, repair: bool) -> VocabTable:
    """Read lines of ``{"id": …, "entities": [[title, language or null], …], "count": …}``."""
    maker = KeyMaker()
    ids: dict[str, int] = {}
    counts: dict[int, int | None] = {}
    repeated: set[str] = set()
    for line, text in _lines(path):
        where = f"{path}:{line}"
        try:
            entity_id, names, count = _record(text)
            keys = [maker.key(name) for name in names]
        except (ValueError, RecursionError, DataError) as error:
            raise CheckpointError(f"{where}: {error}") from error
        if entity_id in counts:
            raise CheckpointError(f"{where}: id {entity_id} is given a second time")
        counts[entity_id] = count
        for key in keys:
            if _replaces(ids, key=key, entity_id=entity_id, where=where, repair=repair):
                repeated.add(key)
    try:
        maker.check()
    except DataError as error:
        raise CheckpointError(f"{path}: {error}") from error
    # a line without names says itself that its row has none
    n_ids = check_ids(ids, path=path, repair=repair, listed=counts)
    warn_of_repeated(repeated, path=path)
    names = MemoryNames(ids, n_ids=n_ids)
    return VocabTable(
        names=names,
        has_languages=maker.has_languages,
        counts=counts_array([counts.get(i) for i in range(n_ids)]),
    )


def read_tsv(path: Path, *, repair: bool) -> VocabTable:
    """Read lines of ``title<TAB>count``."""
    ids: dict[str, int] = {}
    counts: list[int] = []
    repeated: set[str] = set()
    for line, text in _lines(path):
        match = TSV_LINE.fullmatch(text)
        if match is None:
            raise CheckpointError(f"{path}:{line}: found {text[:80]!r}, expected title<TAB>count")
        title, count = match.groups()
        where = f"{path}:{line}"
        if _replaces(ids, key=title, entity_id=line - 1, where=where, repair=repair):
            repeated.add(title)
        counts.append(int(count))
    check_ids(ids, path=path, repair=repair)
    warn_of_repeated(repeated, path=path)
    names = MemoryNames(ids)
    return VocabTable(names=names, has_languages=False, counts=counts_array(counts[: names.n_ids]))


def write_jsonl(stream: TextIO, *, rows: Iterable[VocabRow]) -> None:
    """Write lines of JSON; an unknown count is null."""
    for entity_id, (names, links) in enumerate(rows):
        record = {"id": entity_id, "entities": list(names), "count": links}
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_tsv(stream: TextIO, *, rows: Iterable[VocabRow]) -> None:
    """Write lines of ``title<TAB>count``: one name without a language per entity, and its count."""
    for entity_id, (names, links) in enumerate(rows):
        if len(names) != 1 or names[0].language is not None or links is None:
            first = f" (first: {names[0]})" if names else ""
            raise DataError(
                f"entity {entity_id} has {len(names)} names{first} and the count {links}; "
                "tsv holds one name without a language and a count, write jsonl"
            )
        line = f"{names[0].title}\t{links}\n"
        if TSV_LINE.fullmatch(line) is None:
            raise DataError(f"title {names[0].title!r} has a tab or line break; write jsonl")
        stream.write(line)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines, cut at line feeds alone: other separators can be part of a title."""
    with path.open("rb") as stream:
        for line, data in enumerate(stream, start=1):
            try:
                yield line, data.decode()
            except UnicodeDecodeError as error:
                raise CheckpointError(f"{path}:{line}: not UTF-8 ({error.reason})") from error


def _record(text: str) -> tuple[int, list[Name], int | None]:
    """The id, names and count of one line of JSON."""
    record = json.loads(text)
    if not isinstance(record, dict):
        raise DataError(f"found {text[:80]!r}, {_RECORD}")
    fields = cast("dict[str, Any]", record)
    entity_id, count = fields.get("id"), fields.get("count")
    if type(entity_id) is not int or entity_id < 0:
        raise DataError(f"found id {entity_id!r}, expected a whole number from 0 on")
    if count is not None and (type(count) is not int or count < 0):
        raise DataError(f"found count {count!r}, expected a whole number from 0 on, or null")
    entities = fields.get("entities")
    if not isinstance(entities, list):
        raise DataError(f"found entities {entities!r}, {_RECORD}")
    return entity_id, [_name(pair) for pair in cast("list[Any]", entities)], count


def _name(pair: Any) -> Name:
    match pair:
        case [str(title), str() | None as language]:
            return Name(title, language)
        case _:
            raise DataError(f"found {pair!r} among the entities, {_RECORD}")


def _replaces(ids: dict[str, int], *, key: str, entity_id: int, where: str, repair: bool) -> bool:
    """Note a key; one that already has another id is an error, or loses it, which is told."""
    before = ids.setdefault(key, entity_id)
    if before == entity_id:
        return False
    if not repair:
        raise CheckpointError(
            f"{where}: {key!r} already has the id {before}, found {entity_id}; to keep the last, "
            f"as the original project did, {REPAIR}"
        )
    ids[key] = entity_id
    return True
