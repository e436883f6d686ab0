"""A corpus on disk: windows of pages, with the tokenizer and the entities that they are made of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from openluke.config import from_mapping
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, ConfigError
from openluke.manifests import Manifest, read_manifest
from openluke.pretraining.corpus.shards import FORMAT_VERSION, KIND, Shards
from openluke.tokenization.tokenizer import WordTokenizer

TOKENIZER, ENTITIES, INFO = "tokenizer", "entities", "corpus.json"
"""What a corpus has besides its shards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusInfo:
    """What a corpus holds."""

    language: str
    """Code of the language of the pages, as Wikipedia has it."""
    max_words: int
    """The most word pieces of a window, [CLS] and [SEP] among them."""
    max_entities: int
    """The most entities of a window."""
    max_mention_length: int
    """The pieces of a mention that give its position; some mentions have more."""
    n_train: int
    """Windows to learn from."""
    n_validation: int
    """Windows that are held out, of pages that no other window is from."""
    n_pieces: int
    """Word pieces of all windows, [CLS] and [SEP] not counted."""
    n_mentions: int
    """Entities of all windows."""
    n_words: int
    """Rows that a word table needs."""
    n_entities: int
    """Rows that an entity table needs."""
    tokenizer_digest: str
    """Of the tokenizer's files; corpora of one tokenizer have one."""
    entities_digest: str
    """Of the entity vocabulary; corpora of one have one."""


class Corpus:
    """What a model is pretrained on; opened at once, with none of its windows in memory."""

    def __init__(self, path: Path, *, manifest: Manifest, info: CorpusInfo) -> None:
        self.path = path
        self.manifest = manifest
        """What it was made from, how, and what was kept and dropped."""
        self.info = info

    @classmethod
    def open(cls, path: str | Path) -> "Corpus":
        """Open a corpus that ``openluke pretrain build`` has made.

        Raises:
            CheckpointError: It is another thing, or it is not whole.
        """
        path = Path(path)
        manifest = read_manifest(path, kind=KIND, format_version=FORMAT_VERSION)
        try:
            values: Any = json.loads((path / INFO).read_bytes())
            info = from_mapping(CorpusInfo, values=values, where=INFO)
        except (OSError, ValueError, TypeError, ConfigError) as error:
            raise CheckpointError(
                f"{path / INFO}: cannot be read: {error}; build the corpus again"
            ) from error
        return cls(path, manifest=manifest, info=info)

    @cached_property
    def train(self) -> Shards:
        """The windows to learn from."""
        return Shards.open(self.path, split="train")

    @cached_property
    def validation(self) -> Shards:
        """The windows that are held out."""
        return Shards.open(self.path, split="validation")

    def tokenizer(self) -> WordTokenizer:
        """The tokenizer that has made the word pieces."""
        return WordTokenizer.read(self.path / TOKENIZER)

    def entities(self) -> EntityVocab:
        """The vocabulary whose rows the entities are."""
        return EntityVocab.read(self.path / ENTITIES)


def check_alike(corpora: Sequence[Corpus]) -> None:
    """Raise unless one model can read all corpora.

    Raises:
        ConfigError: Their word pieces or their entities are not of the same rows.
    """
    for first, corpus in pairwise(corpora):
        differ = [
            what
            for what, one, other in (
                ("--tokenizer", corpus.info.tokenizer_digest, first.info.tokenizer_digest),
                ("--vocab", corpus.info.entities_digest, first.info.entities_digest),
            )
            if one != other
        ]
        if differ:
            raise ConfigError(
                f"{corpus.path} and {first.path} were built with another "
                f"{' and another '.join(differ)}, expected the same for all corpora of a model; "
                "build them again with the same"
            )
