"""Extractive question answering: the stretch of a passage that answers a question.

| | |
|---|---|
| reads | ``Question``: a question and a passage, with the entities that both mention, if known |
| predicts | ``AnsweredQuestion``: the answer as it stands in the passage, and the best others |
| scored by | exact match and F1, as SQuAD 1.1, SQuAD 2.0 and MLQA do |
| paper | LUKE, section 4.5: https://aclanthology.org/2020.emnlp-main.523 |

"Where does Beyoncé live?" of "Beyoncé lives in Los Angeles." is answered by "Los Angeles".

Entities are read where the records name them: ``mentions`` of the passage and ``question_mentions``
of the question, each with the title of its entity. The published experiments looked up the names
that the passage's article links to, as ``squad`` does with a table of names (``mentions``). A
mention without a title is read as [MASK]. Without mentions only words are read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from openluke.decoding.answer_records import Reach, answered_question, distinct_answers
from openluke.decoding.answers import AnswerWindow, best_answers
from openluke.decoding.probabilities import check_temperature
from openluke.errors import ConfigError, DataError, ExampleError
from openluke.evaluation.answer_rules import RulesName, answer_rules
from openluke.evaluation.answers import score_answers
from openluke.evaluation.no_answers import score_answers_or_none
from openluke.formats import squad
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
from openluke.model.heads import AnswerScores
from openluke.model.labels import IGNORE
from openluke.model.losses import answer_sums
from openluke.model.model import Model
from openluke.records import AnsweredQuestion, Mention, Question, Scores
from openluke.shortfalls import Shortfall, tell
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.answer_places import AnswerPlaces
from openluke.tokenization.named_entities import (
    UnknownTitles,
    entities_beyond,
    passage_of,
    with_entities,
)
from openluke.tokenization.passages import Passage
from openluke.tokenization.question_pairs import QuestionPairs
from openluke.tokenization.question_windows import (
    QuestionWindow,
    WindowRule,
    cut_into_windows,
    question_stretch,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractiveQAConfig:
    """Options of extractive question answering."""

    mode: Literal["entities", "words"] = "entities"
    """Whether the entities that the records name are read, or words alone."""
    unknown_titles: UnknownTitles = "skip"
    """What becomes of mentions of entities that the vocabulary does not have: they are left out, or
    read as [UNK]."""
    no_answer: bool | None = None
    """Whether it may be that a passage has no answer, as in SQuAD 2.0; by default fine-tuning
    chooses: as it is in the training data."""
    no_answer_threshold: float | None = None
    """With ``no_answer``: how much likelier than the best answer it must be that there is none (a
    difference of logits) for there to be none. By default fine-tuning takes the one of the best F1
    on dev; else it is 0."""
    temperature: float = 1.0
    """What scores are divided by before they become probabilities."""
    max_words: int | None = None
    """Most word pieces of an input; by default as many as the model reads. The published
    experiments of LUKE had 512, those of mLUKE 384."""
    overlap: int | None = None
    """Pieces that neighbouring windows of a passage share; by default as the model says. It should
    be more than twice the longest answer: an answer begins only in the window that has most context
    around its first piece, which may else not have its end."""
    step: int | None = None
    """How many pieces after a window the next one begins, in place of ``overlap``; the published
    experiments of LUKE had 128."""
    max_question_pieces: int = 64
    """Most pieces of a question, of which the rest is not read; never more than half an input."""
    max_answer_pieces: int = 30
    """Most pieces of an answer."""
    n_best: int = 20
    """How many first and last pieces of an answer are looked at, and how many answers are shown."""
    prefix_space: bool | None = None
    """Whether texts are read as if a space stood before them; by default as the model says. The
    published experiments of LUKE did so."""
    windows_without_answer: Literal["none", "ignore"] = "none"
    """What is learnt of a window that lacks the answer of its question: that there is none in it,
    or nothing."""
    rules: RulesName = "squad"
    """Whose rules say when answers are the same. Those of MLQA need the language of questions."""
    masked_loss: bool = False
    """Whether in training answers cannot begin in the question nor end after the passage, as in the
    published experiments of mLUKE; otherwise that is learnt."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        for name in ("max_answer_pieces", "n_best"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected at least 1")


class _Place(NamedTuple):
    """Where the passage is in an input."""

    begin: int
    end: int
    first: int
    """Which piece of the passage is the first of them."""


class ExtractiveQA:
    """Answers that stand in passages."""

    name: ClassVar[str] = "extractive_qa"
    summary: ClassVar[str] = "the stretch of a passage that answers a question"
    example_type: ClassVar[type] = Question
    prediction_type: ClassVar[type] = AnsweredQuestion
    config_type: ClassVar[type] = ExtractiveQAConfig
    primary_metric: ClassVar[str] = "f1"
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("extractive_qa",)
    forms: ClassVar[tuple[Form, ...]] = (squad.FORM, json_form(Question))

    def __init__(self, config: ExtractiveQAConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        inputs = setup.inputs
        self._rule = WindowRule.of(
            inputs,
            max_words=config.max_words,
            max_question=config.max_question_pieces,
            overlap=config.overlap,
            step=config.step,
        )
        prefix = config.prefix_space
        self._pairs = QuestionPairs(
            setup.tokenizer,
            vocab=setup.entities,
            prefix_space=inputs.prefix_space if prefix is None else prefix,
            unknown_titles=config.unknown_titles,
        )

    @classmethod
    def labels_of(
        cls,
        examples: Iterable[Question],  # noqa: ARG003 - answers have no labels
        *,
        config: ExtractiveQAConfig,  # noqa: ARG003
    ) -> tuple[str, ...]:
        """None."""
        return ()

    @classmethod
    def settle(
        cls, config: ExtractiveQAConfig, *, examples: Iterable[Question]
    ) -> ExtractiveQAConfig:
        """The options, with ``no_answer`` where questions that are learnt from have none."""
        if config.no_answer is not None:
            return config
        has_none = any(one.answers is not None and not one.answers for one in examples)
        return replace(config, no_answer=has_none)

    @classmethod
    def check_gold(cls, examples: Iterable[Question], *, config: ExtractiveQAConfig) -> None:
        """Questions need answers, and a language that the rules know."""
        rules = answer_rules(config.rules)
        for number, example in enumerate(examples):
            if example.answers is None:
                raise ExampleError("has no gold answers, so it cannot be scored", number=number)
            try:
                rules.normalise("", example.language)
            except DataError as error:
                raise ExampleError(str(error), number=number) from error

    def fitted(self, scores: Scores) -> dict[str, Any]:
        """The threshold of the best F1, if it is better than what was used."""
        is_open = self.config.no_answer and self.config.no_answer_threshold is None
        threshold = scores.values.get("best_f1_threshold")
        if not is_open or not threshold or scores["best_f1"] <= scores["f1"]:
            return {}
        return {"no_answer_threshold": threshold}

    @property
    def needs_titles(self) -> bool:
        """Entities are read by their titles, if they are read."""
        return self.config.mode == "entities"

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """Scores of each word as the first and the last of an answer."""
        return {MAIN: HeadConfig(kind="extractive_qa")}

    def encode(self, examples: Sequence[Question]) -> list[list[Instance]]:
        """An instance of each window of a passage; of a passage without pieces none."""
        pairs = self._pairs.encode(
            [self._passage(one.question, mentions=one.question_mentions) for one in examples],
            passages=[self._passage(one.context, mentions=one.mentions) for one in examples],
        )
        encoded: list[list[Instance]] = []
        most = self.setup.inputs.max_entities
        n_cut = n_lost = n_unread = n_beyond = 0
        for example, pair in zip(examples, pairs, strict=True):
            question = question_stretch(pair, rule=self._rule)
            n_cut += question != pair.question
            answers = (
                None if example.answers is None else AnswerPlaces.of(example.answers, pair=pair)
            )
            windows = [
                window
                for window in cut_into_windows(pair, rule=self._rule, question=question)
                if window.passage[0] < window.passage[1]
            ]
            n_unread += not windows
            if most is not None:
                n_beyond += sum(max(window.features.n_entities - most, 0) for window in windows)
            if answers is not None and not answers.is_unanswerable:
                n_lost += not any(answers.inside(window) for window in windows)
            encoded.append([self._instance(window, answers=answers) for window in windows])
        tell(entities_beyond(n_beyond, most=most))
        self._report(n_cut=n_cut, n_lost=n_lost, n_unread=n_unread, n_examples=len(examples))
        return encoded

    def collate(
        self,
        instances: Sequence[Instance],
        *,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> TaskBatch:
        """Tensors of instances."""
        counts = count_targets(instances)
        return collate_instances(
            instances,
            max_mention_length=self.setup.inputs.max_mention_length,
            n_targets={"answer": counts["start"] + counts["end"]} if counts else {},
        )

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """Both sums over windows: their number counts twice, so the mean is that of both means."""
        scores = self._scores(inputs, model=model)
        if self.config.masked_loss:
            scores = _masked(scores, inputs=inputs)
        sums = answer_sums(
            scores, batch=inputs.batch, start=inputs.targets["start"], end=inputs.targets["end"]
        )
        return {"answer": sums.start + sums.end}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """``start`` and ``end`` of each piece of the passage (N,); ``none`` of no answer (1,)."""
        scores = torch.stack(self._scores(inputs, model=model), dim=1)
        found: list[Outputs] = []
        rows = split_rows(scores, sizes=inputs.batch.layout.word_counts)
        for instance, of_words in zip(inputs.instances, rows, strict=True):
            place: _Place = instance.details
            start, end = of_words[place.begin : place.end].T
            found.append({"start": start, "end": end, "none": of_words[0].sum(keepdims=True)})
        return found

    def decode(
        self, example: Question, *, instances: Sequence[Instance], outputs: Sequence[Outputs]
    ) -> AnsweredQuestion:
        """The best answer of all windows, unless it is likelier that there is none."""
        windows = [
            AnswerWindow(first=instance.details.first, start=output["start"], end=output["end"])
            for instance, output in zip(instances, outputs, strict=True)
        ]
        config = self.config
        found = best_answers(windows, n_best=config.n_best, max_pieces=config.max_answer_pieces)
        spans = distinct_answers(
            found,
            windows=[Reach(one.features[0], one.details.begin) for one in instances],
            context=example.context,
            n_best=config.n_best,
        )
        none = min((float(output["none"][0]) for output in outputs), default=None)
        answered = answered_question(
            spans,
            context=example.context,
            none=none if config.no_answer else None,
            threshold=config.no_answer_threshold or 0.0,
            temperature=config.temperature,
        )
        return replace(answered, id=example.id)

    def score(self, gold: Sequence[Question], *, predicted: Sequence[AnsweredQuestion]) -> Scores:
        """F1 and exact match over all questions, as the data's own scorer does.

        Where a question has no answer, saying so is right.
        """
        rules = self.config.rules
        if self.config.no_answer or not all(one.answers or one.answers is None for one in gold):
            return score_answers_or_none(gold, predicted=predicted, rules=rules)
        return score_answers(gold, predicted=predicted, rules=rules)

    def judge(self, gold: Question, *, predicted: AnsweredQuestion) -> Iterator[tuple[float, bool]]:
        """The answer, or that there is none: right if it matches exactly."""
        if gold.answers is None:
            return
        if predicted.answer is not None:
            rules = answer_rules(self.config.rules)
            is_right = any(
                rules.exact_match(predicted.answer.text, gold=one.text, language=gold.language)
                for one in gold.answers
            )
            yield predicted.answer.score or 0.0, is_right
        elif predicted.no_answer_score is not None:
            rest = sum(one.score or 0.0 for one in predicted.candidates)
            yield max(1.0 - rest, 0.0), not gold.answers

    def _passage(self, text: str, *, mentions: Sequence[Mention]) -> Passage:
        return passage_of(text, mentions=() if self.config.mode == "words" else mentions)

    def _instance(self, window: QuestionWindow, *, answers: AnswerPlaces | None) -> Instance:
        features = window.features
        most = self.setup.inputs.max_entities
        if most is not None and features.n_entities > most:
            features = with_entities(features, rows=np.arange(most))
        targets: dict[str, np.ndarray] = {}
        if answers is not None:
            start, end = self._target(window, answers=answers)
            targets = {
                "start": np.array([start], dtype=np.int64),
                "end": np.array([end], dtype=np.int64),
            }
        place = _Place(*window.passage, window.first)
        return Instance(features=(features,), targets=targets, details=place)

    def _target(self, window: QuestionWindow, *, answers: AnswerPlaces) -> tuple[int, int]:
        """The first and last piece of the first answer that the window has, or the first token."""
        inside = answers.inside(window)
        if inside is not None:
            return inside[0], inside[1] - 1
        learns_none = self.config.windows_without_answer == "none"
        if answers.is_unanswerable or (answers.ranges and learns_none):
            return 0, 0
        return IGNORE, IGNORE

    def _scores(self, inputs: TaskBatch, *, model: Model) -> AnswerScores:
        return model.scores(inputs.batch, head=MAIN, words_only=self.config.mode == "words")

    def _report(self, *, n_cut: int, n_lost: int, n_unread: int, n_examples: int) -> None:
        """Say what was not read."""
        cut = Shortfall(
            message="%d of %d questions have more than %d pieces (max_question_pieces, at most "
            "half of max_words); the beginning is read",
            n=n_cut,
            n_all=n_examples,
            about=(self._rule.question_size(),),
        )
        lost = Shortfall(
            message="%d of %d questions have no answer that a window holds whole with its place "
            "known; they count as they are in scores",
            n=n_lost,
            n_all=n_examples,
        )
        unread = Shortfall(
            message="%d of %d passages have no pieces; no answer", n=n_unread, n_all=n_examples
        )
        for shortfall in (cut, lost, unread):
            tell(shortfall)


def _masked(scores: AnswerScores, *, inputs: TaskBatch) -> AnswerScores:
    """Scores without those of first pieces in questions and of last ones after passages."""
    starts, ends = np.zeros((2, len(scores.start)), dtype=np.bool_)
    first = 0
    for instance in inputs.instances:
        place: _Place = instance.details
        length = len(instance.features[0])
        starts[first + 1 : first + place.begin] = True
        ends[first + place.end : first + length] = True
        first += length
    lowest = torch.finfo(scores.start.dtype).min
    return AnswerScores(
        *(
            of_words.masked_fill(torch.from_numpy(mask).to(of_words.device), lowest)
            for of_words, mask in zip(scores, (starts, ends), strict=True)
        )
    )


TASK = ExtractiveQA
