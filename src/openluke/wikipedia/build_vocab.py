"""The entity vocabulary of a page store: the pages that links lead to most often."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace as changed
from itertools import chain
from pathlib import Path

from openluke.artifacts import fingerprint
from openluke.config import to_mapping
from openluke.entities.titles import SPECIAL_TITLES
from openluke.entities.vocab import EntityVocab
from openluke.entities.vocab_files import Form
from openluke.errors import ConfigError, DataError
from openluke.wikipedia.input_identity import check_once
from openluke.wikipedia.language_facts import wikipedia_language
from openluke.wikipedia.page_tables import add_pages, count_links
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.redirects import resolve_redirects
from openluke.wikipedia.reductions import Limits, open_tables
from openluke.wikipedia.site import Site
from openluke.wikipedia.vocab_choice import VocabOptions, chosen_rows, count_choice, judge_titles
from openluke.wikipedia.vocab_output import VocabOutput


def build_vocab(
    store: str | Path,
    *,
    output: str | Path,
    options: VocabOptions | None = None,
    white_lists: Sequence[str | Path] = (),
    form: Form = "mapped",
    limits: Limits | None = None,
    replace: bool = False,
    reuse: bool = False,
) -> dict[str, int]:
    """Make the entity vocabulary of a page store.

    [PAD], [UNK] and [MASK] come first, then the titles of the white lists, in their order, that
    are linked at least once, then the other pages by the number of links to them, most first, and
    by title among equals. Links to a redirect count for the page that it leads to. Redirects,
    missing pages and those of categories and files are only taken from a white list.

    Args:
        store: The page store.
        output: The file, or for the form ``"mapped"`` the directory, to make.
        options: Which titles to take.
        white_lists: Files with a title on each line; a redirect stands for its page.
        form: What to write; ``"mapped"`` keeps a record of how it was made.
        limits: What may be taken of the machine.
        replace: Whether to replace what is there.
        reuse: Whether a finished vocabulary of the same pages and options, of the form
            ``"mapped"``, will do.

    Returns:
        How many links and titles there are, and how many of them were dropped and why.
    """
    options = options or VocabOptions()
    pages = PageStore.open(store)
    options = changed(options, language=_language(options.language, site=pages.site))
    asked = white_list_titles(white_lists, site=pages.site)
    if options.white_list_only and not asked:
        raise ConfigError("found white_list_only but no title on a white list; expected some")
    inputs = {"pages": fingerprint(store)}
    inputs |= {f"white list {n}": fingerprint(path) for n, path in enumerate(white_lists, start=1)}
    out = VocabOutput(path=Path(output), form=form, replace=replace)
    if reuse and (done := out.finished(inputs=inputs, options=to_mapping(options))) is not None:
        return done
    out.check(inputs=inputs, options=to_mapping(options))
    with open_tables(output, limits=limits) as tables:
        add_pages(tables, store=pages)
        counts = resolve_redirects(tables)
        count_links(tables)
        judge_titles(tables, asked=asked, site=pages.site, options=options)
        vocab = EntityVocab.build(chosen_rows(tables, options=options))
        counts |= count_choice(tables, n_asked=len(asked), options=options)
    counts |= {"ids": vocab.n_ids, "names": len(vocab)}
    out.write(
        vocab.rows,
        has_languages=options.language is not None,
        inputs=inputs,
        options=to_mapping(options),
        counts=counts,
    )
    return counts


def white_list_titles(files: Sequence[str | Path], *, site: Site) -> list[str]:
    """The titles of files with one on each line, each once, as the site spells them."""
    lines = chain.from_iterable(read_white_lists(files))
    titles = dict.fromkeys(_spelt(line, site=site) for line in lines)
    return [title for title in titles if title and title not in SPECIAL_TITLES]


def read_white_lists(files: Sequence[str | Path]) -> list[list[str]]:
    """The lines of files with a title on each.

    Raises:
        DataError: A file cannot be read.
        ConfigError: A file is given twice.
    """
    check_once(files)
    return [_lines(Path(file)) for file in files]


def _lines(file: Path) -> list[str]:
    data = b""
    try:
        data = file.read_bytes()
        return data.decode("utf-8-sig").split("\n")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=file) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8: {error.reason}; save it as UTF-8"
        raise DataError(message, file=file, line=line) from error


def _language(code: str | None, *, site: Site) -> str | None:
    """The code as Wikipedia has it, such as ``"no"`` for ``"nb"``."""
    if code is None or code == site.language:
        return code
    if (language := wikipedia_language(code)) is None:
        raise ConfigError(
            f"found language={code!r}, expected the code of a Wikipedia; "
            f"the pages are in {site.language!r}"
        )
    return language


def _spelt(title: str, *, site: Site) -> str:
    if not site.namespaces:  # documents of one's own, whose titles are as they were written
        return " ".join(unicodedata.normalize("NFC", title).split())
    return site.title(title)
