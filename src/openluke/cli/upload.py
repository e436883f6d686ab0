"""``openluke upload``: a model to the hub."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.checkpoints import hub
from openluke.checkpoints.loading import load_bundle


def upload(
    model: Path,
    name: str,
    *,
    public: Annotated[bool, Parameter(negative="")] = False,
    message: str = "Upload a LUKE model",
) -> None:
    """Put a model on the Hugging Face hub, in a repository that is made when it does not exist.

    Args:
        model: The model directory; it is checked before anything is sent.
        name: Where to: owner/name.
        public: Make a new repository public.
        message: What the commit on the hub says.
    """
    load_bundle(model)
    print(hub.upload(model, name=name, private=not public, message=message))
