"""A program that pretrains: ``python -m tests.pretraining.tiny_run DIRECTORY OUTPUT [PHASE STEP]``.

It is killed by SIGKILL after a step of a phase, if one is given. Under ``torchrun`` its processes
share each step, and if ``STRATEGY`` says ``fsdp`` the weights too.
"""

import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from openluke.config import from_mapping
from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.pretraining.corpus.build_corpus import CorpusSources, build_corpus
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.pretraining.pretrain import PretrainResult, pretrain
from openluke.pretraining.recipe import PretrainConfig
from openluke.recipe_files import merge
from openluke.records.pages import Page, PageLink, Paragraph
from tests.tokenization import small_tokenizers
from tests.wikipedia.small_stores import write_store

CITIES = ("Tokyo", "London", "Paris", "Berlin", "Cairo", "Lima")
RIVERS = ("Nile", "Thames", "Seine", "Spree", "Amazon")
N_PAGES = 40
STEPS = (4, 6)
"""Of the two phases."""


def write_inputs(directory: Path, *, name: str = "corpus", seed: int = 0) -> Corpus:
    """A corpus of made-up pages, with what it is made of beside it."""
    rng = np.random.default_rng(seed)
    pages = [_page(f"{name} {n}", rng=rng) for n in range(N_PAGES)]
    write_store(directory / f"{name}-pages", pages=pages)
    if not (directory / "vocab.jsonl").exists():
        rows = [VocabRow((Name(title),), 1) for title in (*CITIES, *RIVERS)]
        vocab = EntityVocab.build(rows)
        vocab.write(directory / "vocab.jsonl", form="jsonl")
        small_tokenizers.write_wordpiece(directory / "tokenizer")
    return build_corpus(
        CorpusSources(
            pages=directory / f"{name}-pages",
            vocab=directory / "vocab.jsonl",
            tokenizer=directory / "tokenizer",
        ),
        output=directory / name,
        options=CorpusOptions(max_words=40, min_words=2, validation=0.2),
    )


def _page(title: str, *, rng: np.random.Generator) -> Page:
    paragraphs: list[Paragraph] = []
    for _ in range(4):
        city, river = rng.choice(CITIES), rng.choice(RIVERS)
        text = f"The city of {city} lies on the river {river} in the land."
        links = tuple(
            PageLink(text.index(name), text.index(name) + len(name), str(name))
            for name in (city, river)
        )
        paragraphs.append(Paragraph(text, links))
    return Page(title=title, paragraphs=tuple(paragraphs), n_lead=1)


def make_config(directory: Path, *, corpora: tuple[str, ...] = ("corpus",), **changes: Any) -> Any:
    """A recipe of two phases with dropout, of steps that two processes can share."""
    training = {"batch_size": 2, "step_inputs": 4, "log_every": 1, "evaluate_every": 3}
    training |= {"checkpoint_every": 2, "optimizer": {"learning_rate": 1e-3, "warmup_steps": 1}}
    trained = {"optimizer": {"trained": ["encoder.entities", "heads.masked.entities"]}}
    values: dict[str, Any] = {
        "corpora": [str(directory / name) for name in corpora],
        "start": {
            "entity_size": 8,
            "sizes": {
                "hidden_size": 16,
                "n_layers": 2,
                "n_heads": 2,
                "feed_forward_size": 32,
                "n_positions": 64,
            },
        },
        "phases": [
            {"name": "entities", "training": merge(training, changes=trained)},
            {"name": "all", "training": training},
        ],
        "n_held_out": 8,
    }
    values["start"] = changes.pop("start", values["start"])
    forced = changes.pop("training", {})
    values = merge(values, changes=changes)
    for phase, steps in zip(values["phases"], STEPS, strict=False):
        phase["training"] = {"max_steps": steps, **phase["training"], **forced}
    return from_mapping(PretrainConfig, values=values, where="test")


def run(directory: Path, *, output: Path, trackers: Any = (), **changes: Any) -> PretrainResult:
    """Pretrain in this process."""
    config = make_config(directory, **changes)
    result = pretrain(config, output=output, device="cpu", trackers=trackers)
    assert result is not None
    return result


class KilledAt:
    """A tracker that kills its process after a step of a phase."""

    def __init__(self, phase: str, *, step: int) -> None:
        self._phase, self._step = phase, step
        self._is_there = False

    def start(self, facts: Any) -> None:
        self._is_there = facts.run_dir.name == self._phase

    def log(self, values: Any, *, step: int) -> None: ...

    def advance(self, step: int) -> None:
        if self._is_there and step == self._step:
            os.kill(os.getpid(), signal.SIGKILL)

    def finish(self) -> None: ...


def main() -> None:
    """Run once."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=ResourceWarning)
    torch.set_num_threads(1)
    directory, output, *place = sys.argv[1:]
    trackers = [KilledAt(place[0], step=int(place[1]))] if place else []
    strategy = os.environ.get("STRATEGY", "ddp")
    config = make_config(Path(directory), training={"strategy": strategy})
    pretrain(config, output=output, device="cpu", trackers=trackers)


if __name__ == "__main__":
    main()
