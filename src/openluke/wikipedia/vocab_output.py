"""Writing an entity vocabulary with a record of how it was made, where its form has room for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openluke.artifacts import check_place, finished, identity
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
        found = finished(
            self.path, kind=KIND, format_version=FORMAT_VERSION, inputs=inputs, options=options
        )
        return None if found is None else found.counts

    def check(self, *, inputs: Mapping[str, str], options: Mapping[str, Any]) -> None:
        """Raise if something that must stay is there, so that it is known before the work."""
        if self.form == "mapped":
            wanted = identity(
                kind=KIND, format_version=FORMAT_VERSION, inputs=inputs, options=options
            )
            check_place(self.path, kind=KIND, replace=self.replace, wanted=wanted)
        elif self.path.exists() and not self.replace:
            raise CheckpointError(
                f"{self.path}: exists already, and the form {self.form!r} does not say what it was "
                "made of; choose another place, or replace it (--replace)"
            )

    def write(
        self,
        rows: Rows,
        *,
        has_languages: bool,
        inputs: Mapping[str, str],
        options: Mapping[str, Any],
        counts: Mapping[str, int],
    ) -> dict[str, int]:
        """Write the vocabulary, and return its counts as they will be told again.

        Only the form ``"mapped"`` keeps inputs, options and counts, with some of its own.
        """
        if self.form != "mapped":
            write_table(
                self.path,
                form=self.form,
                rows=rows,
                has_languages=has_languages,
                replace=self.replace,
            )
            return dict(counts)
        write_mapped(
            self.path,
            rows=rows,
            inputs=inputs,
            options=options,
            counts=counts,
            replace=self.replace,
        )
        return read_manifest(self.path).counts
