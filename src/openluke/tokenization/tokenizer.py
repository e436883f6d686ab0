"""The word tokenizer: a private copy of a Rust tokenizer, its special tokens, its files."""

# The stubs of the tokenizers library leave element types open.
# pyright: reportUnknownMemberType=false

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from tokenizers import AddedToken, Encoding, Tokenizer, models, pre_tokenizers

from openluke.errors import CheckpointError, ConfigError, DataError
from openluke.features import IntArray
from openluke.tokenization.cut_rules import CutRule, rule_for
from openluke.tokenization.rust_errors import RustErrors
from openluke.tokenization.tokenizer_files import (
    DEFAULT_ROLES,
    Family,
    pre_tokenizer_parts,
    read_rust_tokenizer,
)
from openluke.tokenization.tokenizer_saving import save_tokenizer

USUAL_LENGTH = 512
"""Pieces that models of all three families take, where files do not say how many."""
_REMEMBERED_WORDS = 1 << 16
MARKERS = ("<ent>", "<ent2>")
"""The tokens that stand around mentions in the two classification layouts."""


class WordTokenizer:
    """Text to word pieces, by RoBERTa's, XLM-R's or BERT's rules.

    It applies no truncation, padding or special tokens, whatever state the Rust tokenizer had that
    it was made from, and nothing else changes that state.

    Args:
        rust: The Rust tokenizer. It belongs to the new object; ``from_rust`` takes a copy.
        family: How texts become pieces.
        roles: Contents of the special tokens by role: ``bos``, ``eos``, ``pad``, ``unk``, ``mask``;
            by default those of RoBERTa, or of BERT.
        prefix_space: Whether texts are read as if a space stood before them.
        where: What to call the tokenizer in messages.
        model_max_length: How many pieces the files say that a model takes; it is kept for saving
            and has no other effect.
    """

    def __init__(
        self,
        rust: Tokenizer,
        *,
        family: Family,
        roles: Mapping[str, str] | None = None,
        prefix_space: bool = False,
        where: str = "tokenizer",
        model_max_length: float = USUAL_LENGTH,
    ) -> None:
        self.family: Family = family
        self.roles = {**DEFAULT_ROLES[family], **(roles or {})}
        self.prefix_space = prefix_space
        self.where = where
        self.model_max_length = model_max_length
        _strip(rust)
        _widen_cache(rust.model)
        self._rust = rust
        added = rust.get_added_tokens_decoder()
        self._added_contents = tuple(token.content for token in added.values())
        self.bos_id = self._require("bos")
        """Id of the token before the first text."""
        self.eos_id = self._require("eos")
        """Id of the token after each text."""
        self.pad_id = self._require("pad")
        self.unk_id = self._require("unk")
        self.mask_id = self._require("mask")
        self.special_ids = frozenset(
            [
                *(self.bos_id, self.eos_id, self.pad_id, self.unk_id, self.mask_id),
                *(row for row, token in added.items() if token.special),
            ]
        )
        """Ids of tokens that stand for no part of a text."""
        self.n_words = max(_last_id(rust), *added) + 1
        """Rows that a word table needs."""

    @classmethod
    def from_rust(
        cls,
        rust: Tokenizer,
        *,
        family: Family,
        roles: Mapping[str, str] | None = None,
        prefix_space: bool = False,
        where: str = "tokenizer",
    ) -> "WordTokenizer":
        """A word tokenizer of a copy of a Rust tokenizer; see the class for the arguments."""
        with RustErrors(where):
            copy = Tokenizer.from_str(rust.to_str())
        return cls(copy, family=family, roles=roles, prefix_space=prefix_space, where=where)

    @classmethod
    def read(cls, directory: str | Path, *, add_markers: bool = False) -> "WordTokenizer":
        """Read whatever tokenizer the files of a directory make.

        Reads ``sentencepiece.bpe.model``, ``tokenizer.json``, ``vocab.json`` with ``merges.txt``,
        or ``vocab.txt`` (the first that is there), and added tokens and settings from
        ``tokenizer_config.json``, ``special_tokens_map.json`` and ``added_tokens.json``.

        Args:
            directory: Where the files are.
            add_markers: Whether to add ``<ent>`` and ``<ent2>`` where they are missing.

        Raises:
            CheckpointError: if a file is missing, damaged or does not fit the others.
        """
        rust, family, declared = read_rust_tokenizer(Path(directory))
        prefix = any(part.get("add_prefix_space") for part in pre_tokenizer_parts(rust))
        if add_markers:
            _add_tokens(rust, contents=MARKERS)
        return cls(
            rust,
            family=family,
            roles=declared.roles,
            prefix_space=family == "byte_level"
            and bool(declared.config.get("add_prefix_space", prefix)),
            where=str(directory),
            model_max_length=declared.config.get("model_max_length") or USUAL_LENGTH,
        )

    def save(self, directory: str | Path) -> None:
        """Write the tokenizer's files; the directory is made if it is not there.

        Files of another tokenizer in the directory are replaced or removed.

        transformers' LukeTokenizer, MLukeTokenizer or BertTokenizer give the same ids from them,
        but for texts that XLM-R's rules change (full-width letters, for example):
        MLukeTokenizer of release 5 leaves those rules out.
        """
        save_tokenizer(
            self._rust,
            directory=Path(directory),
            family=self.family,
            roles=self.roles,
            prefix_space=self.prefix_space,
            markers=_marker_contents(self._rust) if self.has_markers else (),
            model_max_length=self.model_max_length,
        )

    def with_markers(self) -> "WordTokenizer":
        """A tokenizer that has ``<ent>`` and ``<ent2>``; those that are missing come last."""
        return self if self.has_markers else self.with_tokens(MARKERS)

    def with_tokens(self, contents: Sequence[str]) -> "WordTokenizer":
        """A tokenizer that has these special tokens; those that are missing come last, in order."""
        with RustErrors(self.where):
            rust = Tokenizer.from_str(self._rust.to_str())
        _add_tokens(rust, contents=contents)
        return WordTokenizer(
            rust,
            family=self.family,
            roles=self.roles,
            prefix_space=self.prefix_space,
            where=self.where,
            model_max_length=self.model_max_length,
        )

    @property
    def marker_id(self) -> int:
        """Id of ``<ent>``, which stands around the first mention."""
        return self._marker(MARKERS[0])

    @property
    def marker2_id(self) -> int:
        """Id of ``<ent2>``, which stands around the second mention."""
        return self._marker(MARKERS[1])

    @property
    def has_markers(self) -> bool:
        """Whether the tokenizer has both markers."""
        return len(_marker_contents(self._rust)) == len(MARKERS)

    def id(self, token: str) -> int | None:
        """Id of a piece or special token, ``None`` if there is none of that content."""
        try:
            return self._rust.token_to_id(token)
        except UnicodeEncodeError:  # half a surrogate pair
            return None

    def token(self, word_id: int) -> str | None:
        """Content of an id, in the tokenizer's own alphabet; ``None`` if there is no such id."""
        return self._rust.id_to_token(word_id) if 0 <= word_id < self.n_words else None

    def decode(self, word_ids: Sequence[int] | IntArray) -> str:
        """The text of some ids, without special tokens and ids that have no piece."""
        rows = [int(word_id) for word_id in word_ids]
        if rows and min(rows) < 0:
            raise DataError(
                f"word id {min(rows)} at place {rows.index(min(rows))}, expected 0 or more; leave "
                "places without a word out"
            )
        return self._rust.decode(
            [row for row in rows if row < self.n_words], skip_special_tokens=True
        )

    def encode(self, segmented: Sequence[Sequence[str]], *, offsets: bool) -> list[Encoding]:
        """Encode texts given as segments, each segment as if it stood alone.

        ``word_ids`` of an encoding are the numbers of the segments, its offsets count from the
        start of the segment. Several texts are encoded in parallel, outside Python's lock.

        Args:
            segmented: The segments of each text.
            offsets: Whether offsets are wanted; without them it is faster.
        """
        encode = self._rust.encode_batch if offsets else self._rust.encode_batch_fast
        return encode(list(segmented), is_pretokenized=True, add_special_tokens=False)

    def find_added_tokens(self, text: str) -> Iterator[tuple[int, int]]:
        """Ranges of a text that read as a special or added token; they may overlap."""
        for content in self._added_contents:
            start = text.find(content)
            while start >= 0:
                yield start, start + len(content)
                start = text.find(content, start + 1)

    @cached_property
    def cut_rule(self) -> CutRule:
        """Where a text can be cut without a piece noticing."""
        return rule_for(self._rust)

    @cached_property
    def piece_bytes(self) -> IntArray:
        """Bytes of each piece, if pieces hold exactly the bytes of a text; else empty.

        *Shape:* (n_words,).
        """
        if self.family != "byte_level" or self._rust.normalizer is not None:
            return np.zeros(0, dtype=np.int32)
        vocab = self._rust.get_vocab(with_added_tokens=False)
        if not vocab.keys() >= set(pre_tokenizers.ByteLevel.alphabet()):
            # Bytes that no piece holds would be dropped from texts.
            return np.zeros(0, dtype=np.int32)
        lengths = np.zeros(self.n_words, dtype=np.int32)
        for content, row in vocab.items():
            # One letter of the byte-level alphabet stands for one byte.
            lengths[row] = len(content)
        return lengths

    def _require(self, role: str) -> int:
        row = self._rust.token_to_id(self.roles[role])
        if row is None:
            raise CheckpointError(
                f"{self.where}: the vocabulary has no {self.roles[role]!r}, which is its {role} "
                f"token; name the right one as {role}_token in tokenizer_config.json"
            )
        return row

    def _marker(self, marker: str) -> int:
        content = _find_marker(self._rust, marker=marker)
        row = None if content is None else self._rust.token_to_id(content)
        if row is None:
            raise ConfigError(
                f"{self.where}: the tokenizer has no {marker!r}; use tokenizer.with_markers(), "
                "and a word table with as many more rows"
            )
        return row


def _last_id(rust: Tokenizer) -> int:
    """The largest id of the vocabulary; ids of all models but Unigram may have holes."""
    if isinstance(rust.model, models.Unigram):
        return rust.get_vocab_size(with_added_tokens=False) - 1
    return max(rust.get_vocab(with_added_tokens=False).values(), default=-1)


def _find_marker(rust: Tokenizer, *, marker: str) -> str | None:
    """The marker's content in a tokenizer; some files have a SentencePiece space mark before it."""
    contents = (marker, f"▁{marker}")
    return next((text for text in contents if rust.token_to_id(text) is not None), None)


def _marker_contents(rust: Tokenizer) -> tuple[str, ...]:
    return tuple(
        text for marker in MARKERS if (text := _find_marker(rust, marker=marker)) is not None
    )


def _add_tokens(rust: Tokenizer, *, contents: Sequence[str]) -> None:
    rust.add_special_tokens(
        [
            AddedToken(content, normalized=False)
            for content in contents
            if _find_marker(rust, marker=content) is None
        ]
    )


def _widen_cache(model: models.Model) -> None:
    """Let a model remember the pieces of more words than its usual 10,000, where it can.

    That many are soon met in a long text, and no others are remembered then.
    """
    resize: Callable[[int], None] | None = getattr(model, "_resize_cache", None)
    if resize is not None:
        resize(_REMEMBERED_WORDS)


def _strip(rust: Tokenizer) -> None:
    """Make a tokenizer add and remove nothing: no padding, truncation, template or prefix."""
    rust.no_padding()
    rust.no_truncation()
    rust.post_processor = None  # pyright: ignore[reportAttributeAccessIssue]
    parts = pre_tokenizer_parts(rust)
    if len(parts) == 1 and parts[0]["type"] == "ByteLevel" and parts[0]["add_prefix_space"]:
        # The prefix would come before every segment; alignment puts it before the text alone.
        rust.pre_tokenizer = pre_tokenizers.ByteLevel(
            add_prefix_space=False, use_regex=parts[0].get("use_regex", True)
        )
