"""Write a tokenizer such that transformers' LukeTokenizer and MLukeTokenizer give its ids."""

import json
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, cast

from tokenizers import AddedToken, Tokenizer

from openluke.errors import CheckpointError
from openluke.tokenization.rust_errors import RustErrors
from openluke.tokenization.special_tokens import SIDE_FILES
from openluke.tokenization.tokenizer_files import FILES, Family

_CLASSES: dict[Family, str] = {
    "byte_level": "LukeTokenizer",
    "sentencepiece": "MLukeTokenizer",
    "wordpiece": "BertTokenizer",
}


def save_tokenizer(
    rust: Tokenizer,
    *,
    directory: Path,
    family: Family,
    roles: Mapping[str, str],
    prefix_space: bool,
    markers: tuple[str, ...],
    model_max_length: float,
) -> None:
    """Write ``tokenizer.json``, ``tokenizer_config.json`` and the family's vocabulary files.

    Other files of a tokenizer in the directory are removed, since readers would take them too.

    Args:
        rust: The tokenizer, without template and prefix.
        directory: Where to; it is made if it is not there.
        family: Which class of transformers is named as the reader.
        roles: Contents of the special tokens by role.
        prefix_space: Whether texts are read as if a space stood before them.
        markers: Contents of the first and second marker, if there are any.
        model_max_length: How many pieces readers are told that a model takes.
    """
    state = cast("dict[str, Any]", json.loads(rust.to_str()))
    if state["model"]["type"] == "Unigram":
        # The Rust library reads a number back with another last digit than it wrote.
        pieces = cast("list[tuple[str, float]]", state["model"]["vocab"])
        state["model"]["vocab"] = [(piece, float(f"{score:.12g}")) for piece, score in pieces]
    state["post_processor"] = _template(rust, family=family, roles=roles)
    if family == "byte_level" and state["pre_tokenizer"]["type"] == "ByteLevel":
        state["pre_tokenizer"]["add_prefix_space"] = prefix_space
    config = _config(
        rust, family=family, roles=roles, prefix_space=prefix_space, markers=markers, state=state
    )
    config["model_max_length"] = model_max_length
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _remove_stale_files(directory)
        _write_json(directory / "tokenizer.json", value=state, indent=None)
        _write_json(directory / "tokenizer_config.json", value=config, indent=2)
    except OSError as error:
        raise CheckpointError(
            f"{directory}: no tokenizer can be written there: {error.strerror}"
        ) from error
    if family != "sentencepiece":
        with RustErrors(directory):
            rust.model.save(str(directory))


def _remove_stale_files(directory: Path) -> None:
    for name in (*SIDE_FILES, *chain.from_iterable(FILES.values())):
        (directory / name).unlink(missing_ok=True)


def _config(
    rust: Tokenizer,
    *,
    family: Family,
    roles: Mapping[str, str],
    prefix_space: bool,
    markers: tuple[str, ...],
    state: Mapping[str, Any],
) -> dict[str, Any]:
    added = rust.get_added_tokens_decoder()
    tokens = {token.content: _token(token) for token in added.values()}
    config: dict[str, Any] = {
        "tokenizer_class": _CLASSES[family],
        "bos_token": roles["bos"],
        "eos_token": roles["eos"],
        "cls_token": roles["bos"],
        "sep_token": roles["eos"],
        "pad_token": roles["pad"],
        "unk_token": roles["unk"],
        # With its properties: a mask token given as a string would lose the space before it.
        "mask_token": _typed(tokens[roles["mask"]]),
        "added_tokens_decoder": {str(row): _token(token) for row, token in sorted(added.items())},
    }
    # As objects: MLukeTokenizer puts a space mark before markers that are given as strings.
    for number, content in enumerate(markers, start=1):
        config[f"entity_token_{number}"] = _typed(tokens[content])
    if family == "byte_level":
        config["add_prefix_space"] = prefix_space
    if family == "wordpiece" and (rules := state["normalizer"]):
        config["do_lower_case"] = rules.get("lowercase", False)
        config["strip_accents"] = rules.get("strip_accents")
        config["tokenize_chinese_chars"] = rules.get("handle_chinese_chars", True)
    return config


def _template(rust: Tokenizer, *, family: Family, roles: Mapping[str, str]) -> dict[str, Any]:
    """The post-processor of the family: which special tokens stand around one and two texts."""
    bos, eos = roles["bos"], roles["eos"]
    second_type = int(family == "wordpiece")

    def special(content: str, *, word_type: int = 0) -> dict[str, Any]:
        return {"SpecialToken": {"id": content, "type_id": word_type}}

    first: dict[str, Any] = {"Sequence": {"id": "A", "type_id": 0}}
    second: dict[str, Any] = {"Sequence": {"id": "B", "type_id": second_type}}
    single = [special(bos), first, special(eos)]
    middle = [] if family == "wordpiece" else [special(eos)]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, *middle, second, special(eos, word_type=second_type)],
        "special_tokens": {
            content: {"id": content, "ids": [rust.token_to_id(content)], "tokens": [content]}
            for content in (bos, eos)
        },
    }


def _token(token: AddedToken) -> dict[str, Any]:
    return {
        "content": token.content,
        "lstrip": token.lstrip,
        "normalized": token.normalized,
        "rstrip": token.rstrip,
        "single_word": token.single_word,
        "special": token.special,
    }


def _typed(token: Mapping[str, Any]) -> dict[str, Any]:
    return {"__type": "AddedToken", **token}


def _write_json(path: Path, *, value: Mapping[str, Any], indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    path.write_text(text + "\n", encoding="utf-8")
