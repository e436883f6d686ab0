"""Texts with one or two marked mentions as model inputs, one input each whatever the length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from openluke.entities.vocab import EntityVocab
from openluke.features import Features
from openluke.records import Span
from openluke.shortfalls import Shortfall, tell
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.inputs_config import N_MENTIONS, EntityInputsConfig
from openluke.tokenization.passages import Passage
from openluke.tokenization.published_spacing import respace
from openluke.tokenization.reports import Report
from openluke.tokenization.tokenizer import WordTokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A text with the mentions that markers are put around."""

    text: str
    spans: tuple[Span, ...]


class MarkedInputs:
    """Makes an input of each text with marked mentions: of a long one what stands around them.

    Args:
        tokenizer: Pieces and markers.
        vocab: Entity ids.
        config: The limits; the layout is replaced.
        layout: Which mentions are marked.
        prefix_space: What replaces the setting of ``config``, unless it is ``None``.
        spaces: Whether to put spaces around mentions; see ``respace``.
        brackets: Whether to write treebanks' brackets as such; see ``respace``.
    """

    def __init__(
        self,
        tokenizer: WordTokenizer,
        *,
        vocab: EntityVocab,
        config: EntityInputsConfig,
        layout: Literal["entity", "entity_pair"],
        prefix_space: bool | None,
        spaces: bool,
        brackets: bool,
    ) -> None:
        if prefix_space is not None:
            config = replace(config, prefix_space=prefix_space)
        self._inputs = EntityInputs(tokenizer, vocab, replace(config, layout=layout))
        self._n_mentions = N_MENTIONS[layout]
        self._spaces = spaces
        self._brackets = brackets

    def encode(self, texts: Sequence[Marked]) -> list[Features | None]:
        """An input of each text; ``None`` where a mention lies beyond what is read of it.

        How many there are of those, and of mentions that were read in part, is told.
        """
        passages = [self._passage(text) for text in texts]
        found: list[Features | None] = []
        reports: list[Report] = []
        for windows in self._inputs.encode(passages):
            (features,) = windows
            found.append(features if features.n_entities == self._n_mentions else None)
            reports.append(windows.report)
        lost = Shortfall(
            message="%d of %d inputs lack a marked mention, since they were truncated "
            "(on_overflow = 'truncate'); nothing is predicted for them",
            n=sum(features is None for features in found),
            n_all=len(found),
        )
        cut = Shortfall(
            message="%d of %d inputs have a marked mention that is longer than max_words = %d "
            "allows; its beginning is read",
            n=sum(bool(report.cut_mentions) for report in reports),
            n_all=len(found),
            about=(self._inputs.config.max_words,),
        )
        for shortfall in (lost, cut):
            tell(shortfall)
        return found

    def _passage(self, marked: Marked) -> Passage:
        text, spans = marked.text, marked.spans
        if self._spaces or self._brackets:
            text, spans = respace(text, spans=spans, spaces=self._spaces, brackets=self._brackets)
        return Passage(text=text, spans=spans)
