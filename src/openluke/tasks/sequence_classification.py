"""Sequence classification: a label, several labels or a number for a text or a pair of texts.

| | |
|---|---|
| reads | ``ClassifiedText``: a text, or two of them, with the entities they mention, if known |
| predicts | ``ClassifiedText`` with its label, its labels or its value, and all probabilities |
| scored by | accuracy and macro F1; micro F1 of several labels; correlations of numbers |
| paper | JGLUE (MARC-ja, JNLI, JSTS): https://aclanthology.org/2022.lrec-1.317 |

"A man plays a guitar." and "Somebody makes music." have the label ``entailment``.

Entities are read where the records name them: ``mentions`` of the text and ``pair_mentions`` of the
second one, each with the title of its entity; one without a title is read as [MASK].
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np
from torch import Tensor

from openluke.decoding.label_sets import LabelSet
from openluke.decoding.probabilities import check_temperature
from openluke.errors import ConfigError, DataError, ExampleError
from openluke.evaluation.classification import score_label_sets, score_labels
from openluke.evaluation.pairing import check_paired
from openluke.evaluation.regression import score_numbers
from openluke.formats import jglue, table
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
from openluke.model.config import HeadConfig, HeadKind, Problem
from openluke.model.labels import IGNORE
from openluke.model.losses import classification_sum
from openluke.model.model import Model
from openluke.records import ClassifiedText, Mention, Scores
from openluke.shortfalls import Shortfall, tell
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.named_entities import NamedEntities, UnknownTitles, passage_of
from openluke.tokenization.passages import Passage
from openluke.tokenization.text_windows import Windows

_METRICS: dict[Problem, str] = {
    "single_label": "accuracy",
    "multi_label": "f1",
    "regression": "pearson",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceClassificationConfig:
    """Options of sequence classification."""

    mode: Literal["entities", "words"] = "entities"
    """Whether the entities that the records name are read, or words alone."""
    unknown_titles: UnknownTitles = "skip"
    """What becomes of mentions of entities that the vocabulary does not have: they are left out, or
    read as [UNK]."""
    problem: Problem | None = None
    """What is predicted: one label (``single_label``), any number of labels (``multi_label``) or a
    number (``regression``). By default the training data decides: ``regression`` where it has
    numbers alone, ``multi_label`` where a text has several labels or an empty list of them, else
    ``single_label``."""
    long_texts: Literal["first", "mean"] = "first"
    """What is read of a text that is longer than an input: its beginning (``first``), or all of it
    in windows whose scores are averaged (``mean``). Of a pair of texts, of which the longer is cut
    first, it is always the beginnings."""
    thresholds: dict[str, float] = field(default_factory=dict[str, float])
    """For ``multi_label``: above which probability a label holds, by label; 0.5 for those that are
    not named."""
    temperature: float = 1.0
    """What scores of labels are divided by before they become probabilities."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if self.thresholds and self.problem != "multi_label":
            raise ConfigError(
                f"thresholds are for problem = 'multi_label', found {self.problem!r}; say "
                "so, or leave them out"
            )


class SequenceClassification:
    """Labels, or numbers, of texts."""

    name: ClassVar[str] = "sequence_classification"
    summary: ClassVar[str] = "a label, several labels or a number for a text or a pair of texts"
    example_type: ClassVar[type] = ClassifiedText
    prediction_type: ClassVar[type] = ClassifiedText
    config_type: ClassVar[type] = SequenceClassificationConfig
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("sequence",)
    forms: ClassVar[tuple[Form, ...]] = (
        json_form(ClassifiedText),
        table.FORM,
        table.TEXT_AND_LABEL,
        jglue.MARC_JA,
        jglue.JNLI,
        jglue.JSTS,
        table.JSICK,
    )
    primary_metric: str = "accuracy"
    """Of a task that was made: the one that goes with its problem."""

    def __init__(self, config: SequenceClassificationConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        self._predicts: Problem = config.problem or "single_label"
        self.primary_metric = _METRICS[self._predicts]
        self._labels = LabelSet(
            labels=setup.labels,
            is_multi_label=self._predicts == "multi_label",
            temperature=config.temperature,
            thresholds=config.thresholds,
        )
        # How many entities are read is decided when it is known which of them are.
        inputs = replace(setup.inputs, layout="plain", max_entities=None)
        if setup.inputs.on_overflow != "error":
            inputs = replace(inputs, on_overflow="truncate")
        self._first = EntityInputs(setup.tokenizer, setup.entities, inputs)
        self._all = self._first
        if config.long_texts == "mean" and setup.inputs.on_overflow != "error":
            inputs = replace(inputs, on_overflow="window")
            self._all = EntityInputs(setup.tokenizer, setup.entities, inputs)

    @classmethod
    def labels_of(
        cls, examples: Iterable[ClassifiedText], *, config: SequenceClassificationConfig
    ) -> tuple[str, ...]:
        """All labels of a training set, sorted; none if numbers are predicted."""
        examples = list(examples)
        settled = cls.settle(config, examples=examples)
        cls.check_gold(examples, config=settled)
        if settled.problem == "regression":
            return ()
        found = {label for one in examples for label in _labels(one) or ()}
        if not found:
            raise DataError("no label was found to learn from; expected examples with labels")
        return tuple(sorted(found))

    @classmethod
    def settle(
        cls, config: SequenceClassificationConfig, *, examples: Iterable[ClassifiedText]
    ) -> SequenceClassificationConfig:
        """The options with the ``problem`` that the examples pose."""
        if config.problem is not None:
            return config
        return replace(config, problem=_problem_of([*examples]))

    @classmethod
    def check_gold(
        cls, examples: Iterable[ClassifiedText], *, config: SequenceClassificationConfig
    ) -> None:
        """Raise at the first text whose labels or value are not what the problem asks for."""
        for number, example in enumerate(examples):
            fault = _fault(example, problem=config.problem or "single_label")
            if fault is not None:
                raise ExampleError(fault, number=number)

    @property
    def needs_titles(self) -> bool:
        """Entities are read by their titles, if they are read."""
        return self.config.mode == "entities"

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """A classifier of the pooled state."""
        if self._predicts == "regression":
            return {MAIN: HeadConfig(kind="sequence", n_labels=1, problem="regression")}
        labels = self._labels
        return {
            MAIN: HeadConfig(kind="sequence", n_labels=len(labels.labels), problem=labels.problem)
        }

    def encode(self, examples: Sequence[ClassifiedText]) -> list[list[Instance]]:
        """An instance of each text or pair, or of each of its windows."""
        encoded: list[list[Instance]] = []
        n_cut = 0
        entities = NamedEntities(
            unknown_titles=self.config.unknown_titles, limits=self.setup.inputs
        )
        for example, windows in zip(examples, self._windows(examples), strict=True):
            report = windows.report
            n_cut += bool(report.unread)
            targets = {"labels": self._target(example)}
            read = (entities.read(one, unknown=report.unknown_titles) for one in windows)
            encoded.append([Instance(features=(one,), targets=targets) for one in read])
        entities.tell()
        hint = " (long_texts = 'mean' reads single texts to their ends)"
        cut = Shortfall(
            message="%d of %d texts are longer than max_words = %d; their beginnings are read%s",
            n=n_cut,
            n_all=len(examples),
            about=(self.setup.inputs.max_words, hint if self.config.long_texts == "first" else ""),
        )
        tell(cut)
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
        """The sum over windows, or over all labels of windows."""
        scores = self._scores(inputs, model=model)
        labels = inputs.targets["labels"]
        return {"labels": classification_sum(scores, labels=labels, problem=self._problem)}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """``scores`` of each instance. *Shape:* (C,)."""
        scores = self._scores(inputs, model=model)
        return [{"scores": row[0]} for row in split_rows(scores, sizes=[1] * len(scores))]

    def decode(
        self,
        example: ClassifiedText,
        *,
        instances: Sequence[Instance],  # noqa: ARG002 - all windows count alike
        outputs: Sequence[Outputs],
    ) -> ClassifiedText:
        """The text with what the mean of its windows' scores says."""
        scores = np.mean([output["scores"] for output in outputs], axis=0)
        plain = ClassifiedText(text=example.text, pair=example.pair, id=example.id)
        if self._predicts == "regression":
            return replace(plain, value=float(scores[0]))
        plain = replace(plain, scores=self._labels.scores(scores))
        if self._predicts == "multi_label":
            return replace(plain, labels=self._labels.holding(scores))
        best = self._labels.best(scores)
        return replace(plain, label=best.label, score=best.score)

    def score(
        self, gold: Sequence[ClassifiedText], *, predicted: Sequence[ClassifiedText]
    ) -> Scores:
        """Scores that go with the problem; texts whose gold is not known do not count."""
        check_paired(gold, predicted=predicted, what="texts")
        pairs = list(zip(gold, predicted, strict=True))
        if self._predicts == "regression":
            known = [
                (one.value, _value(other, number=number))
                for number, (one, other) in enumerate(pairs)
                if one.value is not None
            ]
            right, found = ([pair[side] for pair in known] for side in (0, 1))
            return score_numbers(right, predicted=found)
        sets = [(_labels(one), _labels(other) or ()) for one, other in pairs]
        right = [labels for labels, _ in sets if labels is not None]
        found = [claimed for labels, claimed in sets if labels is not None]
        if self._predicts == "multi_label":
            return score_label_sets(right, predicted=found)
        return score_labels(
            [label for (label,) in right], predicted=[next(iter(one), None) for one in found]
        )

    def judge(
        self, gold: ClassifiedText, *, predicted: ClassifiedText
    ) -> Iterator[tuple[float, bool]]:
        """Each label that was predicted; numbers have no probability."""
        right = _labels(gold)
        if right is None:
            return
        if predicted.score is not None:
            yield predicted.score, predicted.label in right
        for label in predicted.labels or ():
            if label.score is not None:
                yield label.score, label.label in right

    def _scores(self, inputs: TaskBatch, *, model: Model) -> Tensor:
        return model.scores(inputs.batch, head=MAIN, words_only=self.config.mode == "words")

    @property
    def _problem(self) -> Problem:
        is_number = self._predicts == "regression"
        return "regression" if is_number else self._labels.problem

    def _target(self, example: ClassifiedText) -> np.ndarray:
        if self._predicts == "regression":
            value = math.nan if example.value is None else example.value
            return np.array([value], dtype=np.float32)
        return self._labels.target(_labels(example), unknown=IGNORE)

    def _windows(self, examples: Sequence[ClassifiedText]) -> list[Windows]:
        """The inputs of single texts and of pairs, which are shortened in different ways."""
        found: list[Windows | None] = [None] * len(examples)
        for inputs, is_pair in ((self._all, False), (self._first, True)):
            numbers = [
                number
                for number, example in enumerate(examples)
                if (example.pair is not None) == is_pair
            ]
            chosen = [examples[number] for number in numbers]
            windows = inputs.encode(
                [self._passage(one.text, mentions=one.mentions) for one in chosen],
                pairs=[
                    None
                    if one.pair is None
                    else self._passage(one.pair, mentions=one.pair_mentions)
                    for one in chosen
                ],
            )
            for number, of_text in zip(numbers, windows, strict=True):
                found[number] = of_text
        return [windows for windows in found if windows is not None]

    def _passage(self, text: str, *, mentions: Sequence[Mention]) -> Passage:
        return passage_of(text, mentions=() if self.config.mode == "words" else mentions)


def _value(predicted: ClassifiedText, *, number: int) -> float:
    if predicted.value is None:
        raise ExampleError("no value is predicted, expected a number to score", number=number)
    return predicted.value


def _labels(example: ClassifiedText) -> tuple[str, ...] | None:
    """The labels that are right; ``None`` if that is not known."""
    if example.labels is not None:
        return tuple(label.label for label in example.labels)
    return None if example.label is None else (example.label,)


def _problem_of(examples: Sequence[ClassifiedText]) -> Problem:
    """What examples ask for."""
    sizes = [len(labels) for one in examples if (labels := _labels(one)) is not None]
    if not sizes and any(one.value is not None for one in examples):
        return "regression"
    return "multi_label" if any(size != 1 for size in sizes) else "single_label"


def _fault(example: ClassifiedText, *, problem: Problem) -> str | None:
    """Why what an example says cannot be learnt; what says nothing has no fault here."""
    labels = _labels(example)
    if problem == "regression":
        if labels is None or example.value is not None:
            return None
        return (
            f"found labels ({', '.join(labels) or 'none'}) and no value, expected a number, as "
            "problem = 'regression'; 'single_label' or 'multi_label' learns labels"
        )
    if labels is None and example.value is not None:
        return (
            f"found the number {example.value:g} and no label, expected a label, as problem = "
            f"{problem!r}; 'regression' learns numbers"
        )
    if problem == "single_label" and labels is not None and len(labels) != 1:
        return (
            f"found {len(labels)} labels ({', '.join(labels) or 'none'}), expected one, as problem "
            "= 'single_label'; 'multi_label' learns any number of them"
        )
    return None


TASK = SequenceClassification
