"""Relation classification: what holds between two mentions of a text.

| | |
|---|---|
| reads | ``Document``: a text with pairs of spans in ``relations``, or with mentions to be paired |
| predicts | ``Document``: the relations with their labels and probabilities |
| scored by | the rules of the data set: TACRED, SemEval-2010 task 8, KBP37, or accuracy |
| paper | LUKE, section 4.2: https://aclanthology.org/2020.emnlp-main.523 |

In "Beyoncé lives in Los Angeles." ``per:cities_of_residence`` holds between both names, from the
first, the head, to the second, the tail.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from openluke.decoding.label_sets import LabelSet
from openluke.decoding.mention_pairs import asked_pairs
from openluke.decoding.probabilities import check_temperature
from openluke.errors import ConfigError, DataError
from openluke.evaluation.classification import score_labels
from openluke.evaluation.pairing import check_paired
from openluke.evaluation.relations import score_relations, score_semeval
from openluke.formats import fewrel, marked_text, opennre, tacred
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
from openluke.records import Document, Relation, Scores, Span
from openluke.shortfalls import Shortfall, tell
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.marked_inputs import Marked, MarkedInputs
from openluke.tokenization.pairs_in_windows import PairedWindow, pairs_in_windows
from openluke.tokenization.passages import Passage

_UNRELATED = ("no_relation", "Other")
_DIRECTION = "(e1,e2)"
Scoring = Literal["tacred", "semeval", "kbp37", "accuracy"]
_METRICS: dict[Scoring, str] = {
    "tacred": "f1",
    "semeval": "macro_f1",
    "kbp37": "macro_f1",
    "accuracy": "accuracy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationClassificationConfig:
    """Options of relation classification."""

    mode: Literal["entities", "words"] = "entities"
    """What is read of a pair: its entities, or with ``words`` the markers before its mentions, by
    an encoder that is given no entities."""
    markers: bool = True
    """Whether each pair is read on its own, between markers. Without them, which takes
    ``mode = "words"``, all pairs of a text are read at once, from the first pieces of their
    mentions."""
    bias: bool = False
    """Whether the classifier has a bias; the published one of transformers has none."""
    pairs: Literal["given", "all"] = "given"
    """Which pairs are asked for. ``given``: those in ``relations``, or all ordered pairs of
    mentions where there are none. ``all``: all ordered pairs of mentions; those that are not in
    ``relations`` have the label ``no_relation``. Each order is asked by itself, the head first: a
    relation that holds both ways, such as between siblings, is found from both sides, and who wants
    one of them gives that pair in ``relations``. Labels such as ``Cause-Effect(e2,e1)`` say which
    of the two is the cause themselves; their pairs are asked in the one order given."""
    pair_types: tuple[tuple[str, str], ...] = ()
    """Labels of a first and a second mention: of pairs of mentions only such are asked for; all
    are, where nothing is given."""
    no_relation: str | None = None
    """The label that says that nothing holds: by default ``no_relation`` or ``Other``, if one of
    the labels is that."""
    scoring: Scoring | None = None
    """The rules of scoring. ``tacred``: micro F1 of all relations but ``no_relation``.
    ``kbp37``: their macro F1, over relations without their directions. ``semeval``: the official
    macro F1. ``accuracy``: over all pairs. By default ``semeval`` where a label is ``Other`` and
    some end in ``(e1,e2)``; where there is a label for no relation, ``kbp37`` if some end in
    ``(e1,e2)``, else ``tacred``; else ``accuracy``."""
    temperature: float = 1.0
    """What scores are divided by before they become probabilities."""
    prefix_space: bool | None = None
    """Whether texts are read as if a space stood before them; by default as the model says. The
    published experiment on TACRED did so."""
    spaces: bool = False
    """Whether a mention, and what follows it, is read as if a space stood before, as in the
    published experiment on TACRED."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if not self.markers and self.mode == "entities":
            raise ConfigError(
                "markers = false goes with mode = 'words' alone: entities of several pairs in one "
                "input would see each other"
            )
        if not self.markers and self.spaces:
            raise ConfigError("spaces are put around markers; with markers = false leave them out")


class RelationClassification:
    """Relations between pairs of mentions."""

    name: ClassVar[str] = "relation_classification"
    summary: ClassVar[str] = "what holds between two mentions of a text"
    example_type: ClassVar[type] = Document
    prediction_type: ClassVar[type] = Document
    config_type: ClassVar[type] = RelationClassificationConfig
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("entity_pair",)
    forms: ClassVar[tuple[Form, ...]] = (
        json_form(Document),
        tacred.FORM,
        opennre.FORM,
        marked_text.FORM,
        fewrel.FORM,
    )
    primary_metric: str = "f1"
    """Of a task that was made: the one that goes with its rules of scoring."""

    def __init__(self, config: RelationClassificationConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        self._labels = LabelSet(labels=setup.labels, temperature=config.temperature)
        self._unrelated = config.no_relation or _unrelated_label(setup.labels)
        self._scoring = config.scoring or _scoring(setup.labels, unrelated=self._unrelated)
        self.primary_metric = _METRICS[self._scoring]
        # Words alone are read: which rows the entities would have makes no difference.
        entities = setup.entities if config.mode == "entities" else setup.entities.with_mask2()
        self._marked = None
        if config.markers:
            self._marked = MarkedInputs(
                setup.tokenizer,
                vocab=entities,
                config=setup.inputs,
                layout="entity_pair",
                prefix_space=config.prefix_space,
                spaces=config.spaces,
                brackets=False,
            )
        inputs = replace(setup.inputs, layout="plain", max_entities=None)
        if config.prefix_space is not None:
            inputs = replace(inputs, prefix_space=config.prefix_space)
        self._plain = EntityInputs(setup.tokenizer, entities, inputs)

    @classmethod
    def labels_of(
        cls, examples: Iterable[Document], *, config: RelationClassificationConfig
    ) -> tuple[str, ...]:
        """All labels of a training set: the one that nothing holds, then the others, sorted."""
        found = {
            relation.label
            for example in examples
            for relation in example.relations
            if relation.label is not None
        }
        if not found:
            raise DataError("no relation was found to learn from; expected some with labels")
        unrelated = config.no_relation or _unrelated_label(found)
        if config.pairs == "all":
            unrelated = unrelated or _UNRELATED[0]
            found.add(unrelated)
        return tuple(sorted(found, key=lambda label: (label != unrelated, label)))

    @property
    def needs_titles(self) -> bool:
        """Mentions are read as [MASK] and [MASK2]."""
        return False

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """A classifier of pairs of entities, or of words."""
        kind: HeadKind = "entity_pair" if self.config.mode == "entities" else "pair_words"
        labels = self._labels
        return {
            MAIN: HeadConfig(
                kind=kind,
                n_labels=len(labels.labels),
                problem=labels.problem,
                bias=self.config.bias,
            )
        }

    def encode(self, examples: Sequence[Document]) -> list[list[Instance]]:
        """Instances of one pair each, or without markers of the pairs of a window.

        The numbers of their pairs are in ``details``.
        """
        pairs = [self._pairs(example) for example in examples]
        read = self._read_apart if self._marked is not None else self._read_together
        encoded: list[list[Instance]] = []
        n_read = 0
        for asked, windows in zip(pairs, read(examples, pairs=pairs), strict=True):
            encoded.append([self._instance(window, asked=asked) for window in windows])
            n_read += sum(len(window.pairs) for window in windows)
        n_asked = sum(map(len, pairs))
        lost = Shortfall(
            message="%d of %d pairs stand too far apart to be read together, or beyond what is "
            "read of their texts; what is predicted for them is %r",
            n=n_asked - n_read,
            n_all=n_asked,
            about=(self._unrelated,),
        )
        tell(lost)
        return encoded

    def collate(
        self,
        instances: Sequence[Instance],
        *,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> TaskBatch:
        """Tensors of instances, with all their pairs."""
        inputs = collate_instances(
            instances,
            max_mention_length=self.setup.inputs.max_mention_length,
            n_targets=count_targets(instances),
        )
        starts = inputs.batch.layout.entity_starts
        pairs = [
            instance.details.entities + start
            for instance, start in zip(instances, starts, strict=True)
        ]
        pairs = np.concatenate(pairs) if pairs else np.zeros((0, 2), dtype=np.int64)
        return replace(inputs, batch=replace(inputs.batch, pairs=torch.from_numpy(pairs)))

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """The sum over pairs."""
        labels = inputs.targets["relations"]
        scores = self._scores(inputs, model=model)
        problem = self._labels.problem
        return {"relations": classification_sum(scores, labels=labels, problem=problem)}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """``scores`` of each instance's pairs. *Shape:* (P, C)."""
        sizes = [len(instance.details.pairs) for instance in inputs.instances]
        rows = split_rows(self._scores(inputs, model=model), sizes=sizes)
        return [{"scores": row} for row in rows]

    def decode(
        self, example: Document, *, instances: Sequence[Instance], outputs: Sequence[Outputs]
    ) -> Document:
        """The document with the labels of its pairs.

        Of pairs that the document does not name only those are there that are related.
        """
        scores = {
            number: row
            for instance, output in zip(instances, outputs, strict=True)
            for number, row in zip(instance.details.pairs, output["scores"], strict=True)
        }
        relations: list[Relation] = []
        for number, pair in enumerate(self._pairs(example)):
            label, score = self._unrelated, None
            if number in scores:
                best = self._labels.best(scores[number])
                label, score = best.label, best.score
            if number < len(example.relations) or label != self._unrelated:
                relations.append(replace(pair, label=label, score=score))
        mentions = tuple(
            replace(mention, text=mention.span.of(example.text)) for mention in example.mentions
        )
        return replace(example, mentions=mentions, relations=tuple(relations))

    def score(self, gold: Sequence[Document], *, predicted: Sequence[Document]) -> Scores:
        """Scores by the rules of the data set, over the pairs whose label is known.

        A pair that is not among those predicted counts as one without a relation.
        """
        check_paired(gold, predicted=predicted, what="documents")
        right: list[str] = []
        found: list[str | None] = []
        for document, answered in zip(gold, predicted, strict=True):
            labels = {(one.head, one.tail): one.label for one in answered.relations}
            for pair in self._pairs(document):
                if pair.label is not None:
                    right.append(pair.label)
                    found.append(labels.get((pair.head, pair.tail), self._unrelated))
        scores = self._scored(right, predicted=found)
        primary = {self.primary_metric: scores[self.primary_metric]}
        return replace(scores, values=primary | scores.values)

    def judge(self, gold: Document, *, predicted: Document) -> Iterator[tuple[float, bool]]:
        """Each relation that was predicted with a probability, and whose label is known."""
        right: dict[tuple[Span, Span], set[str]] = {}
        for one in self._pairs(gold):
            if one.label is not None:
                right.setdefault((one.head, one.tail), set()).add(one.label)
        for relation in predicted.relations:
            labels = right.get((relation.head, relation.tail))
            if labels is not None and relation.score is not None:
                yield relation.score, relation.label in labels

    def _pairs(self, document: Document) -> tuple[Relation, ...]:
        return asked_pairs(
            document,
            every=self.config.pairs == "all",
            types=self.config.pair_types,
            unrelated=self._unrelated,
        )

    def _scores(self, inputs: TaskBatch, *, model: Model) -> Tensor:
        """*Shape:* (pairs, C)."""
        words_only = self.config.mode == "words"
        return model.scores(inputs.batch, head=MAIN, words_only=words_only)

    def _scored(self, gold: Sequence[str], *, predicted: Sequence[str | None]) -> Scores:
        if self._scoring == "accuracy":
            return score_labels(gold, predicted=predicted)
        if self._scoring == "semeval":
            return score_semeval(gold, predicted=predicted, other=self._unrelated or "Other")
        return score_relations(gold, predicted=predicted, no_relation=self._unrelated)

    def _instance(self, window: PairedWindow, *, asked: Sequence[Relation]) -> Instance:
        labels = [asked[number].label for number in window.pairs]
        rows = [
            self._labels.target(None if label is None else [label], unknown=IGNORE)
            for label in labels
        ]
        targets = {"relations": np.concatenate(rows)}
        return Instance(features=(window.features,), targets=targets, details=window)

    def _read_apart(
        self, examples: Sequence[Document], *, pairs: Sequence[Sequence[Relation]]
    ) -> Iterator[list[PairedWindow]]:
        """Each pair in an input of its own, between markers."""
        assert self._marked is not None
        marked = [
            Marked(text=example.text, spans=(pair.head, pair.tail))
            for example, asked in zip(examples, pairs, strict=True)
            for pair in asked
        ]
        found = iter(self._marked.encode(marked))
        for asked in pairs:
            inputs = [next(found) for _ in asked]
            yield [
                PairedWindow(features=features, pairs=(number,), entities=np.array([[0, 1]]))
                for number, features in enumerate(inputs)
                if features is not None
            ]

    def _read_together(
        self, examples: Sequence[Document], *, pairs: Sequence[Sequence[Relation]]
    ) -> Iterator[list[PairedWindow]]:
        """All pairs of a window in one input."""
        spans = [
            sorted({span for pair in asked for span in (pair.head, pair.tail)}) for asked in pairs
        ]
        passages = [
            Passage(text=example.text, spans=mentions)
            for example, mentions in zip(examples, spans, strict=True)
        ]
        read = self._plain.encode(passages)
        for windows, mentions, asked in zip(read, spans, pairs, strict=True):
            numbers = {span: number for number, span in enumerate(mentions)}
            table = [(numbers[pair.head], numbers[pair.tail]) for pair in asked]
            yield pairs_in_windows(list(windows), pairs=np.array(table).reshape(-1, 2))


def _unrelated_label(labels: Iterable[str]) -> str | None:
    known = set(labels)
    return next((label for label in _UNRELATED if label in known), None)


def _scoring(labels: Iterable[str], *, unrelated: str | None) -> Scoring:
    if unrelated is None:
        return "accuracy"
    if not any(label.endswith(_DIRECTION) for label in labels):
        return "tacred"
    return "semeval" if unrelated == "Other" else "kbp37"


TASK = RelationClassification
