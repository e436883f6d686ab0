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
_SWITCHES = ("add_prefix_space", "do_lower_case", "strip_accents", "tokenize_chinese_chars")
_CONFIG, _MAP, _ADDED = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"
SIDE_FILES = (_CONFIG, _MAP, _ADDED)
"""Files that say something of tokens beside the vocabulary."""


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
    config_file, map_file, added_file = (directory / name for name in (_CONFIG, _MAP, _ADDED))
    config = read_json_object(config_file)
    _check_settings(config, where=config_file)
    tokens: dict[str, AddedToken] = {}
    ids: dict[str, int] = {}
    for key, row in _decoder(config, where=config_file).items():
        content = _declare(row, tokens=tokens, where=config_file)
        ids[content] = _id(key, where=config_file)
    added = read_json_object(added_file)
    for content, row in added.items():
        ids[content] = _id(row, where=added_file)
    roles: dict[str, str] = {}
    for source, file in ((config, config_file), (read_json_object(map_file), map_file)):
        for role, keys in ROLES.items():
            for key in keys:
                if source.get(key) is not None:
                    content = _declare(source[key], tokens=tokens, where=file, key=key)
                    roles.setdefault(role, content)
        for key, value in _extra_tokens(source, where=file):
            _declare(value, tokens=tokens, where=file, key=key)
    for content in added:
        _declare(content, tokens=tokens, where=added_file)
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


def _declare(
    value: Any, *, tokens: dict[str, AddedToken], where: Path, key: str | None = None
) -> str:
    """Note a token and say its content; one with properties replaces one that is only a string."""
    content = _content(value, where=where if key is None else f"{where}: {key}")
    row = _mapping(value)
    if content in tokens and not row:
        return content
    tokens[content] = AddedToken(
        content,
        lstrip=bool(row.get("lstrip", False)),
        rstrip=bool(row.get("rstrip", False)),
        single_word=bool(row.get("single_word", False)),
        # A special token is searched in the text as it stands, whatever old files say.
        normalized=False,
        special=bool(row.get("special", True)),
    )
    return content


def _extra_tokens(source: Mapping[str, Any], *, where: Path) -> Iterable[tuple[str, Any]]:
    for key in _EXTRA_KEYS:
        value: object = source.get(key)
        values: object = list(named.values()) if (named := _mapping(value)) else value or ()
        if not isinstance(values, list | tuple):
            raise CheckpointError(f"{where}: {key} is {value!r}, expected a list of tokens")
        yield from ((key, token) for token in cast("Iterable[Any]", values))


def _decoder(config: Mapping[str, Any], *, where: Path) -> Mapping[str, Any]:
    value: object = config.get("added_tokens_decoder")
    if value and not _mapping(value):
        raise CheckpointError(
            f"{where}: added_tokens_decoder is {value!r}, expected an object of tokens by id"
        )
    return _mapping(value)


def _check_settings(config: Mapping[str, Any], *, where: Path) -> None:
    for key in _SWITCHES:
        if not isinstance(config.get(key), bool | None):
            raise CheckpointError(f"{where}: {key} is {config[key]!r}, expected true or false")
    length = config.get("model_max_length")
    if isinstance(length, bool) or not isinstance(length, int | float | None):
        raise CheckpointError(f"{where}: model_max_length is {length!r}, expected a number")


def _id(value: Any, *, where: Path) -> int:
    # JSON has the keys of objects as strings.
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and value.isdecimal()):
        raise CheckpointError(f"{where}: {value!r} stands for a token's id, expected a number")
    return int(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _content(value: Any, *, where: Path | str) -> str:
    content = value if isinstance(value, str) else _mapping(value).get("content")
    if not isinstance(content, str) or any("\ud800" <= one <= "\udfff" for one in content):
        raise CheckpointError(
            f"{where}: {value!r} stands for a token, expected a string, or an object with its "
            "content"
        )
    return content
