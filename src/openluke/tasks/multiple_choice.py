"""Multiple choice: which of any number of answers to a question is right.

| | |
|---|---|
| reads | ``ChoiceQuestion``: a question, perhaps with a passage, and its choices |
| predicts | ``ChosenAnswer``: the likeliest choice, and the probabilities of all |
| scored by | accuracy |
| paper | JGLUE (JCommonsenseQA): https://aclanthology.org/2022.lrec-1.317 |

Each choice is read in an input of its own, as the second text of a pair whose first is the question
with the passage after it.

Entities are read where the records name them: ``question_mentions`` of the question, ``mentions``
of the passage and ``choice_mentions`` of the choices, each with the title of its entity; one
without a title is read as [MASK].
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar, Literal

import numpy as np
from torch import Tensor

from openluke.decoding.probabilities import check_temperature, softmax
from openluke.evaluation.classification import score_choices
from openluke.evaluation.pairing import check_paired
from openluke.formats import jglue
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
from openluke.model.losses import single_label_sum
from openluke.model.model import Model
from openluke.records import ChoiceQuestion, ChosenAnswer, Mention, Scores
from openluke.shortfalls import Shortfall, tell
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.named_entities import NamedEntities, UnknownTitles, passage_of
from openluke.tokenization.passages import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleChoiceConfig:
    """Options of multiple choice."""

    mode: Literal["entities", "words"] = "entities"
    """Whether the entities that the records name are read, or words alone."""
    unknown_titles: UnknownTitles = "skip"
    """What becomes of mentions of entities that the vocabulary does not have: they are left out, or
    read as [UNK]."""
    temperature: float = 1.0
    """What scores are divided by before they become probabilities."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)


class MultipleChoice:
    """The right choices of questions."""

    name: ClassVar[str] = "multiple_choice"
    summary: ClassVar[str] = "which of any number of answers to a question is right"
    example_type: ClassVar[type] = ChoiceQuestion
    prediction_type: ClassVar[type] = ChosenAnswer
    config_type: ClassVar[type] = MultipleChoiceConfig
    primary_metric: ClassVar[str] = "accuracy"
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("multiple_choice",)
    forms: ClassVar[tuple[Form, ...]] = (json_form(ChoiceQuestion), jglue.JCOMMONSENSEQA)

    def __init__(self, config: MultipleChoiceConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        # How many entities are read is decided when it is known which of them are.
        inputs = replace(setup.inputs, layout="plain", max_entities=None)
        if inputs.on_overflow != "error":
            inputs = replace(inputs, on_overflow="truncate")
        self._inputs = EntityInputs(setup.tokenizer, setup.entities, inputs)

    @classmethod
    def labels_of(
        cls,
        examples: Iterable[ChoiceQuestion],  # noqa: ARG003
        *,
        config: MultipleChoiceConfig,  # noqa: ARG003
    ) -> tuple[str, ...]:
        """None: choices belong to their question."""
        return ()

    @property
    def needs_titles(self) -> bool:
        """Entities are read by their titles, if they are read."""
        return self.config.mode == "entities"

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """One score of each choice."""
        return {MAIN: HeadConfig(kind="multiple_choice")}

    def encode(self, examples: Sequence[ChoiceQuestion]) -> list[list[Instance]]:
        """One instance of each question, with an input of each of its choices."""
        asked = [self._asked(example) for example in examples for _ in example.choices]
        found = self._inputs.encode(
            asked, pairs=[choice for example in examples for choice in self._choices(example)]
        )
        cut = Shortfall(
            message="%d of %d choices with their questions are longer than max_words = %d; the "
            "longer of both was cut at its end",
            n=sum(bool(windows.report.unread) for windows in found),
            n_all=len(found),
            about=(self.setup.inputs.max_words,),
        )
        tell(cut)
        entities = NamedEntities(
            unknown_titles=self.config.unknown_titles, limits=self.setup.inputs
        )
        every = (
            entities.read(windows[0], unknown=windows.report.unknown_titles) for windows in found
        )
        encoded: list[list[Instance]] = []
        for example in examples:
            features = tuple(islice(every, len(example.choices)))
            answer = IGNORE if example.answer is None else example.answer
            targets = {"answer": np.array([answer], dtype=np.int64)}
            encoded.append([Instance(features=features, targets=targets)])
        entities.tell()
        return encoded

    def collate(
        self,
        instances: Sequence[Instance],
        *,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> TaskBatch:
        """Tensors of instances."""
        inputs = collate_instances(
            instances,
            max_mention_length=self.setup.inputs.max_mention_length,
            n_targets=count_targets(instances),
        )
        # Also where every question has one choice.
        choices = tuple(len(instance.features) for instance in instances)
        return replace(inputs, batch=replace(inputs.batch, choices=choices))

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """The sum over questions."""
        scores = self._scores(inputs, model=model)
        return {"answer": single_label_sum(scores, labels=inputs.targets["answer"])}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """``scores`` of each question's choices. *Shape:* (choices,)."""
        scores = self._scores(inputs, model=model)
        rows = split_rows(scores, sizes=[1] * len(inputs.instances))
        return [
            {"scores": row[0, : len(instance.features)]}
            for row, instance in zip(rows, inputs.instances, strict=True)
        ]

    def decode(
        self,
        example: ChoiceQuestion,
        *,
        instances: Sequence[Instance],  # noqa: ARG002 - there is one
        outputs: Sequence[Outputs],
    ) -> ChosenAnswer:
        """The likeliest choice."""
        (output,) = outputs
        scores = softmax(output["scores"], temperature=self.config.temperature)
        answer = int(scores.argmax())
        return ChosenAnswer(
            answer=answer,
            text=example.choices[answer],
            score=float(scores[answer]),
            scores=tuple(scores.tolist()),
            id=example.id,
        )

    def score(self, gold: Sequence[ChoiceQuestion], *, predicted: Sequence[ChosenAnswer]) -> Scores:
        """Accuracy over the questions whose answer is known."""
        check_paired(gold, predicted=predicted, what="questions")
        known = [number for number, one in enumerate(gold) if one.answer is not None]
        return score_choices(
            [gold[number] for number in known], predicted=[predicted[number] for number in known]
        )

    def judge(
        self, gold: ChoiceQuestion, *, predicted: ChosenAnswer
    ) -> Iterator[tuple[float, bool]]:
        """The choice that was taken."""
        if gold.answer is not None:
            yield predicted.score, predicted.answer == gold.answer

    def _scores(self, inputs: TaskBatch, *, model: Model) -> Tensor:
        return model.scores(inputs.batch, head=MAIN, words_only=self.config.mode == "words")

    def _asked(self, example: ChoiceQuestion) -> Passage:
        """The question with the passage after it."""
        if example.context is None:
            return self._passage(example.question, mentions=example.question_mentions)
        shift = len(example.question) + 1
        moved = [
            replace(mention, start=mention.start + shift, end=mention.end + shift)
            for mention in example.mentions
        ]
        text = f"{example.question} {example.context}"
        return self._passage(text, mentions=[*example.question_mentions, *moved])

    def _choices(self, example: ChoiceQuestion) -> list[Passage]:
        mentions = example.choice_mentions or ((),) * len(example.choices)
        return [
            self._passage(choice, mentions=of_choice)
            for choice, of_choice in zip(example.choices, mentions, strict=True)
        ]

    def _passage(self, text: str, *, mentions: Sequence[Mention]) -> Passage:
        return passage_of(text, mentions=() if self.config.mode == "words" else mentions)


TASK = MultipleChoice
