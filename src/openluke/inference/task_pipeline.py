"""A task at work: examples in, predictions out, in four phases that can be called one by one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from openluke.errors import ConfigError, DataError, ExampleError
from openluke.inference.scheduling import batches_of_instances, chunks_of_texts
from openluke.instances import Instance, Outputs, TaskBatch
from openluke.model.model import Model
from openluke.shortfalls import Shortfalls, added_up
from openluke.task import Task, next_round

_MOST_ROUNDS = 10_000
"""More rounds than any text has mentions: who asks for more would never end."""


class InputError(DataError):
    """An input of a stream that cannot be read."""

    def __init__(self, message: str, *, number: int) -> None:
        self.number = number
        """Which input, counted from 0."""
        self.message = message
        super().__init__(f"input {number}: {message}")

    def __reduce__(self) -> tuple[Callable[[], "InputError"], tuple[()]]:
        return partial(InputError, self.message, number=self.number), ()


class Computed(NamedTuple):
    """What the model made of one example: all that ``decode`` reads."""

    instances: Sequence[Instance]
    outputs: Sequence[Outputs]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPipeline:
    """A task and its model on a device.

    The phases are ``encode`` (examples to instances), ``collate`` (instances to a batch on the
    device), ``forward`` (a batch to outputs) and ``decode`` (outputs to a prediction); ``predict``
    runs them all.
    """

    task: Task[Any, Any]
    model: Model
    device: torch.device
    max_rows: int
    """Word and entity rows of one batch."""

    def __post_init__(self) -> None:
        if self.max_rows < 1:
            raise ConfigError(f"batch_rows is {self.max_rows}, expected at least 1")

    def encode(self, examples: Sequence[Any]) -> list[list[Instance]]:
        """For each example what the model reads of it."""
        return self.task.encode(examples)

    def collate(self, instances: Sequence[Instance]) -> TaskBatch:
        """Instances as tensors on the device."""
        # nothing is left to chance when nothing is learnt, but the contract asks for a generator
        batch = self.task.collate(instances, rng=np.random.default_rng(0))
        return batch.to(self.device)

    @torch.inference_mode()
    def forward(self, batch: TaskBatch) -> list[Outputs]:
        """What the heads say of each instance of a batch, in order."""
        return self.task.outputs(batch, model=self.model)

    def decode(
        self, example: Any, *, instances: Sequence[Instance], outputs: Sequence[Outputs]
    ) -> Any:
        """What is predicted of an example."""
        return self.task.decode(example, instances=instances, outputs=outputs)

    def compute(self, examples: Sequence[Any]) -> list[Computed]:
        """Encode, collate and forward: what the model makes of each example.

        Instances of similar length are computed together, under the budget of rows; the order of
        what comes back is that of the examples.
        """
        encoded = self.encode(examples)
        every = [instance for instances in encoded for instance in instances]
        outputs: list[Outputs] = [{}] * len(every)
        for indices in batches_of_instances(every, max_rows=self.max_rows):
            batch = self.collate([every[i] for i in indices])
            for index, one in zip(indices, self.forward(batch), strict=True):
                outputs[index] = one
        ends = np.cumsum([0, *map(len, encoded)]).tolist()
        return [
            Computed(instances, outputs[ends[i] : ends[i + 1]])
            for i, instances in enumerate(encoded)
        ]

    def predict(self, examples: Sequence[Any]) -> list[Any]:
        """Predictions of examples, in order, in as many rounds as the task asks for."""
        predictions: list[Any] = [None] * len(examples)
        open_ones = dict(enumerate(examples))
        for _ in range(_MOST_ROUNDS):
            if not open_ones:
                return predictions
            computed = self.compute(list(open_ones.values()))
            following: dict[int, Any] = {}
            for (index, example), one in zip(open_ones.items(), computed, strict=True):
                found = self.decode(example, instances=one.instances, outputs=one.outputs)
                predictions[index] = found
                again = next_round(self.task, example=example, prediction=found)
                if again is not None:
                    following[index] = again
            open_ones = following
        raise ConfigError(f"task {self.task.name!r} asked for more than {_MOST_ROUNDS} rounds")

    def predict_chunks(self, examples: Iterable[Any]) -> Iterator[list[Any]]:
        """Predictions of examples from a stream of any length, in order, some at a time.

        What is not read of the examples is told at the end.
        """
        shortfalls = Shortfalls()
        done = 0
        try:
            for chunk in chunks_of_examples(examples):
                with added_up() as lost:
                    predicted = self.predict_chunk(chunk, first=done)
                shortfalls.include(lost)
                yield predicted
                done += len(chunk)
        finally:
            shortfalls.tell()

    def predict_chunk(self, chunk: Sequence[Any], *, first: int) -> list[Any]:
        """Predictions of a part of a stream; an error names the input by its place in the stream.

        Args:
            chunk: The examples.
            first: How many examples stand before them.
        """
        try:
            return self.predict(chunk)
        except DataError as error:
            bad = first_unreadable(chunk, task=self.task)
            if bad is None:
                raise
            raise InputError(bad.why, number=first + bad.place) from error


class Unreadable(NamedTuple):
    """An example that a task cannot encode."""

    place: int
    """How many examples stand before it."""
    why: str


def first_unreadable(examples: Iterable[Any], *, task: Task[Any, Any]) -> Unreadable | None:
    """The first of some examples that the task refuses when it is given it alone."""
    for place, example in enumerate(examples):
        try:
            task.encode([example])
        except ExampleError as error:
            return Unreadable(place, error.message)
        except DataError as error:
            return Unreadable(place, str(error))
    return None


def chunks_of_examples(examples: Iterable[Any]) -> Iterator[list[Any]]:
    """Consecutive lists of examples of bounded size."""
    return chunks_of_texts(examples, size=n_characters)


def n_characters(example: Any) -> int:
    """How many characters the texts of a record have."""
    values = (getattr(example, field.name) for field in fields(example))
    texts = (item for value in values for item in (value if isinstance(value, tuple) else (value,)))
    return sum(len(text) for text in texts if isinstance(text, str))
