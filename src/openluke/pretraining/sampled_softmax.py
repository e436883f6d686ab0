"""Cross entropy over a sample of a vocabulary, which is right on average for the whole of it."""

from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError

Sampling = Literal["log_uniform", "unigram"]
FloatArray = npt.NDArray[np.float64]

_FLATTENING = 0.75
"""The power of the counts that word2vec drew negatives by."""


class Sample(NamedTuple):
    """Different rows of a vocabulary."""

    rows: npt.NDArray[np.int64]
    """*Shape:* (S,). In order."""
    log_chances: npt.NDArray[np.float32]
    """*Shape:* (S,). The logarithm of how probable each was to be in the sample."""


class EntitySampler:
    """Draws samples of entities, frequent ones more often, without drawing any twice.

    Each entity is in a sample with a chance that is known exactly and in proportion to its weight,
    as far as that is no more than one: points at equal distances are laid over all chances, one
    behind the other, from a random start.

    Args:
        entities: What is sampled from.
        sampling: The weights. ``log_uniform`` supposes that ids are in order of frequency, and
            takes log(1 + 1 / (id + 1)); ``unigram`` takes the counts of links, to the power 0.75,
            and one for those without any.
        n: How many entities a sample has: all, if there are no more.
    """

    def __init__(self, entities: EntityVocab, *, sampling: Sampling, n: int) -> None:
        chances = inclusion_chances(_weights(entities, sampling=sampling), n=n)
        self._bounds = np.cumsum(chances)
        self._log_chances = np.log(chances).astype(np.float32)

    def draw(self, rng: np.random.Generator) -> Sample:
        """A sample; the same generator always draws the same."""
        points = np.arange(round(self._bounds[-1])) + rng.random()
        rows = np.searchsorted(self._bounds, points, side="right")
        # rounding may lead two points to one row, or the last behind all
        rows = np.unique(np.minimum(rows, len(self._bounds) - 1))
        return Sample(rows, self._log_chances[rows])


def inclusion_chances(weights: FloatArray, *, n: int) -> FloatArray:
    """Chances in proportion to weights, or one where that would be more, that add up to n.

    *Shape of both:* (N,).
    """
    if n >= len(weights):
        return np.ones(len(weights))
    falling = np.sort(weights)[::-1]
    # with the k largest sure, the others share n - k; enough are sure when none has more than one
    rest = np.cumsum(falling[::-1])[::-1][:n]
    factors = (n - np.arange(n)) / rest
    n_sure = int(np.argmax(factors * falling[:n] <= 1))
    return np.minimum(weights * factors[n_sure], 1.0)


def sampled_softmax(
    states: Tensor,
    *,
    table: Tensor,
    bias: Tensor,
    labels: Tensor,
    negatives: Tensor,
    log_chances: Tensor,
) -> Tensor:
    """Sum of the cross entropies over each target with the sample in place of all that is wrong.

    What each negative adds to the sum of powers is divided by its chance to be in the sample, so
    that the sum is right on average; a negative that is the target itself does not count. With all
    rows in the sample it is the full softmax. In float32, also under autocast.

    Args:
        states: *Shape:* (N, H).
        table: *Shape:* (n, H). Only rows of labels and negatives have a gradient.
        bias: *Shape:* (n,). What is added to the scores.
        labels: *Shape:* (N,). The row that is right.
        negatives: *Shape:* (S,). Different rows.
        log_chances: *Shape:* (S,). See ``Sample``.
    """
    with torch.autocast(states.device.type, enabled=False):
        chosen = torch.cat([labels, negatives])
        # in one call: the gradient of each is as large as the table
        embedded = functional.embedding(chosen, table).to(states.dtype)
        biases = bias.index_select(0, chosen)
        right, wrong = embedded.split([len(labels), len(negatives)])
        of_right, of_wrong = biases.split([len(labels), len(negatives)])
        score = (states * right).sum(1) + of_right
        others = states @ wrong.T + (of_wrong - log_chances)
        others = others.masked_fill(negatives == labels[:, None], float("-inf"))
        total = torch.cat([score[:, None], others], dim=1).logsumexp(1)
        return (total - score).sum()


def _weights(entities: EntityVocab, *, sampling: Sampling) -> FloatArray:
    if sampling == "log_uniform":
        return np.log1p(1 / np.arange(1, entities.n_ids + 1))
    if sampling != "unigram":
        raise ConfigError(f"sampling is {sampling!r}, expected one of {get_args(Sampling)}")
    counts = [entities.count(row) for row in range(entities.n_ids)]
    known = np.array([count or 0 for count in counts], dtype=np.float64)
    if not known.any():
        raise ConfigError(
            "sampling is 'unigram', but the entity vocabulary does not count links; take "
            "'log_uniform', or build the vocabulary with openluke wikipedia vocab"
        )
    return np.maximum(known, 1.0) ** _FLATTENING
