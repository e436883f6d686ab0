"""Corpora of made-up windows, without a tokenizer or a vocabulary."""

from pathlib import Path

import numpy as np

from openluke.artifacts import write_artifact
from openluke.pretraining.corpus.shard_writing import ShardWriter, Window, shard_file, write_index
from openluke.pretraining.corpus.shards import FORMAT_VERSION, KIND, Shards

BOS, EOS = 0, 2


def window(number, *, n_words=None) -> Window:
    """A window that is known by its number."""
    words = [BOS, *range(10, 10 + (number % 7 if n_words is None else n_words)), EOS]
    n = min(number % 3, len(words) - 2)
    starts = np.arange(1, n + 1)
    return Window(
        np.array(words),
        np.full(n, number),
        starts,
        starts + 1,
        number if number % 2 else -1,
        f"Page {number}",
    )


def write_shards(path: Path, *, sizes=(5, 0, 4), n_words=1000, validation=(2, 0, 0)) -> Shards:
    """A corpus whose n-th window to learn from is ``window(n)``."""
    with write_artifact(path, kind=KIND, format_version=FORMAT_VERSION) as draft:
        numbers = iter(range(10**9))
        for split, counts in (("train", sizes), ("validation", validation)):
            for part, count in enumerate(counts):
                with ShardWriter(
                    shard_file(draft.path, split=split, part=part), n_words=n_words
                ) as writer:
                    for _ in range(count):
                        writer.add(window(next(numbers)))
        write_index(draft.path)
    return Shards.open(path)
