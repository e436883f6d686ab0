"""Small tokenizers of every family, trained in the tests on a few lines of many scripts."""

import json
from pathlib import Path

import sentencepiece
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from openluke.tokenization.sentencepiece_model import SentencePieceModel

CORPUS = Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8").splitlines()
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>"]
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def train_byte_level(*, vocab_size: int = 700) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a RoBERTa-like tokenizer, ``<mask>`` last."""
    rust = Tokenizer(models.BPE())
    rust.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 1,
        special_tokens=ROBERTA,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    rust.train_from_iterator(CORPUS, trainer)
    model = json.loads(rust.to_str())["model"]
    vocab = {**model["vocab"], "<mask>": len(model["vocab"])}
    return vocab, [tuple(merge) for merge in model["merges"]]


def write_byte_level(directory: Path, *, markers: bool = True) -> Path:
    """The files of a released LUKE: vocabulary, merges, added tokens, special tokens."""
    vocab, merges = train_byte_level()
    directory.mkdir(parents=True, exist_ok=True)
    _write_json(directory / "vocab.json", value=vocab)
    lines = ["#version: 0.2", *(" ".join(merge) for merge in merges)]
    (directory / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    special = {"mask_token": {"content": "<mask>", "lstrip": True, "normalized": True}}
    if markers:
        extra = {"<ent>": len(vocab), "<ent2>": len(vocab) + 1}
        _write_json(directory / "added_tokens.json", value=extra)
        special["additional_special_tokens"] = [{"content": content} for content in extra]
    _write_json(directory / "special_tokens_map.json", value=special)
    return directory


def train_sentencepiece(directory: Path, *, kind: str = "unigram", **options) -> Path:
    """A ``sentencepiece.bpe.model`` with XLM-R's rules."""
    directory.mkdir(parents=True, exist_ok=True)
    corpus = directory / "corpus.txt"
    corpus.write_text("\n".join(CORPUS), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(directory / "sentencepiece.bpe"),
        model_type=kind,
        **{
            "vocab_size": 500,
            "hard_vocab_limit": False,
            "character_coverage": 0.99,
            "minloglevel": 2,
            **options,
        },
    )
    corpus.unlink()
    (directory / "sentencepiece.bpe.vocab").unlink()
    return directory


def write_mluke(directory: Path, **options) -> Path:
    """The files of a released mLUKE: SentencePiece model and added tokens."""
    train_sentencepiece(directory, **options)
    model = sentencepiece.SentencePieceProcessor(
        model_file=str(directory / "sentencepiece.bpe.model")
    )
    first = model.get_piece_size() + 2
    extra = {"<ent>": first, "<ent2>": first + 1}
    _write_json(directory / "added_tokens.json", value=extra)
    special = {
        "additional_special_tokens": [{"content": content} for content in extra],
        "mask_token": {"content": "<mask>", "lstrip": True},
    }
    _write_json(directory / "special_tokens_map.json", value=special)
    return directory


def write_wordpiece(directory: Path) -> Path:
    """The files of a BERT: ``vocab.txt`` and a configuration."""
    rust = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    rust.normalizer = normalizers.BertNormalizer(lowercase=True)
    rust.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=500, special_tokens=BERT, show_progress=False)
    rust.train_from_iterator(CORPUS, trainer)
    directory.mkdir(parents=True, exist_ok=True)
    words = sorted(rust.get_vocab(), key=rust.token_to_id)
    (directory / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    _write_json(directory / "tokenizer_config.json", value={"do_lower_case": True})
    return directory


def xlm_r_json(directory: Path) -> Tokenizer:
    """A Rust tokenizer as ``tokenizer.json`` files of XLM-R have it, of a SentencePiece model."""
    charsmap = SentencePieceModel.read(directory / "sentencepiece.bpe.model").charsmap
    model = sentencepiece.SentencePieceProcessor(
        model_file=str(directory / "sentencepiece.bpe.model")
    )
    rows = [(special, 0.0) for special in ROBERTA]
    rows += [
        (model.id_to_piece(row), model.get_score(row)) for row in range(3, model.get_piece_size())
    ]
    rust = Tokenizer(models.Unigram([*rows, ("<mask>", 0.0)], unk_id=3))
    rust.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    rust.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    rust.add_special_tokens(
        [
            *(AddedToken(content, normalized=False) for content in ROBERTA),
            AddedToken("<mask>", lstrip=True, normalized=False),
        ]
    )
    rust.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return rust


def _write_json(path: Path, *, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
