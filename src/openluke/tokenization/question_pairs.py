"""Questions with their passages, whole: as one input each, however long, to be cut into windows."""

from collections.abc import Sequence
from dataclasses import dataclass

from openluke.entities.vocab import EntityVocab
from openluke.features import Features
from openluke.tokenization.assembly import Frame
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.named_entities import NamedEntities, UnknownTitles
from openluke.tokenization.passages import Passage
from openluke.tokenization.tokenizer import WordTokenizer

_NO_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuestionPair:
    """A question and its passage as one input that may be longer than a model reads."""

    features: Features
    question: tuple[int, int]
    """Where the question's pieces stand in the input."""
    passage: tuple[int, int]
    """Where the passage's pieces stand in the input."""


class QuestionPairs:
    """Makes inputs of whole questions and passages.

    Args:
        tokenizer: Pieces.
        vocab: Entity ids.
        prefix_space: Whether both texts are read as if a space stood before them; ``None`` takes
            the tokenizer's own setting.
        unknown_titles: What becomes of mentions with unknown titles.
    """

    def __init__(
        self,
        tokenizer: WordTokenizer,
        *,
        vocab: EntityVocab,
        prefix_space: bool | None,
        unknown_titles: UnknownTitles = "unk",
    ) -> None:
        config = EntityInputsConfig(
            max_words=_NO_LIMIT, max_entities=None, prefix_space=prefix_space, stride=0
        )
        self._inputs = EntityInputs(tokenizer, vocab, config)
        self._n_separators = Frame.of(tokenizer).n_separators
        self._unknown_titles: UnknownTitles = unknown_titles

    def encode(
        self, questions: Sequence[Passage], *, passages: Sequence[Passage]
    ) -> list[QuestionPair]:
        """One input of each question with its passage; mentions without pieces are left out.

        How many mentions have titles that are not known is logged.
        """
        entities = NamedEntities(unknown_titles=self._unknown_titles)
        pairs: list[QuestionPair] = []
        for windows in self._inputs.encode(questions, pairs=passages):
            (whole,) = windows
            features = entities.read(whole, unknown=windows.report.unknown_titles)
            first = 1 + windows.n_pieces
            pairs.append(
                QuestionPair(
                    features=features,
                    question=(1, first),
                    passage=(first + self._n_separators, len(features) - 1),
                )
            )
        entities.tell()
        return pairs
