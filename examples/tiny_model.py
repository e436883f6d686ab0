"""Make a tiny LUKE with random weights, to try the commands without a network.

Run ``python examples/tiny_model.py DIRECTORY``. The model is a whole one, with a tokenizer, an
entity vocabulary and entity-aware attention, but knows nothing: its vectors mean nothing.
"""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.saving import save_bundle
from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.model.config import EncoderConfig
from openluke.model.encoder import Encoder
from openluke.tokenization.tokenizer import WordTokenizer

TEXTS = Path(__file__).with_name("texts.jsonl")
SPECIAL_TOKENS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def tiny_model(texts: Path) -> Bundle:
    """A model whose tokenizer and entities come from a file of texts."""
    rows = [json.loads(line) for line in texts.read_text(encoding="utf-8").splitlines()]
    tokenizer = train_tokenizer([row["text"] for row in rows])
    titles = dict.fromkeys(title for row in rows for title in row.get("entities", ()))
    entities = EntityVocab.build(VocabRow(names=(Name(title),)) for title in titles)
    entities = entities.with_mask2()
    config = EncoderConfig(
        n_words=tokenizer.n_words,
        n_entities=entities.n_ids,
        hidden_size=32,
        entity_size=16,
        n_layers=2,
        n_heads=4,
        feed_forward_size=64,
        word_pad_id=tokenizer.pad_id,
        entity_pad_id=entities.special.pad,
    )
    torch.manual_seed(0)
    return Bundle(
        encoder=Encoder(config).eval(),
        tokenizer=tokenizer,
        entities=entities,
        source="random weights",
    )


def train_tokenizer(texts: list[str]) -> WordTokenizer:
    """A byte-level tokenizer like RoBERTa's, learnt from a few texts."""
    rust = Tokenizer(models.BPE())
    rust.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    rust.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    rust.train_from_iterator(texts, trainer=trainer)
    return WordTokenizer(rust, family="byte_level").with_markers()


def main() -> None:
    """Write the model to the directory named on the command line."""
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/tiny_model.py DIRECTORY")
    save_bundle(tiny_model(TEXTS), directory=sys.argv[1], replace=True)


if __name__ == "__main__":
    main()
