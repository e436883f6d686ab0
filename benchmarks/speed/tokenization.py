"""How fast texts with mentions become model inputs, against transformers' LukeTokenizer.

Both sides make the same padded arrays (word ids and mask, entity ids, mask and positions) of the
same batches, and every example that is timed is first asserted to be identical. Rounds go through
a corpus, so that words are met as often as in real work. With OPENLUKE_DATA=DIR the vocabulary is
RoBERTa's and the text English Wikipedia; else both are made here.

Run it with ``python -m benchmarks.speed.tokenization [--output FILE]``.
"""

import argparse
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

# One thread for both sides, unless the scaling is what is measured; before Rust is loaded.
os.environ.setdefault("RAYON_NUM_THREADS", "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false" if os.environ["RAYON_NUM_THREADS"] == "1" else "true"

import numpy as np
import tokenizers
import transformers
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers
from transformers import LukeTokenizer

from benchmarks.speed.measure import environment, paired, report
from openluke.entities.vocab import EntityVocab
from openluke.features import Features
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.passages import Passage
from openluke.tokenization.tokenizer import WordTokenizer

ROUNDS = 15
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
ENTITY_VOCAB = {"[PAD]": 0, "[UNK]": 1, "[MASK]": 2, "[MASK2]": 3}
MAX_MENTION_LENGTH = 30
FLOORS = {"ner": 10.0, "pretraining": 2.0, "relations": 1.5, "arbitrary": 1.0}

Spans = list[tuple[int, int]]
Arrays = dict[str, np.ndarray]


class Example(NamedTuple):
    """A text with its mentions."""

    text: str
    spans: Spans


@dataclass(frozen=True)
class Workload:
    """A kind of example, the layout it is read in, and how many make a batch."""

    name: str
    layout: str
    batch_size: int
    make: Callable[[list[str], random.Random], Example]
    words: tuple[int, int]
    """Fewest and most words of an example."""


def all_spans(words: list[str], rng: random.Random) -> Example:  # noqa: ARG001
    """Every span of at most 16 words."""
    starts, ends = _word_places(words)
    pairs = itertools.product(range(len(words)), range(16))
    spans = [(starts[i], ends[i + n]) for i, n in pairs if i + n < len(words)]
    return Example(" ".join(words), spans)


def some_links(words: list[str], rng: random.Random) -> Example:
    """Between 40 and 100 spans of one to three words that do not overlap."""
    starts, ends = _word_places(words)
    chosen = sorted(rng.sample(range(0, len(words) - 3, 3), k=rng.randint(40, 100)))
    spans = [(starts[i], ends[i + rng.randrange(3)]) for i in chosen]
    return Example(" ".join(words), spans)


def head_and_tail(words: list[str], rng: random.Random) -> Example:
    """Two spans of one to three words."""
    starts, ends = _word_places(words)
    one, other = rng.sample(range(0, len(words) - 3, 3), k=2)
    spans = [(starts[i], ends[i + rng.randrange(3)]) for i in (one, other)]
    return Example(" ".join(words), spans)


def any_characters(words: list[str], rng: random.Random) -> Example:
    """Four spans that begin and end anywhere, in the middle of words too."""
    text = " ".join(words)
    places = (sorted(rng.sample(range(len(text) + 1), k=2)) for _ in range(4))
    return Example(text, [(start, end) for start, end in places])


WORKLOADS = [
    Workload("ner", "entity_span", 16, all_spans, (24, 24)),
    Workload("pretraining", "plain", 8, some_links, (380, 380)),
    Workload("relations", "entity_pair", 32, head_and_tail, (16, 64)),
    Workload("arbitrary", "plain", 32, any_characters, (16, 64)),
]


def _word_places(words: list[str]) -> tuple[list[int], list[int]]:
    ends = list(itertools.accumulate(len(word) + 1 for word in words))
    return [end - len(word) - 1 for word, end in zip(words, ends, strict=True)], [
        end - 1 for end in ends
    ]


def read_words() -> tuple[list[str], str]:
    """A corpus as words, and what it is."""
    data = os.environ.get("OPENLUKE_DATA")
    if data is not None:
        files = sorted(Path(data, "linking/wned-wiki/wikipedia/RawText").iterdir())
        text = " ".join(file.read_text(encoding="utf-8") for file in files)
        return text.split(), "English Wikipedia (wned-wiki), RoBERTa's vocabulary"
    rng = random.Random(0)
    letters = "eeeetttaaaooinshrdlcumwfgypbvk"
    known = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(30_000)]
    weights = [1 / rank for rank in range(1, len(known) + 1)]
    ends = ["", "", "", "", "", "", "", ",", ".", "'s"]
    words = [word + rng.choice(ends) for word in rng.choices(known, weights=weights, k=150_000)]
    return words, "made-up words, a vocabulary trained on them"


def read_vocabulary(words: Sequence[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """RoBERTa's vocabulary and merges where they are, else ones trained on the words."""
    data = os.environ.get("OPENLUKE_DATA")
    if data is not None:
        directory = Path(data, "tokenizers/roberta-base")
        vocab = json.loads((directory / "vocab.json").read_text(encoding="utf-8"))
        lines = (directory / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
        return vocab, [tuple(line.split(" ")) for line in lines if line]
    rust = Tokenizer(models.BPE())
    rust.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=20_000,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    rust.train_from_iterator([" ".join(words)], trainer)
    model = json.loads(rust.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


class Ours:
    """Our side."""

    def __init__(self, tokenizer: WordTokenizer, workload: Workload, vocab: EntityVocab) -> None:
        config = EntityInputsConfig(layout=workload.layout, max_words=4096, max_entities=None)
        self.inputs = EntityInputs(tokenizer, vocab, config)

    def __call__(self, examples: Sequence[Example]) -> Arrays:
        """The arrays of a batch."""
        passages = [Passage(text=example.text, spans=example.spans) for example in examples]
        windows = self.inputs.encode(passages)
        return pad([features for window in windows for features in window])


def pad(features: list[Features]) -> Arrays:
    """The arrays that transformers makes of a batch, in 32 bits as our features are."""
    n, words = len(features), max(map(len, features))
    entities = max(one.n_entities for one in features)
    word_ids = np.full((n, words), 1, dtype=np.int32)
    word_mask = np.zeros((n, words), dtype=np.int32)
    entity_ids = np.full((n, entities), ENTITY_VOCAB["[PAD]"], dtype=np.int32)
    entity_mask = np.zeros((n, entities), dtype=np.int32)
    ranges = np.zeros((n, entities, 2), dtype=np.int32)
    for row, one in enumerate(features):
        word_ids[row, : len(one)] = one.word_ids
        word_mask[row, : len(one)] = 1
        entity_ids[row, : one.n_entities] = one.entity_ids
        entity_mask[row, : one.n_entities] = 1
        ranges[row, : one.n_entities] = one.entity_ranges
    positions = ranges[:, :, :1] + np.arange(MAX_MENTION_LENGTH, dtype=np.int32)
    positions[positions >= ranges[:, :, 1:]] = -1
    return {
        "input_ids": word_ids,
        "attention_mask": word_mask,
        "entity_ids": entity_ids,
        "entity_attention_mask": entity_mask,
        "entity_position_ids": positions,
    }


class Theirs:
    """transformers' side."""

    def __init__(
        self, vocab: dict[str, int], merges: list[tuple[str, str]], workload: Workload
    ) -> None:
        tasks = {"entity_pair": "entity_pair_classification"}
        tasks["entity_span"] = "entity_span_classification"
        self.tokenizer = LukeTokenizer(
            vocab=dict(vocab),
            merges=list(merges),
            entity_vocab=dict(ENTITY_VOCAB),
            task=tasks.get(workload.layout),
            mask_token=AddedToken("<mask>", lstrip=True, special=True, normalized=False),
        )

    def __call__(self, examples: Sequence[Example]) -> Arrays:
        """The arrays of a batch."""
        encoded = self.tokenizer(
            [example.text for example in examples],
            entity_spans=[example.spans for example in examples],
            padding=True,
            return_tensors="np",
        )
        return dict(encoded)


def make_batches(
    workload: Workload, *, words: list[str], rng: random.Random
) -> Iterator[list[Example]]:
    """Batches along the corpus, from its beginning to its end."""
    place = 0
    while True:
        batch = []
        for _ in range(workload.batch_size):
            length = rng.randint(*workload.words)
            batch.append(workload.make(words[place : place + length], rng))
            place += length
            if place + workload.words[1] > len(words):
                return
        yield batch


def assert_equal(ours: Arrays, theirs: Arrays) -> None:
    """Refuse to time outputs that differ."""
    for key, value in ours.items():
        assert value.shape == theirs[key].shape, key
        assert (value == theirs[key]).all(), key


def measure(workload: Workload, *, words: list[str], rounds: int) -> dict[str, Any]:
    """Paired timings over batches that differ from round to round."""
    vocab, merges = read_vocabulary(words)
    entities = entity_vocab()
    tokenizer = word_tokenizer(vocab, merges=merges)
    ours, theirs = Ours(tokenizer, workload, entities), Theirs(vocab, merges, workload)
    # The control has words that it remembers of its own: else it would find what theirs has read.
    control = Theirs(vocab, merges, workload)
    batches = list(make_batches(workload, words=words, rng=random.Random(1)))
    per_round = max(len(batches) // (rounds + 1), 1)
    chunks = [batches[i * per_round : (i + 1) * per_round][:8] for i in range(rounds + 1)]
    chunks = [chunk for chunk in chunks if chunk]
    examples = sum(len(batch) for batch in chunks[0])
    for batch in itertools.chain(*chunks):
        assert_equal(ours(batch), theirs(batch))
        control(batch)

    def over(side: Callable[[Sequence[Example]], Arrays]) -> Callable[[], object]:
        turns = itertools.cycle(chunks)
        return lambda: [side(batch) for batch in next(turns)]

    timing = paired(over(ours), over(theirs), null=over(control), rounds=len(chunks))
    return {
        **timing,
        "floor": FLOORS[workload.name],
        "ours_examples_per_second": examples / timing["ours"],
        "theirs_examples_per_second": examples / timing["theirs"],
        "examples_asserted_equal": sum(len(batch) for batch in itertools.chain(*chunks)),
    }


def entity_vocab() -> EntityVocab:
    """The four special entities."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "entity_vocab.json")
        path.write_text(json.dumps(ENTITY_VOCAB), encoding="utf-8")
        return EntityVocab.read(path)


def word_tokenizer(vocab: dict[str, int], *, merges: list[tuple[str, str]]) -> WordTokenizer:
    """Our tokenizer of a vocabulary, read from files as a user would."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
        lines = "".join(f"{left} {right}\n" for left, right in merges)
        Path(directory, "merges.txt").write_text("#version: 0.2\n" + lines, encoding="utf-8")
        return WordTokenizer.read(directory, add_markers=True)


def time_threads() -> None:
    """Print examples per second of one large batch, with the threads of this process."""
    words, _ = read_words()
    vocab, merges = read_vocabulary(words)
    workload = WORKLOADS[1]
    ours = EntityInputs(
        word_tokenizer(vocab, merges=merges),
        entity_vocab(),
        EntityInputsConfig(max_words=4096, max_entities=None),
    )
    batches = itertools.islice(make_batches(workload, words=words, rng=random.Random(2)), 40)
    passages = [Passage(text=one.text, spans=one.spans) for batch in batches for one in batch]
    seconds = []
    for _ in range(7):
        start = time.perf_counter()
        for windows in ours.encode(passages):
            list(windows)
        seconds.append(time.perf_counter() - start)
    print(len(passages) / statistics.median(seconds))


def thread_scaling() -> dict[str, float]:
    """Examples per second with one and two threads, each in a process of its own."""
    rates = {}
    for threads in ("1", "2"):
        rates[threads] = float(
            subprocess.run(
                [sys.executable, "-m", "benchmarks.speed.tokenization", "--threads-only"],
                env={**os.environ, "RAYON_NUM_THREADS": threads},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    return rates


def main(*, output: Path | None = None, rounds: int = ROUNDS) -> None:
    """Measure the four workloads and the threads, and report one line."""
    assert transformers.__version__.startswith("5."), transformers.__version__
    assert tokenizers.__version__ >= "0.21", tokenizers.__version__
    words, corpus = read_words()
    rows = {workload.name: measure(workload, words=words, rounds=rounds) for workload in WORKLOADS}
    rates = thread_scaling()
    report(
        {
            "benchmark": "tokenization",
            **rows["ner"],
            **environment(threads=1),
            "corpus": corpus,
            "workloads": rows,
            "threads": {"examples_per_second": rates, "speedup": rates["2"] / rates["1"]},
        },
        output=output,
    )
    for name, row in rows.items():
        assert row["ratio"] >= FLOORS[name], f"{name}: {row['ratio']:.2f} is below its floor"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads-only", action="store_true")
    arguments = parser.parse_args()
    if arguments.threads_only:
        time_threads()
    else:
        main(output=arguments.output, rounds=arguments.rounds)
