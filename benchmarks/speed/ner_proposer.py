"""NER with a span proposer: what of sentences to their mentions, against every span read at once.

Both sides have the same random weights at the size of luke-base. Transformers reads all spans of up
to 16 word pieces, in batches of sentences of like lengths. Ours asks the proposer, which reads the
words after its first layers, and reads only the spans that it keeps; what share that is, a trained
proposer says, and ``--kept`` repeats it. The answers differ by the spans that are not kept: what
that costs in F1 is measured by benchmarks/quality. With everything kept, the scores are asserted to
be equal.

Two ways are timed: from ids that both were given beforehand, through the model and the decoding;
and from texts, with RoBERTa's tokenizer if OPENLUKE_DATA=DIR has it.
"""

import argparse
import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.speed import tokenization
from benchmarks.speed.luke_base import (
    N_LABELS,
    TOLERANCE,
    check_versions,
    circumstances,
    clock,
    make_model,
)
from benchmarks.speed.measure import paired, report
from openluke.instances import Instance, TaskBatch
from openluke.model.heads import build_head
from openluke.model.model import Model as TaskModel
from openluke.records import Document, Span
from openluke.task import MAIN, TaskSetup
from openluke.tasks.ner import PROPOSER, Ner, NerConfig
from openluke.tokenization.inputs_config import EntityInputsConfig

ROUNDS, FLOOR, KEPT, LAYERS = 5, 5.0, 0.05, 4
SENTENCES, BATCH, SHORTEST, LONGEST = 24, 8, 8, 40
LABELS = ("O", *(f"T{number}" for number in range(1, N_LABELS)))
NO_MENTION = 4.0
"""What is added to the score of no mention on both sides: random weights find names everywhere."""


@dataclass
class Work:
    """A batch of sentences, in every form that is timed."""

    documents: list[Document]
    instances: list[Instance]
    ours: TaskBatch
    theirs: dict[str, torch.Tensor]


class Race:
    """Both programs and the sentences."""

    def __init__(self, *, kept: float, layers: int) -> None:
        words, self.text = tokenization.read_words()
        vocab, merges = tokenization.read_vocabulary(words)
        tokenizer = tokenization.word_tokenizer(vocab, merges=merges)
        entities = tokenization.entity_vocab()
        self.theirs_tokenizer = tokenization.Theirs(vocab, merges, tokenization.WORKLOADS[0])
        self.model = make_model(
            "LukeForEntitySpanClassification", kind="entity_span", n_words=tokenizer.n_words
        )
        for bias in (self.model.theirs.classifier.bias, self.model.head.classifier.bias):
            bias.data[0] += NO_MENTION
        config = NerConfig(
            context="sentence", max_entities=None, proposer=True, proposer_layers=layers, keep=0.0
        )
        setup = TaskSetup(
            tokenizer=tokenizer, entities=entities, inputs=EntityInputsConfig(), labels=LABELS
        )
        self.task = Ner(config, setup=setup)
        encoder = self.model.encoder
        proposer = build_head(self.task.head_configs()[PROPOSER], encoder=encoder).eval()
        self.ours = TaskModel(encoder, heads={MAIN: self.model.head, PROPOSER: proposer})
        self.works = [self._work(documents) for documents in sentences(words)]
        self.check()
        self.n_spans = sum(len(one.details) for work in self.works for one in work.instances)
        keep = self._threshold(kept)
        self.task = Ner(replace(config, keep=keep), setup=setup)

    def _work(self, documents: list[Document]) -> Work:
        instances = self._encode(documents)
        ours = self._collate(instances)
        return Work(documents, instances, ours, self._tokenize(documents, instances))

    def _encode(self, documents: Sequence[Document]) -> list[Instance]:
        return [instance for (instance,) in self.task.encode(documents)]

    def _collate(self, instances: Sequence[Instance]) -> TaskBatch:
        return self.task.collate(instances, rng=np.random.default_rng(0))

    def _tokenize(
        self, documents: Sequence[Document], instances: Sequence[Instance]
    ) -> dict[str, torch.Tensor]:
        """The input of transformers; which spans are short enough is told for nothing."""
        examples = [
            tokenization.Example(document.text, [tuple(span) for span in one.details.tolist()])
            for document, one in zip(documents, instances, strict=True)
        ]
        arrays = self.theirs_tokenizer(examples)
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def check(self) -> None:
        """Refuse to go on unless the scores of all spans are equal on both sides."""
        for work in self.works:
            theirs = self.model.theirs(**work.theirs).logits
            outputs = self.task.outputs(work.ours, model=self.ours)
            for row, output in zip(theirs, outputs, strict=True):
                difference = np.abs(row[: len(output["rows"])].numpy() - output["scores"]).max()
                assert difference <= TOLERANCE, f"scores differ by {difference}"

    def _threshold(self, kept: float) -> float:
        """The probability above which the proposer keeps so large a share of all spans."""
        proposer = self.ours.head(PROPOSER)
        logits = []
        for work in self.works:
            batch = work.ours.batch
            words = self.ours.encoder(batch, words_only=True, n_layers=proposer.n_layers)
            logits.append(proposer(words, batch))
        return float(torch.cat(logits).sigmoid().double().quantile(1 - kept))

    def run_ours(self, work: Work) -> tuple[list[Document], int]:
        """Mentions by us, and how many sentences had a span to be read."""
        outputs = self.task.outputs(work.ours, model=self.ours)
        found = self._decode(work, outputs)
        return found, sum(len(output["rows"]) > 0 for output in outputs)

    def run_theirs(self, model: Any, work: Work) -> list[Document]:
        """Mentions by transformers' scores, decoded as ours are."""
        tables = model(**work.theirs).logits.numpy()
        sizes = [len(instance.details) for instance in work.instances]
        outputs = [
            {"rows": np.arange(size), "scores": table[:size]}
            for size, table in zip(sizes, tables, strict=True)
        ]
        return self._decode(work, outputs)

    def _decode(self, work: Work, outputs: Sequence[Any]) -> list[Document]:
        return [
            self.task.decode(document, instances=[instance], outputs=[output])
            for document, instance, output in zip(
                work.documents, work.instances, outputs, strict=True
            )
        ]

    def from_ids(self, *, rounds: int) -> dict[str, Any]:
        """Time both from ids."""
        copied = copy.deepcopy(self.model.theirs)
        return self._timed(
            lambda: [self.run_ours(work) for work in self.works],
            lambda: [self.run_theirs(self.model.theirs, work) for work in self.works],
            null=lambda: [self.run_theirs(copied, work) for work in self.works],
            rounds=rounds,
        )

    def from_texts(self, *, rounds: int) -> dict[str, Any]:
        """Time both from texts."""

        def ours() -> None:
            for work in self.works:
                instances = self._encode(work.documents)
                self.run_ours(replace(work, instances=instances, ours=self._collate(instances)))

        def theirs() -> None:
            for work in self.works:
                inputs = self._tokenize(work.documents, work.instances)
                self.run_theirs(self.model.theirs, replace(work, theirs=inputs))

        return self._timed(ours, theirs, null=theirs, rounds=rounds)

    def _timed(self, ours: Any, theirs: Any, *, null: Any, rounds: int) -> dict[str, Any]:
        timing = paired(
            ours, theirs, null=null, rounds=rounds, clock="cpu" if clock() == "cpu" else "wall"
        )
        n_sentences = sum(len(work.documents) for work in self.works)
        return timing | {
            "sentences_per_second": {
                side: n_sentences / timing[side] for side in ("ours", "theirs")
            }
        }


def sentences(words: Sequence[str]) -> list[list[Document]]:
    """Stretches of a corpus as sentences, in batches of like lengths."""
    rng = random.Random(0)
    documents, place = [], 0
    for _ in range(SENTENCES):
        length = rng.randint(SHORTEST, LONGEST)
        text = " ".join(words[place : place + length])
        place += length
        spans, start = [], 0
        for word in text.split(" "):
            spans.append(Span(start, start + len(word)))
            start += len(word) + 1
        whole = Span(0, len(text))
        documents.append(Document(text=text, words=tuple(spans), sentences=(whole,)))
    documents.sort(key=lambda document: len(document.words or ()))
    return [documents[first : first + BATCH] for first in range(0, SENTENCES, BATCH)]


@torch.inference_mode()
def main(
    *, output: Path | None = None, rounds: int = ROUNDS, kept: float = KEPT, layers: int = LAYERS
) -> None:
    """Measure both ways and report one line."""
    race = Race(kept=kept, layers=layers)
    read = [race.run_ours(work)[1] for work in race.works]
    workloads = {
        "from ids": race.from_ids(rounds=rounds),
        "from texts": race.from_texts(rounds=rounds),
    }
    report(
        {
            "benchmark": "ner_proposer",
            **workloads["from ids"],
            **circumstances(),
            "text": race.text,
            "sentences": SENTENCES,
            "sentences_with_spans_kept": sum(read),
            "spans": race.n_spans,
            "kept": kept,
            "proposer_layers": layers,
            "workloads": workloads,
        },
        output=output,
    )
    found = workloads["from ids"]["ratio"]
    assert found >= FLOOR, f"{found:.2f} is below its floor {FLOOR}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, default=1, help="more than one: time on the wall")
    parser.add_argument("--kept", type=float, default=KEPT, help="share of spans that is read")
    parser.add_argument("--layers", type=int, default=LAYERS, help="that the proposer reads after")
    arguments = parser.parse_args()
    check_versions()
    torch.set_num_threads(arguments.threads)
    main(
        output=arguments.output,
        rounds=arguments.rounds,
        kept=arguments.kept,
        layers=arguments.layers,
    )
