"""Options that all commands share which open a model and compute with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.checkpoints.hub import resolve
from openluke.inference.devices import DtypeName
from openluke.inference.load import load
from openluke.inference.pipeline import Pipeline
from openluke.model.config import HeadKind


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """Which model exactly, and how it computes."""

    device: Annotated[
        str,
        Parameter(help="Where: auto (CUDA, then MPS, then the CPU), cpu, cuda, cuda:N or mps."),
    ] = "auto"
    dtype: Annotated[
        DtypeName,
        Parameter(help="Number type; auto is bfloat16 on CUDA and float32 elsewhere."),
    ] = "auto"
    batch_rows: Annotated[
        int | None,
        Parameter(help="Word and entity rows of one batch; by default what suits the device."),
    ] = None
    kind: Annotated[
        HeadKind | None,
        Parameter(help="What the head of a foreign checkpoint is, where that does not say so."),
    ] = None
    revision: Annotated[
        str | None, Parameter(help="Branch, tag or commit of the model on the hub.")
    ] = None

    def directory(self, model: str) -> Path:
        """Where a model lies, or was downloaded to."""
        return resolve(model, revision=self.revision)

    def open(self, model: str) -> Pipeline:
        """The model, ready to work."""
        return load(self.directory(model), device=self.device, dtype=self.dtype, head=self.kind)
