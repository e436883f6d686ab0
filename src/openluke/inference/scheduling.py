"""Batches of similar lengths under a budget of rows, made from a stream, with the order kept."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from openluke.features import Features
from openluke.instances import Instance

T = TypeVar("T")
_BLOCK = 2048


class Shape(NamedTuple):
    """How many rows the model reads of something."""

    words: int
    entities: int


class OwnedWindow(NamedTuple):
    """A model input and the number of the text that it is of."""

    owner: int
    features: Features


def blocks_of_windows(
    texts: Iterable[Iterable[Features]], *, size: int = _BLOCK
) -> Iterator[list[OwnedWindow]]:
    """The inputs of all texts in lists of at most ``size``: those of a long text are many."""
    windows = (
        OwnedWindow(owner, features) for owner, inputs in enumerate(texts) for features in inputs
    )
    while block := list(islice(windows, size)):
        yield block


def batches_by_length(features: Sequence[Features], *, max_rows: int) -> Iterator[list[int]]:
    """Split inputs into batches of at most ``max_rows`` word and entity rows, longest first.

    Inputs of equal shape are neighbours, since the model computes those together. An input that
    alone has more rows is a batch of its own.

    Yields:
        Indices into ``features``.
    """
    shapes = [Shape(len(one), one.n_entities) for one in features]
    return batches_by_shape(shapes, max_rows=max_rows)


def batches_of_instances(instances: Sequence[Instance], *, max_rows: int) -> Iterator[list[int]]:
    """The same for what a task has encoded; an instance of several inputs has the rows of all.

    Yields:
        Indices into ``instances``.
    """
    shapes = [
        Shape(
            sum(len(features) for features in instance.features),
            sum(features.n_entities for features in instance.features),
        )
        for instance in instances
    ]
    return batches_by_shape(shapes, max_rows=max_rows)


def batches_by_shape(shapes: Sequence[Shape], *, max_rows: int) -> Iterator[list[int]]:
    """The same for anything of which the numbers of rows are known."""
    order = sorted(range(len(shapes)), key=lambda i: shapes[i], reverse=True)
    batch: list[int] = []
    rows = 0
    for index in order:
        cost = sum(shapes[index])
        if batch and rows + cost > max_rows:
            yield batch
            batch, rows = [], 0
        batch.append(index)
        rows += cost
    if batch:
        yield batch


def chunks_of_texts(
    items: Iterable[T],
    *,
    size: Callable[[T], int],
    max_texts: int = 256,
    max_characters: int = 200_000,
) -> Iterator[list[T]]:
    """Consecutive lists of bounded size, so that a stream never lies in memory whole.

    Args:
        items: Texts, or what holds them.
        size: Number of characters of an item.
        max_texts: Most items in a list.
        max_characters: Most characters in a list of more than one item.
    """
    chunk: list[T] = []
    characters = 0
    for item in items:
        length = size(item)
        if chunk and (len(chunk) == max_texts or characters + length > max_characters):
            yield chunk
            chunk, characters = [], 0
        chunk.append(item)
        characters += length
    if chunk:
        yield chunk
