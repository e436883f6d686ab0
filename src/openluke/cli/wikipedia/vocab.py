"""``openluke wikipedia vocab``: the entity vocabulary of a page store, or of many languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from openluke.cli.flags import Flag
from openluke.cli.wikipedia.counts import print_counts
from openluke.cli.wikipedia.machine import Joining
from openluke.cli.wikipedia.progress import tell_what_is_there
from openluke.entities.vocab_files import Form
from openluke.errors import ConfigError
from openluke.wikipedia.build_vocab import build_vocab
from openluke.wikipedia.merge_vocabs import MergeOptions, merge_vocabs
from openluke.wikipedia.vocab_choice import VocabOptions


@Parameter(name="*", negative_iterable="")
@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """Which titles of a page store become entities."""

    min_count: int = 0
    """Links that a page needs at least, unless it is on a white list."""
    white_list: tuple[Path, ...] = ()
    """A file with a title on each line; these come first if they are linked at all. May be given
    several times."""
    white_list_only: Flag = False
    """Take the titles of white lists alone."""
    language: str | None = None
    """Wikipedia's code of the language of all titles, which vocabularies that will be merged need;
    none by default, as in the English LUKE."""
    disambiguations: bool = True
    """Whether pages that only say what a name may mean are entities."""
    lists: bool = True
    """Whether lists are entities."""


@Parameter(name="*", negative_iterable="")
@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """How vocabularies of several languages become one."""

    merge: tuple[Path, ...] = ()
    """Another vocabulary of one language; may be given several times."""
    interwiki: Path | None = None
    """Which titles are about the same; made by openluke wikipedia interwiki."""
    min_languages: int | None = None
    """Languages that must have a title for an entity; by default 3."""


_TITLES, _MERGING, _HERE = Titles(), Merging(), Joining()
_LANGUAGES = MergeOptions().min_languages


def vocab(
    source: Path,
    output: Path,
    *,
    size: int | None = None,
    titles: Titles = _TITLES,
    merging: Merging = _MERGING,
    form: Form = "mapped",
    replace: Flag = False,
    json: Flag = False,
    machine: Joining = _HERE,
) -> None:
    """Choose the entities of a model: the pages that most links lead to.

    [PAD], [UNK] and [MASK] come first, then the titles of white lists, then the others by links;
    links to a redirect count for its page. With --merge, vocabularies of several languages become
    one, in which titles about the same share an entity.

    Args:
        source: A page store; with --merge, a vocabulary of one language.
        output: What to make: a directory for the form mapped, else a file.
        size: Entities at most, the three special ones among them; by default 500,000, and 1,200,000
            of merged vocabularies.
        titles: Which titles of a page store become entities.
        merging: How vocabularies of several languages become one.
        form: mapped (a directory that opens at once, whatever its size), huggingface
            (entity_vocab.json), jsonl or tsv (the original project's).
        replace: Replace what is there.
        json: Print one JSON object instead of a table.
        machine: What may be taken of this machine.
    """
    tell_what_is_there()
    if merging.merge:
        _check_unused(titles, usual=_TITLES, why="goes with page stores, not with --merge")
        if merging.interwiki is None:
            raise ConfigError("--merge needs --interwiki: which titles are about the same")
        n_vocabs = 1 + len(merging.merge)
        if (merging.min_languages or _LANGUAGES) > n_vocabs:
            raise ConfigError(
                f"found {n_vocabs} vocabularies, but entities need titles in "
                f"{merging.min_languages or _LANGUAGES} languages; merge more, or give "
                f"--min-languages {n_vocabs}"
            )
        least = {} if merging.min_languages is None else {"min_languages": merging.min_languages}
        counts = merge_vocabs(
            [source, *merging.merge],
            interwiki=merging.interwiki,
            output=output,
            options=MergeOptions(**_sized(size), **least),
            form=form,
            limits=machine.limits,
            replace=replace,
            reuse=not replace,
        )
    else:
        _check_unused(merging, usual=_MERGING, why="goes with --merge alone")
        counts = build_vocab(
            source,
            output=output,
            options=VocabOptions(
                **_sized(size),
                min_count=titles.min_count,
                white_list_only=titles.white_list_only,
                language=titles.language,
                keep_disambiguation=titles.disambiguations,
                keep_lists=titles.lists,
            ),
            white_lists=titles.white_list,
            form=form,
            limits=machine.limits,
            replace=replace,
            reuse=not replace,
        )
    print_counts("entity vocabulary", output=output, counts=counts, as_json=json, form=form)


def _sized(size: int | None) -> Mapping[str, int]:
    return {} if size is None else {"size": size}


def _check_unused(options: Titles | Merging, *, usual: Titles | Merging, why: str) -> None:
    for name in options.__dataclass_fields__:
        if getattr(options, name) != getattr(usual, name):
            raise ConfigError(f"--{name.replace('_', '-')} {why}")
