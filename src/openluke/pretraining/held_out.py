"""How well a model fills masks in texts that it does not learn from."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import torch

from openluke.instances import Instance
from openluke.model.model import Model
from openluke.pretraining.corpus.shards import Example, Shards
from openluke.records import Scores
from openluke.task import Objective

_MASKS = 2**32 - 1
"""Seeds the masks of evaluations, which are always the same."""
METRICS = ("entities/reciprocal_rank", "words/accuracy")
"""What the best weights are chosen by: the first of these that is measured."""


class HeldOut:
    """Scores a model on inputs that are held out, with masks that are always the same."""

    def __init__(
        self,
        sources: Sequence[Shards],
        *,
        objective: Objective,
        n_inputs: int,
        batch_size: int,
        device: torch.device,
    ) -> None:
        """Choose inputs, evenly from each corpus in proportion to what it holds out.

        Args:
            sources: What the corpora hold out.
            objective: What is learnt.
            n_inputs: How many inputs are read, of all corpora together.
            batch_size: How many at once.
            device: Where the model computes.
        """
        self._objective = objective
        self._batch_size = batch_size
        self._device = device
        self._instances = [instance_of(example) for example in _chosen(sources, n=n_inputs)]

    def __len__(self) -> int:
        return len(self._instances)

    def __call__(self, model: Model) -> Scores:
        """Losses and measures of a model in evaluation mode, each a mean over its targets."""
        sums: defaultdict[str, float] = defaultdict(float)
        counts = Counter[str]()
        for first in range(0, len(self._instances), self._batch_size):
            batch = self._instances[first : first + self._batch_size]
            inputs = self._objective.collate(batch, rng=np.random.default_rng([_MASKS, first]))
            counts.update(inputs.n_targets)
            found = self._objective.losses(inputs.to(self._device), model=model)
            for name, total in found.items():
                sums[name] += float(total)
        values = {
            name if "/" in name else f"{name}/loss": total / counts[name.partition("/")[0]]
            for name, total in sums.items()
            if counts[name.partition("/")[0]]
        }
        first = [name for name in METRICS if name in values]
        named = {name: values[name] for name in dict.fromkeys([*first, *sorted(values)])}
        return Scores(values=named, counts={f"{name} masked": n for name, n in counts.items()})


def instance_of(example: Example) -> Instance:
    """An input of a corpus as what is learnt from."""
    return Instance(
        features=(example.features,),
        targets={"page": np.array([example.page], dtype=np.int64)},
    )


def _chosen(sources: Sequence[Shards], *, n: int) -> list[Example]:
    """Inputs at even distances in what is held out, the corpora one behind the other."""
    bounds = list(accumulate((len(source) for source in sources), initial=0))
    places = np.unique(np.linspace(0, bounds[-1] - 1, min(n, bounds[-1])).round().astype(int))
    return [
        example
        for source, first, last in zip(sources, bounds, bounds[1:], strict=False)
        for example in source.read((places[(places >= first) & (places < last)] - first).tolist())
    ]
