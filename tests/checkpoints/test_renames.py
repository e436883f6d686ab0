"""Tables of names lead there and back."""

import pytest

from openluke.checkpoints.layout_tables import (
    MASKED_BERT,
    MASKED_ROBERTA,
    ORIGINAL_ENCODER,
    TRANSFORMERS_ENCODER,
    TRANSFORMERS_HEADS,
)
from openluke.checkpoints.renames import RenameTable, rename_to_ours, rename_to_theirs

TABLES = [
    ORIGINAL_ENCODER,
    TRANSFORMERS_ENCODER,
    MASKED_ROBERTA,
    MASKED_BERT,
    *TRANSFORMERS_HEADS.values(),
]


@pytest.mark.parametrize("table", TABLES)
def test_every_name_comes_back_from_a_round_trip(table: RenameTable) -> None:
    for ours in table.ours_to_theirs:
        name = ours.replace("{n}", "11") + ".weight"
        theirs = table.theirs(name)
        assert theirs is not None
        assert table.ours(theirs) == name


def test_numbers_of_layers_are_kept() -> None:
    name = "luke.encoder.layer.7.attention.self.w2e_query.bias"
    assert TRANSFORMERS_ENCODER.ours(name) == "layers.7.attention.word_to_entity_query.bias"


def test_unknown_names_are_kept_apart() -> None:
    renamed = rename_to_ours(["luke.pooler.dense.bias", "what.weight"], table=TRANSFORMERS_ENCODER)
    assert renamed.names == {"luke.pooler.dense.bias": "pooler.bias"}
    assert renamed.unknown == ["what.weight"]


def test_a_table_that_cannot_be_reversed_is_refused() -> None:
    with pytest.raises(AssertionError, match="reversible"):
        RenameTable({"a": "x", "b": "x"})


def test_our_tensors_without_a_name_there_are_an_error() -> None:
    with pytest.raises(AssertionError, match=r"no name for what\.weight"):
        rename_to_theirs({"what.weight": 1}, table=TRANSFORMERS_ENCODER)
