"""SpanMarker (https://github.com/tomaarsen/SpanMarkerNER) on the sentences of a job.

It needs an environment of its own: pip install torch==2.13.0 span-marker "transformers<5". Run from
the root of the repository as ``python -m benchmarks.quality.peers.span_marker_ner``.
"""

import tempfile
from importlib import metadata

from datasets import ClassLabel, Dataset, Features, Sequence, Value
from seqeval.metrics import f1_score
from span_marker import SpanMarkerModel, Trainer
from transformers import TrainingArguments

from benchmarks.quality.peers.tagged_lines import Job, Sentence, print_figures, read_job, timed

_INFERENCE_BATCH = 32


def main() -> None:
    """Train, score the development and test sentences, and print the figures."""
    job = read_job(__doc__ or "")
    model = SpanMarkerModel.from_pretrained(
        job.encoder, labels=job.labels, model_max_length=128, entity_max_length=8
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model, args=_arguments(job, folder=folder), train_dataset=_dataset(job)
        )
        _, training = timed(trainer.train)
    model.eval()
    dev = [_tags(one, found) for one, found in zip(job.dev, _predict(model, job.dev), strict=True)]
    found, inference = timed(lambda: _predict(model, job.test))
    test = [_tags(one, spans) for one, spans in zip(job.test, found, strict=True)]
    print_figures(
        {
            "program": f"span_marker {metadata.version('span_marker')}",
            "dev_f1": f1_score([list(one.tags) for one in job.dev], dev),
            "test_f1": f1_score([list(one.tags) for one in job.test], test),
            "training_examples_per_second": job.epochs * len(job.train) / training,
            "sentences_per_second": len(job.test) / inference,
        }
    )


def _arguments(job: Job, *, folder: str) -> TrainingArguments:
    return TrainingArguments(
        output_dir=folder,
        learning_rate=job.learning_rate,
        per_device_train_batch_size=job.batch_size,
        num_train_epochs=job.epochs,
        warmup_ratio=0.1,
        weight_decay=0.01,
        seed=job.seed,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
    )


def _dataset(job: Job) -> Dataset:
    numbers = {label: number for number, label in enumerate(job.labels)}
    columns = {
        "tokens": [one.words for one in job.train],
        "ner_tags": [[numbers[tag] for tag in one.tags] for one in job.train],
    }
    tags = Sequence(ClassLabel(names=job.labels))
    features = Features({"tokens": Sequence(Value("string")), "ner_tags": tags})
    return Dataset.from_dict(columns, features=features)


def _predict(model: SpanMarkerModel, sentences: list[Sentence]) -> list[list[dict]]:
    return model.predict([one.words for one in sentences], batch_size=_INFERENCE_BATCH)


def _tags(sentence: Sentence, entities: list[dict]) -> list[str]:
    tags = ["O"] * len(sentence.words)
    for entity in entities:
        first, last = entity["word_start_index"], entity["word_end_index"]
        tags[first:last] = [f"B-{entity['label']}"] + [f"I-{entity['label']}"] * (last - first - 1)
    return tags


if __name__ == "__main__":
    main()
