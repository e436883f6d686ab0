"""openluke: words and entities in one transformer, from raw text to entities and back."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0.dev0"

_PUBLIC = {"load": "openluke.inference.load"}


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first asked for, so that importing is free."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'openluke' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
