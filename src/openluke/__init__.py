"""openluke: words and entities in one transformer, from raw text to entities and back."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openluke.inference.load import load

__version__ = "0.1.0.dev0"

__all__ = ["__version__", "load"]

_PUBLIC = {"load": "openluke.inference.load"}


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first asked for, so that importing is free."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'openluke' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """What there is, also of what is not imported yet."""
    return sorted({*globals(), *_PUBLIC})
