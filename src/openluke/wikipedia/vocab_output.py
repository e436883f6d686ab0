"""Writing an entity vocabulary with a record of how it was made, where its form has room for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openluke.artifacts import check_place, is_done
from openluke.entities.mapped_names import FORMAT_VERSION, KIND, Rows, write_mapped
from openluke.entities.vocab_files import Form, write_table
from openluke.errors import CheckpointError
from openluke.manifests import read_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabOutput:
    """Where a vocabulary goes, and in which form."""

    path: Path
    form: Form
    replace: bool

    def finished(
        self, *, inputs: Mapping[str, str], options: Mapping[str, Any]
    ) -> dict[str, int] | None:
        """The counts of a finished vocabulary from these inputs with these options, if it is there.

        Only the form ``"mapped"`` can tell.
        """
        if self.form != "mapped":
            return None
        known: dict[str, Any] = {"inputs": inputs, "options": options}
        if not is_done(self.path, kind=KIND, format_version=FORMAT_VERSION, **known):
            return None
        return read_manifest(self.path).counts

    def check(self) -> None:
        """Raise if something that must stay is there, so that it is known before the work."""
        if self.form == "mapped":
            check_place(self.path, kind=KIND, replace=self.replace)
        elif self.path.exists() and not self.replace:
            raise CheckpointError(
                f"{self.path}: exists already; choose another place, or replace it (--replace)"
            )

    def write(
        self,
        rows: Rows,
        *,
        has_languages: bool,
        inputs: Mapping[str, str],
        options: Mapping[str, Any],
        counts: Mapping[str, int],
    ) -> None:
        """Write the vocabulary; only the form ``"mapped"`` keeps inputs, options and counts."""
        if self.form != "mapped":
            write_table(
                self.path,
                form=self.form,
                rows=rows,
                has_languages=has_languages,
                replace=self.replace,
            )
            return
        write_mapped(
            self.path,
            rows=rows,
            inputs=inputs,
            options=options,
            counts=counts,
            replace=self.replace,
        )
