"""What is learnt in pretraining: hidden words, hidden entities, and whose page a text is from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

import numpy as np
import torch
from torch import Tensor

from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.instances import Array, Instance, TaskBatch
from openluke.model.batch import Batch
from openluke.model.encoder import EncoderOutput
from openluke.model.flops import encoder_flops, masked_flops
from openluke.model.ignore import IGNORE
from openluke.model.masked_head import MaskedHead, Prediction
from openluke.model.model import Model
from openluke.pretraining.full_softmax import SoftmaxSums, full_softmax
from openluke.pretraining.masking import Masked, Masker, MaskingConfig
from openluke.pretraining.page_entity import PageEntityHead, page_entity_sum
from openluke.pretraining.sampled_softmax import EntitySampler, Sampling, sampled_softmax
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer

EntityLoss = Literal["full", "sampled", "none"]
MASKED = "masked"
"""The name of the head for hidden words and entities."""
PAGE_ENTITY = "page_entity"
"""The name of the ``PageEntityHead``, which a model has if it is trained."""
_MENTION_LENGTH = EntityInputsConfig().max_mention_length


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveConfig:
    """What is learnt; each loss is a mean over its targets, and their sum is minimised."""

    masking: MaskingConfig = field(default_factory=MaskingConfig)
    """What is hidden."""
    words: bool = True
    """Whether hidden words are predicted."""
    entity_loss: EntityLoss = "full"
    """How hidden entities are predicted: among all of the vocabulary, in training among a sample of
    it and else among all, or not at all."""
    n_sampled: int = 8192
    """How many entities a sample has; all targets of a batch share one."""
    sampling: Sampling = "log_uniform"
    """How a sample is drawn: by ids, which are in order of frequency in vocabularies of ours, or by
    the vocabulary's counts of links."""
    page_entity: bool = False
    """Whether the first word of an input predicts the embedding of the entity whose page it is
    from, where the vocabulary has that entity."""
    words_only: bool = False
    """Whether the model reads words alone; then ``entity_loss`` is ``"none"``."""
    softmax_rows: int = 64
    """How many targets are scored at once; each takes memory for two scores of every row of the
    vocabulary, 4 MB for 500,000."""

    def __post_init__(self) -> None:
        if self.entity_loss not in get_args(EntityLoss):
            raise ConfigError(
                f"entity_loss is {self.entity_loss!r}, expected one of {get_args(EntityLoss)}"
            )
        for name in ("n_sampled", "softmax_rows"):
            if (value := getattr(self, name)) < 1:
                raise ConfigError(f"{name} is {value}, expected at least 1")
        if self.words_only and self.entity_loss != "none":
            raise ConfigError(
                f"words_only leaves no entities to predict, but entity_loss is "
                f"{self.entity_loss!r}; set it to 'none'"
            )
        if not self.words and self.entity_loss == "none" and not self.page_entity:
            raise ConfigError(
                "words and page_entity are off and entity_loss is 'none', so there is nothing to "
                "learn; switch one of them on"
            )


class PretrainingObjective:
    """Hides words and entities of inputs, and has a model find them again.

    The model has the head ``MASKED``, and ``PAGE_ENTITY`` if that is trained. Losses are ``words``,
    ``entities`` and ``page``. Beside the first two stand ``accuracy`` and ``reciprocal_rank`` among
    the whole vocabulary, where it is scored.

    Args:
        config: What is learnt.
        tokenizer: What words of the inputs are ids of.
        entities: What their entities are ids of.
        max_mention_length: How many of a mention's first pieces give its position.
    """

    def __init__(
        self,
        config: ObjectiveConfig,
        *,
        tokenizer: WordTokenizer,
        entities: EntityVocab,
        max_mention_length: int = _MENTION_LENGTH,
    ) -> None:
        self.config = config
        self._masker = Masker(config.masking, tokenizer=tokenizer, entities=entities)
        self._max_mention_length = max_mention_length
        self._sampler = None
        if config.entity_loss == "sampled":
            self._sampler = EntitySampler(entities, sampling=config.sampling, n=config.n_sampled)

    def collate(self, instances: Sequence[Instance], *, rng: np.random.Generator) -> TaskBatch:
        """Hide some of each input, and make tensors of all.

        What is hidden of an input depends on its place among the others, but not on them.

        Args:
            instances: Of one input each; ``page``, the row of the entity whose page it is from or
                -1, among the targets if that is learnt.
            rng: What is random is drawn from it.

        Returns:
            A batch with these targets: ``word_rows`` and ``entity_rows``, the rows of the packed
            batch that are to be predicted, with ``word_labels`` and ``entity_labels``;
            ``page_rows``, those of first words, with ``page``; ``negatives`` with ``log_chances``.
        """
        config, targets, n_targets = self.config, dict[str, Array](), dict[str, int]()
        masked = [
            self._masker(instance.features[0], rng=own)
            for instance, own in zip(instances, rng.spawn(len(instances)), strict=True)
        ]
        if config.words:
            rows, labels = _asked([one.word_labels for one in masked])
            targets |= {"word_rows": rows, "word_labels": labels}
            n_targets["words"] = len(rows)
        if config.entity_loss != "none":
            rows, labels = _asked([one.entity_labels for one in masked])
            targets |= {"entity_rows": rows, "entity_labels": labels}
            n_targets["entities"] = len(rows)
        if self._sampler is not None:
            sample = self._sampler.draw(rng)
            targets |= {"negatives": sample.rows, "log_chances": sample.log_chances}
        if config.page_entity:
            rows, labels = _pages(instances, masked=masked)
            targets |= {"page_rows": rows, "page": labels}
            n_targets["page"] = len(rows)
        return TaskBatch(
            batch=Batch.collate(
                [one.features for one in masked], max_mention_length=self._max_mention_length
            ),
            instances=tuple(instances),
            targets={name: torch.from_numpy(array) for name, array in targets.items()},
            n_targets=n_targets,
        )

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, Tensor]:
        """The sum of each loss over its targets, and beside it the sums of its measures."""
        output = model.encoder(inputs.batch, words_only=self.config.words_only)
        found: dict[str, Tensor] = {}
        if self.config.words:
            found |= self._words(output, targets=inputs.targets, model=model)
        if self.config.entity_loss != "none":
            found |= self._entities(output, targets=inputs.targets, model=model)
        if self.config.page_entity:
            found["page"] = _page(output, targets=inputs.targets, model=model)
        return found

    def flops(self, inputs: TaskBatch, *, model: Model) -> float:
        """How much a training pass of a batch must compute; see ``model/flops.py``."""
        config, layout = self.config, inputs.batch.layout
        if config.words_only:
            layout = layout.without_entities()
        of_head = masked_flops(
            _masked_head(model),
            encoder=model.encoder,
            layout=layout,
            word_rows=inputs.n_targets.get("words", 0),
            entity_rows=inputs.n_targets.get("entities", 0),
            n_entities=None if self._sampler is None else config.n_sampled + 1,
        )
        return encoder_flops(model.encoder, layout=layout) + of_head

    def _words(
        self, output: EncoderOutput, *, targets: Mapping[str, Tensor], model: Model
    ) -> dict[str, Tensor]:
        states = output.words.index_select(0, targets["word_rows"])
        prediction = _masked_head(model).words
        sums = self._full(prediction, states=states, labels=targets["word_labels"])
        return _named("words", sums=sums)

    def _entities(
        self, output: EncoderOutput, *, targets: Mapping[str, Tensor], model: Model
    ) -> dict[str, Tensor]:
        states = output.entities.index_select(0, targets["entity_rows"])
        prediction, labels = _masked_head(model).entities, targets["entity_labels"]
        if prediction is None:
            raise ConfigError(
                f"entity_loss is {self.config.entity_loss!r}, but the encoder has no entities "
                "(n_entities = 0); set it to 'none', and words_only to true"
            )
        if self._sampler is None or not model.training:
            sums = self._full(prediction, states=states, labels=labels)
            return _named("entities", sums=sums)
        loss = sampled_softmax(
            prediction.transform(states).float(),
            table=prediction.table,
            bias=prediction.bias,
            labels=labels,
            negatives=targets["negatives"],
            log_chances=targets["log_chances"],
        )
        return {"entities": loss}

    def _full(self, prediction: Prediction, *, states: Tensor, labels: Tensor) -> SoftmaxSums:
        hidden = prediction.transform(states)
        if not len(labels):
            # it still belongs to the graph, and no gradient as large as the table is made for it
            zero = hidden.float().sum()
            return SoftmaxSums(zero, zero.detach(), zero.detach())
        return full_softmax(
            hidden,
            table=prediction.table,
            bias=prediction.bias,
            labels=labels,
            n_rows=self.config.softmax_rows,
        )


def _asked(labels: Sequence[Array]) -> tuple[Array, Array]:
    """Which rows of all inputs, one after another, are to be predicted, and their labels."""
    whole = np.concatenate([*labels, np.zeros(0, dtype=np.int32)])
    rows = np.flatnonzero(whole != IGNORE)
    return rows, whole[rows].astype(np.int64)


def _pages(instances: Sequence[Instance], *, masked: Sequence[Masked]) -> tuple[Array, Array]:
    """The rows of the first words of inputs whose page is an entity's, and those entities."""
    first_words = np.cumsum([0, *(len(one.features) for one in masked)], dtype=np.int64)[:-1]
    pages = np.array([int(one.targets["page"][0]) for one in instances], dtype=np.int64)
    return first_words[pages >= 0], pages[pages >= 0]


def _named(name: str, *, sums: SoftmaxSums) -> dict[str, Tensor]:
    return {
        name: sums.loss,
        f"{name}/accuracy": sums.accuracy,
        f"{name}/reciprocal_rank": sums.reciprocal_rank,
    }


def _page(output: EncoderOutput, *, targets: Mapping[str, Tensor], model: Model) -> Tensor:
    if PAGE_ENTITY not in model.heads:
        raise ConfigError(
            f"page_entity is on, but the model has no head {PAGE_ENTITY!r}; found "
            f"{', '.join(model.heads)}. Give it a PageEntityHead under that name"
        )
    head = cast("PageEntityHead", model.heads[PAGE_ENTITY])
    guessed = head(output.words.index_select(0, targets["page_rows"]))
    # not detached, as in the published objective: the embedding comes to meet the guess
    return page_entity_sum(guessed, embeddings=model.encoder.entities.table(targets["page"]))


def _masked_head(model: Model) -> MaskedHead:
    return cast("MaskedHead", model.head(MASKED))
