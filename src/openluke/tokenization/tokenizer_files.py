"""Build a Rust tokenizer from whatever files a directory holds."""

# The stubs of the tokenizers library leave element types open.
# pyright: reportUnknownMemberType=false

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

from openluke.errors import CheckpointError
from openluke.tokenization.character_rules import repair_offsets
from openluke.tokenization.rust_errors import RustErrors
from openluke.tokenization.sentencepiece_model import SentencePieceModel, build_sentencepiece
from openluke.tokenization.special_tokens import Declarations, read_declarations

Family = Literal["byte_level", "sentencepiece", "wordpiece"]
"""How texts become pieces: RoBERTa's byte-level BPE, XLM-R's SentencePiece, BERT's WordPiece."""

_LAST = 1 << 62

FILES: dict[Family, tuple[str, ...]] = {
    "sentencepiece": ("sentencepiece.bpe.model",),
    "byte_level": ("vocab.json", "merges.txt"),
    "wordpiece": ("vocab.txt",),
}
"""Vocabulary files of each family other than ``tokenizer.json``."""

ENTITY_TOKENS = ("[UNK]", "[PAD]", "[MASK]", "[MASK2]")
"""Names of special entities, which are no words."""
_ROBERTA_ROLES = {"bos": "<s>", "eos": "</s>", "pad": "<pad>", "unk": "<unk>", "mask": "<mask>"}
_BERT_ROLES = {"bos": "[CLS]", "eos": "[SEP]", "pad": "[PAD]", "unk": "[UNK]", "mask": "[MASK]"}
DEFAULT_ROLES: dict[Family, Mapping[str, str]] = {
    "byte_level": _ROBERTA_ROLES,
    "sentencepiece": _ROBERTA_ROLES,
    "wordpiece": _BERT_ROLES,
}


def read_rust_tokenizer(directory: Path) -> tuple[Tokenizer, Family, Declarations]:
    """The Rust tokenizer of a directory, its family and what its side files declare."""
    if not directory.is_dir():
        raise CheckpointError(f"{directory}: no such directory; expected a tokenizer in it")
    declared = read_declarations(directory)
    # A SentencePiece file is the original: tokenizer.json beside it may have been written by a
    # transformers release whose conversion shifts every id by one.
    if (directory / "sentencepiece.bpe.model").exists():
        family: Family = "sentencepiece"
        rust = _read_sentencepiece(directory / "sentencepiece.bpe.model")
    elif (directory / "tokenizer.json").exists():
        rust, family = _read_tokenizer_json(directory / "tokenizer.json")
    elif (directory / "vocab.json").exists() and (directory / "merges.txt").exists():
        family = "byte_level"
        rust = _read_byte_level(directory)
    elif (directory / "vocab.txt").exists():
        family = "wordpiece"
        rust = _read_wordpiece(directory, declared=declared)
    else:
        raise CheckpointError(
            f"{directory}: no tokenizer found; expected tokenizer.json, sentencepiece.bpe.model, "
            "vocab.json with merges.txt, or vocab.txt"
        )
    _add_declared_tokens(rust, family=family, declared=declared, directory=directory)
    return rust, family, declared


def _read_tokenizer_json(path: Path) -> tuple[Tokenizer, Family]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    with RustErrors(path):
        rust = Tokenizer.from_str(_without_entity_tokens(text, path=path))
    repair_offsets(rust)
    return rust, _family_of(rust, path=path)


def _without_entity_tokens(text: str, *, path: Path) -> str:
    """Take the special entities out of the added words.

    transformers 5 adds [UNK], [PAD], [MASK] and [MASK2] to the words of LUKE, with ids for which
    no model has rows.
    """
    if '"[MASK2]"' not in text:
        return text
    try:
        state = json.loads(text)
        vocab = state["model"]["vocab"]
        state["added_tokens"] = [
            token
            for token in state["added_tokens"]
            if token["content"] not in ENTITY_TOKENS or token["content"] in vocab
        ]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise CheckpointError(
            f"{path}: not a whole tokenizer ({type(error).__name__}: {error}), expected an object "
            "with model, vocab and added_tokens; fetch the file again"
        ) from error
    return json.dumps(state)


def _family_of(rust: Tokenizer, *, path: Path) -> Family:
    if isinstance(rust.model, models.WordPiece):
        return "wordpiece"
    if isinstance(rust.model, models.Unigram):
        return "sentencepiece"
    if isinstance(rust.model, models.BPE):
        is_bytes = isinstance(rust.decoder, decoders.ByteLevel) or any(
            part.get("type") == "ByteLevel" for part in pre_tokenizer_parts(rust)
        )
        return "byte_level" if is_bytes else "sentencepiece"
    raise CheckpointError(
        f"{path}: its model is {type(rust.model).__name__}, expected BPE, Unigram or WordPiece"
    )


def pre_tokenizer_parts(rust: Tokenizer) -> list[dict[str, Any]]:
    """Settings of the pre-tokenizers of a tokenizer, in order."""
    if rust.pre_tokenizer is None:
        return []
    state = cast("dict[str, Any]", json.loads(rust.pre_tokenizer.__getstate__()))
    return state["pretokenizers"] if state["type"] == "Sequence" else [state]


def _read_byte_level(directory: Path) -> Tokenizer:
    with RustErrors(f"{directory / 'vocab.json'}, merges.txt"):
        model = models.BPE.from_file(str(directory / "vocab.json"), str(directory / "merges.txt"))
    rust = Tokenizer(model)
    rust.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    rust.decoder = decoders.ByteLevel()
    return rust


def _read_sentencepiece(path: Path) -> Tokenizer:
    model = SentencePieceModel.read(path)
    with RustErrors(path):
        rust = build_sentencepiece(model, path=path)
    rust.decoder = decoders.Metaspace()
    rust.add_tokens([AddedToken(piece, normalized=False) for piece in model.user_defined])
    return rust


def _read_wordpiece(directory: Path, *, declared: Declarations) -> Tokenizer:
    unknown = declared.roles.get("unk", _BERT_ROLES["unk"])
    with RustErrors(directory / "vocab.txt"):
        model = models.WordPiece.from_file(str(directory / "vocab.txt"), unk_token=unknown)
    rust = Tokenizer(model)
    settings = declared.config
    rust.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=bool(settings.get("tokenize_chinese_chars", True)),
        strip_accents=settings.get("strip_accents"),
        lowercase=bool(settings.get("do_lower_case", True)),
    )
    rust.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    rust.decoder = decoders.WordPiece()
    return rust


def _add_declared_tokens(
    rust: Tokenizer, *, family: Family, declared: Declarations, directory: Path
) -> None:
    """Add the special tokens, then the others at the ids that the files promise."""
    known = {token.content for token in rust.get_added_tokens_decoder().values()}
    roles = {**DEFAULT_ROLES[family], **declared.roles}
    special = [
        declared.tokens.get(content) or _default_token(content, role=role, family=family)
        for role, content in roles.items()
        if content not in known and rust.token_to_id(content) is not None
    ]
    rust.add_special_tokens(special)
    seen = known | {token.content for token in special}
    others = [
        token
        for content, token in declared.tokens.items()
        if content not in seen and not _is_foreign(content, rust=rust)
    ]
    others.sort(key=lambda token: declared.ids.get(token.content, _LAST))
    for token in others:
        if token.special:
            rust.add_special_tokens([token])
        else:
            rust.add_tokens([token])
    for content, row in declared.ids.items():
        if rust.token_to_id(content) != row and not _is_foreign(content, rust=rust):
            raise CheckpointError(
                f"{directory}: its files give {content!r} the id {row}, but after its vocabulary "
                f"it gets {rust.token_to_id(content)}; the vocabulary is not the one that the "
                "files were written for"
            )


def _is_foreign(content: str, *, rust: Tokenizer) -> bool:
    return content in ENTITY_TOKENS and rust.token_to_id(content) is None


def _default_token(content: str, *, role: str, family: Family) -> AddedToken:
    # The mask token of RoBERTa and XLM-R swallows the space before it, like a word.
    takes_space = role == "mask" and family != "wordpiece"
    return AddedToken(content, lstrip=takes_space, normalized=False, special=True)
