"""``openluke finetune`` says what it does where nothing is said."""

import pytest

from openluke.cli.main import main


def test_the_help_shows_what_is_usual(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["finetune", "--help"])
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for text in (
        "How often the examples are read; 3 by default.",
        "The most inputs of a batch; 8 by default.",
        "0.0001 for 384",
        "1e-05 for 768",
        "Of everything that is random; 0 by default.",
    ):
        assert text in shown
