"""``openluke.load``: a model by path or name, ready to work."""

from pathlib import Path

from openluke.checkpoints.hub import resolve
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.stored_model import ReadOptions
from openluke.inference.devices import choose_device, choose_dtype
from openluke.inference.pipeline import Pipeline
from openluke.inference.workers import ModelSource
from openluke.model.config import HeadKind


def load(
    name_or_path: str | Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    revision: str | None = None,
    head: HeadKind | None = None,
) -> Pipeline:
    """Load a model.

    Args:
        name_or_path: A model directory, ours or any LUKE's that transformers or studio-ousia
            wrote, or a name on the Hugging Face hub.
        device: ``auto`` (CUDA, then Apple's MPS, then the CPU), ``cpu``, ``cuda``, ``cuda:N`` or
            ``mps``.
        dtype: ``auto`` (bfloat16 on CUDA that has it, float32 elsewhere), ``float32``,
            ``bfloat16`` or ``float16``.
        revision: Branch, tag or commit on the hub.
        head: Kind of the head of a foreign checkpoint whose files do not say it.
    """
    place = choose_device(device)
    number_type = choose_dtype(dtype, device=place)
    directory = resolve(name_or_path, revision=revision)
    bundle = load_bundle(directory, options=ReadOptions(head=head), dtype=number_type)
    source = ModelSource(directory=directory, device=str(place), dtype=number_type, head=head)
    return Pipeline(bundle, device=place, source=source)
