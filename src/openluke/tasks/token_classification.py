"""Token classification: a tag for each word of a text.

| | |
|---|---|
| reads | ``TaggedText``: a text with the places of its words, and its entities, if known |
| predicts | ``TaggedText``: the tags with their probabilities |
| scored by | the share of words with the right tag; F1 of mentions if tags (B-PER) mark them |
| paper | as in BERT, section 5.3: https://aclanthology.org/N19-1423 |

In "The Nile flows" the words have the tags ``DET``, ``PROPN`` and ``VERB``. Each is read from the
first of the word's pieces. What tags such as ``B-PER`` say of several words the task ``ner`` knows.

Entities are read where the records name them: ``mentions``, each with the title of its entity; one
without a title is read as [MASK]. Of windows that overlap the one with most context has a mention.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from openluke.decoding.label_sets import LabelSet
from openluke.decoding.probabilities import check_temperature
from openluke.errors import ConfigError, DataError, ExampleError
from openluke.evaluation.classification import score_labels
from openluke.evaluation.pairing import check_paired
from openluke.evaluation.spans import score_tags
from openluke.evaluation.tags import check_readable, mark_spans
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
from openluke.records import Mention, Scores, TaggedText
from openluke.records.tags import OUTSIDE, Scheme
from openluke.shortfalls import Shortfall, tell
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.named_entities import (
    NamedEntities,
    UnknownTitles,
    passage_of,
    with_entities,
)
from openluke.tokenization.passages import Passage, check_overlaps

_TAGS = "scoring = 'tags' takes any tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClassificationConfig:
    """Options of token classification."""

    mode: Literal["entities", "words"] = "entities"
    """Whether the entities that the records name are read, or words alone."""
    unknown_titles: UnknownTitles = "skip"
    """What becomes of mentions of entities that the vocabulary does not have: they are left out, or
    read as [UNK]."""
    scoring: Literal["tags", "mentions"] | None = None
    """What is scored: each tag, or the mentions that tags such as ``B-PER`` mark, as conlleval and
    seqeval do. By default the training data decides: mentions where all its tags are such."""
    scheme: Scheme | None = None
    """Of mentions, count only those that are well formed in this scheme, as in seqeval's strict
    mode; by default tags are read as conlleval reads them."""
    temperature: float = 1.0
    """What scores are divided by before they become probabilities."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if self.scheme is not None and self.scoring == "tags":
            raise ConfigError(
                "found a scheme, in which mentions are read, beside scoring = 'tags'; leave one out"
            )


class _Words(NamedTuple):
    """The words that are read in an input."""

    numbers: list[int]
    """Which of the text's words they are."""
    firsts: npt.NDArray[np.intp]
    """Their first pieces in the input."""


class TokenClassification:
    """Tags of words."""

    name: ClassVar[str] = "token_classification"
    summary: ClassVar[str] = "a tag for each word of a text"
    example_type: ClassVar[type] = TaggedText
    prediction_type: ClassVar[type] = TaggedText
    config_type: ClassVar[type] = TokenClassificationConfig
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("token",)
    forms: ClassVar[tuple[Form, ...]] = (json_form(TaggedText), tagged_words.FORM)
    primary_metric: str = "accuracy"
    """Of a task that was made: the one that goes with what it scores."""

    def __init__(self, config: TokenClassificationConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        self._labels = LabelSet(labels=setup.labels, temperature=config.temperature)
        self._scores_mentions = _scoring(config, tags=setup.labels) == "mentions"
        if self._scores_mentions:
            _check_labels(setup.labels, scheme=config.scheme)
            self.primary_metric = "f1"
        # Words are given as mentions, so that no piece goes across the end of one, and of windows
        # that overlap the one with most context has the word.
        inputs = replace(setup.inputs, layout="plain", max_entities=None, allow_overlaps=True)
        self._inputs = EntityInputs(setup.tokenizer, setup.entities, inputs)

    @classmethod
    def labels_of(
        cls,
        examples: Iterable[TaggedText],
        *,
        config: TokenClassificationConfig,  # noqa: ARG003 - the tags are the same
    ) -> tuple[str, ...]:
        """All tags of a training set, sorted."""
        found = {tag for example in examples for tag in example.tags or ()}
        if not found:
            raise DataError("no tag was found to learn from; expected words with tags")
        return tuple(sorted(found))

    @classmethod
    def settle(
        cls, config: TokenClassificationConfig, *, examples: Iterable[TaggedText]
    ) -> TokenClassificationConfig:
        """The options, with mentions as what is scored where all tags are such that mark them."""
        tags = [tag for example in examples for tag in example.tags or ()]
        is_open = config.scoring is None and _scoring(config, tags=tags) == "mentions"
        return replace(config, scoring="mentions") if is_open else config

    @classmethod
    def check_gold(
        cls, examples: Iterable[TaggedText], *, config: TokenClassificationConfig
    ) -> None:
        """Raise at the first text with a tag that marks no mention, where mentions are scored."""
        if config.scoring != "mentions":
            return
        for number, example in enumerate(examples):
            try:
                check_readable(example.tags or (), scheme=config.scheme)
            except DataError as error:
                raise ExampleError(f"{error}; {_TAGS}", number=number) from error

    @property
    def needs_titles(self) -> bool:
        """Entities are read by their titles, if they are read."""
        return self.config.mode == "entities"

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """A classifier of word pieces."""
        labels = self._labels
        return {MAIN: HeadConfig(kind="token", n_labels=len(labels.labels), problem=labels.problem)}

    def encode(self, examples: Sequence[TaggedText]) -> list[list[Instance]]:
        """An instance of each window that words are read in, which are in ``details``."""
        passages = self._passages(examples)
        entities = NamedEntities(
            unknown_titles=self.config.unknown_titles, limits=self.setup.inputs
        )
        encoded: list[list[Instance]] = []
        n_lost = 0
        for example, windows in zip(examples, self._inputs.encode(passages), strict=True):
            n_words = len(example.words)
            unknown = [row - n_words for row in windows.report.unknown_titles]
            instances: list[Instance] = []
            for one in windows:
                words, rest = _words_apart(one, n_words=n_words)
                if words.numbers:
                    features = entities.read(rest, unknown=unknown)
                    instances.append(self._instance(features, words=words, example=example))
            encoded.append(instances)
            n_lost += n_words - sum(len(one.details.numbers) for one in instances)
        entities.tell()
        lost = Shortfall(
            message="%d of %d words have no pieces, or are beyond what is read of their texts; "
            "their tag is %r",
            n=n_lost,
            n_all=sum(len(example.words) for example in examples),
            about=(self._fallback,),
        )
        tell(lost)
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
        sizes = [len(instance.details.numbers) for instance in inputs.instances]
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
            numbers = instance.details.numbers
            for word, tag, row in zip(numbers, best, probabilities, strict=True):
                tags[word] = self._labels.labels[tag]
                scores[word] = float(row[tag])
        return replace(example, tags=tuple(tags), scores=tuple(scores), mentions=())

    def score(self, gold: Sequence[TaggedText], *, predicted: Sequence[TaggedText]) -> Scores:
        """Scores of tags, or of what they mark; a word without a prediction is wrong."""
        check_paired(gold, predicted=predicted, what="texts")
        right: list[tuple[str, ...]] = []
        found: list[list[str | None]] = []
        for text, tagged in zip(gold, predicted, strict=True):
            tags = dict(zip(tagged.words, tagged.tags or (), strict=bool(tagged.tags)))
            if text.tags is not None:
                right.append(text.tags)
                found.append([tags.get(word) for word in text.words])
        of_tags = score_labels([*chain(*right)], predicted=[*chain(*found)])
        if not self._scores_mentions:
            return of_tags
        marked = [[tag or OUTSIDE for tag in tags] for tags in found]
        scores = score_tags(right, predicted=marked, strict=self.config.scheme)
        return replace(scores, values=scores.values | {"accuracy": of_tags["accuracy"]})

    def judge(self, gold: TaggedText, *, predicted: TaggedText) -> Iterator[tuple[float, bool]]:
        """Each word with a tag that was predicted."""
        if gold.tags is None or predicted.tags is None or predicted.scores is None:
            return
        rows = zip(predicted.scores, predicted.tags, gold.tags, strict=True)
        yield from ((score, tag == right) for score, tag, right in rows if score)

    @property
    def _fallback(self) -> str:
        """The tag of what cannot be read."""
        labels = self._labels.labels
        return OUTSIDE if OUTSIDE in labels or not labels else labels[0]

    def _scores(self, inputs: TaskBatch, *, model: Model) -> Tensor:
        """Scores of the first piece of each word. *Shape:* (words, C)."""
        words_only = self.config.mode == "words"
        scores = model.scores(inputs.batch, head=MAIN, words_only=words_only)
        starts = inputs.batch.layout.word_starts
        rows = [
            start + instance.details.firsts
            for start, instance in zip(starts, inputs.instances, strict=True)
        ]
        return scores[torch.from_numpy(np.concatenate(rows)).to(scores.device)]

    def _passages(self, examples: Sequence[TaggedText]) -> list[Passage]:
        """Texts whose words, and whose mentions after them, are mentions."""
        reads = self.config.mode == "entities"
        named = [example.mentions if reads else () for example in examples]
        if not self.setup.inputs.allow_overlaps:
            spans = [mention.span for mentions in named for mention in mentions]
            places = np.array(spans, dtype=np.int64).reshape(-1, 2)
            check_overlaps(places, counts=[len(mentions) for mentions in named])
        return [
            _passage(example, mentions=mentions)
            for example, mentions in zip(examples, named, strict=True)
        ]

    def _instance(self, features: Features, *, words: _Words, example: TaggedText) -> Instance:
        """A window with the tags of the words that are read in it."""
        tags = [None if example.tags is None else [example.tags[word]] for word in words.numbers]
        rows = [self._labels.target(tag, unknown=IGNORE) for tag in tags]
        targets = {"tags": np.concatenate(rows)}
        return Instance(features=(features,), targets=targets, details=words)


def _scoring(
    config: TokenClassificationConfig, *, tags: Iterable[str]
) -> Literal["tags", "mentions"]:
    if config.scoring is not None:
        return config.scoring
    return "mentions" if config.scheme is not None or mark_spans(tags) else "tags"


def _check_labels(labels: Iterable[str], *, scheme: Scheme | None) -> None:
    try:
        check_readable(labels, scheme=scheme)
    except DataError as error:
        raise ConfigError(f"the tags to learn mark no mentions: {error}; {_TAGS}") from error


def _passage(example: TaggedText, *, mentions: Sequence[Mention]) -> Passage:
    if not mentions:
        return Passage(text=example.text, spans=example.words)
    words = [Mention(start=start, end=end) for start, end in example.words]
    return passage_of(example.text, mentions=[*words, *mentions])


def _words_apart(features: Features, *, n_words: int) -> tuple[_Words, Features]:
    """The words that have pieces in a window, and the window with its mentions alone."""
    sources, ranges = features.entity_sources, features.entity_ranges
    read = np.flatnonzero((sources < n_words) & (ranges[:, 0] < ranges[:, 1]))
    words = _Words(numbers=sources[read].tolist(), firsts=ranges[read, 0].astype(np.intp))
    rest = with_entities(features, rows=np.flatnonzero(sources >= n_words))
    return words, replace(rest, entity_sources=rest.entity_sources - np.int32(n_words))


TASK = TokenClassification
