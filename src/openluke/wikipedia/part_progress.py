"""How far the parts of a job are, told in bytes and counts."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from openluke.part_runner import PartDone


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseProgress:
    """How far the parsing of a dump, or of other documents, is."""

    parts: int
    """How many parts are done, of ``n_parts``."""
    n_parts: int
    bytes: int
    """Bytes of these in the files as they lie on disk, of ``n_bytes``."""
    n_bytes: int
    counts: Mapping[str, int]
    """What they have counted, such as ``pages`` and ``xml_bytes``."""
    counts_before: Mapping[str, int]
    """The same of those that were done before this was started, for whoever tells a speed."""


def progress_teller(
    sizes: Sequence[int], *, on_progress: Callable[[ParseProgress], None] | None
) -> Callable[[PartDone], None] | None:
    """What is told of parts that are done, if somebody is told how far they are.

    Args:
        sizes: Bytes of each part.
        on_progress: Told the sums after each part.
    """
    return None if on_progress is None else _Teller(sizes, on_progress=on_progress)


class _Teller:
    """Adds up what is told of parts."""

    def __init__(
        self, sizes: Sequence[int], *, on_progress: Callable[[ParseProgress], None]
    ) -> None:
        self._sizes = sizes
        self._on_progress = on_progress
        self._parts = self._bytes = 0
        self._counts, self._before = Counter[str](), Counter[str]()

    def __call__(self, done: PartDone) -> None:
        """Add a part."""
        self._parts += 1
        self._bytes += self._sizes[done.number]
        self._counts.update(done.counts)
        if done.was_done:
            self._before.update(done.counts)
        self._on_progress(
            ParseProgress(
                parts=self._parts,
                n_parts=len(self._sizes),
                bytes=self._bytes,
                n_bytes=sum(self._sizes),
                counts=dict(self._counts),
                counts_before=dict(self._before),
            )
        )
