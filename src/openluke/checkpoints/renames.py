"""Reversible tables of module names: the same tensors under another project's names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
_NUMBER = re.compile(r"(?<=\.)\d+(?=\.|$)")


@dataclass(frozen=True, slots=True)
class RenameTable:
    """Pairs of module names, ours and theirs; ``{n}`` stands for the number of a layer.

    A tensor is named by its module and a last part (``weight``, ``bias``) that stays.
    """

    ours_to_theirs: Mapping[str, str]
    theirs_to_ours: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        reverse = {theirs: ours for ours, theirs in self.ours_to_theirs.items()}
        if len(reverse) != len(self.ours_to_theirs):
            raise AssertionError("a table of names must be reversible")
        object.__setattr__(self, "theirs_to_ours", reverse)

    def theirs(self, name: str) -> str | None:
        """Their name of our tensor, or ``None`` when the table does not know it."""
        return _rename(name, table=self.ours_to_theirs)

    def ours(self, name: str) -> str | None:
        """Our name of their tensor, or ``None`` when the table does not know it."""
        return _rename(name, table=self.theirs_to_ours)

    def known_as(self, name: str) -> str:
        """How people find our tensor in a file: by their name where the table has one."""
        return self.theirs(name) or name

    def with_prefix(self, prefix: str) -> "RenameTable":
        """The same table with a prefix before each of their names."""
        return RenameTable({ours: prefix + name for ours, name in self.ours_to_theirs.items()})


@dataclass(frozen=True, slots=True)
class Renamed:
    """The outcome of renaming many tensors."""

    names: dict[str, str]
    """New name of each tensor that the table knows."""
    unknown: list[str]
    """Names that the table does not know, in order."""


def rename_to_ours(names: Iterable[str], *, table: RenameTable) -> Renamed:
    """Rename many of their tensors, keeping apart those that the table does not know."""
    result = Renamed({}, [])
    for name in names:
        ours = table.ours(name)
        if ours is None:
            result.unknown.append(name)
        else:
            result.names[name] = ours
    return result


def rename_to_theirs(tensors: Mapping[str, T], *, table: RenameTable) -> dict[str, T]:
    """Our tensors under their names; all must have one."""
    renamed: dict[str, T] = {}
    for name, tensor in tensors.items():
        theirs = table.theirs(name)
        if theirs is None:
            raise AssertionError(f"no name for {name} in the other layout")
        renamed[theirs] = tensor
    return renamed


def _rename(name: str, *, table: Mapping[str, str]) -> str | None:
    module, _, leaf = name.rpartition(".")
    numbers = _NUMBER.findall(module)
    target = table.get(_NUMBER.sub("{n}", module))
    if target is None:
        return None
    for number in numbers:
        target = target.replace("{n}", number, 1)
    return f"{target}.{leaf}"
