"""What a small LUKE learns of entities: ``python -m benchmarks.quality.pretraining STAGE``.

Stages, each of which goes on where it was killed: ``corpus`` makes pages, entities and a corpus of
``$OPENLUKE_DATA/wikipedia/enwiki-2006``; ``train RECIPE`` trains recipes/pretraining/RECIPE.toml
(needs ``$OPENLUKE_MODELS``, see recipes/README.md); ``score`` masks entities of held-out pages,
once with the words of their mentions in sight and once without, and writes
benchmarks/results/pretraining.json. Two baselines are counted on the pages that are learnt from:
which entities are linked most, and what each anchor led to.
"""

import argparse
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.quality.entity_guesses import Guess, Prior, guesses
from benchmarks.speed.measure import environment, write
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.evaluation.intervals import mean_of_counts, paired_bootstrap
from openluke.pretraining.corpus.build_corpus import CorpusSources, build_corpus
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.pretraining.pretrain import pretrain
from openluke.pretraining.recipe import read_pretrain_recipe
from openluke.pretraining.start import starting_bundle
from openluke.training.trackers.named import make_tracker
from openluke.wikipedia.build_vocab import build_vocab
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.parse_dump import parse_dump
from openluke.wikipedia.vocab_choice import VocabOptions

DUMP = "wikipedia/enwiki-2006/enwiki-20060303-pages-articles-100M-modern.xml.bz2"
RECIPES = Path("recipes/pretraining")
RESULT = Path("benchmarks/results/pretraining.json")
N_ENTITIES = 20_000
MAX_WORDS = 128
VALIDATION = 0.02


def main() -> None:
    """Run a stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=["corpus", "train", "score"])
    parser.add_argument("recipe", nargs="?", default="mini-en")
    parser.add_argument("--runs", type=Path, default=Path("runs/pretraining"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--inputs", type=int, default=1000, help="held-out inputs that are scored")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    runs: Path = arguments.runs
    if arguments.stage == "corpus":
        make_corpus(runs)
    elif arguments.stage == "train":
        train(arguments.recipe, runs=runs)
    else:
        score(arguments.recipe, runs=runs, n_inputs=arguments.inputs)


def make_corpus(runs: Path) -> Corpus:
    """Make what is learnt from, of the dump."""
    dump = Path(os.environ["OPENLUKE_DATA"]) / DUMP
    pages = parse_dump(dump, output=runs / "pages", reuse=True)
    titles = runs / "titles.txt"
    titles.write_text("\n".join(_most_linked(pages)), encoding="utf-8")
    build_vocab(
        runs / "pages",
        output=runs / "vocab",
        options=VocabOptions(size=N_ENTITIES, white_list_only=True),
        white_lists=[titles],
        reuse=True,
    )
    return build_corpus(
        CorpusSources(
            pages=runs / "pages",
            vocab=runs / "vocab",
            tokenizer=Path(os.environ["OPENLUKE_MODELS"]) / "minilm-encoder",
        ),
        output=runs / "corpus",
        options=CorpusOptions(max_words=MAX_WORDS, validation=VALIDATION),
        reuse=True,
    )


def _most_linked(pages: PageStore) -> list[str]:
    """The titles that are linked most, also of pages that this part of Wikipedia does not have."""
    targets = {redirect.title: redirect.target for redirect in pages.redirects()}
    counts = Counter[str]()
    for page in pages.pages():
        for paragraph in page.paragraphs:
            counts.update(targets.get(link.title, link.title) for link in paragraph.links)
    ordered = sorted(counts, key=lambda title: (-counts[title], title))
    return [title for title in ordered if counts[title] > 1][: N_ENTITIES - 3]


def train(recipe: str, *, runs: Path) -> None:
    """Train a recipe on the corpus."""
    changes = {"corpora": [str((runs / "corpus").absolute())]}
    config = read_pretrain_recipe(RECIPES / f"{recipe}.toml", changes=changes)
    if not (runs / "start").exists():
        start = starting_bundle(config.start, corpus=Corpus.open(config.corpora[0]), seed=0)
        save_bundle(start, directory=runs / "start")
    pretrain(config, output=runs / recipe, device="cpu", trackers=[make_tracker("plot")])


def score(recipe: str, *, runs: Path, n_inputs: int) -> None:
    """Score a trained model on held-out pages, beside what simple counts say."""
    corpus = Corpus.open(runs / "corpus")
    bundle = load_bundle(runs / recipe / "model")
    prior = Prior(corpus.train)
    places = np.unique(np.linspace(0, len(corpus.validation) - 1, n_inputs).round().astype(int))
    inputs = [example.features for example in corpus.validation.read(places.tolist())]
    found = {
        name: guesses(bundle, inputs=inputs, prior=prior, hides_words=hides)
        for name, hides in (("words in sight", False), ("words masked", True))
    }
    report = json.loads((runs / recipe / "scores.json").read_text(encoding="utf-8"))
    result = {
        "benchmark": f"pretraining {recipe}",
        "corpus": {
            "entities": corpus.info.n_entities,
            "inputs": corpus.info.n_train,
            "held out": corpus.info.n_validation,
            "word pieces": corpus.info.n_pieces,
            "mentions": corpus.info.n_mentions,
        },
        "training": {
            "seconds": report["seconds"],
            "phases": [
                {key: phase[key] for key in ("name", "steps", "inputs", "seconds")}
                for phase in report["phases"]
            ],
        },
        "scored inputs": len(inputs),
        **{name: _compared(of_model, prior=prior) for name, of_model in found.items()},
        "ambiguous anchors, words in sight": _with_prior(found["words in sight"], prior=prior),
        "curve": _curve(runs / recipe),
    }
    write(result | environment(threads=torch.get_num_threads()), output=RESULT)


def _compared(of_model: Sequence[Guess], *, prior: Prior) -> dict[str, Any]:
    """Accuracy and mean reciprocal rank of the model, of frequency and of the anchors' prior."""
    return {
        "mentions": len(of_model),
        "model": _rates([guess.rank for guess in of_model]),
        "most frequent entity": _rates(
            [prior.rank_by_frequency(guess.mention.entity) for guess in of_model]
        ),
        "anchor prior": _rates([prior.rank(guess.mention) for guess in of_model]),
    }


def _rates(ranks: Sequence[int]) -> dict[str, float]:
    return {
        "accuracy": round(sum(rank == 1 for rank in ranks) / len(ranks), 4),
        "reciprocal rank": round(sum(1 / rank for rank in ranks) / len(ranks), 4),
    }


def _with_prior(of_model: Sequence[Guess], *, prior: Prior) -> dict[str, Any]:
    """Accuracy among the entities that an ambiguous anchor has had, by prior, model and both."""
    asked = [guess for guess in of_model if prior.is_ambiguous(guess.mention.anchor)]
    ways: dict[str, Callable[[Guess, int], float]] = {
        "prior": lambda guess, entity: _log_prior(prior, guess=guess, entity=entity),
        "model": lambda guess, entity: guess.log_odds[entity],
        "model times prior": lambda guess, entity: (
            guess.log_odds[entity] + _log_prior(prior, guess=guess, entity=entity)
        ),
    }
    right = {
        name: np.array([_best(guess, way=way) == guess.mention.entity for guess in asked])
        for name, way in ways.items()
    }
    compared = paired_bootstrap(
        _counts(right["model times prior"]),
        second=_counts(right["prior"]),
        statistic=mean_of_counts,
        rng=np.random.default_rng(0),
    ).difference
    return {
        "mentions": len(asked),
        **{name: round(float(found.mean()), 4) for name, found in right.items()},
        "model times prior less prior": [
            round(value, 4) for value in (compared.estimate, compared.low, compared.high)
        ],
    }


def _counts(right: np.ndarray) -> np.ndarray:
    return np.stack([right.astype(float), np.ones(len(right))], axis=1)


def _best(guess: Guess, *, way: Callable[[Guess, int], float]) -> int:
    return max(guess.log_odds, key=lambda entity: way(guess, entity))


def _log_prior(prior: Prior, *, guess: Guess, entity: int) -> float:
    targets = prior.targets(guess.mention.anchor)
    return float(np.log(targets[entity] / targets.total()))


def _curve(run: Path) -> list[dict[str, Any]]:
    """What each evaluation of each phase found."""
    rows: list[dict[str, Any]] = []
    for phase in sorted((run / "phases").iterdir()):
        for line in (phase / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
            values = json.loads(line)
            scores = {
                name.removeprefix("score/"): round(value, 4)
                for name, value in values.items()
                if name.startswith("score/")
            }
            if scores:
                rows.append({"phase": phase.name, "step": values["step"], **scores})
    return rows


if __name__ == "__main__":
    main()
