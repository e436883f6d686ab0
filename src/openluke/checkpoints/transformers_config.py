"""``config.json`` of transformers' LUKE classes, and ours: the same facts under other names."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from openluke.checkpoints.layout_tables import ARCHITECTURES
from openluke.config import from_mapping
from openluke.errors import CheckpointError, ConfigError
from openluke.model.config import EncoderConfig, HeadConfig, HeadKind, Problem
from openluke.tokenization.entity_inputs import EntityInputsConfig
from openluke.tokenization.layouts import Layout

_T = TypeVar("_T")
_ENCODER_KEYS = {
    "n_words": "vocab_size",
    "n_entities": "entity_vocab_size",
    "hidden_size": "hidden_size",
    "entity_size": "entity_emb_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "feed_forward_size": "intermediate_size",
    "hidden_dropout": "hidden_dropout_prob",
    "attention_dropout": "attention_probs_dropout_prob",
    "n_positions": "max_position_embeddings",
    "layer_norm_eps": "layer_norm_eps",
    "initializer_range": "initializer_range",
    "entity_aware": "use_entity_aware_attention",
    "word_pad_id": "pad_token_id",
}
# What transformers' LukeConfig takes for a key that a file leaves out (it writes only differences).
_TRANSFORMERS_DEFAULTS: dict[str, Any] = {
    "vocab_size": 50267,
    "entity_vocab_size": 500000,
    "hidden_size": 768,
    "entity_emb_size": 256,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-12,
    "use_entity_aware_attention": True,
    "pad_token_id": 1,
}
_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}
_INPUT_KEYS = {
    "max_mention_length": "max_mention_length",
    "prefix_space": "add_prefix_space",
}
_LAYOUTS: dict[str, Layout] = {
    "entity_classification": "entity",
    "entity_pair_classification": "entity_pair",
    "entity_span_classification": "entity_span",
}
_PROBLEMS: dict[str, Problem] = {
    "single_label_classification": "single_label",
    "multi_label_classification": "multi_label",
    "regression": "regression",
}


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object, naming the file and the line when it is damaged."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: no such file") from error
    except (ValueError, OSError, RecursionError) as error:
        raise CheckpointError(f"{path}: not a readable JSON file: {error}") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path}: found {type(values).__name__}, expected a JSON object")
    return cast("dict[str, Any]", values)


def check_model_type(values: Mapping[str, Any], *, where: Path) -> None:
    """Refuse the ``config.json`` of another kind of model."""
    kind = values.get("model_type")
    if kind != "luke":
        raise CheckpointError(
            f"{where}: model_type is {kind!r}, expected 'luke'; to start a LUKE from a RoBERTa, "
            "XLM-R or BERT encoder use `openluke convert from-encoder`"
        )


def read_encoder_config(
    values: Mapping[str, Any], *, entity_pad_id: int, where: str
) -> EncoderConfig:
    """The encoder's shape from the keys of a ``config.json`` of kind ``luke``.

    ``entity_pad_id`` comes from the entity vocabulary: ``config.json`` does not hold it.
    """
    theirs = _TRANSFORMERS_DEFAULTS | {k: v for k, v in values.items() if v is not None}
    ours = {name: theirs[key] for name, key in _ENCODER_KEYS.items()}
    return from_mapping(
        EncoderConfig,
        values=ours
        | {
            "activation": read_activation(theirs["hidden_act"], where=where),
            "n_word_types": theirs["type_vocab_size"],
            "n_entity_types": theirs["type_vocab_size"],
            "entity_pad_id": entity_pad_id,
        },
        where=where,
    )


def read_activation(name: object, *, where: str) -> str:
    """Our name of an activation of transformers."""
    return _choose(name, key="hidden_act", choices=_ACTIVATIONS, where=where)


def write_encoder_config(config: EncoderConfig) -> dict[str, Any]:
    """The keys of ``config.json`` that describe the encoder."""
    activation = {"gelu_tanh": "gelu_new"}.get(config.activation, config.activation)
    return {
        "model_type": "luke",
        **{key: getattr(config, name) for name, key in _ENCODER_KEYS.items()},
        "hidden_act": activation,
        # transformers has one number for both type tables
        "type_vocab_size": max(config.n_word_types, config.n_entity_types),
        "tie_word_embeddings": True,
    }


def check_agreement(values: Mapping[str, Any], *, config: EncoderConfig, where: Path) -> None:
    """Refuse a ``config.json`` that contradicts the shape that ``openluke.json`` beside it says."""
    expected = write_encoder_config(config)
    if config.n_entities == 0:  # transformers cannot say that: an empty table stands for it
        del expected["entity_vocab_size"], expected["use_entity_aware_attention"]
    ours = {key: name for name, key in _ENCODER_KEYS.items()} | {"hidden_act": "activation"}
    for key, value in expected.items():
        if key in values and values[key] != value:
            name = ours.get(key, key)
            raise CheckpointError(
                f"{where}: {key} is {values[key]!r}, but openluke.json beside it says {name} is "
                f"{getattr(config, name, value)!r}; one of them has been changed or is of another "
                "model: copy or download the model again"
            )


def read_architecture(values: Mapping[str, Any], *, where: str) -> str | None:
    """The class of transformers that ``architectures`` names, if any."""
    names = values.get("architectures")
    if not names and (names is None or names == []):
        return None
    if not isinstance(names, list) or not isinstance(name := cast("list[Any]", names)[0], str):
        raise CheckpointError(f"{where}: architectures is {names!r}, expected a list of names")
    return name


def head_kind(values: Mapping[str, Any], *, where: str) -> HeadKind | Literal["unknown"] | None:
    """The head that ``architectures`` names; ``None`` for a bare encoder."""
    name = read_architecture(values, where=where)
    return None if name is None else ARCHITECTURES.get(name, "unknown")


def read_labels(values: Mapping[str, Any], *, n_labels: int, where: str) -> tuple[str, ...]:
    """The labels by their ids, from ``id2label``; ``LABEL_0`` and so on when there are none."""
    table = values.get("id2label")
    if not table:
        return tuple(f"LABEL_{i}" for i in range(n_labels))
    by_id = _labels_by_id(table, where=where)
    if sorted(by_id) == list(range(n_labels)):
        return tuple(by_id[i] for i in range(n_labels))
    if len(by_id) == 2 and set(by_id.values()) == {"LABEL_0", "LABEL_1"}:
        # transformers fills in two labels for heads that have no use for them
        return tuple(f"LABEL_{i}" for i in range(n_labels))
    raise CheckpointError(
        f"{where}: id2label names the ids {sorted(by_id)[:8]} …, but the head has {n_labels} "
        f"outputs; expected ids 0 to {n_labels - 1}"
    )


def _labels_by_id(table: Any, *, where: str) -> dict[int, str]:
    try:
        return {int(key): str(label) for key, label in table.items()}
    except (AttributeError, ValueError) as error:
        raise CheckpointError(
            f"{where}: id2label is {str(table)[:80]!r}, expected an object of ids and labels"
        ) from error


def _choose(value: object, *, key: str, choices: Mapping[str, _T], where: str) -> _T:
    if not isinstance(value, str) or value not in choices:
        raise CheckpointError(f"{where}: {key} is {value!r}, expected one of {', '.join(choices)}")
    return choices[value]


def read_problem(values: Mapping[str, Any], *, n_labels: int, where: str) -> Problem:
    """What the labels are; as transformers does, one output is a number when no file says so."""
    name = values.get("problem_type")
    if name is None:
        return "regression" if n_labels == 1 else "single_label"
    return _choose(name, key="problem_type", choices=_PROBLEMS, where=where)


def read_inputs(directory: Path, *, max_words: int) -> EntityInputsConfig:
    """The limits of inputs that a directory's ``tokenizer_config.json`` states."""
    path = directory / "tokenizer_config.json"
    values = read_json(path) if path.is_file() else {}
    stated = {ours: values[theirs] for ours, theirs in _INPUT_KEYS.items() if values.get(theirs)}
    task = values.get("task")
    stated["layout"] = (
        "plain" if task is None else _choose(task, key="task", choices=_LAYOUTS, where=str(path))
    )
    stated["max_words"] = max_words
    return from_mapping(
        EntityInputsConfig, values={"stride": fitting_stride(max_words)} | stated, where=str(path)
    )


def fitting_stride(max_words: int) -> int:
    """Pieces that neighbouring windows share: the usual number, less for tiny models."""
    return min(EntityInputsConfig().stride, max_words // 4)


def write_inputs(config: EntityInputsConfig) -> dict[str, Any]:
    """The keys of ``tokenizer_config.json`` that describe the inputs."""
    tasks = {layout: task for task, layout in _LAYOUTS.items()}
    values = {theirs: getattr(config, ours) for ours, theirs in _INPUT_KEYS.items()}
    stated = {key: value for key, value in values.items() if value is not None}
    return stated | {"task": tasks.get(config.layout)}


def write_head_config(config: HeadConfig, *, labels: tuple[str, ...]) -> dict[str, Any]:
    """The keys of ``config.json`` that describe the head."""
    architectures = {kind: name for name, kind in ARCHITECTURES.items()}
    values: dict[str, Any] = {"architectures": [architectures.get(config.kind, "LukeModel")]}
    if config.kind in ("masked", "multiple_choice", "mention_vector"):
        return values
    if config.kind != "extractive_qa":
        # transformers counts the outputs by their labels
        labels = labels or tuple(f"LABEL_{i}" for i in range(config.n_labels))
        if len(labels) != config.n_labels:
            raise ConfigError(f"the head has {config.n_labels} outputs but {len(labels)} labels")
    names = {_value: key for key, _value in _PROBLEMS.items()}
    if labels:
        values["id2label"] = {str(i): label for i, label in enumerate(labels)}
        values["label2id"] = {label: i for i, label in enumerate(labels)}
    values["problem_type"] = names[config.problem]
    values["classifier_dropout"] = config.dropout
    return values
