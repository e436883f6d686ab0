"""From pages, entities and a tokenizer to a corpus: on all cores, resumed where it stopped."""

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from openluke.artifacts import fingerprint, finished
from openluke.config import to_mapping
from openluke.entities import mapped_names
from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.manifests import MANIFEST_NAME, parse_manifest
from openluke.part_runner import PartDone, run_parts
from openluke.pretraining.corpus.corpus import ENTITIES, INFO, TOKENIZER, Corpus, CorpusInfo
from openluke.pretraining.corpus.corpus_part import PartMaker
from openluke.pretraining.corpus.linked_entities import LinkedEntities, write_redirects
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.pretraining.corpus.page_choice import PageChoice
from openluke.pretraining.corpus.shard_writing import write_index
from openluke.pretraining.corpus.shards import FORMAT_VERSION, KIND
from openluke.resumable import SCRATCH, resumable_artifact
from openluke.tokenization.tokenizer import WordTokenizer
from openluke.wikipedia.build_candidates import Workforce
from openluke.wikipedia.input_artefacts import check_input
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.reductions import Limits, check_tables

_THREADS = "TOKENIZERS_PARALLELISM"
"""The variable that tells Rust tokenizers whether to take all cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSources:
    """What a corpus is made of."""

    pages: str | Path
    """A page store."""
    vocab: str | Path
    """An entity vocabulary, of any form."""
    tokenizer: str | Path
    """A directory with the files of a tokenizer, such as that of a model."""


def build_corpus(
    sources: CorpusSources,
    *,
    output: str | Path,
    options: CorpusOptions | None = None,
    limits: Limits | None = None,
    workforce: Workforce | None = None,
    replace: bool = False,
    reuse: bool = False,
) -> Corpus:
    """Make the corpus of a page store, which depends on the sources and the options alone.

    What is stopped or killed goes on with the same call.

    Args:
        sources: What it is made of; it gets copies of the tokenizer and of the entities.
        output: Where the corpus will be.
        options: What decides which text it has, and how it is cut.
        limits: What may be taken of the machine to follow redirects.
        workforce: Who cuts the pages; it is told of the step ``"corpus"``.
        replace: Whether a finished corpus at ``output`` may be replaced.
        reuse: Whether a finished one of the same sources and options will do.

    Raises:
        CheckpointError: A source is another thing or not whole, or the corpus cannot be written.
        ConfigError: The entities are of other languages than the pages, or another process is
            making it at this moment.
    """
    store = PageStore.open(sources.pages)
    options = options or CorpusOptions()
    options = changed(options, language=options.language or store.site.language)
    if Path(sources.vocab).is_dir():
        check_input(sources.vocab, kind=mapped_names.KIND)
    tokenizer, vocab = WordTokenizer.read(sources.tokenizer), EntityVocab.read(sources.vocab)
    _check_language(vocab, options=options, path=sources.vocab)
    named: dict[str, Any] = {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "inputs": {
            "pages": fingerprint(sources.pages),
            "vocab": fingerprint(sources.vocab),
            "tokenizer": _digest(tokenizer),
        },
        "options": to_mapping(options),
    }
    if reuse and finished(output, **named) is not None:
        return Corpus.open(output)
    check_tables(output)
    with resumable_artifact(output, **named, replace=replace) as draft:
        job = _Job(
            store=store,
            directory=draft.path,
            options=options,
            limits=limits or Limits(),
            identity=json.dumps(named["inputs"]),
        )
        job.copy(tokenizer, vocab=vocab)
        draft.counts.update(job.cut(vocab, workforce=workforce or Workforce()))
        draft.counts.update(job.describe(tokenizer, vocab=vocab))
    return Corpus.open(output)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """The steps, each of which finds what is done."""

    store: PageStore
    directory: Path
    """Of the draft."""
    options: CorpusOptions
    limits: Limits
    identity: str

    @property
    def _scratch(self) -> Path:
        return self.directory / SCRATCH

    def copy(self, tokenizer: WordTokenizer, *, vocab: EntityVocab) -> None:
        """Write the tokenizer and the entities, which are parts of the corpus."""
        self._make(self.directory / TOKENIZER, write=tokenizer.save)
        self._make(self.directory / ENTITIES, write=lambda place: vocab.write(place, form="mapped"))

    def cut(self, vocab: EntityVocab, *, workforce: Workforce) -> Counter[str]:
        """Make the shards of all parts."""
        options = self.options
        entities = LinkedEntities(vocab, language=options.language or "")
        redirects = self._scratch / "redirects"
        self._make(
            redirects,
            write=lambda place: write_redirects(
                place, store=self.store, entities=entities, limits=self.limits
            ),
        )
        work = PartMaker(
            store=self.store.path.absolute(),
            materials=self.directory.absolute(),
            redirects=redirects.absolute(),
            choice=PageChoice(options=options).limited(self.store, entities=entities),
            options=options,
            identity=self.identity,
        )

        def tell(done: PartDone) -> None:
            if workforce.on_done is not None:
                workforce.on_done("corpus", done)

        with _one_core_each(alone=workforce.executor == "local" and workforce.workers == 1):
            return run_parts(
                work,
                parts=range(self.store.n_parts),
                directory=self.directory,
                workers=workforce.workers,
                on_done=tell,
                executor=workforce.executor,
                cluster=workforce.cluster,
            )

    def describe(self, tokenizer: WordTokenizer, *, vocab: EntityVocab) -> dict[str, int]:
        """Write what the corpus holds, and count its windows."""
        shards = write_index(self.directory)
        counts = {
            f"windows_{split}": sum(one.windows for one in listed)
            for split, listed in shards.items()
        }
        every = [one for listed in shards.values() for one in listed]
        info = CorpusInfo(
            language=self.options.language or "",
            max_words=self.options.max_words,
            max_entities=self.options.max_entities,
            max_mention_length=self.options.max_mention_length,
            n_train=counts["windows_train"],
            n_validation=counts["windows_validation"],
            n_pieces=sum(one.pieces for one in every),
            n_mentions=sum(one.mentions for one in every),
            n_words=tokenizer.n_words,
            n_entities=vocab.n_ids,
            tokenizer_digest=fingerprint(self.directory / TOKENIZER),
            entities_digest=parse_manifest(self.directory / ENTITIES / MANIFEST_NAME).content,
        )
        text = json.dumps(to_mapping(info), indent=2, sort_keys=True)
        (self.directory / INFO).write_text(text + "\n", encoding="utf-8")
        return counts

    def _make(self, directory: Path, *, write: Callable[[Path], None]) -> None:
        """Make a directory that is there when it is complete."""
        if directory.exists():
            return
        partial = self._scratch / f"{directory.name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        self._scratch.mkdir(exist_ok=True)
        write(partial)
        partial.rename(directory)


def _check_language(vocab: EntityVocab, *, options: CorpusOptions, path: str | Path) -> None:
    """Raise if no page of the language can be an entity."""
    language = options.language or ""
    if vocab.has_languages and language not in vocab.languages:
        known = ", ".join(sorted(vocab.languages)[:20])
        raise ConfigError(
            f"{path}: its entities have titles in {known}, expected some in {language!r}, the "
            "language of the pages; give the language that they have (--language), or a vocabulary "
            "that is merged with one of these pages"
        )


def _digest(tokenizer: WordTokenizer) -> str:
    """What tells a tokenizer from others, whatever else lies beside its files."""
    with tempfile.TemporaryDirectory() as directory:
        tokenizer.save(directory)
        return fingerprint(directory)


@contextmanager
def _one_core_each(*, alone: bool) -> Generator[None, None, None]:
    """Let processes that are started in the block tokenise on one core, unless they are told.

    Args:
        alone: Whether one process does it all, and may take all cores.
    """
    if alone or _THREADS in os.environ:
        yield
        return
    os.environ[_THREADS] = "false"
    try:
        yield
    finally:
        del os.environ[_THREADS]
