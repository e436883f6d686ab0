"""What a pretraining run is made from, so that it goes on with the same and nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openluke.checkpoints.hub import resolve
from openluke.inference.model_identity import model_identity
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.recipe import PretrainConfig, pretrain_values
from openluke.training.origin import FREE


def origin_of(config: PretrainConfig, *, corpora: Sequence[Corpus]) -> dict[str, Any]:
    """What a run must have in common with its earlier lives.

    Where the corpora and the model lie may change, what is in them not.
    """
    values = pretrain_values(config)
    for name in ("paper", "licence", "corpora", "leave_checkpoints"):
        del values[name]
    values["start"] = {k: v for k, v in values["start"].items() if k != "model"}
    for phase in values["phases"]:
        phase["training"] = {k: v for k, v in phase["training"].items() if k not in FREE}
    model = config.start.model
    return {
        "recipe": values,
        "corpora": {str(i): _identity(corpus) for i, corpus in enumerate(corpora)},
        "model": "" if model is None else model_identity(Path(resolve(model))),
    }


def hashes_of(origin: Mapping[str, Any]) -> dict[str, str]:
    """What to say of things that are not the same as before; see ``run_directory.owned``."""
    corpora = {
        f"corpora.{i}": f"corpus {int(i) + 1} is another one, or has changed since"
        for i in origin["corpora"]
    }
    return corpora | {"model": "the model to start from is another one, or has changed since"}


def _identity(corpus: Corpus) -> str:
    return corpus.train.fingerprint + corpus.validation.fingerprint
