"""Special and added tokens as tokenizer directories of any age declare them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tokenizers import AddedToken

from openluke.errors import CheckpointError

ROLES: dict[str, tuple[str, ...]] = {
    "bos": ("cls_token", "bos_token"),
    "eos": ("sep_token", "eos_token"),
    "pad": ("pad_token",),
    "unk": ("unk_token",),
    "mask": ("mask_token",),
}
"""Our five roles and the keys that may name their tokens, the first that is there first."""
_EXTRA_KEYS = ("extra_special_tokens", "additional_special_tokens")
_CONFIG, _MAP, _ADDED = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """What a directory's side files say beyond the vocabulary."""

    roles: Mapping[str, str]
    """Contents of the special tokens by role (``bos``, ``eos``, ``pad``, ``unk``, ``mask``)."""
    tokens: Mapping[str, AddedToken]
    """Every declared token by its content, in order of declaration."""
    ids: Mapping[str, int]
    """Ids that the files promise."""
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """``tokenizer_config.json`` as it stands."""


def read_declarations(directory: Path) -> Declarations:
    """Read ``tokenizer_config.json``, ``special_tokens_map.json`` and ``added_tokens.json``."""
    config = read_json_object(directory / _CONFIG)
    special_map = read_json_object(directory / _MAP)
    tokens: dict[str, AddedToken] = {}
    ids: dict[str, int] = {}
    for key, row in _mapping(config.get("added_tokens_decoder")).items():
        _declare(row, tokens=tokens)
        ids[_content(row)] = _id(key, where=directory / _CONFIG)
    for content, row in read_json_object(directory / _ADDED).items():
        ids[content] = _id(row, where=directory / _ADDED)
    roles: dict[str, str] = {}
    for source in (config, special_map):
        for role, keys in ROLES.items():
            for key in keys:
                if source.get(key) is not None:
                    roles.setdefault(role, _content(source[key]))
                    _declare(source[key], tokens=tokens)
        for value in _extra_tokens(source, where=directory):
            _declare(value, tokens=tokens)
    for content in ids:
        _declare(content, tokens=tokens)
    return Declarations(roles=roles, tokens=tokens, ids=ids, config=config)


def read_json_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty when there is no such file."""
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not readable as JSON: {error}") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path}: found {type(value).__name__}, expected a JSON object")
    return cast("dict[str, Any]", value)


def _declare(value: Any, *, tokens: dict[str, AddedToken]) -> None:
    """Note a token; a declaration with properties replaces one that is only a string."""
    content = _content(value)
    row = _mapping(value)
    if content in tokens and not row:
        return
    tokens[content] = AddedToken(
        content,
        lstrip=bool(row.get("lstrip", False)),
        rstrip=bool(row.get("rstrip", False)),
        single_word=bool(row.get("single_word", False)),
        # A special token is searched in the text as it stands, whatever old files say.
        normalized=False,
        special=bool(row.get("special", True)),
    )


def _extra_tokens(source: Mapping[str, Any], *, where: Path) -> Iterable[Any]:
    for key in _EXTRA_KEYS:
        value = source.get(key) or ()
        if isinstance(value, Mapping):
            yield from cast("Mapping[str, Any]", value).values()
        elif isinstance(value, list | tuple):
            yield from cast("Iterable[Any]", value)
        else:
            raise CheckpointError(f"{where}: {key} is {value!r}, expected a list of tokens")


def _id(value: Any, *, where: Path) -> int:
    try:
        return int(value)
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{where}: {value!r} stands for a token's id") from error


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _content(value: Any) -> str:
    return str(_mapping(value).get("content", "")) if isinstance(value, Mapping) else str(value)
