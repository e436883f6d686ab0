"""A loaded model at work: texts in; vectors, or what its tasks predict, out."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from openluke.checkpoints.bundle import Bundle
from openluke.errors import ConfigError, DataError
from openluke.features import Features
from openluke.inference.encode_inputs import Languages, Texts, check_types, passages_of
from openluke.inference.examples import example_of, examples_of, is_one
from openluke.inference.scheduling import batches_by_length, blocks_of_windows, chunks_of_texts
from openluke.inference.task_pipeline import TaskPipeline
from openluke.inference.vectors import EncodedText, FloatArray, TextGatherer
from openluke.inference.workers import ModelSource, WorkerPlan, predict_in_processes
from openluke.model.batch import Batch
from openluke.model.linear import pack
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.passages import Passage, Spans
from openluke.tokenization.text_windows import Windows

_log = logging.getLogger(__name__)

_ROWS = {"cpu": 4096, "cuda": 65536, "mps": 16384}
"""Word and entity rows of one batch: enough to keep the device busy, few enough for its caches."""


@dataclass(frozen=True, slots=True)
class States:
    """What the model makes of one input."""

    words: FloatArray
    """*Shape:* (L, D)."""
    entities: FloatArray
    """*Shape:* (M, D)."""


class Pipeline:
    """A model on a device; made by ``openluke.load``.

    ``predict`` gives what the model's tasks find in texts; ``task`` gives the four phases of that.
    ``encode`` gives vectors; its phases are public too: ``prepare`` (texts to inputs) and
    ``forward`` (inputs to states).
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        device: torch.device,
        max_rows: int | None = None,
        source: ModelSource | None = None,
    ) -> None:
        self.bundle = bundle
        self.source = source
        """From where other processes can load the same model."""
        self.device = device
        self.max_rows = max_rows or rows_of(device)
        """Word and entity rows of one batch."""
        # vectors are of the text as it is, and of all of it: no markers and no cuts, whatever the
        # model's heads want
        self.inputs = EntityInputs(
            bundle.tokenizer,
            bundle.entities,
            replace(bundle.inputs, layout="plain", on_overflow="window"),
        )
        self._encoder = bundle.encoder.to(device).eval()
        pack(self._encoder)  # on CPUs, in float32; nothing elsewhere
        self._mention_head = _mention_head(bundle, device=device)
        self._tasks: dict[str | None, TaskPipeline] = {}

    def predict(
        self,
        inputs: Any,
        *,
        head: str | None = None,
        batch_rows: int | None = None,
        workers: int = 1,
        **fields: Any,
    ) -> Any:
        """What a task of the model finds: in one input, in a list of them, or in a stream.

        One input gives one prediction, a list or tuple a list, and any other iterable an iterator
        that holds few inputs in memory. The order is that of the inputs.

        Args:
            inputs: A text, a mapping with the fields of the record that the task reads, such a
                record, or several of these.
            head: The name of the task's head, where the model has several.
            batch_rows: Word and entity rows of one batch; by default what suits the device.
            workers: How many processes compute, each with a model of its own. A script that asks
                for several does its work under ``if __name__ == "__main__"``.
            fields: For a single text, the record's other fields, such as
                ``mentions=[(0, 7), (17, 28)]`` or ``context="…"``.
        """
        if is_one(inputs):
            task = self.task(head, batch_rows=batch_rows)
            example = example_of(inputs, task=type(task.task), options=fields)
            return task.predict([example])[0]
        if fields:
            raise ConfigError(
                f"found {', '.join(fields)} beside several inputs; give each of them as a mapping, "
                'for example {"text": "…", "mentions": [[0, 7]]}'
            )
        found = self.predict_stream(inputs, head=head, batch_rows=batch_rows, workers=workers)
        return list(found) if isinstance(inputs, list | tuple) else found

    def predict_stream(
        self,
        inputs: Iterable[Any],
        *,
        head: str | None = None,
        batch_rows: int | None = None,
        workers: int = 1,
    ) -> Iterator[Any]:
        """What a task finds in each input of a stream of any length; see ``predict``."""
        chunks = self.predict_chunks(inputs, head=head, batch_rows=batch_rows, workers=workers)
        return chain.from_iterable(chunks)

    def predict_chunks(
        self,
        inputs: Iterable[Any],
        *,
        head: str | None = None,
        batch_rows: int | None = None,
        workers: int = 1,
        is_rest: bool = False,
    ) -> Iterator[list[Any]]:
        """The same in lists, as they are computed; their lengths follow from the inputs alone.

        ``is_rest`` says that the inputs before them are done.
        """
        task = self.task(head, batch_rows=batch_rows)
        examples = examples_of(inputs, task=type(task.task), is_rest=is_rest)
        if workers == 1:
            return task.predict_chunks(examples)
        return predict_in_processes(
            examples, plan=WorkerPlan.of(self.source, head=head, task=task, workers=workers)
        )

    def with_options(self, head: str | None = None, *, options: Mapping[str, Any]) -> "Pipeline":
        """The same model with some of a task's options changed, such as thresholds.

        Args:
            head: The name of the task's head, where the model has several.
            options: Fields of the task's configuration, by name.
        """
        bundle = self.bundle.with_options(head, options=options)
        _warn_of_thresholds(self.bundle.task(head).config, options=options)
        return Pipeline(bundle, device=self.device, max_rows=self.max_rows, source=self.source)

    def task(self, head: str | None = None, *, batch_rows: int | None = None) -> TaskPipeline:
        """A task of the model, ready to work in phases.

        Args:
            head: The name of its head, where the model has several.
            batch_rows: Word and entity rows of one batch; by default what suits the device.
        """
        if head not in self._tasks:
            model = self.bundle.model_of(head).to(self.device).eval()
            pack(model)
            self._tasks[head] = TaskPipeline(
                task=self.bundle.task(head), model=model, device=self.device, max_rows=self.max_rows
            )
        made = self._tasks[head]
        return made if batch_rows is None else replace(made, max_rows=batch_rows)

    def encode(
        self,
        texts: Texts,
        *,
        spans: Sequence[Spans] | None = None,
        entities: Sequence[Sequence[str | None] | None] | None = None,
        languages: Languages | None = None,
        types: Sequence[Sequence[int] | None] | None = None,
    ) -> list[EncodedText]:
        """Vectors of word pieces, mentions and texts, with offsets in characters.

        Texts of any length are read in overlapping windows; nothing is left out. Mentions have the
        vectors of the model's head of kind ``mention_vector`` where it has one (UCTopic), else the
        encoder's states of their entities.

        Args:
            texts: One text or several. Each of several may be a list of its words, as
                ``[["Tokyo", "is", "large"], "a plain text"]``; words are joined by single spaces,
                and no piece goes across their ends.
            spans: For each text, the mentions: half-open ranges of characters, or of words where
                the text is given as words.
            entities: For each text, the title of each mention's entity, ``None`` where it is not
                known; without titles all are [MASK].
            languages: The language of the titles, for vocabularies that have languages: one for
                all; or for each text that of its titles, or a list with one for each.
            types: For each text, the row of each mention's entity type in the model's table of
                types; without any all are 0. Most published models have that row alone.

        Raises:
            DataError: Something in a text cannot be read; it is named by its place in the list.
        """
        passages = passages_of(
            texts, spans=spans, entities=entities, languages=languages, types=types
        )
        if isinstance(texts, str):
            return self._encode_chunk(passages)
        return list(self.encode_stream(passages))

    def encode_stream(self, passages: Iterable[Passage]) -> Iterator[EncodedText]:
        """Encode passages from a stream of any length, in order, holding few in memory.

        Raises:
            DataError: Something in a passage cannot be read; it is named by its place in the
                stream, counted from 0.
        """
        done = 0
        for chunk in chunks_of_texts(passages, size=n_characters):
            try:
                encoded = self._encode_chunk(chunk)
            except DataError:
                for number, passage in enumerate(chunk, start=done):
                    self._check(passage, number=number)
                raise
            yield from encoded
            done += len(chunk)

    def prepare(self, passages: Sequence[Passage]) -> list[Windows]:
        """The model inputs of each passage; a long one has several."""
        prepared = self.inputs.encode(passages)
        check_types(passages, n_rows=self.bundle.encoder.config.n_entity_types)
        return prepared

    @torch.inference_mode()
    def forward(self, features: Sequence[Features]) -> Iterator[tuple[int, States]]:
        """The states of each input, with its index; in the order in which they are computed.

        Batch after batch is computed as the states are asked for. They are views of their batch's:
        who keeps them copies them, or keeps the batch.
        """
        length = self.bundle.inputs.max_mention_length
        for indices in batches_by_length(features, max_rows=self.max_rows):
            chosen = [features[i] for i in indices]
            batch = Batch.collate(chosen, max_mention_length=length).to(self.device)
            yield from zip(indices, self._states(batch, chosen=chosen), strict=True)

    def _states(self, batch: Batch, *, chosen: Sequence[Features]) -> Iterator[States]:
        output = self._encoder(batch)
        head = self._mention_head
        entities = output.entities if head is None else head(output, batch)
        words = _split(output.words, sizes=[len(features) for features in chosen])
        vectors = _split(entities, sizes=[features.n_entities for features in chosen])
        yield from map(States, words, vectors)

    def _check(self, passage: Passage, *, number: int) -> None:
        """Name a passage that cannot be read by its place in the stream."""
        try:
            self.prepare([passage])
        except DataError as error:
            raise DataError(f"text {number}: {error}") from error

    def _encode_chunk(self, passages: Sequence[Passage]) -> list[EncodedText]:
        prepared = self.prepare(passages)
        width = self.bundle.encoder.config.hidden_size
        gatherers = [
            TextGatherer(windows.n_pieces, windows.spans.astype(np.int32), width)
            for windows in prepared
        ]
        for block in blocks_of_windows(prepared):
            for index, states in self.forward([window.features for window in block]):
                owner, features = block[index]
                gatherers[owner].add(features, words=states.words, entities=states.entities)
        return [
            gatherer.finish(passage.text, report=windows.report)
            for gatherer, passage, windows in zip(gatherers, passages, prepared, strict=True)
        ]


def _warn_of_thresholds(config: Any, *, options: Mapping[str, Any]) -> None:
    """Say that probabilities move away from the thresholds that a model keeps, if they do."""
    is_moved = "temperature" in options and options["temperature"] != config.temperature
    if is_moved and "thresholds" not in options and getattr(config, "thresholds", None):
        _log.warning(
            "temperature moves probabilities, and the thresholds of the model stay, so that other "
            "labels hold; set thresholds, too, or find both by openluke calibrate"
        )


def rows_of(device: torch.device) -> int:
    """Word and entity rows of a batch that suit a device."""
    return _ROWS[device.type]


def n_characters(passage: Passage) -> int:
    """About how many characters a passage has; what is no text is told when it is read."""
    if not isinstance(passage, Passage):  # pyright: ignore[reportUnnecessaryIsInstance]
        return 0
    if isinstance(passage.text, str):
        return len(passage.text)
    words = passage.text if isinstance(passage.text, list | tuple) else ()
    return sum(len(word) + 1 for word in words if isinstance(word, str))


def _mention_head(bundle: Bundle, *, device: torch.device) -> nn.Module | None:
    for head in bundle.heads:
        if head.entry.config.kind == "mention_vector":
            return head.module.to(device).eval()
    return None


def _split(rows: Tensor, *, sizes: Sequence[int]) -> list[FloatArray]:
    array = rows.float().cpu().numpy()
    return np.split(array, np.cumsum(sizes)[:-1])
