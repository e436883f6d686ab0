"""Token classification: a tag for each word of a text.

| | |
|---|---|
| reads | ``TaggedText``: a text with the places of its words |
| predicts | ``TaggedText``: the tags with their probabilities |
| scored by | the share of words with the right tag, and macro F1 of the tags |
| paper | as in BERT, section 5.3: https://aclanthology.org/N19-1423 |

In "The Nile flows" the words have the tags ``DET``, ``PROPN`` and ``VERB``. Each is read from the
first of the word's pieces. What tags such as ``B-PER`` say of several words the task ``ner`` knows.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from torch import Tensor

from openluke.decoding.label_sets import LabelSet
from openluke.decoding.probabilities import check_temperature
from openluke.evaluation.classification import score_labels
from openluke.evaluation.pairing import check_paired
from openluke.features import Features
from openluke.formats import tagged_words
from openluke.formats.form import Form
from openluke.formats.json_records import json_form
from openluke.instances import (
    Instance,
    Outputs,
    TaskBatch,
    collate_instances,
    count_targets,
    split_rows,
)
from openluke.model.config import HeadConfig, HeadKind
from openluke.model.labels import IGNORE
from openluke.model.losses import classification_sum
from openluke.model.model import Model
from openluke.records import Scores, TaggedText
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.passages import Passage

_log = logging.getLogger(__name__)
_OUTSIDE = "O"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClassificationConfig:
    """Options of token classification."""

    temperature: float = 1.0
    """What scores are divided by before they become probabilities."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)


class TokenClassification:
    """Tags of words."""

    name: ClassVar[str] = "token_classification"
    summary: ClassVar[str] = "a tag for each word of a text"
    example_type: ClassVar[type] = TaggedText
    prediction_type: ClassVar[type] = TaggedText
    config_type: ClassVar[type] = TokenClassificationConfig
    primary_metric: ClassVar[str] = "accuracy"
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("token",)
    forms: ClassVar[tuple[Form, ...]] = (json_form(TaggedText), tagged_words.FORM)

    def __init__(self, config: TokenClassificationConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        self._labels = LabelSet(labels=setup.labels, temperature=config.temperature)
        # Words are given as mentions, so that no piece goes across the end of one, and of windows
        # that overlap the one with most context has the word.
        inputs = replace(setup.inputs, layout="plain", max_entities=None)
        self._inputs = EntityInputs(setup.tokenizer, setup.entities, inputs)

    @classmethod
    def labels_of(
        cls,
        examples: Iterable[TaggedText],
        *,
        config: TokenClassificationConfig,  # noqa: ARG003 - the tags are the same
    ) -> tuple[str, ...]:
        """All tags of a training set, sorted."""
        return tuple(sorted({tag for example in examples for tag in example.tags or ()}))

    @property
    def needs_titles(self) -> bool:
        """No entity is read."""
        return False

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """A classifier of word pieces."""
        labels = self._labels
        return {MAIN: HeadConfig(kind="token", n_labels=len(labels.labels), problem=labels.problem)}

    def encode(self, examples: Sequence[TaggedText]) -> list[list[Instance]]:
        """An instance of each window that words are read in; their numbers are in ``details``."""
        passages = [Passage(text=example.text, spans=example.words) for example in examples]
        encoded: list[list[Instance]] = []
        n_lost = 0
        for example, windows in zip(examples, self._inputs.encode(passages), strict=True):
            instances = [self._instance(features, example=example) for features in windows]
            encoded.append([instance for instance in instances if len(instance.details)])
            n_lost += len(example.words) - sum(len(one.details) for one in instances)
        if n_lost:
            _log.warning(
                "%d of %d words have no pieces, or are beyond what is read of their texts; their "
                "tag is %r",
                n_lost,
                sum(len(example.words) for example in examples),
                self._fallback,
            )
        return encoded

    def collate(
        self,
        instances: Sequence[Instance],
        *,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> TaskBatch:
        """Tensors of instances."""
        return collate_instances(
            instances,
            max_mention_length=self.setup.inputs.max_mention_length,
            n_targets=count_targets(instances),
        )

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """The sum over words."""
        labels = inputs.targets["tags"]
        scores = self._scores(inputs, model=model)
        return {"tags": classification_sum(scores, labels=labels, problem=self._labels.problem)}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """``scores`` of each instance's words. *Shape:* (words, C)."""
        sizes = [len(instance.details) for instance in inputs.instances]
        rows = split_rows(self._scores(inputs, model=model), sizes=sizes)
        return [{"scores": row} for row in rows]

    def decode(
        self, example: TaggedText, *, instances: Sequence[Instance], outputs: Sequence[Outputs]
    ) -> TaggedText:
        """The text with the likeliest tag of each word; one that was not read has probability 0."""
        tags = [self._fallback] * len(example.words)
        scores = [0.0] * len(example.words)
        for instance, output in zip(instances, outputs, strict=True):
            probabilities = self._labels.probabilities(output["scores"])
            best = probabilities.argmax(axis=-1)
            for word, tag, row in zip(instance.details, best, probabilities, strict=True):
                tags[word] = self._labels.labels[tag]
                scores[word] = float(row[tag])
        return replace(example, tags=tuple(tags), scores=tuple(scores))

    def score(self, gold: Sequence[TaggedText], *, predicted: Sequence[TaggedText]) -> Scores:
        """Accuracy over words, and F1 averaged over tags; a word without a prediction is wrong."""
        check_paired(gold, predicted=predicted, what="texts")
        right: list[str] = []
        found: list[str | None] = []
        for text, tagged in zip(gold, predicted, strict=True):
            tags = dict(zip(tagged.words, tagged.tags or (), strict=bool(tagged.tags)))
            if text.tags is not None:
                right += text.tags
                found += [tags.get(word) for word in text.words]
        return score_labels(right, predicted=found)

    def judge(self, gold: TaggedText, *, predicted: TaggedText) -> Iterator[tuple[float, bool]]:
        """Each word with a tag that was predicted."""
        if gold.tags is None or predicted.tags is None or predicted.scores is None:
            return
        rows = zip(predicted.scores, predicted.tags, gold.tags, strict=True)
        yield from ((score, tag == right) for score, tag, right in rows if score)

    def next_round(
        self,
        example: TaggedText,  # noqa: ARG002 - one round does it
        *,
        prediction: TaggedText,  # noqa: ARG002
    ) -> TaggedText | None:
        """Nothing is left to be asked."""
        return None

    @property
    def _fallback(self) -> str:
        """The tag of what cannot be read."""
        labels = self._labels.labels
        return _OUTSIDE if _OUTSIDE in labels or not labels else labels[0]

    def _scores(self, inputs: TaskBatch, *, model: Model) -> Tensor:
        """Scores of the first piece of each word. *Shape:* (words, C)."""
        scores = model.scores(inputs.batch, head=MAIN, words_only=True)
        return scores[inputs.batch.entity_first]

    def _instance(self, features: Features, *, example: TaggedText) -> Instance:
        """A window with the words that have pieces in it."""
        kept = np.flatnonzero(features.entity_ranges[:, 1] > features.entity_ranges[:, 0])
        words = features.entity_sources[kept].tolist()
        tags = [None if example.tags is None else [example.tags[word]] for word in words]
        rows = [self._labels.target(tag, unknown=IGNORE) for tag in tags]
        targets = {"tags": np.concatenate(rows)} if rows else {}
        features = replace(
            features,
            entity_ids=features.entity_ids[kept],
            entity_ranges=features.entity_ranges[kept],
            entity_types=features.entity_types[kept],
            entity_sources=features.entity_sources[kept],
        )
        return Instance(features=(features,), targets=targets, details=words)


TASK = TokenClassification
