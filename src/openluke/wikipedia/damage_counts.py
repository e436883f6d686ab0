"""What could not be read of inputs, as it was counted: told, or refused."""

import logging
from collections.abc import Mapping
from pathlib import Path

from openluke.errors import DataError
from openluke.wikipedia.parse_part import DAMAGED

logger = logging.getLogger(__name__)


def check_damage(counts: Mapping[str, int], *, lenient: bool, output: str | Path) -> None:
    """Tell what was left out; an error, if it was left out by a lenient call before this one.

    Args:
        counts: What was counted, damage among it.
        lenient: Whether this call leaves out what cannot be read.
        output: What is made.

    Raises:
        DataError: Something was left out, and this call is not lenient.
    """
    damaged = {name: n for name, n in counts.items() if name.startswith(DAMAGED) and n}
    if not damaged:
        return
    listed = ", ".join(f"{name}: {n:,}" for name, n in sorted(damaged.items()))
    if not lenient:
        raise DataError(
            f"its input is damaged, and parts of it were read leniently before ({listed}); "
            "expected a whole one; give that, or go on leniently (--lenient)",
            file=output,
        )
    logger.warning("%s: parts of its input are damaged and left out (%s)", output, listed)
