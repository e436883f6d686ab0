"""Named entity recognition: which stretches of a text are names, and of what.

| | |
|---|---|
| reads | ``Document``: a text, where they are known with its sentences, words and mentions |
| predicts | ``Document``: the mentions with their labels and probabilities |
| scored by | micro F1 over mentions, as conlleval and seqeval count them |
| paper | LUKE, section 4.3: https://aclanthology.org/2020.emnlp-main.523 |

In "Beyoncé lives in Los Angeles." "Beyoncé" is a person and "Los Angeles" a location. Every stretch
of whole words of a sentence is read as an entity and classified; a span proposer, where one is
trained along, finds the few that are worth it from the words alone, which is many times as fast.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain
from typing import ClassVar, Literal, cast

import numpy as np
import torch
from torch import Tensor

from openluke.decoding.label_sets import LabelSet
from openluke.decoding.probabilities import check_temperature
from openluke.decoding.span_labels import (
    LabelledSpan,
    SpanTargets,
    draw_rows,
    has_label,
    labelled_spans,
    labels_to_learn,
)
from openluke.decoding.spans import Overlaps, find_spans
from openluke.errors import ConfigError
from openluke.evaluation.spans import score_mentions
from openluke.features import Features
from openluke.formats import conll, ner_wikipedia_ja
from openluke.formats.form import Form
from openluke.formats.json_records import json_form
from openluke.instances import Array, Instance, Outputs, TaskBatch, split_rows
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig, HeadKind
from openluke.model.labels import IGNORE
from openluke.model.losses import classification_sum, multi_label_sum
from openluke.model.model import Model
from openluke.model.span_proposer import SpanProposer
from openluke.records import Document, Mention, Scores, Span
from openluke.shortfalls import Shortfall, tell
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.sentences import split_sentences
from openluke.tokenization.span_inputs import SpanInputs, SpanInputsConfig, regroup
from openluke.tokenization.word_pieces import Spacing

PROPOSER = "proposer"
"""The role of the head that chooses the spans worth reading."""
OUTSIDE = "O"
"""The label of spans that are no names. It comes first; published models call it ``NIL``."""
_HEADS: dict[str, HeadKind] = {
    "words+entity": "entity_span",
    "words": "span_words",
    "entity": "entity",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NerConfig:
    """Options of named entity recognition."""

    mode: Literal["entities", "words"] = "entities"
    """What the encoder is given: the spans as entities, or with ``words`` the words alone, of which
    the first and last of each span are then read."""
    features: Literal["words+entity", "words", "entity"] = "words+entity"
    """What is read of a span that is an entity: its first and last word and the entity, the words
    alone, or the entity alone. With ``mode = "words"`` it is always the words."""
    context: Literal["document", "sentence"] | None = None
    """Whether a sentence is read with what stands around it. By default the training data decides,
    for the model and all that it will read: ``document`` where most sentences stand in texts of
    several, else ``sentence``. A model that was not trained here reads documents."""
    sentences: Literal["split", "whole"] = "split"
    """What is done with a text whose sentences are not given."""
    language: str = "en"
    """Whose rules split it."""
    line_breaks_end: bool = False
    """Whether each line break ends a sentence; if not, empty lines do."""
    spacing: Spacing = "text"
    """Before which words a space is read, where words are given. ``text``: where the text has one;
    ``always``: before all, as mLUKE's experiments did; ``legacy``: before all but those that begin
    with an apostrophe and single punctuation marks, as LUKE's did."""
    max_span_pieces: int = 16
    """Most word pieces of a mention; the published notebook takes 30."""
    max_entities: int | None = 128
    """Most spans that are read at once, hence see each other; ``None`` reads all of a sentence."""
    overlaps: Overlaps = "flat"
    """Which mentions may share characters. ``flat``: none; ``nested``: those of which one lies
    inside the other; ``crossing``: all."""
    multi_label: bool | None = None
    """Whether a mention may have any number of labels; each is then predicted as a mention. By
    default the training data decides: where a mention has several. A model that was not trained
    here gives one."""
    thresholds: dict[str, float] = field(default_factory=dict[str, float])
    """Above which probability a label holds, with ``multi_label``; 0.5 where it is not said."""
    temperature: float = 1.0
    """What scores are divided by before they become probabilities."""
    negatives: int | None = None
    """In training, how many spans without a label are read of each sentence, drawn anew each time;
    ``None`` reads all. Some 50 train several times as fast. With a proposer it is the most, and
    their number is drawn too."""
    proposer: bool = False
    """Whether a span proposer is trained along."""
    proposer_layers: int = 2
    """After how many layers of the encoder it reads the words."""
    proposer_size: int = 128
    """Width of its hidden layer."""
    keep: float | None = None
    """The knob from exact to fast, with ``proposer``: spans to which the proposer gives less than
    this probability are no mentions, and are not read. ``None`` reads all."""

    scoring: Literal["mentions", "flat_conll"] = "mentions"
    """``mentions``: those with the right limits and label count, as with conlleval and seqeval.
    ``flat_conll``: LUKE's scores until November 2021, of a corpus as one sequence of tags."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if self.thresholds and not self.multi_label:
            raise ConfigError("thresholds go with multi_label = true alone: else one label is best")
        if self.negatives is not None and self.negatives < 1:
            raise ConfigError(f"negatives is {self.negatives}, expected 1 or more, or None for all")
        if self.proposer and self.mode == "words":
            raise ConfigError(
                "proposer = true saves entity inputs, of which mode = 'words' has none; leave it "
                "out, or set mode = 'entities'"
            )
        if self.keep is not None and not self.proposer:
            raise ConfigError("keep asks a span proposer; it goes with proposer = true alone")
        if self.keep is not None and not 0 <= self.keep < 1:
            raise ConfigError(f"keep is {self.keep}, expected a probability below 1, or None")


class Ner:
    """Mentions with their labels."""

    name: ClassVar[str] = "ner"
    summary: ClassVar[str] = "which stretches of a text are names, and of what"
    example_type: ClassVar[type] = Document
    prediction_type: ClassVar[type] = Document
    config_type: ClassVar[type] = NerConfig
    primary_metric: ClassVar[str] = "f1"
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("entity_span",)
    forms: ClassVar[tuple[Form, ...]] = (conll.FORM, json_form(Document), ner_wikipedia_ja.FORM)

    def __init__(self, config: NerConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        self._labels = LabelSet(
            labels=setup.labels,
            is_multi_label=bool(config.multi_label),
            temperature=config.temperature,
            thresholds=config.thresholds,
        )
        limits = setup.inputs
        prefix = limits.prefix_space
        # The proposer, and readers of words alone, are asked for all spans at once.
        self._most = config.max_entities if config.mode == "entities" else None
        self._inputs = SpanInputs(
            setup.tokenizer,
            vocab=setup.entities,
            config=SpanInputsConfig(
                max_words=limits.max_words,
                max_entities=self._most if config.keep is None else None,
                max_span_pieces=config.max_span_pieces,
                context=config.context or "document",
                spacing=config.spacing,
                prefix_space=setup.tokenizer.prefix_space if prefix is None else prefix,
                overlap=limits.stride,
            ),
        )

    @classmethod
    def labels_of(cls, examples: Iterable[Document], *, config: NerConfig) -> tuple[str, ...]:
        """The labels of all mentions, sorted; before them, if one is chosen, that of no mention."""
        found = labels_to_learn(examples, outside=None if config.multi_label else OUTSIDE)
        return (*(() if config.multi_label else (OUTSIDE,)), *sorted(found))

    @classmethod
    def settle(cls, config: NerConfig, *, examples: Iterable[Document]) -> NerConfig:
        """The options with ``context`` and ``multi_label`` like what is learnt from."""
        examples = list(examples)
        if config.multi_label is None:
            mentions = chain.from_iterable(example.mentions for example in examples)
            if any(one.labels is not None and len(one.labels) != 1 for one in mentions):
                config = replace(config, multi_label=True)
        if config.context is not None:
            return config
        sizes = [len(_sentences(example, config=config)) for example in examples]
        n_accompanied = sum(size for size in sizes if size > 1)
        return replace(config, context="document" if 2 * n_accompanied > sum(sizes) else "sentence")

    @property
    def needs_titles(self) -> bool:
        """Every span is read as [MASK]."""
        return False

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """A classifier of spans, and the proposer."""
        config = self.config
        main = HeadConfig(
            kind=_HEADS[config.features] if config.mode == "entities" else "span_words",
            n_labels=len(self._labels.labels),
            problem=self._labels.problem,
        )
        if not config.proposer:
            return {MAIN: main}
        proposer = HeadConfig(
            kind="span_proposer", inner_size=config.proposer_size, n_layers=config.proposer_layers
        )
        return {MAIN: main, PROPOSER: proposer}

    def encode(self, examples: Sequence[Document]) -> list[list[Instance]]:
        """One instance of each sentence, more of one that is longer than an input.

        The spans that are read are in ``details``.
        """
        read = self._inputs.encode(
            [example.text for example in examples],
            words=[example.words for example in examples],
            sentences=[_sentences(example, config=self.config) for example in examples],
        )
        targets = SpanTargets(labels=self._labels)
        encoded = [
            [
                Instance(features=window.inputs, targets={"spans": table}, details=window.spans)
                for window, table in zip(one.windows, targets.of(example, read=one), strict=True)
            ]
            for example, one in zip(examples, read, strict=True)
        ]
        lost = Shortfall(
            message="%d of %d labelled mentions cannot be found, which counts against recall where "
            "they are scored",
            n=targets.faults.total(),
            n_all=targets.n_mentions,
            kinds=targets.faults,
            example=targets.example,
        )
        tell(lost)
        return encoded

    def collate(self, instances: Sequence[Instance], *, rng: np.random.Generator) -> TaskBatch:
        """Tensors of instances; some of the spans without a label, if ``negatives`` says so."""
        tables = [instance.targets["spans"] for instance in instances]
        # Spans see each other, so with a proposer, which leaves few, few must be met in training.
        most = self.config.negatives
        varies = self.config.proposer and most is not None
        rows = [draw_rows(table, negatives=most, varies=varies, rng=rng) for table in tables]
        drawn = [table[of] for table, of in zip(tables, rows, strict=True)]
        groups = self._groups(instances, rows=rows)
        batch = self._batch(groups)
        targets = {"spans": _tensor(drawn)}
        if self.config.proposer:
            places = _places(instances, groups=groups, batch=batch)
            found = [has_label(table) for table in tables]
            targets |= {"first": places[0], "last": places[1], PROPOSER: _tensor(found)}
        counts = {
            name: int((targets[name] != IGNORE).sum())
            for name in ("spans", PROPOSER)
            if name in targets
        }
        return TaskBatch(batch=batch, instances=tuple(instances), targets=targets, n_targets=counts)

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """The sum over spans, and over all that the proposer judges."""
        scores = self._scores(inputs.batch, model=model)
        labels = inputs.targets["spans"]
        sums = {"spans": classification_sum(scores, labels=labels, problem=self._labels.problem)}
        if self.config.proposer:
            proposals = self._propose(inputs, model=model)
            sums[PROPOSER] = multi_label_sum(proposals, labels=inputs.targets[PROPOSER])
        return sums

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """``rows``, the spans that were read, and their ``scores``. *Shapes:* (R,), (R, C)."""
        instances = inputs.instances
        if self.config.keep is None:
            rows = [np.arange(len(instance.details)) for instance in instances]
        else:
            sizes = [len(instance.details) for instance in instances]
            likely = split_rows(self._propose(inputs, model=model).sigmoid(), sizes=sizes)
            rows = [np.flatnonzero(each >= self.config.keep) for each in likely]
        batch = inputs.batch
        if self.config.keep is not None or self.config.negatives is not None:
            groups = self._groups(instances, rows=rows)
            if not any(groups):
                nothing = np.zeros((0, len(self._labels.labels)), dtype=np.float32)
                return [{"rows": each, "scores": nothing} for each in rows]
            batch = self._batch(groups).to(batch.device)
        scores = split_rows(self._scores(batch, model=model), sizes=[len(each) for each in rows])
        return [{"rows": r, "scores": s} for r, s in zip(rows, scores, strict=True)]

    def decode(
        self, example: Document, *, instances: Sequence[Instance], outputs: Sequence[Outputs]
    ) -> Document:
        """The document with the mentions that were found, in the order of the text."""
        none = np.zeros((0, 2), dtype=np.int64)
        scores = np.zeros((0, len(self._labels.labels)), dtype=np.float32)
        spans = np.concatenate(
            [none, *(i.details[o["rows"]] for i, o in zip(instances, outputs, strict=True))]
        )
        scores = np.concatenate([scores, *(output["scores"] for output in outputs)])
        found = find_spans(spans, scores=scores, labels=self._labels, overlaps=self.config.overlaps)
        mentions = tuple(
            Mention(
                start=span.start,
                end=span.end,
                text=span.of(example.text),
                label=label.label,
                score=label.score,
            )
            for span, label in found
        )
        return replace(example, mentions=mentions, relations=())

    def score(self, gold: Sequence[Document], *, predicted: Sequence[Document]) -> Scores:
        """F1, precision and recall over mentions, and of each label."""
        flat = self.config.scoring == "flat_conll"
        return score_mentions(gold, predicted=predicted, flat=flat)

    def judge(self, gold: Document, *, predicted: Document) -> Iterator[tuple[float, bool]]:
        """Each mention that was found, and whether there is one of its label at its place."""
        right = set(labelled_spans(gold))
        for mention in predicted.mentions:
            if mention.score is not None and mention.label is not None:
                yield mention.score, LabelledSpan(mention.span, mention.label) in right

    def _groups(
        self, instances: Sequence[Instance], *, rows: Sequence[Array]
    ) -> list[Sequence[Features]]:
        """The inputs of each instance with some of its spans; none, where none are wanted."""
        return [
            regroup(instance.features, rows=of, most=self._most) if len(of) else ()
            for instance, of in zip(instances, rows, strict=True)
        ]

    def _batch(self, groups: Iterable[Sequence[Features]]) -> Batch:
        return Batch.collate(
            [*chain(*groups)], max_mention_length=self.setup.inputs.max_mention_length
        )

    def _scores(self, batch: Batch, *, model: Model) -> Tensor:
        """*Shape:* (E, C)."""
        return model.scores(batch, head=MAIN, words_only=self.config.mode == "words")

    def _propose(self, inputs: TaskBatch, *, model: Model) -> Tensor:
        """Logits of all spans of all instances. *Shape:* (K,)."""
        proposer = cast("SpanProposer", model.head(PROPOSER))
        output = model.encoder(inputs.batch, words_only=True, n_layers=proposer.n_layers)
        targets = inputs.targets
        return proposer.score(output.words, first=targets["first"], last=targets["last"])


def _sentences(document: Document, *, config: NerConfig) -> Sequence[Span]:
    """The sentences of a document: its own, or those that the options make of its text."""
    if document.sentences is not None:
        return document.sentences
    if config.sentences == "whole":
        return [Span(0, len(document.text))]
    return split_sentences(
        document.text, language=config.language, line_breaks_end=config.line_breaks_end
    )


def _places(
    instances: Sequence[Instance], *, groups: Sequence[Sequence[Features]], batch: Batch
) -> tuple[Tensor, Tensor]:
    """The rows in a batch of the first and the last word of every span. *Shapes:* (K,)."""
    sequences = accumulate(map(len, groups[:-1]), initial=0)
    starts = [batch.layout.word_starts[number] for number in sequences]
    ranges = [
        np.concatenate([one.entity_ranges for one in instance.features]) + start
        for instance, start in zip(instances, starts, strict=True)
    ]
    both = torch.from_numpy(np.concatenate(ranges).astype(np.int64))
    return both[:, 0], both[:, 1] - 1


def _tensor(tables: Sequence[Array]) -> Tensor:
    return torch.from_numpy(np.concatenate(tables))


TASK = Ner
