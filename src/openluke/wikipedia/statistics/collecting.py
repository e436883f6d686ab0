"""Statistics of whatever an artefact is."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from openluke.entities import candidate_files, mapped_names
from openluke.errors import ConfigError
from openluke.manifests import MANIFEST_NAME, read_manifest
from openluke.wikipedia import interwiki, pages
from openluke.wikipedia.input_artefacts import check_shown
from openluke.wikipedia.reductions import Limits
from openluke.wikipedia.statistics.of_candidates import candidate_statistics
from openluke.wikipedia.statistics.of_interwiki import interwiki_statistics
from openluke.wikipedia.statistics.of_pages import page_statistics
from openluke.wikipedia.statistics.of_vocab import vocab_statistics
from openluke.wikipedia.statistics.records import Statistics

_COLLECTORS: Mapping[str, Callable[[Path], Statistics]] = {
    mapped_names.KIND: vocab_statistics,
    interwiki.KIND: interwiki_statistics,
    candidate_files.KIND: candidate_statistics,
}


def collect_statistics(
    artifact: str | Path, *, limits: Limits | None = None, directory: str | Path | None = None
) -> Statistics:
    """What there is in a page store, an entity vocabulary, an interwiki table or one of candidates.

    The same artefact always gives the same statistics. Little of it is in memory at a time, save of
    a vocabulary that is one file of JSON.

    Args:
        artifact: A directory, or the file of a vocabulary in any form.
        limits: What may be taken of the machine, for a page store.
        directory: Where goes what does not fit into memory, for a page store; by default where the
            system keeps temporary files.

    Raises:
        ConfigError: It is an artefact of which nothing is known.
        CheckpointError: It is none, or it is damaged.
    """
    path = Path(artifact).absolute()
    if not (path / MANIFEST_NAME).exists() and not path.is_dir():
        return vocab_statistics(path)
    check_shown(path)
    kind = read_manifest(path).kind
    if kind == pages.KIND:
        with tempfile.TemporaryDirectory(dir=directory, prefix="openluke-") as scratch:
            return page_statistics(path, limits=limits, directory=Path(scratch))
    collect = _COLLECTORS.get(kind)
    if collect is None:
        known = ", ".join(sorted([pages.KIND, *_COLLECTORS]))
        raise ConfigError(f"{path}: found an artefact of kind {kind!r}, expected one of {known}")
    return collect(path)
