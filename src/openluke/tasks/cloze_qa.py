"""Cloze question answering: which entity of a passage fills the gap of a sentence.

| | |
|---|---|
| reads | ``ClozeQuestion``: a sentence with a gap, a passage, and mentions that may fill it |
| predicts | ``AnsweredQuestion``: the mention that does, and all others by their probability |
| scored by | exact match and F1, as ReCoRD does |
| paper | LUKE, section 4.4: https://aclanthology.org/2020.emnlp-main.523 |

The gap of "X was born in Houston." is filled by "Beyoncé" of "Beyoncé lives in Los Angeles."

The gap is read as one token, and as an entity; tokens stand around every candidate, which is an
entity too. Each candidate is scored together with the gap, in every window of the passage that
holds it whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from openluke.decoding.probabilities import check_temperature, sigmoid
from openluke.errors import ConfigError
from openluke.evaluation.answer_rules import answer_rules
from openluke.evaluation.answers import score_cloze
from openluke.formats import record_cloze
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
from openluke.model.losses import multi_label_sum
from openluke.model.model import Model
from openluke.records import Answer, AnsweredQuestion, ClozeQuestion, Scores, Span
from openluke.shortfalls import Shortfall, tell
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.cloze_marks import Marks, put_marks
from openluke.tokenization.named_entities import with_entities
from openluke.tokenization.passages import Passage
from openluke.tokenization.question_pairs import QuestionPair, QuestionPairs
from openluke.tokenization.question_windows import (
    QuestionWindow,
    WindowRule,
    cut_into_windows,
    question_stretch,
)
from openluke.tokenization.tokenizer import WordTokenizer

PUBLISHED_TOKENS: Mapping[str, str] = {"[ENTITY]": "*", "[PLACEHOLDER]": "#", "[HIGHLIGHT]": "@"}
"""The tokens of the published experiment, with those whose vectors theirs began as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClozeQAConfig:
    """Options of cloze question answering."""

    mode: Literal["entities", "words"] = "entities"
    """What is read of gap and candidate: their entities, or with ``words`` the tokens at their
    beginnings, by an encoder that is given no entities."""
    tokens: Literal["own", "published"] = "own"
    """What stands around candidates, in the gap and where highlights begin. ``own``: ``<ent>``, the
    mask token, and the text as it is. ``published``: ``[ENTITY]``, ``[PLACEHOLDER]`` and
    ``[HIGHLIGHT]``, which the tokenizer must have."""
    temperature: float = 1.0
    """What scores are divided by before they become probabilities."""
    max_words: int | None = None
    """Most word pieces of an input; by default as many as the model reads."""
    overlap: int | None = None
    """Pieces that neighbouring windows of a passage share; by default as the model says."""
    step: int | None = None
    """How many pieces after a window the next one begins, in place of ``overlap``; the published
    experiment had 128."""
    max_query_pieces: int = 90
    """Most pieces of the sentence with the gap: of a longer one what stands around the gap is read;
    never more than half an input."""
    prefix_space: bool | None = None
    """Whether texts are read as if a space stood before them; by default as the model says. The
    published experiment did so."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)


class _Tokens(NamedTuple):
    """Ids of what is put in."""

    candidate: int
    gap: int
    highlight: int | None
    """``None`` where highlights are read as they are."""


class ClozeQA:
    """Entities that fill gaps."""

    name: ClassVar[str] = "cloze_qa"
    summary: ClassVar[str] = "which entity of a passage fills the gap of a sentence"
    example_type: ClassVar[type] = ClozeQuestion
    prediction_type: ClassVar[type] = AnsweredQuestion
    config_type: ClassVar[type] = ClozeQAConfig
    primary_metric: ClassVar[str] = "exact_match"
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ()
    forms: ClassVar[tuple[Form, ...]] = (record_cloze.FORM, json_form(ClozeQuestion))

    def __init__(self, config: ClozeQAConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        inputs = setup.inputs
        self._tokens = _tokens(config, tokenizer=setup.tokenizer)
        self._rule = WindowRule.of(
            inputs,
            max_words=config.max_words,
            max_question=config.max_query_pieces,
            overlap=config.overlap,
            step=config.step,
        )
        prefix = config.prefix_space
        self._pairs = QuestionPairs(
            setup.tokenizer,
            vocab=setup.entities,
            prefix_space=inputs.prefix_space if prefix is None else prefix,
        )

    @classmethod
    def labels_of(
        cls,
        examples: Iterable[ClozeQuestion],  # noqa: ARG003 - candidates belong to their question
        *,
        config: ClozeQAConfig,  # noqa: ARG003
    ) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def needs_titles(self) -> bool:
        """Gap and candidates are read as [MASK]."""
        return False

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """One score of gap and candidate."""
        kind: HeadKind = "entity_pair" if self.config.mode == "entities" else "pair_words"
        return {MAIN: HeadConfig(kind=kind, n_labels=1, problem="multi_label")}

    def encode(self, examples: Sequence[ClozeQuestion]) -> list[list[Instance]]:
        """An instance of each window with candidates, which are in ``details``.

        One with more candidates than an input has entities is read several times.
        """
        candidates = [sorted(set(example.candidates)) for example in examples]
        passages = [
            # A line break would be a piece of its own.
            Passage(text=example.context.replace("\n", " "), spans=[*spans, *self._marked(example)])
            for example, spans in zip(examples, candidates, strict=True)
        ]
        pairs = self._pairs.encode(
            [Passage(text=one.query, spans=[one.placeholder]) for one in examples],
            passages=passages,
        )
        encoded = [
            self._instances(example, pair=pair, candidates=spans)
            for example, pair, spans in zip(examples, pairs, candidates, strict=True)
        ]
        self._report(encoded, candidates=candidates)
        return encoded

    def collate(
        self,
        instances: Sequence[Instance],
        *,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> TaskBatch:
        """Tensors of instances; each candidate is a pair with the gap, the first entity."""
        inputs = collate_instances(
            instances,
            max_mention_length=self.setup.inputs.max_mention_length,
            n_targets=count_targets(instances),
        )
        layout = inputs.batch.layout
        gaps = np.repeat(layout.entity_starts, np.array(layout.entity_counts) - 1)
        is_candidate = np.ones(layout.n_entities, dtype=np.bool_)
        is_candidate[list(layout.entity_starts)] = False
        pairs = np.stack((gaps, np.flatnonzero(is_candidate)), axis=1)
        return replace(inputs, batch=replace(inputs.batch, pairs=torch.from_numpy(pairs)))

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """The sum over candidates in windows."""
        scores = self._scores(inputs, model=model)
        return {"candidates": multi_label_sum(scores, labels=inputs.targets["candidates"])}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """``scores`` of each instance's candidates. *Shape:* (K,)."""
        scores = self._scores(inputs, model=model).squeeze(1)
        sizes = [len(instance.details) for instance in inputs.instances]
        return [{"scores": rows} for rows in split_rows(scores, sizes=sizes)]

    def decode(
        self,
        example: ClozeQuestion,
        *,
        instances: Sequence[Instance],
        outputs: Sequence[Outputs],
    ) -> AnsweredQuestion:
        """The candidate with the highest score in any window; none if there are no candidates."""
        best: dict[Span, float] = {}
        for instance, output in zip(instances, outputs, strict=True):
            for span, score in zip(instance.details, output["scores"].tolist(), strict=True):
                best[span] = max(score, best.get(span, score))
        ranked = sorted(best, key=lambda span: (-best[span], span))
        scores = np.array([best[span] for span in ranked])
        shares = sigmoid(scores, temperature=self.config.temperature).tolist()
        candidates = tuple(
            Answer(text=span.of(example.context), start=span.start, end=span.end, score=share)
            for span, share in zip(ranked, shares, strict=True)
        )
        answer = candidates[0] if candidates else None
        return AnsweredQuestion(answer=answer, candidates=candidates, id=example.id)

    def score(
        self, gold: Sequence[ClozeQuestion], *, predicted: Sequence[AnsweredQuestion]
    ) -> Scores:
        """Exact match and F1 over all questions, as ReCoRD's own scorer does."""
        return score_cloze(gold, predicted=predicted)

    def judge(
        self, gold: ClozeQuestion, *, predicted: AnsweredQuestion
    ) -> Iterator[tuple[float, bool]]:
        """The answer: right if it matches exactly."""
        if gold.answers is not None and predicted.answer is not None:
            text, rules = predicted.answer.text, answer_rules("squad")
            is_right = any(rules.exact_match(text, gold=one.text) for one in gold.answers)
            yield predicted.answer.score or 0.0, is_right

    def _scores(self, inputs: TaskBatch, *, model: Model) -> Tensor:
        """*Shape:* (candidates, 1)."""
        return model.scores(inputs.batch, head=MAIN, words_only=self.config.mode == "words")

    def _marked(self, example: ClozeQuestion) -> tuple[Span, ...]:
        """Highlights that give way to a token."""
        return () if self._tokens.highlight is None else example.highlights

    def _instances(
        self, example: ClozeQuestion, *, pair: QuestionPair, candidates: Sequence[Span]
    ) -> list[Instance]:
        sources = pair.features.entity_sources
        if not candidates or 0 not in sources:  # the gap of which there are no pieces
            return []
        pair = _with_tokens(pair, tokens=self._tokens, n_candidates=len(candidates))
        gap = pair.features.entity_ranges[0].tolist()
        question = question_stretch(pair, rule=self._rule, needed=(gap[0], gap[1]))
        is_right = None if example.answers is None else _rightness(example, candidates=candidates)
        instances: list[Instance] = []
        for window in cut_into_windows(pair, rule=self._rule, question=question):
            for rows in self._groups(window):
                features = with_entities(window.features, rows=np.concatenate(([0], rows)))
                numbers = features.entity_sources[1:] - 1
                targets: dict[str, np.ndarray] = {}
                if is_right is not None:
                    targets = {"candidates": is_right[numbers, None]}
                spans = tuple(candidates[number] for number in numbers.tolist())
                instances.append(Instance(features=(features,), targets=targets, details=spans))
        return instances

    def _groups(self, window: QuestionWindow) -> list[np.ndarray]:
        """The candidates of a window, as many at once as an input may have beside the gap."""
        rows = np.arange(1, window.features.n_entities)
        most = self.setup.inputs.max_entities
        step = len(rows) if most is None else most - 1
        return [rows[first : first + step] for first in range(0, len(rows), max(step, 1))]

    def _report(
        self, encoded: Sequence[Sequence[Instance]], *, candidates: Sequence[Sequence[Span]]
    ) -> None:
        """Say what was not read."""
        n_candidates = sum(map(len, candidates))
        n_read = sum(len({span for one in found for span in one.details}) for found in encoded)
        lost = Shortfall(
            message="%d of %d candidates are whole in no window of the passage (max_words = %d), "
            "or have no pieces; they are not chosen",
            n=n_candidates - n_read,
            n_all=n_candidates,
            about=(self._rule.max_words,),
        )
        unread = Shortfall(
            message="%d of %d questions have no candidate that can be read; they have no answer, "
            "which counts in scores",
            n=sum(not found for found in encoded),
            n_all=len(encoded),
        )
        for shortfall in (lost, unread):
            tell(shortfall)


def _tokens(config: ClozeQAConfig, *, tokenizer: WordTokenizer) -> _Tokens:
    if config.tokens == "own":
        return _Tokens(tokenizer.marker_id, tokenizer.mask_id, None)
    ids = {token: tokenizer.id(token) for token in PUBLISHED_TOKENS}
    missing = [token for token, row in ids.items() if row is None]
    if missing:
        raise ConfigError(
            f"tokens is 'published', but the tokenizer has no {', '.join(missing)}; add "
            "them with checkpoints.added_words.with_words(bundle, words=PUBLISHED_TOKENS), or take "
            "tokens = 'own'"
        )
    found = [row for row in ids.values() if row is not None]
    return _Tokens(*found)


def _with_tokens(pair: QuestionPair, *, tokens: _Tokens, n_candidates: int) -> QuestionPair:
    """The pair with its tokens; entities are the gap and the candidates, numbered from 1."""
    sources = pair.features.entity_sources
    wrapped = np.flatnonzero((sources > 0) & (sources <= n_candidates))
    gap, highlights = np.flatnonzero(sources == 0), np.flatnonzero(sources > n_candidates)
    marked = put_marks(
        pair,
        marks=Marks(
            replaced=np.concatenate((gap, highlights)),
            replacements=np.array([tokens.gap] + [tokens.highlight or 0] * len(highlights)),
            wrapped=wrapped,
            wrapper=tokens.candidate,
        ),
    )
    is_entity = marked.features.entity_sources <= n_candidates
    features = with_entities(marked.features, rows=np.flatnonzero(is_entity))
    return replace(marked, features=features)


def _rightness(example: ClozeQuestion, *, candidates: Sequence[Span]) -> np.ndarray:
    """Which candidates are an answer; one whose place is not known is found by its text.

    *Shape:* (K,), zeros and ones.
    """
    answers = example.answers or ()
    spans = {
        (one.start, one.start + len(one.text) if one.end is None else one.end)
        for one in answers
        if one.start is not None
    }
    texts = {one.text for one in answers if one.start is None}
    return np.array(
        [tuple(span) in spans or span.of(example.context) in texts for span in candidates],
        dtype=np.int64,
    )


TASK = ClozeQA
