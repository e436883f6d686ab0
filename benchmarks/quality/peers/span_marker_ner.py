"""SpanMarker (https://github.com/tomaarsen/SpanMarkerNER), compared on the same sentences.

It needs an environment of its own: pip install torch==2.13.0 span-marker "transformers<5".
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from datasets import ClassLabel, Dataset, Features, Value
from datasets import Sequence as ListOf
from span_marker import SpanMarkerModel, Trainer
from transformers import TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from benchmarks.quality.peers.tagged_lines import Job, Sentence, labels_of, run

_INFERENCE_BATCH = 32
_MOST_PIECES = 128
"""No training sentence and no dev sentence is longer. It pads all inputs to this length, so the 256
of its README would be slower and learn the same; of two test sentences the ends are not read."""


class SpanMarker:
    """Its own trainer and prediction."""

    distributions = ("span_marker", "torch", "transformers")

    def learn(self, job: Job, *, output: Path) -> None:
        """Train; a checkpoint of each epoch is kept, and gone on from."""
        labels = labels_of(job.sentences())
        model = SpanMarkerModel.from_pretrained(
            job.encoder, labels=labels, model_max_length=_MOST_PIECES, entity_max_length=8
        )
        checkpoints = output / "checkpoints"
        trainer = Trainer(
            model=model,
            args=_arguments(job, folder=checkpoints),
            train_dataset=_dataset(job.sentences(), labels=labels),
        )
        last = get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None
        trainer.train(resume_from_checkpoint=last)
        trainer.save_model(str(output / "model"))

    def load(self, directory: Path) -> Callable[[Sequence[Sentence]], list[list[str]]]:
        """Prediction in batches of 32, which it sorts by length itself."""
        model = SpanMarkerModel.from_pretrained(str(directory / "model")).eval()

        def tag(sentences: Sequence[Sentence]) -> list[list[str]]:
            found = model.predict([one.words for one in sentences], batch_size=_INFERENCE_BATCH)
            return [_tags(one, spans) for one, spans in zip(sentences, found, strict=True)]

        return tag


def _arguments(job: Job, *, folder: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        learning_rate=job.learning_rate,
        per_device_train_batch_size=job.batch_size,
        num_train_epochs=job.epochs,
        warmup_ratio=0.1,
        weight_decay=0.01,
        seed=job.seed,
        save_strategy="epoch",
        save_total_limit=1,
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        bf16=job.dtype == "bfloat16",
    )


def _dataset(sentences: Sequence[Sentence], *, labels: list[str]) -> Dataset:
    numbers = {label: number for number, label in enumerate(labels)}
    columns = {
        "tokens": [one.words for one in sentences],
        "ner_tags": [[numbers[tag] for tag in one.tags] for one in sentences],
    }
    tags = ListOf(ClassLabel(names=labels))
    features = Features({"tokens": ListOf(Value("string")), "ner_tags": tags})
    return Dataset.from_dict(columns, features=features)


def _tags(sentence: Sentence, entities: list[dict]) -> list[str]:
    tags = ["O"] * len(sentence.words)
    for entity in entities:
        first, last = entity["word_start_index"], entity["word_end_index"]
        tags[first:last] = [f"B-{entity['label']}"] + [f"I-{entity['label']}"] * (last - first - 1)
    return tags


if __name__ == "__main__":
    run(SpanMarker(), description=__doc__ or "")
