"""A trained model as a bundle that is whole in one process, however it was trained."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from torch import Tensor

from openluke.checkpoints.assembly import assemble_encoder, assemble_head
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.model.model import Model
from openluke.training.distributed import whole_weights


def whole_bundle(bundle: Bundle, *, model: Model, tasks: Iterable[str]) -> Bundle:
    """The bundle with the weights of a trained model, on the CPU; every process must ask.

    Args:
        bundle: What was trained: its shapes and heads.
        model: The model in training, whose heads have the names of their roles, or those of the
            bundle if there are several tasks.
        tasks: The names of the tasks' heads.
    """
    weights = {name: tensor.detach().cpu() for name, tensor in whole_weights(model).items()}
    encoder = assemble_encoder(
        bundle.encoder.config, tensors=_part(weights, prefix="encoder."), where="trained model"
    )
    is_alone = len(list(tasks)) == 1
    heads: list[BundleHead] = []
    for head in bundle.heads:
        entry = head.entry
        key = entry.role if is_alone else entry.name
        module = assemble_head(
            entry.config,
            encoder=encoder,
            tensors=_part(weights, prefix=f"heads.{key}."),
            where=f"trained head {entry.name!r}",
        )
        heads.append(BundleHead(entry, module))
    return replace(bundle, encoder=encoder, heads=tuple(heads))


def _part(weights: Mapping[str, Tensor], *, prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in weights.items()
        if name.startswith(prefix)
    }
