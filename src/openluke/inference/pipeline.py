"""A loaded model at work: texts in, vectors out, in phases that can be called one by one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from openluke.checkpoints.bundle import Bundle
from openluke.errors import DataError
from openluke.features import Features
from openluke.inference.scheduling import batches_by_length, chunks_of_texts
from openluke.inference.vectors import EncodedText, FloatArray, TextGatherer
from openluke.model.batch import Batch
from openluke.model.encoder import EncoderOutput
from openluke.tokenization.entity_inputs import EntityInputs, Windows
from openluke.tokenization.passages import Passage, Spans

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

    The phases are public: ``prepare`` (texts to inputs), ``forward`` (inputs to states), and
    ``encode``, which runs both and gathers the windows of long texts.
    """

    def __init__(
        self, bundle: Bundle, *, device: torch.device, max_rows: int | None = None
    ) -> None:
        self.bundle = bundle
        self.device = device
        self.max_rows = max_rows or _ROWS[device.type]
        """Word and entity rows of one batch."""
        # vectors are of the text as it is: no markers, whatever layout the model's heads want
        self.inputs = EntityInputs(
            bundle.tokenizer, bundle.entities, replace(bundle.inputs, layout="plain")
        )
        self._encoder = bundle.encoder.to(device).eval()

    def encode(
        self,
        texts: str | Sequence[str],
        *,
        spans: Sequence[Spans] | None = None,
        entities: Sequence[Sequence[str | None]] | None = None,
        languages: str | None = None,
    ) -> list[EncodedText]:
        """Vectors of word pieces, mentions and texts, with offsets in characters.

        Texts of any length are read in overlapping windows; nothing is left out.

        Args:
            texts: One text or several.
            spans: For each text, the mentions: half-open ranges of characters.
            entities: For each text, the title of each mention's entity, ``None`` where it is not
                known; without titles all are [MASK].
            languages: The language of the titles, for vocabularies that have languages.
        """
        texts = [texts] if isinstance(texts, str) else texts
        for name, values in (("spans", spans), ("entities", entities)):
            if values is not None and len(values) != len(texts):
                raise DataError(
                    f"found {len(texts)} texts but {len(values)} lists of {name}; give one list "
                    "for each text, empty where there are none"
                )
        passages = [
            Passage(
                text=text,
                spans=spans[i] if spans is not None else (),
                entities=entities[i] if entities is not None else None,
                languages=languages,
            )
            for i, text in enumerate(texts)
        ]
        return list(self.encode_stream(passages))

    def encode_stream(self, passages: Iterable[Passage]) -> Iterator[EncodedText]:
        """Encode passages from a stream of any length, in order, holding few in memory."""
        for chunk in chunks_of_texts(passages, size=lambda passage: len(passage.text)):
            yield from self._encode_chunk(chunk)

    def prepare(self, passages: Sequence[Passage]) -> list[Windows]:
        """The model inputs of each passage; a long one has several."""
        return self.inputs.encode(passages)

    @torch.inference_mode()
    def forward(self, features: Sequence[Features]) -> Iterator[tuple[int, States]]:
        """The states of each input, with its index; in the order in which they are computed."""
        length = self.bundle.inputs.max_mention_length
        for indices in batches_by_length(features, max_rows=self.max_rows):
            chosen = [features[i] for i in indices]
            batch = Batch.collate(chosen, max_mention_length=length).to(self.device)
            yield from zip(indices, _states(self._encoder(batch), chosen=chosen), strict=True)

    def _encode_chunk(self, passages: Sequence[Passage]) -> list[EncodedText]:
        prepared = self.prepare(passages)
        gatherers = [
            _gatherer(passage, windows=windows, width=self.bundle.encoder.config.hidden_size)
            for passage, windows in zip(passages, prepared, strict=True)
        ]
        owners = [i for i, windows in enumerate(prepared) for _ in windows]
        features = [window for windows in prepared for window in windows]
        for index, states in self.forward(features):
            gatherers[owners[index]].add(
                features[index], words=states.words, entities=states.entities
            )
        return [
            gatherer.finish(passage.text)
            for gatherer, passage in zip(gatherers, passages, strict=True)
        ]


def _gatherer(passage: Passage, *, windows: Sequence[Features], width: int) -> TextGatherer:
    n_pieces = max(window.starts[0] + int((window.word_texts == 0).sum()) for window in windows)
    spans = np.asarray(passage.spans, dtype=np.int32).reshape(-1, 2)
    return TextGatherer(n_pieces, spans, width)


def _states(output: EncoderOutput, *, chosen: Sequence[Features]) -> Iterator[States]:
    words = _split(output.words, sizes=[len(features) for features in chosen])
    entities = _split(output.entities, sizes=[features.n_entities for features in chosen])
    for pair in zip(words, entities, strict=True):
        yield States(*pair)


def _split(rows: Tensor, *, sizes: Sequence[int]) -> list[FloatArray]:
    array = rows.float().cpu().numpy()
    return np.split(array, np.cumsum(sizes)[:-1])
