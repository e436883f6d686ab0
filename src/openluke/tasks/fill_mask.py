"""Fill mask: which words and which entities stand in the gaps of a text.

| | |
|---|---|
| reads | ``MaskedText``: a text with masked words, masked entities, or both |
| predicts | ``FilledText``: for each of them the likeliest words, or titles of entities |
| scored by | the share of masked words whose likeliest word is the one that the text has |
| paper | mLUKE, section 4.4 (cloze prompts): https://aclanthology.org/2022.acl-long.505 |

It is what a pretrained model does: in "Tokyo is the capital of <mask>." the masked word is
``Japan``, and so is the entity of a mention there. Fine-tuned, it learns the words that the
masks of its texts hide, if they are single pieces; entities have no gold here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, cast

import numpy as np
import torch
from torch import Tensor

from openluke.decoding.probabilities import check_temperature
from openluke.decoding.vocabulary_rows import likeliest_rows, probabilities_at
from openluke.errors import ConfigError
from openluke.evaluation.counts import share
from openluke.evaluation.pairing import check_paired
from openluke.features import Features
from openluke.formats.form import Form
from openluke.formats.json_records import json_form
from openluke.instances import (
    Array,
    Instance,
    Outputs,
    TaskBatch,
    collate_instances,
    count_targets,
)
from openluke.model.config import HeadConfig, HeadKind
from openluke.model.encoder import EncoderOutput
from openluke.model.labels import IGNORE
from openluke.model.losses import single_label_sum
from openluke.model.masked_head import MaskedHead
from openluke.model.model import Model
from openluke.records import Candidate, FilledMask, FilledText, MaskedText, Mention, Scores, Span
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.masked_text import Gap, find_masks, masks_in_windows, put_masks
from openluke.tokenization.passages import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class FillMaskConfig:
    """Options of filling masks."""

    mode: Literal["entities", "words"] = "entities"
    """Whether mentions are read, and entities filled, or words alone."""
    top_k: int = 5
    """How many candidates each gap has."""
    temperature: float = 1.0
    """What scores of words are divided by before they become probabilities; those of entities, for
    which there is no gold, stay as they are."""

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if self.top_k < 1:
            raise ConfigError(f"top_k is {self.top_k}, expected at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gaps:
    words: list[Gap] = field(default_factory=list[Gap])
    entities: list[Gap] = field(default_factory=list[Gap])


class FillMask:
    """Words and entities that fill gaps."""

    name: ClassVar[str] = "fill_mask"
    summary: ClassVar[str] = "which words and which entities stand in the gaps of a text"
    example_type: ClassVar[type] = MaskedText
    prediction_type: ClassVar[type] = FilledText
    config_type: ClassVar[type] = FillMaskConfig
    primary_metric: ClassVar[str] = "accuracy"
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("masked",)
    forms: ClassVar[tuple[Form, ...]] = (json_form(MaskedText),)

    def __init__(self, config: FillMaskConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        inputs = replace(setup.inputs, layout="plain")
        self._inputs = EntityInputs(setup.tokenizer, setup.entities, inputs)
        truths = replace(inputs, max_entities=None)
        self._truths = EntityInputs(setup.tokenizer, setup.entities, truths)
        self._token = setup.tokenizer.roles["mask"]
        special = setup.entities.special
        self._reads_entities = config.mode == "entities"
        self._no_titles = frozenset({special.pad, special.unk, special.mask, special.mask2})

    @classmethod
    def labels_of(
        cls,
        examples: Iterable[MaskedText],  # noqa: ARG003
        *,
        config: FillMaskConfig,  # noqa: ARG003
    ) -> tuple[str, ...]:
        """None: the vocabularies are the labels."""
        return ()

    @property
    def needs_titles(self) -> bool:
        """Entities are read, and predicted, by their titles, if they are."""
        return self._reads_entities

    def head_configs(self) -> Mapping[str, HeadConfig]:
        """The pretraining head."""
        return {MAIN: HeadConfig(kind="masked")}

    def encode(self, examples: Sequence[MaskedText]) -> list[list[Instance]]:
        """An instance of each window in which there is a gap.

        Targets are the words that stand in the gaps, where they are single pieces.
        """
        named = [self._mentions(example) for example in examples]
        masked = [
            put_masks(
                example.text,
                masks=self._masks(example),
                spans=[mention.span for mention in mentions],
                token=self._token,
            )
            for example, mentions in zip(examples, named, strict=True)
        ]
        passages = [
            Passage(
                text=passage.text,
                spans=passage.spans,
                entities=[mention.entity for mention in mentions],
                languages=[mention.language for mention in mentions],
            )
            for mentions, passage in zip(named, masked, strict=True)
        ]
        read = self._inputs.encode(passages)
        return [
            self._instances(list(windows), example=example, masks=passage.masks, truths=truths)
            for windows, example, passage, truths in zip(
                read, examples, masked, self._hidden_words(examples), strict=True
            )
        ]

    def collate(
        self,
        instances: Sequence[Instance],
        *,
        rng: np.random.Generator,  # noqa: ARG002 - what is masked the examples say
    ) -> TaskBatch:
        """Tensors of instances."""
        return collate_instances(
            instances,
            max_mention_length=self.setup.inputs.max_mention_length,
            n_targets=count_targets(instances),
        )

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """The sum over masked words."""
        states = self._read(inputs, model=model).words[_word_rows(inputs)]
        scores = _masked_head(model).words(states)
        return {"words": single_label_sum(scores, labels=inputs.targets["words"])}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        """The likeliest words and entities of each instance's gaps; see ``likeliest_rows``."""
        head = _masked_head(model)
        output = self._read(inputs, model=model)
        gaps = [instance.details for instance in inputs.instances]
        # some to spare for special ones, which are no candidates
        n_special = max(len(self._no_titles), len(self.setup.tokenizer.special_ids))
        n_best = self.config.top_k + n_special
        words = likeliest_rows(
            head.words,
            states=output.words[_word_rows(inputs)],
            n_ids=self.setup.tokenizer.n_words,
            n_best=n_best,
            sizes=[len(of_one.words) for of_one in gaps],
        )
        if head.entities is None or not self._reads_entities:
            return words
        entities = likeliest_rows(
            head.entities,
            states=output.entities[_entity_rows(inputs)],
            n_ids=self.setup.entities.n_ids,
            n_best=n_best,
            sizes=[len(of_one.entities) for of_one in gaps],
            levels=False,
        )
        return [
            {**of_words, **{f"entity_{name}": rows for name, rows in of_entities.items()}}
            for of_words, of_entities in zip(words, entities, strict=True)
        ]

    def decode(
        self, example: MaskedText, *, instances: Sequence[Instance], outputs: Sequence[Outputs]
    ) -> FilledText:
        """Candidates of each gap; of one that was not read there are none."""
        masks = self._masks(example)
        words: dict[int, tuple[Candidate, ...]] = {}
        entities: dict[int, tuple[Candidate, ...]] = {}
        for instance, output in zip(instances, outputs, strict=True):
            scores = probabilities_at(self.config.temperature, output=output)
            for row, gap in enumerate(instance.details.words):
                words[gap.number] = self._words(output["ids"][row], scores=scores[row])
            for row, gap in enumerate(instance.details.entities):
                entities[gap.number] = self._titles(
                    output["entity_ids"][row],
                    scores=output["entity_scores"][row],
                    language=example.mentions[gap.number].language,
                )
        return FilledText(
            text=example.text,
            words=tuple(
                FilledMask(start=mask.start, end=mask.end, candidates=words.get(number, ()))
                for number, mask in enumerate(masks)
            ),
            entities=tuple(
                FilledMask(
                    start=mention.start, end=mention.end, candidates=entities.get(number, ())
                )
                for number, mention in enumerate(self._mentions(example))
                if mention.entity is None
            ),
            id=example.id,
        )

    def score(self, gold: Sequence[MaskedText], *, predicted: Sequence[FilledText]) -> Scores:
        """How many masked words are the likeliest candidate, and how many are any candidate."""
        check_paired(gold, predicted=predicted, what="texts")
        places: list[tuple[bool, bool]] = []
        for example, words, filled in zip(gold, self._hidden_texts(gold), predicted, strict=True):
            found = {(mask.start, mask.end): mask.candidates for mask in filled.words}
            for mask, word in zip(self._masks(example), words, strict=True):
                candidates = [one.text for one in found.get((mask.start, mask.end), ())]
                if word is not None:
                    places.append((candidates[:1] == [word], word in candidates))
        first, among = np.array(places, dtype=np.float64).reshape(-1, 2).sum(axis=0).tolist()
        return Scores(
            values={
                "accuracy": share(first, of=len(places)),
                "among_candidates": share(among, of=len(places)),
            },
            counts={"masked words": len(places)},
        )

    def judge(self, gold: MaskedText, *, predicted: FilledText) -> Iterator[tuple[float, bool]]:
        """The likeliest word of each gap."""
        (words,) = self._hidden_texts([gold])
        for word, filled in zip(words, predicted.words, strict=True):
            if word is not None and filled.candidates:
                yield filled.candidates[0].score, filled.candidates[0].text == word

    def _masks(self, example: MaskedText) -> tuple[Span, ...]:
        """The masks that are given, or the mask tokens that stand in the text itself."""
        return example.masks or find_masks(example.text, token=self._token)

    def _mentions(self, example: MaskedText) -> tuple[Mention, ...]:
        """Those that are read."""
        return example.mentions if self._reads_entities else ()

    def _read(self, inputs: TaskBatch, *, model: Model) -> EncoderOutput:
        return model.encoder(inputs.batch, words_only=not self._reads_entities)

    def _hidden_words(self, examples: Sequence[MaskedText]) -> list[list[int]]:
        """The word that stands in each mask; ``IGNORE`` where it is several pieces, or a mask."""
        passages = [Passage(text=one.text, spans=self._masks(one)) for one in examples]
        found: list[list[int]] = []
        for example, windows in zip(examples, self._truths.encode(passages), strict=True):
            ids = [IGNORE] * len(self._masks(example))
            for features in windows:
                starts, ends = features.entity_ranges.T
                for row in np.flatnonzero(ends - starts == 1).tolist():
                    word = int(features.word_ids[starts[row]])
                    if word != self.setup.tokenizer.mask_id:
                        ids[features.entity_sources[row]] = word
            found.append(ids)
        return found

    def _hidden_texts(self, examples: Sequence[MaskedText]) -> list[list[str | None]]:
        """What stands in each mask, as candidates are written; ``None`` where it is a mask."""
        return [
            [
                self._hidden_text(mask.of(example.text), word=word)
                for mask, word in zip(self._masks(example), words, strict=True)
            ]
            for example, words in zip(examples, self._hidden_words(examples), strict=True)
        ]

    def _hidden_text(self, text: str, *, word: int) -> str | None:
        if text == self._token:
            return None
        return text.strip() if word == IGNORE else self._word(word)

    def _word(self, word: int) -> str:
        return self.setup.tokenizer.decode([word]).strip()

    def _instances(
        self,
        windows: Sequence[Features],
        *,
        example: MaskedText,
        masks: Sequence[Span],
        truths: Sequence[int],
    ) -> list[Instance]:
        words = masks_in_windows(windows, masks=masks, mask_id=self.setup.tokenizer.mask_id)
        instances: list[Instance] = []
        for window, features in enumerate(windows):
            gaps = _Gaps(
                words=words[window],
                entities=[
                    Gap(source, row)
                    for row, source in enumerate(features.entity_sources.tolist())
                    if example.mentions[source].entity is None
                ],
            )
            if not gaps.words and not gaps.entities:
                continue
            ids = np.array([truths[gap.number] for gap in gaps.words], dtype=np.int64)
            instances.append(Instance(features=(features,), targets={"words": ids}, details=gaps))
        return instances

    def _words(self, ids: Array, *, scores: Array) -> tuple[Candidate, ...]:
        best = zip(ids.tolist(), scores.tolist(), strict=True)
        special = self.setup.tokenizer.special_ids
        found = [
            Candidate(text=self._word(word), score=score)
            for word, score in best
            if word not in special
        ]
        return tuple(found[: self.config.top_k])

    def _titles(self, ids: Array, *, scores: Array, language: str | None) -> tuple[Candidate, ...]:
        vocab = self.setup.entities
        found: list[Candidate] = []
        for entity, score in zip(ids.tolist(), scores.tolist(), strict=True):
            names = vocab.names(entity)
            if entity in self._no_titles or not names:
                continue
            name = next((one for one in names if one.language == language), names[0])
            found.append(Candidate(text=name.title, score=score, language=name.language))
        return tuple(found[: self.config.top_k])


def _masked_head(model: Model) -> MaskedHead:
    return cast("MaskedHead", model.head(MAIN))


def _word_rows(inputs: TaskBatch) -> Tensor:
    starts = inputs.batch.layout.word_starts
    rows = [
        start + gap.row
        for start, instance in zip(starts, inputs.instances, strict=True)
        for gap in instance.details.words
    ]
    return torch.tensor(rows, dtype=torch.int64, device=inputs.batch.device)


def _entity_rows(inputs: TaskBatch) -> Tensor:
    starts = inputs.batch.layout.entity_starts
    rows = [
        start + gap.row
        for start, instance in zip(starts, inputs.instances, strict=True)
        for gap in instance.details.entities
    ]
    return torch.tensor(rows, dtype=torch.int64, device=inputs.batch.device)


TASK = FillMask
