"""One vocabulary of many languages, in which titles about the same share an entity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from openluke.artifacts import fingerprint
from openluke.config import to_mapping
from openluke.entities import mapped_names
from openluke.entities.name_index import VocabRow, with_special
from openluke.entities.titles import Name, join_key
from openluke.entities.vocab import EntityVocab
from openluke.entities.vocab_files import Form
from openluke.errors import ConfigError, DataError
from openluke.wikipedia.input_artefacts import check_input
from openluke.wikipedia.input_identity import check_once
from openluke.wikipedia.interwiki import KIND, Interwiki
from openluke.wikipedia.name_rows import write_rows
from openluke.wikipedia.reductions import Limits, Tables, open_tables
from openluke.wikipedia.vocab_choice import N_SPECIAL
from openluke.wikipedia.vocab_output import VocabOutput

_ENTRIES = {
    "place": "BIGINT",
    "entity": "VARCHAR",
    "language": "VARCHAR",
    "title": "VARCHAR",
    "links": "BIGINT",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOptions:
    """Which entities a merged vocabulary takes; by default those of the published mLUKE."""

    size: int = 1_200_000
    """Entities at most, [PAD], [UNK] and [MASK] among them."""
    min_languages: int = 3
    """Languages that must have a title for an entity at the least."""

    def __post_init__(self) -> None:
        if self.size < N_SPECIAL:
            raise ConfigError(f"found size={self.size}, expected at least {N_SPECIAL}")
        if self.min_languages < 1:
            raise ConfigError(f"found min_languages={self.min_languages}, expected at least 1")


def merge_vocabs(
    vocabs: Sequence[str | Path],
    *,
    interwiki: str | Path,
    output: str | Path,
    options: MergeOptions | None = None,
    form: Form = "mapped",
    limits: Limits | None = None,
    replace: bool = False,
    reuse: bool = False,
) -> dict[str, int]:
    """Merge vocabularies of single languages into one of all.

    [PAD], [UNK] and [MASK] come first, then entities by the links to all their titles, most first;
    among equals that comes first which the vocabularies, in their order, have first. A title that
    the interwiki table does not have is an entity of its own; a language of which it has no title
    is an error.

    Args:
        vocabs: Vocabularies whose names have a language.
        interwiki: The table of which titles are about the same.
        output: The file, or for the form ``"mapped"`` the directory, to make.
        options: Which entities to take.
        form: What to write; ``"mapped"`` keeps a record of how it was made.
        limits: What may be taken of the machine.
        replace: Whether to replace what is there.
        reuse: Whether a finished vocabulary of the same inputs and options, of the form
            ``"mapped"``, will do.

    Returns:
        How many titles and entities there are, and how many of them were dropped and why.
    """
    options = options or MergeOptions()
    if not vocabs:
        raise ConfigError("found no vocabulary to merge; expected at least one")
    check_once(vocabs)
    for vocab in vocabs:
        if Path(vocab).is_dir():
            check_input(vocab, kind=mapped_names.KIND)
    check_input(interwiki, kind=KIND)
    table = Interwiki.open(interwiki)
    inputs = {f"vocab {n}": fingerprint(path) for n, path in enumerate(vocabs, start=1)}
    inputs["interwiki"] = fingerprint(interwiki)
    out = VocabOutput(path=Path(output), form=form, replace=replace)
    if reuse and (done := out.finished(inputs=inputs, options=to_mapping(options))) is not None:
        return done
    out.check(inputs=inputs, options=to_mapping(options))
    with open_tables(output, limits=limits) as tables:
        tables.add_written(
            "entries",
            write=lambda file: write_rows(
                file, columns=_ENTRIES, rows=_entries(vocabs, interwiki=table)
            ),
        )
        counts = _choose(tables, options=options)
        return out.write(
            lambda: with_special(_rows(tables)),
            has_languages=True,
            inputs=inputs,
            options=to_mapping(options),
            counts=counts,
        )


def _entries(
    vocabs: Sequence[str | Path], *, interwiki: Interwiki
) -> Iterator[tuple[int, str, str, str, int]]:
    """The titles of all vocabularies with their entities, in order."""
    place = 0
    for path in vocabs:
        vocab = EntityVocab.read(path)
        special = vocab.special
        apart = {special.pad, special.unk, special.mask, special.mask2}
        for entity_id, row in enumerate(vocab.rows()):
            if entity_id in apart:
                continue
            title, language = _only_name(row, path=path)
            if language not in interwiki.languages:
                raise DataError(_unknown_language(language, interwiki=interwiki), file=path)
            if row.links is None:
                raise DataError(f"{title!r} has no count, expected one; build it anew", file=path)
            item = interwiki.find(title, language=language)
            own = join_key(title, language=language)
            yield place, own if item is None else f"Q{item}", language, title, row.links
            place += 1


def _unknown_language(language: str, *, interwiki: Interwiki) -> str:
    known = ", ".join(sorted(interwiki.languages)) or "no language"
    return (
        f"has titles of {language!r}, of which the interwiki table {interwiki.path} has none; it "
        f"has {known}; make it of pages of that language too, or build the vocabulary with another "
        "code (--language)"
    )


def _only_name(row: VocabRow, *, path: str | Path) -> tuple[str, str]:
    """The title of an entity and its language."""
    if len(row.names) != 1:
        names = ", ".join(name.title for name in row.names[:3]) or "no name"
        raise DataError(
            f"an entity has {len(row.names)} names ({names}), expected one; merge the vocabularies "
            "of single languages",
            file=path,
        )
    title, language = row.names[0]
    if language is None:
        raise DataError(f"{title!r} has no language; build it with one (--language)", file=path)
    return title, language


def _choose(tables: Tables, *, options: MergeOptions) -> dict[str, int]:
    """Make the table ``chosen`` (id, entity, links) and count what was dropped."""
    tables.run(
        "CREATE TABLE entities AS SELECT entity, sum(links)::BIGINT AS links, "
        "min(place) AS place, count(DISTINCT language) AS n_languages FROM entries GROUP BY entity"
    )
    tables.run(
        "CREATE TABLE chosen AS SELECT row_number() OVER (ORDER BY links DESC, place) AS id, "
        "entity, links FROM entities WHERE n_languages >= ? ORDER BY id LIMIT ?",
        values=[options.min_languages, options.size - N_SPECIAL],
    )
    n_entities = tables.number("SELECT count(*) FROM entities")
    n_good = tables.number(
        "SELECT count(*) FROM entities WHERE n_languages >= ?", values=[options.min_languages]
    )
    n_kept = tables.number("SELECT count(*) FROM chosen")
    return {
        "titles": tables.number("SELECT count(*) FROM entries"),
        "titles_without_item": tables.number(
            "SELECT count(*) FROM entries WHERE contains(entity, ':')"
        ),
        "entities": n_entities,
        "entities_kept": n_kept,
        "entities_dropped_few_languages": n_entities - n_good,
        "entities_dropped_beyond_size": n_good - n_kept,
    }


def _rows(tables: Tables) -> Iterator[VocabRow]:
    """The chosen entities in order, with their names in the order of the vocabularies."""
    query = (
        "SELECT id, chosen.links, language, title FROM chosen JOIN (SELECT entity, language, "
        "title, min(place) AS place FROM entries GROUP BY ALL) AS names USING (entity) "
        "ORDER BY id, place"
    )
    for _, group in groupby(tables.rows(query), key=itemgetter(0)):
        rows = list(group)
        names = [Name(title, language) for _, _, language, title in rows]
        yield VocabRow(names, rows[0][1])
