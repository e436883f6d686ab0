"""``openluke embed``: vectors of the texts in a file."""

import dataclasses
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.checkpoints.hub import resolve
from openluke.cli.progress import progress_of
from openluke.inference.devices import DtypeName
from openluke.inference.embed_file import EmbedJob, check_job, embed_file
from openluke.inference.load import load
from openluke.inference.model_identity import model_identity
from openluke.inference.passage_lines import count_lines
from openluke.inference.vector_files import VectorForm
from openluke.model.config import HeadKind


def embed(
    model: str,
    *,
    input: Path,  # noqa: A002 - the name of the option
    output: Path,
    format: VectorForm = "jsonl",  # noqa: A002 - the name of the option
    device: str = "auto",
    dtype: DtypeName = "auto",
    head: HeadKind | None = None,
    revision: str | None = None,
    replace: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write vectors of word pieces, mentions and whole texts.

    The vector of a text is the mean of those of its word pieces.

    A job that is killed goes on where it was when the same command is given again, and so does one
    that a wrong line has stopped, when the line is put right.

    Args:
        model: Directory or hub name of the model.
        input: A file of JSON lines: {"text": …, "spans": [[start, end], …], "entities": [title, …],
            "languages": …, "types": [row, …]}. Spans are in characters; entities are titles, null
            for [MASK]; languages is one for all titles or one each; types are rows of the entity
            type table. All but the text may be left out.
        output: The file to write, in the order of the input.
        format: jsonl (numbers to 6 decimals), parquet (float32), or npz (float32, the rows of all
            texts one after another with how many each has; without the texts themselves).
        device: Where to compute: auto (CUDA, then MPS, then the CPU), cpu, cuda, cuda:N or mps.
        dtype: Number type; auto is bfloat16 on CUDA and float32 elsewhere.
        head: What the head of a checkpoint of another program is, where that does not say so; one
            of kind mention_vector (UCTopic's) makes the vectors of the mentions.
        revision: Branch, tag or commit of the model on the hub.
        replace: Replace an output that is already there, and discard the unfinished work of
            another model or format.
    """
    job = EmbedJob(model="", input=input, output=output, form=format, replace=replace)
    check_job(job)
    total = count_lines(input)
    path = resolve(model, revision=revision)
    job = dataclasses.replace(job, model=model_identity(path))
    pipeline = load(path, device=device, dtype=dtype, head=head)
    with progress_of(total, unit="texts") as advance:
        n_texts = embed_file(pipeline, job=job, on_texts=advance)
    print(f"{output}: vectors of {n_texts:,} {'text' if n_texts == 1 else 'texts'}")
