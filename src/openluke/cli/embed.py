"""``openluke embed``: vectors of the texts in a file."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.artifacts import fingerprint
from openluke.checkpoints.hub import resolve
from openluke.checkpoints.weights import weight_files
from openluke.cli.progress import progress_of
from openluke.inference.devices import DeviceName, DtypeName
from openluke.inference.embed_file import EmbedJob, count_lines, embed_file
from openluke.inference.load import load
from openluke.inference.vector_files import VectorForm


def embed(
    model: str,
    *,
    input: Path,  # noqa: A002 - the name of the option
    output: Path,
    format: VectorForm = "jsonl",  # noqa: A002 - the name of the option
    device: DeviceName = "auto",
    dtype: DtypeName = "auto",
    revision: str | None = None,
    replace: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write vectors of word pieces, mentions and whole texts.

    A job that is killed goes on where it was when the same command is given again.

    Args:
        model: Directory or hub name of the model.
        input: JSON lines: {"text": …, "spans": [[start, end], …], "entities": [title, …]}, with
            spans in characters; spans and entities may be left out.
        output: The file to write, in the order of the input.
        format: jsonl (numbers to 6 decimals), parquet or npz (float32).
        device: Where to compute; auto takes CUDA, then MPS, then the CPU.
        dtype: Number type; auto is bfloat16 on CUDA and float32 elsewhere.
        revision: Branch, tag or commit of the model on the hub.
        replace: Replace an output that is already there.
    """
    path = resolve(model, revision=revision)
    identity = " ".join(fingerprint(file) for file in weight_files(path))
    job = EmbedJob(model=identity, input=input, output=output, form=format, replace=replace)
    total = count_lines(input)
    pipeline = load(path, device=device, dtype=dtype)
    with progress_of(total, unit="texts") as advance:
        n_texts = embed_file(pipeline, job=job, on_texts=advance)
    print(f"{output}: vectors of {n_texts:,} texts")
