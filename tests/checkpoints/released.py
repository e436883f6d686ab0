"""Checkpoints with the keys, configurations and files of the released ones, shapes reduced."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import Tensor, nn
from transformers import LukeConfig

CORPUS = [
    "Beyoncé lives in Los Angeles, and @ home she sings # 1 songs.",
    "Top seed Ana Ivanovic said on Thursday she could hardly believe her luck.",
    "Tokyo is the capital of Japan; 東京は日本の首都です。",
    "ISO 639-3 uses the code fas for the dialects spoken across Iran.",
]
ENGLISH = ["Japan", "Tokyo", "Los Angeles", "Beyoncé", "2001: A Space Odyssey"]
MULTILINGUAL = ["en:Japan", "ja:日本", "en:Tokyo", "ja:東京"]
_ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
_SPECIAL_TOKENS = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "cls_token": "<s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
    "mask_token": "<mask>",
}


@dataclass(frozen=True)
class Released:
    """One released layout."""

    name: str
    architecture: str
    vocab: dict[str, int]
    tokenizer: str = "byte_level"
    entity_aware: bool = True
    n_labels: int = 2
    biased: bool | None = None
    stated_architecture: str | None = None
    task: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def english(*, lite: bool = False) -> dict[str, int]:
    if lite:
        return {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
    names = ["[PAD]", "[UNK]", "[MASK]", "[MASK2]", *ENGLISH]
    return {name: i for i, name in enumerate(names)}


def multilingual() -> dict[str, int]:
    vocab = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "en:Japan": 3, "ja:日本": 3}
    return vocab | {"en:Tokyo": 4, "ja:東京": 4, "[MASK2]": 5}


RELEASED = [
    Released("luke-base", "LukeForMaskedLM", english()),
    Released("luke-base-lite", "LukeForMaskedLM", english(lite=True)),
    Released("mluke-base", "LukeForMaskedLM", multilingual(), "sentencepiece", entity_aware=False),
    Released("mluke-base-lite", "LukeForMaskedLM", english(lite=True), "sentencepiece", False),
    Released("luke-japanese-base", "LukeForMaskedLM", english(), "sentencepiece"),
    Released(
        "luke-large-finetuned-conll-2003",
        "LukeForEntitySpanClassification",
        english(),
        n_labels=5,
        task="entity_span_classification",
    ),
    Released(
        "luke-large-finetuned-tacred",
        "LukeForEntityPairClassification",
        english(),
        n_labels=42,
        task="entity_pair_classification",
    ),
    Released(
        "luke-large-finetuned-open-entity",
        "LukeForEntityClassification",
        english(),
        n_labels=9,
        task="entity_classification",
    ),
    Released(
        "mluke-large-lite-finetuned-kbp37",
        "LukeForEntityPairClassification",
        english(lite=True),
        "sentencepiece",
        n_labels=37,
        biased=True,
        task="entity_pair_classification",
    ),
    Released("sequence", "LukeForSequenceClassification", english(), n_labels=3),
    Released("token", "LukeForTokenClassification", english(), n_labels=4),
    Released("question-answering", "LukeForQuestionAnswering", english()),
    Released("multiple-choice", "LukeForMultipleChoice", english()),
    Released("bare", "LukeModel", english()),
]


def write_released(released: Released, *, directory: Path, fused: str = "bin") -> nn.Module:
    """Write a released layout; return transformers' model with the same weights."""
    directory.mkdir(parents=True, exist_ok=True)
    n_words = WRITERS[released.tokenizer](directory)
    (directory / "entity_vocab.json").write_text(json.dumps(released.vocab), encoding="utf-8")
    config = luke_config(released, n_words=n_words)
    torch.manual_seed(1)
    model = getattr(transformers, released.architecture)(config).eval()
    randomise(model)
    if released.biased:
        bias = nn.Parameter(torch.randn(released.n_labels))
        model.classifier.register_parameter("bias", bias)
    values = config.to_diff_dict() | {
        "architectures": [released.stated_architecture or released.architecture],
        "bert_model_name": "models/luke-japanese/hf_xlm_roberta",
    }
    (directory / "config.json").write_text(json.dumps(values), encoding="utf-8")
    torch.save(old_state_dict(model), directory / "pytorch_model.bin")
    write_tokenizer_config(released, directory=directory)
    return model


def luke_config(released: Released, *, n_words: int) -> LukeConfig:
    return LukeConfig(
        vocab_size=n_words,
        entity_vocab_size=max(released.vocab.values()) + 1,
        hidden_size=24,
        entity_emb_size=10,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=40,
        max_position_embeddings=66,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        use_entity_aware_attention=released.entity_aware,
        num_labels=released.n_labels,
        pad_token_id=1,
        **released.extra,
    )


@torch.no_grad()
def randomise(model: nn.Module) -> None:
    """Random values everywhere, biases and norms too, with the tied tables kept tied."""
    for name, parameter in model.named_parameters():
        parameter.normal_(1.0 if name.endswith("orm.weight") else 0.0, 0.2)
    if hasattr(model, "lm_head"):
        model.lm_head.decoder.weight = model.luke.embeddings.word_embeddings.weight
        model.lm_head.bias = model.lm_head.decoder.bias
        table = model.luke.entity_embeddings.entity_embeddings.weight
        model.entity_predictions.decoder.weight = table


def old_state_dict(model: nn.Module) -> dict[str, Tensor]:
    """What transformers 4 saved: tied keys, a buffer of positions, and unused queries."""
    state = dict(model.state_dict())
    prefix = "luke." if any(name.startswith("luke.") for name in state) else ""
    state[f"{prefix}embeddings.position_ids"] = torch.arange(66)[None]
    for name in list(state):
        if ".self.query." in name:
            for query in ("w2e_query", "e2w_query", "e2e_query"):
                state.setdefault(name.replace("query", query), state[name].clone())
    return state


def write_byte_level(directory: Path) -> int:
    rust = Tokenizer(models.BPE())
    rust.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=_ROBERTA,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    rust.train_from_iterator(CORPUS, trainer=trainer)
    rust.model.save(str(directory))
    count = rust.get_vocab_size()
    added = {"<ent>": count, "<ent2>": count + 1}
    (directory / "added_tokens.json").write_text(json.dumps(added), encoding="utf-8")
    return count + 2


def write_sentencepiece(directory: Path) -> int:
    with (directory / "corpus.txt").open("w", encoding="utf-8") as stream:
        stream.write("\n".join(CORPUS * 4))
    sentencepiece.SentencePieceTrainer.train(
        input=str(directory / "corpus.txt"),
        model_prefix=str(directory / "trained"),
        vocab_size=120,
        model_type="unigram",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    (directory / "trained.model").rename(directory / "sentencepiece.bpe.model")
    count = sentencepiece.SentencePieceProcessor(
        model_file=str(directory / "sentencepiece.bpe.model")
    ).vocab_size()
    # fairseq: <s>, <pad>, </s>, <unk>, the pieces without their own three, <mask>
    n_words = count + 2
    added = {"<ent>": n_words, "<ent2>": n_words + 1}
    (directory / "added_tokens.json").write_text(json.dumps(added), encoding="utf-8")
    return n_words + 2


def write_wordpiece(directory: Path) -> int:
    letters = sorted({letter for text in CORPUS for letter in text.lower() if letter.strip()})
    words = sorted({word for text in CORPUS for word in text.lower().split() if word.isalpha()})
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *words]
    vocab += [f"##{letter}" for letter in letters]
    vocab = list(dict.fromkeys(vocab))
    (directory / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    return len(vocab)


WRITERS = {
    "byte_level": write_byte_level,
    "sentencepiece": write_sentencepiece,
    "wordpiece": write_wordpiece,
}


def write_tokenizer_config(released: Released, *, directory: Path) -> None:
    markers = ["<ent>", "<ent2>"]
    values = {
        "tokenizer_class": "LukeTokenizer"
        if released.tokenizer == "byte_level"
        else "MLukeTokenizer",
        "task": released.task,
        "max_entity_length": 32,
        "max_mention_length": 30,
        **_SPECIAL_TOKENS,
    }
    (directory / "tokenizer_config.json").write_text(json.dumps(values), encoding="utf-8")
    specials = _SPECIAL_TOKENS | {"additional_special_tokens": markers}
    (directory / "special_tokens_map.json").write_text(json.dumps(specials), encoding="utf-8")
