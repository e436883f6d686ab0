"""Multiple choice: which of any number of answers to a question is right.

| | |
|---|---|
| reads | ``ChoiceQuestion``: a question, perhaps with a passage, and its choices |
| predicts | ``ChosenAnswer``: the likeliest choice, and the probabilities of all |
| scored by | accuracy |
| paper | JGLUE (JCommonsenseQA): https://aclanthology.org/2022.lrec-1.317 |

Each choice is read in an input of its own, as the second text of a pair whose first is the question
with the passage after it.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar

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
from openluke.records import ChoiceQuestion, ChosenAnswer, Scores
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.passages import Passage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleChoiceConfig:
    """Options of multiple choice."""

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
        inputs = replace(setup.inputs, layout="plain")
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
        """No entity is read."""
        return False

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """One score of each choice."""
        return {MAIN: HeadConfig(kind="multiple_choice")}

    def encode(self, examples: Sequence[ChoiceQuestion]) -> list[list[Instance]]:
        """One instance of each question, with an input of each of its choices."""
        asked = [(_asked(example), choice) for example in examples for choice in example.choices]
        found = self._inputs.encode(
            [Passage(text=question) for question, _ in asked],
            pairs=[Passage(text=choice) for _, choice in asked],
        )
        n_cut = sum(bool(windows.report.unread) for windows in found)
        if n_cut:
            _log.warning(
                "%d of %d choices with their questions are longer than max_words = %d; the longer "
                "of both was cut at its end",
                n_cut,
                len(found),
                self.setup.inputs.max_words,
            )
        every = iter(found)
        encoded: list[list[Instance]] = []
        for example in examples:
            features = tuple(windows[0] for windows in islice(every, len(example.choices)))
            answer = IGNORE if example.answer is None else example.answer
            targets = {"answer": np.array([answer], dtype=np.int64)}
            encoded.append([Instance(features=features, targets=targets)])
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
        scores = model.scores(inputs.batch, head=MAIN)
        return {"answer": single_label_sum(scores, labels=inputs.targets["answer"])}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """``scores`` of each question's choices. *Shape:* (choices,)."""
        scores = model.scores(inputs.batch, head=MAIN)
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

    def next_round(
        self,
        example: ChoiceQuestion,  # noqa: ARG002 - one round does it
        *,
        prediction: ChosenAnswer,  # noqa: ARG002
    ) -> ChoiceQuestion | None:
        """Nothing is left to be asked."""
        return None


def _asked(example: ChoiceQuestion) -> str:
    return example.question if example.context is None else f"{example.question} {example.context}"


TASK = MultipleChoice
