"""openluke on the same sentences: recipes/small/wnut17.toml as a program like its peers."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

import openluke
from benchmarks.quality.peers.tagged_lines import Job, Sentence, run
from openluke.finetuning.finetune import finetune
from openluke.finetuning.recipe import read_recipe
from openluke.formats.conll_writing import write_conll
from openluke.formats.joined_words import join_words
from openluke.formats.tagging import WordRange, ranges_of, tags_of
from openluke.records import Document, Mention, Span

RECIPE = Path("recipes/small/wnut17.toml")


class Openluke:
    """Named entity recognition with a span proposer."""

    distributions = ("openluke", "torch", "tokenizers")

    def learn(self, job: Job, *, output: Path) -> None:
        """Fine-tune by the recipe, on the sentences of the job alone."""
        output.mkdir(parents=True, exist_ok=True)
        train = output / "train.conll"
        write_conll(train, documents=[_document(one) for one in job.sentences()])
        training = {
            "epochs": job.epochs,
            "batch_size": job.batch_size,
            "dtype": job.dtype,
            "optimizer": {"learning_rate": job.learning_rate},
        }
        data = {"train": str(train.absolute()), "dev": None, "test": None, "dev_share": 0}
        changes = {"model": job.encoder, "data": data, "training": training, "seed": job.seed}
        torch.set_num_threads(1)
        finetune(read_recipe(RECIPE, changes=changes), output=output / "run", device="cpu")

    def load(self, directory: Path) -> Callable[[Sequence[Sentence]], list[list[str]]]:
        """Prediction as ``openluke.load(…).predict`` does it, or with another ``keep``."""
        torch.set_num_threads(1)
        pipeline = openluke.load(directory / "run" / "model", device="cpu")

        def tag(sentences: Sequence[Sentence]) -> list[list[str]]:
            asked = [_document(one, labelled=False) for one in sentences]
            return [tags_of_document(found) for found in pipeline.predict(asked)]

        return tag


def _document(sentence: Sentence, *, labelled: bool = True) -> Document:
    joined = join_words(sentence.words)
    mentions = []
    for found in ranges_of(sentence.tags, scheme=None) if labelled else ():
        span = joined.span(found.start, end=found.end)
        mentions.append(Mention(start=span.start, end=span.end, label=found.label))
    whole = (Span(0, len(joined.text)),)
    return Document(text=joined.text, words=joined.words, sentences=whole, mentions=tuple(mentions))


def tags_of_document(found: Document) -> list[str]:
    """The IOB2 tags of a sentence's words."""
    words = found.words or ()
    starts = {word[0]: number for number, word in enumerate(words)}
    ends = {word[1]: number + 1 for number, word in enumerate(words)}
    ranges = [
        WordRange(starts[one.start], ends[one.end], one.label or "") for one in found.mentions
    ]
    return tags_of(ranges, n_words=len(words), scheme="iob2")


if __name__ == "__main__":
    run(Openluke(), description=__doc__ or "")
