"""What is to be predicted: texts, streams and files, each as it is."""

from pathlib import Path

import pytest

from openluke.errors import DataError
from openluke.inference.prediction_inputs import PredictionInputs
from openluke.task import load_task


@pytest.mark.parametrize("form", [None, "text", "conll"])
def test_a_file_that_is_not_there_is_said_to_be_missing(form: str | None, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none: cannot be read: No such file"):
        PredictionInputs.of(load_task("ner"), path=tmp_path / "none", form=form)


def test_what_can_be_read_once_alone_is_a_stream(tmp_path: Path) -> None:
    ner = load_task("ner")
    (tmp_path / "in").write_text("Ana\n")
    assert PredictionInputs.of(ner).is_stream
    assert PredictionInputs.of(ner, path=Path("/dev/null")).is_stream
    assert not PredictionInputs.of(ner, path=tmp_path / "in").is_stream
    assert not PredictionInputs.of(ner, path=tmp_path).is_stream
    assert not PredictionInputs.of(ner, text="Ana").is_stream
