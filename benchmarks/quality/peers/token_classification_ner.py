"""The token classification of transformers: one IOB2 tag for the first piece of each word.

Training is that of its example: AdamW with warm-up and linear decay, batches drawn each epoch.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import transformers
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    get_linear_schedule_with_warmup,
)

from benchmarks.quality.peers.tagged_lines import Job, Sentence, labels_of, run

_INFERENCE_BATCH = 32
_IGNORE = -100
_MOST_PIECES = 256


class TokenClassification:
    """A linear layer on an encoder of transformers."""

    distributions = ("torch", "transformers")

    def learn(self, job: Job, *, output: Path) -> None:
        """Train from the beginning: it takes minutes."""
        transformers.set_seed(job.seed)
        sentences = job.sentences()
        labels = labels_of(sentences)
        tokenizer = AutoTokenizer.from_pretrained(job.encoder)
        model = AutoModelForTokenClassification.from_pretrained(
            job.encoder, id2label=dict(enumerate(labels)), label2id=_numbers(labels)
        ).train()
        optimizer = _optimizer(model, job=job)
        batches = [
            order for epoch in range(job.epochs) for order in _batches(job, len(sentences), epoch)
        ]
        schedule = get_linear_schedule_with_warmup(optimizer, len(batches) // 10, len(batches))
        for batch in batches:
            chosen = [sentences[i] for i in batch]
            inputs, places = _inputs(tokenizer, chosen)
            targets = _targets(chosen, places=places, numbers=_numbers(labels), like=inputs)
            with torch.autocast("cpu", torch.bfloat16, enabled=job.dtype == "bfloat16"):
                loss = model(**inputs, labels=targets).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        model.save_pretrained(output / "model")
        tokenizer.save_pretrained(output / "model")

    def load(self, directory: Path) -> Callable[[Sequence[Sentence]], list[list[str]]]:
        """Prediction in batches of like lengths; a word that was cut away is ``O``."""
        tokenizer = AutoTokenizer.from_pretrained(directory / "model")
        model = AutoModelForTokenClassification.from_pretrained(directory / "model").eval()

        @torch.inference_mode()
        def tag(sentences: Sequence[Sentence]) -> list[list[str]]:
            order = sorted(range(len(sentences)), key=lambda i: len(sentences[i].words))
            found: list[list[str]] = [["O"] * len(one.words) for one in sentences]
            for first in range(0, len(order), _INFERENCE_BATCH):
                chosen = order[first : first + _INFERENCE_BATCH]
                inputs, places = _inputs(tokenizer, [sentences[i] for i in chosen])
                best = model(**inputs).logits.argmax(-1).tolist()
                for i, row, firsts in zip(chosen, best, places, strict=True):
                    for word, piece in firsts.items():
                        found[i][word] = model.config.id2label[row[piece]]
            return found

        return tag


def _numbers(labels: Sequence[str]) -> dict[str, int]:
    return {label: number for number, label in enumerate(labels)}


def _optimizer(model, *, job: Job) -> torch.optim.Optimizer:
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=job.learning_rate, weight_decay=0.01)


def _inputs(tokenizer, sentences: Sequence[Sentence]):
    """The batch, and where in each sentence the first piece of each word is."""
    encoded = tokenizer(
        [one.words for one in sentences],
        is_split_into_words=True,
        truncation=True,
        max_length=_MOST_PIECES,
        padding=True,
        return_tensors="pt",
    )
    return encoded, [_first_pieces(encoded.word_ids(i)) for i in range(len(sentences))]


def _first_pieces(word_ids: list[int | None]) -> dict[int, int]:
    firsts: dict[int, int] = {}
    for piece, word in enumerate(word_ids):
        if word is not None:
            firsts.setdefault(word, piece)
    return firsts


def _targets(sentences, *, places, numbers, like) -> torch.Tensor:
    width = like["input_ids"].shape[1]
    rows = []
    for sentence, firsts in zip(sentences, places, strict=True):
        row = torch.full((width,), _IGNORE)
        for word, piece in firsts.items():
            row[piece] = numbers[sentence.tags[word]]
        rows.append(row)
    return pad_sequence(rows, batch_first=True)


def _batches(job: Job, n_sentences: int, epoch: int) -> list[list[int]]:
    generator = torch.Generator().manual_seed(1000 * job.seed + epoch)
    order = torch.randperm(n_sentences, generator=generator).tolist()
    return [order[i : i + job.batch_size] for i in range(0, n_sentences, job.batch_size)]


if __name__ == "__main__":
    run(TokenClassification(), description=__doc__ or "")
