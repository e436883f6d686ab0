"""The token classification of transformers on the sentences of a job: one IOB2 tag for each word.

Run as ``python -m benchmarks.quality.peers.token_classification_ner`` from the root of the
repository. Each word's first piece is tagged, as in the token classification example of
transformers; training is AdamW with warm-up and linear decay, the batches drawn anew each epoch.
"""

import torch
import transformers
from seqeval.metrics import f1_score
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    get_linear_schedule_with_warmup,
)

from benchmarks.quality.peers.tagged_lines import Job, Sentence, print_figures, read_job, timed

_INFERENCE_BATCH = 32
_IGNORE = -100


def main() -> None:
    """Train, score the development and test sentences, and print the figures."""
    job = read_job(__doc__ or "")
    transformers.set_seed(job.seed)
    tokenizer = AutoTokenizer.from_pretrained(job.encoder)
    model = AutoModelForTokenClassification.from_pretrained(job.encoder, num_labels=len(job.labels))
    tagger = Tagger(model=model, tokenizer=tokenizer, labels=job.labels)
    _, training = timed(lambda: tagger.train(job))
    dev = tagger.predict(job.dev)
    test, inference = timed(lambda: tagger.predict(job.test))
    print_figures(
        {
            "program": f"transformers {transformers.__version__} token classification",
            "dev_f1": f1_score([list(one.tags) for one in job.dev], dev),
            "test_f1": f1_score([list(one.tags) for one in job.test], test),
            "training_examples_per_second": job.epochs * len(job.train) / training,
            "sentences_per_second": len(job.test) / inference,
        }
    )


class Tagger:
    """A model with its tokenizer and labels."""

    def __init__(self, *, model, tokenizer, labels: list[str]) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.labels = labels

    def train(self, job: Job) -> None:
        """Train as the token classification example of transformers does."""
        self.model.train()
        decayed = [p for n, p in self.model.named_parameters() if p.ndim > 1]
        others = [p for n, p in self.model.named_parameters() if p.ndim <= 1]
        groups = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=job.learning_rate, weight_decay=0.01)
        batches = [order for epoch in range(job.epochs) for order in _batches(job, epoch=epoch)]
        schedule = get_linear_schedule_with_warmup(optimizer, len(batches) // 10, len(batches))
        for batch in batches:
            inputs, labels, _ = self._tensors([job.train[i] for i in batch])
            self.model(**inputs, labels=labels).loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()

    @torch.inference_mode()
    def predict(self, sentences: list[Sentence]) -> list[list[str]]:
        """The tags of sentences, batched by length; a word that was cut away is ``O``."""
        self.model.eval()
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i].words))
        found: list[list[str]] = [[] for _ in sentences]
        for first in range(0, len(order), _INFERENCE_BATCH):
            chosen = order[first : first + _INFERENCE_BATCH]
            inputs, _, places = self._tensors([sentences[i] for i in chosen])
            best = self.model(**inputs).logits.argmax(-1).tolist()
            for i, row, firsts in zip(chosen, best, places, strict=True):
                tags = ["O"] * len(sentences[i].words)
                for word, piece in firsts.items():
                    tags[word] = self.labels[row[piece]]
                found[i] = tags
        return found

    def _tensors(self, sentences: list[Sentence]):
        encoded = self.tokenizer(
            [one.words for one in sentences],
            is_split_into_words=True,
            truncation=True,
            max_length=256,
            padding=True,
            return_tensors="pt",
        )
        places = [_first_pieces(encoded.word_ids(i)) for i in range(len(sentences))]
        width = encoded["input_ids"].shape[1]
        rows = []
        for sentence, firsts in zip(sentences, places, strict=True):
            row = torch.full((width,), _IGNORE)
            for word, piece in firsts.items():
                row[piece] = self.labels.index(sentence.tags[word])
            rows.append(row)
        return encoded, pad_sequence(rows, batch_first=True), places


def _first_pieces(word_ids: list[int | None]) -> dict[int, int]:
    firsts: dict[int, int] = {}
    for piece, word in enumerate(word_ids):
        if word is not None:
            firsts.setdefault(word, piece)
    return firsts


def _batches(job: Job, *, epoch: int) -> list[list[int]]:
    generator = torch.Generator().manual_seed(1000 * job.seed + epoch)
    order = torch.randperm(len(job.train), generator=generator).tolist()
    return [order[i : i + job.batch_size] for i in range(0, len(order), job.batch_size)]


if __name__ == "__main__":
    main()
