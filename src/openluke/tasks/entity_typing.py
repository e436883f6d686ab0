"""Entity typing: which types each mention of a text has.

| | |
|---|---|
| reads | ``Document``: a text with mentions; each is read on its own, between markers |
| predicts | ``Document``: mentions with their ``labels``; one that is chosen is ``label`` too |
| scored by | precision, recall and F1 of all decisions (loose micro) |
| paper | LUKE, section 4.1: https://aclanthology.org/2020.emnlp-main.523 |

In "Beyoncé lives in Los Angeles." the mention "Los Angeles" is a ``location`` and a ``place``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np
from torch import Tensor

from openluke.decoding.label_sets import LabelSet
from openluke.decoding.probabilities import check_temperature
from openluke.errors import DataError, ExampleError
from openluke.evaluation.classification import score_label_sets
from openluke.evaluation.pairing import check_paired
from openluke.formats import open_entity, ultra_fine
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
from openluke.records import Document, Label, Mention, Scores
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.marked_inputs import Marked, MarkedInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityTypingConfig:
    """Options of entity typing."""

    mode: Literal["entities", "words"] = "entities"
    """What is read of a mention: its entity, or with ``words`` the marker before it, by an encoder
    that is given no entities."""
    multi_label: bool | None = None
    """Whether a mention may have any number of types; if not, it has exactly one. By default the
    training data decides: exactly one where mentions have a ``label`` and none has other
    ``labels``. A model that was not trained here gives any number."""
    thresholds: dict[str, float] = field(default_factory=dict[str, float])
    """Above which probability a type holds, by type; 0.5 for those that are not named."""
    temperature: float = 1.0
    """What scores are divided by before they become probabilities."""
    prefix_space: bool | None = None
    """Whether texts are read as if a space stood before them; by default as the model says. The
    published experiment on Open Entity did so."""
    spaces: bool = False
    """Whether a mention, and what follows it, is read as if a space stood before, as in the
    published experiment on Open Entity."""
    brackets: bool = False
    """Whether ``-LRB-`` and its like are read as brackets, as in the published experiment on Open
    Entity."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)


class EntityTyping:
    """Types of mentions."""

    name: ClassVar[str] = "entity_typing"
    summary: ClassVar[str] = "which types each mention of a text has"
    example_type: ClassVar[type] = Document
    prediction_type: ClassVar[type] = Document
    config_type: ClassVar[type] = EntityTypingConfig
    primary_metric: ClassVar[str] = "f1"
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("entity",)
    forms: ClassVar[tuple[Form, ...]] = (json_form(Document), open_entity.FORM, ultra_fine.FORM)

    def __init__(self, config: EntityTypingConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        self._is_multi_label = config.multi_label is not False
        self._labels = LabelSet(
            labels=setup.labels,
            is_multi_label=self._is_multi_label,
            temperature=config.temperature,
            thresholds=config.thresholds,
        )
        self._inputs = MarkedInputs(
            setup.tokenizer,
            vocab=setup.entities,
            config=setup.inputs,
            layout="entity",
            prefix_space=config.prefix_space,
            spaces=config.spaces,
            brackets=config.brackets,
        )

    @classmethod
    def labels_of(
        cls, examples: Iterable[Document], *, config: EntityTypingConfig
    ) -> tuple[str, ...]:
        """All types of a training set, sorted."""
        found: set[str] = set()
        for number, example in enumerate(examples):
            for mention in example.mentions:
                types = _types(mention)
                if config.multi_label is False and types is not None and len(types) != 1:
                    raise ExampleError(
                        f"the mention at characters {mention.start} to {mention.end} has "
                        f"{len(types)} types ({', '.join(types) or 'none'}), expected one, as "
                        "multi_label = false; true learns any number of them",
                        number=number,
                    )
                found.update(types or ())
        if not found:
            raise DataError("no label was found to learn from; expected examples with labels")
        return tuple(sorted(found))

    @classmethod
    def settle(
        cls, config: EntityTypingConfig, *, examples: Iterable[Document]
    ) -> EntityTypingConfig:
        """The options, with one type of each mention where all say it so."""
        if config.multi_label is not None:
            return config
        mentions = [mention for example in examples for mention in example.mentions]
        is_single = any(one.label is not None for one in mentions)
        has_lists = any(one.labels is not None and _types(one) != (one.label,) for one in mentions)
        return replace(config, multi_label=False) if is_single and not has_lists else config

    @property
    def needs_titles(self) -> bool:
        """Mentions are read as [MASK]."""
        return False

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """A classifier of entities, or of the markers before mentions."""
        kind: HeadKind = "entity" if self.config.mode == "entities" else "mention_word"
        labels = self._labels
        return {MAIN: HeadConfig(kind=kind, n_labels=len(labels.labels), problem=labels.problem)}

    def encode(self, examples: Sequence[Document]) -> list[list[Instance]]:
        """One instance of each mention that is read; its number is in ``details``."""
        marked = [
            Marked(text=example.text, spans=(mention.span,))
            for example in examples
            for mention in example.mentions
        ]
        found = iter(self._inputs.encode(marked))
        encoded: list[list[Instance]] = []
        for example in examples:
            instances: list[Instance] = []
            for number, mention in enumerate(example.mentions):
                features = next(found)
                if features is None:
                    continue
                target = self._labels.target(_types(mention), unknown=IGNORE)
                instances.append(
                    Instance(features=(features,), targets={"types": target}, details=number)
                )
            encoded.append(instances)
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
        """The sum over types, or over mentions where each has one type."""
        labels = inputs.targets["types"]
        scores = self._scores(inputs, model=model)
        return {"types": classification_sum(scores, labels=labels, problem=self._labels.problem)}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """``scores`` of each instance. *Shape:* (C,)."""
        rows = split_rows(self._scores(inputs, model=model), sizes=[1] * len(inputs.instances))
        return [{"scores": row[0]} for row in rows]

    def decode(
        self, example: Document, *, instances: Sequence[Instance], outputs: Sequence[Outputs]
    ) -> Document:
        """The document with its mentions' types; one that was not read has none."""
        scores = {
            instance.details: output["scores"]
            for instance, output in zip(instances, outputs, strict=True)
        }
        mentions = tuple(
            self._typed(mention, scores=scores.get(number), text=example.text)
            for number, mention in enumerate(example.mentions)
        )
        return replace(example, mentions=mentions)

    def score(self, gold: Sequence[Document], *, predicted: Sequence[Document]) -> Scores:
        """Micro F1 over all decisions; a mention that is not among those predicted has no type."""
        check_paired(gold, predicted=predicted, what="documents")
        right: list[tuple[str, ...]] = []
        found: list[list[str]] = []
        for document, typed in zip(gold, predicted, strict=True):
            labels = {mention.span: _predicted(mention) for mention in typed.mentions}
            for mention in document.mentions:
                types = _types(mention)
                if types is not None:
                    right.append(types)
                    found.append([label.label for label in labels.get(mention.span, ())])
        return score_label_sets(right, predicted=found)

    def judge(self, gold: Document, *, predicted: Document) -> Iterator[tuple[float, bool]]:
        """Each type that was predicted."""
        for mention, typed in zip(gold.mentions, predicted.mentions, strict=True):
            types = _types(mention)
            if types is None:
                continue
            for label in _predicted(typed):
                if label.score is not None:
                    yield label.score, label.label in types

    def _scores(self, inputs: TaskBatch, *, model: Model) -> Tensor:
        """*Shape:* (instances, C)."""
        words_only = self.config.mode == "words"
        return model.scores(inputs.batch, head=MAIN, words_only=words_only)

    def _typed(self, mention: Mention, *, scores: "np.ndarray | None", text: str) -> Mention:
        plain = replace(mention, text=mention.span.of(text), label=None, score=None)
        if self._is_multi_label:
            held = () if scores is None else self._labels.holding(scores)
            return replace(plain, labels=held)
        if scores is None:
            return replace(plain, labels=())
        best = self._labels.best(scores)
        return replace(plain, labels=(best,), label=best.label, score=best.score)


def _types(mention: Mention) -> tuple[str, ...] | None:
    """The types that are right; ``None`` if that is not known."""
    if mention.labels is not None:
        return tuple(label.label for label in mention.labels)
    return None if mention.label is None else (mention.label,)


def _predicted(mention: Mention) -> tuple[Label, ...]:
    if mention.labels is not None:
        return mention.labels
    return () if mention.label is None else (Label(label=mention.label, score=mention.score),)


TASK = EntityTyping
