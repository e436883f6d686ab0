"""Turn the bare exceptions of the Rust tokenizers library into ours."""

from pathlib import Path
from types import TracebackType

from openluke.errors import CheckpointError


class RustErrors:
    """A context in which a failure inside the Rust library becomes a ``CheckpointError``.

    The library raises plain ``Exception`` for whatever it finds wrong in a file. Only exactly that
    class is turned: mistakes of our own stay visible.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is Exception:
            raise CheckpointError(
                f"{self._path}: not a usable tokenizer: {error}; fetch the file again"
            ) from error
