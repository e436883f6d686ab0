"""``openluke pretrain build``: from pages to a corpus that a model is pretrained on."""

from dataclasses import replace as changed
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.cli.flags import Flag
from openluke.cli.wikipedia.counts import print_counts
from openluke.cli.wikipedia.machine import Machine
from openluke.cli.wikipedia.progress import stage_progress
from openluke.pretraining.corpus.build_corpus import CorpusSources, build_corpus
from openluke.pretraining.corpus.options import CorpusOptions

_USUAL, _HERE = CorpusOptions(), Machine()


def build(
    pages: Path,
    output: Path,
    *,
    vocab: Path,
    tokenizer: Path,
    options: Annotated[CorpusOptions, Parameter(name="*", negative_iterable="")] = _USUAL,
    replace: Flag = False,
    json: Flag = False,
    machine: Machine = _HERE,
) -> None:
    """Make the corpus of a page store: windows of sentences, as word pieces, with their entities.

    One page store makes one corpus; several corpora, of other languages for example, are mixed when
    a model is pretrained on them. A job that is killed goes on where it was when the same command
    is given again.

    Args:
        pages: A page store.
        output: The directory to make; it gets copies of the tokenizer and of the vocabulary.
        vocab: An entity vocabulary: a directory, or entity_vocab.json, or a file of lines.
        tokenizer: A directory with the files of a tokenizer, such as that of a model.
        options: Which text is taken, and how it is cut.
        replace: Replace a corpus that is there, or that was begun otherwise.
        json: Print one JSON object instead of a table.
        machine: Who does the work.
    """
    with stage_progress() as progress:
        corpus = build_corpus(
            CorpusSources(pages=pages, vocab=vocab, tokenizer=tokenizer),
            output=output,
            options=options,
            limits=machine.limits,
            workforce=changed(machine.workforce, on_done=progress.step_done),
            replace=replace,
            reuse=not replace,
        )
    counts, language = corpus.manifest.counts, corpus.info.language
    print_counts("corpus", output=output, counts=counts, as_json=json, language=language)
