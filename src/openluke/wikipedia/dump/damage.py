"""What of a dump cannot be read: told at once, or counted and passed over."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from openluke.errors import DataError

_KEPT = 20


class Damage(NamedTuple):
    """A place of a file that cannot be read."""

    what: str
    """``"block"`` of compressed data, ``"page"``, or ``"end"`` of the file."""
    byte: int
    """Where it begins in the file as it lies on disk; with compressed files, the block."""
    reason: str


@dataclass(slots=True, kw_only=True)
class PartTally:
    """What has been read of a part so far."""

    xml_bytes: int = 0
    """Bytes of XML that belong to the part."""
    pages: int = 0
    """Pages that were given."""
    skipped: int = 0
    """Pages of other namespaces than those asked for."""
    damaged: dict[str, int] = field(default_factory=dict[str, int])
    """How many blocks, pages and ends could not be read."""
    damages: list[Damage] = field(default_factory=list[Damage])
    """The first of them."""

    def add(self, damage: Damage, *, file: str | Path, strict: bool) -> None:
        """Count a damage.

        Raises:
            DataError: The reading is strict.
        """
        if strict:
            raise DataError(
                f"byte {damage.byte}: {damage.reason}; expected a whole dump; "
                "download it again, or read it leniently, which leaves out what is damaged",
                file=file,
            )
        self.damaged[damage.what] = self.damaged.get(damage.what, 0) + 1
        if len(self.damages) < _KEPT:
            self.damages.append(damage)
