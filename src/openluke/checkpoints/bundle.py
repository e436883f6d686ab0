"""A bundle: one encoder with its tokenizer, entity vocabulary, ways of input and any heads."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

import torch
from torch import nn

from openluke.checkpoints.bundle_config import HeadEntry
from openluke.checkpoints.word_side import Base
from openluke.config import from_mapping, to_mapping
from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.model.config import HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import Head, build_head
from openluke.model.model import Model
from openluke.task import MAIN, Task, TaskSetup, TaskType, load_task, task_of_head
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer

_NO_HEAD = (
    "no head, so it predicts nothing yet; teach it a task: openluke finetune TASK --model MODEL "
    "--train FILE --output DIRECTORY (openluke tasks lists the tasks)"
)


@dataclass(frozen=True, slots=True)
class BundleHead:
    """A head and what it is for."""

    entry: HeadEntry
    module: nn.Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Everything that one saved model directory holds.

    Its modules are put in evaluation mode; who trains them says so.
    """

    encoder: Encoder
    tokenizer: WordTokenizer
    entities: EntityVocab
    inputs: EntityInputsConfig = field(default_factory=EntityInputsConfig)
    heads: tuple[BundleHead, ...] = ()
    """The first lies beside the encoder when saved, where transformers finds it."""
    source: str | None = None
    """Where the weights came from, in words."""
    base: Base = "roberta"
    """Whose word side it was made of, which the original project's form tells apart."""
    left_out: tuple[str, ...] = ()
    """Tensors of the checkpoint that have no place in a bundle, by name."""

    def __post_init__(self) -> None:
        config = self.encoder.config
        for module in (self.encoder, *(head.module for head in self.heads)):
            module.eval()
        if self.inputs.max_words > config.max_words:
            raise ConfigError(
                f"inputs may have {self.inputs.max_words} word pieces but the encoder reads "
                f"{config.max_words} at most; set max_words of the inputs to that or less"
            )
        if config.n_words < self.tokenizer.n_words:
            raise ConfigError(
                f"the tokenizer has {self.tokenizer.n_words} pieces but the model's word table "
                f"has {config.n_words} rows: they do not belong together"
            )
        if 0 < config.n_entities < self.entities.n_ids:
            raise ConfigError(
                f"the entity vocabulary has {self.entities.n_ids} ids but the model's entity table "
                f"has {config.n_entities} rows: they do not belong together"
            )

    @property
    def dtype(self) -> torch.dtype:
        """The type of the encoder's numbers."""
        return self.encoder.words.tokens.weight.dtype

    def head(self, name: str) -> BundleHead:
        """The head of that name."""
        for head in self.heads:
            if head.entry.name == name:
                return head
        known = ", ".join(head.entry.name for head in self.heads) or "none"
        raise ConfigError(f"no head named {name!r}; this bundle's heads: {known}")

    def entity_inputs(self) -> EntityInputs:
        """What turns texts and spans into inputs of this model."""
        return EntityInputs(self.tokenizer, self.entities, self.inputs)

    def task_names(self) -> list[str]:
        """The names under which the heads of whole tasks are kept."""
        return [head.entry.name for head in self.heads if head.entry.role == MAIN]

    def task(self, name: str | None = None) -> Task[Any, Any]:
        """The task of a head, with the options that it was trained with.

        Args:
            name: The head's name; may be left out where there is one task alone.
        """
        entry = self.head(self._only_name() if name is None else name).entry
        if entry.role != MAIN:
            raise ConfigError(
                f"head {entry.name!r} is no task of its own; ask for {entry.task_name!r}"
            )
        return make_task(entry, setup=self.task_setup(entry.labels))

    def task_setup(self, labels: tuple[str, ...] = ()) -> TaskSetup:
        """What a task of this model is made with."""
        return TaskSetup(
            tokenizer=self.tokenizer,
            entities=self.entities,
            inputs=self.inputs,
            labels=labels,
            pooler=self.encoder.config.pooler,
        )

    def model_of(self, name: str | None = None) -> Model:
        """The encoder with the heads of one task, by their roles."""
        name = self._only_name() if name is None else name
        heads = [head for head in self.heads if head.entry.task_name == name]
        if not heads:
            self.head(name)
        modules = {head.entry.role: cast("Head", head.module) for head in heads}
        return Model(self.encoder, heads=modules)

    def with_task(
        self,
        name: str,
        *,
        task: Task[Any, Any],
        modules: Mapping[str, nn.Module] | None = None,
        generator: torch.Generator | None = None,
    ) -> "Bundle":
        """The same bundle with the heads of one more task.

        Args:
            name: What the task is called in this bundle.
            task: The task; its options and labels are kept.
            modules: Its heads by role; by default new ones, drawn at random.
            generator: Source of the random numbers; the global one of torch by default.
        """
        heads = list(self.heads)
        configs = task.head_configs()
        for role in sorted(configs, key=lambda role: role != MAIN):
            is_main, config = role == MAIN, configs[role]
            entry = HeadEntry(
                name=name if is_main else f"{name}-{role}",
                config=config,
                task=task.name,
                role=role,
                labels=task.setup.labels if is_main else (),
                options=to_mapping(task.config) if is_main else {},
            )
            self._check_new(entry.name)
            if modules is None:
                made = build_head(config, encoder=self.encoder, generator=generator)
            else:
                made = modules[role]
            heads.append(BundleHead(entry, made))
        return replace(self, heads=tuple(heads))

    def with_options(self, name: str | None, *, options: Mapping[str, Any]) -> "Bundle":
        """The same bundle with some of a task's options changed, by name.

        Raises:
            ConfigError: if an option is unknown, or its heads were trained for another value of it.
        """
        name = self._only_name() if name is None else name
        task = self.task(name)
        changed = to_mapping(task.config) | dict(options)
        config = from_mapping(type(task).config_type, values=changed, where=f"options of {name!r}")
        _check_heads(task, others=type(task)(config, setup=task.setup), name=name, options=options)
        heads = [
            replace(head, entry=replace(head.entry, task=task.name, options=changed))
            if head.entry.name == name
            else head
            for head in self.heads
        ]
        return replace(self, heads=tuple(heads))

    def with_head(self, name: str, *, config: HeadConfig, labels: tuple[str, ...] = ()) -> "Bundle":
        """The same bundle with one more head that is of no task, freshly initialised."""
        entry = HeadEntry(name=name, config=config, labels=labels)
        self._check_new(name)
        head = BundleHead(entry, build_head(config, encoder=self.encoder))
        return replace(self, heads=(*self.heads, head))

    def _check_new(self, name: str) -> None:
        if any(head.entry.name == name for head in self.heads):
            raise ConfigError(f"this bundle already has a head named {name!r}")

    def _only_name(self) -> str:
        names = self.task_names()
        if len(names) != 1:
            found = f"several heads: {', '.join(names)}; say which" if names else _NO_HEAD
            raise ConfigError(f"this model has {found}")
        return names[0]


def _check_heads(
    task: Task[Any, Any], *, others: Task[Any, Any], name: str, options: Mapping[str, Any]
) -> None:
    """Raise a ``ConfigError`` if a task with other options needs heads that it was not given."""
    has = task.head_configs()
    if any(has.get(role) != wanted for role, wanted in others.head_configs().items()):
        said = ", ".join(f"{option} = {value!r}" for option, value in options.items())
        raise ConfigError(
            f"the heads of {name!r} were not trained for {said}: this is part of what a model "
            "learns; leave it out, or fine-tune a model with it"
        )


def make_task(entry: HeadEntry, *, setup: TaskSetup) -> Task[Any, Any]:
    """The task that a ``main`` head serves, or, for a foreign head, the one that can use it."""
    kind = load_task(entry.task) if entry.task else task_of_head(entry.config.kind)
    if kind is None:
        raise ConfigError(
            f"head {entry.name!r} is of kind {entry.config.kind!r}, which no task can use"
        )
    where = f"options of head {entry.name!r}"
    options = entry.options if entry.task else {**_told(entry, kind=kind), **entry.options}
    config = from_mapping(kind.config_type, values=options, where=where)
    task = kind(config, setup=setup)
    if not entry.task and _told(entry, kind=kind):
        wanted = task.head_configs()[MAIN]
        if wanted.n_labels != entry.config.n_labels:
            raise ConfigError(
                f"head {entry.name!r} has {entry.config.n_labels} outputs for problem = "
                f"{entry.config.problem!r}, of which {kind.name} has {wanted.n_labels}; no task "
                "can use it"
            )
    return task


def _told(entry: HeadEntry, *, kind: TaskType) -> dict[str, Any]:
    """The options of a task that a foreign head tells under the same name."""
    names = {field.name for field in fields(kind.config_type)}
    return {"problem": entry.config.problem} if "problem" in names else {}
