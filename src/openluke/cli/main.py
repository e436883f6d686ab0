"""The ``openluke`` command: the table of its commands, and how their errors are shown."""

import io
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from cyclopts import App, CycloptsError

from openluke import __version__
from openluke.cli.usage_errors import said_of
from openluke.errors import OpenLukeError

_COMMANDS = {
    "inspect": ("openluke.cli.inspect:inspect", "Say what a file or directory is."),
    "tasks": ("openluke.cli.tasks:tasks", "List what can be learnt and predicted."),
    "check": ("openluke.cli.check:check", "Look at a file of examples before training."),
    "finetune": ("openluke.cli.finetune:finetune", "Teach a model a task, by examples of it."),
    "evaluate": ("openluke.cli.evaluate:evaluate", "Score a model on a file with gold answers."),
    "calibrate": ("openluke.cli.calibrate:calibrate", "Make probabilities mean what they say."),
    "predict": ("openluke.cli.predict:predict", "Find entities, relations, answers in texts."),
    "embed": ("openluke.cli.embed:embed", "Write vectors of words, mentions and texts."),
    "upload": ("openluke.cli.upload:upload", "Put a model on the Hugging Face hub."),
}
_STAGES = {
    "parse": ("openluke.cli.wikipedia.parse:parse", "Make a page store of a dump."),
    "import": (
        "openluke.cli.wikipedia.import_documents:import_documents",
        "Make a page store of documents of your own.",
    ),
    "vocab": ("openluke.cli.wikipedia.vocab:vocab", "Choose the entities of a model."),
    "interwiki": (
        "openluke.cli.wikipedia.interwiki:interwiki",
        "Find which titles of all languages are about the same.",
    ),
    "candidates": (
        "openluke.cli.wikipedia.candidates:candidates",
        "Find what the names in texts may stand for.",
    ),
    "stats": ("openluke.cli.wikipedia.stats:stats", "Show what there is in any of these."),
    "build": ("openluke.cli.wikipedia.build:build", "Do all of this, from a dump."),
}
_PRETRAINING = {
    "build": ("openluke.cli.pretrain.build:build", "Make a corpus of pages."),
    "run": ("openluke.cli.pretrain.run:run", "Make a model of corpora, by a recipe."),
}
_INTERRUPTED = 130
_CONVERSIONS = {
    "from-original": (
        "openluke.cli.convert:from_original",
        "Make a model of an archive of the original project.",
    ),
    "from-encoder": (
        "openluke.cli.convert:from_encoder",
        "Start a LUKE from a RoBERTa, XLM-R or BERT directory.",
    ),
    "to-original": (
        "openluke.cli.convert:to_original",
        "Write a model in the original project's form.",
    ),
    "lite": ("openluke.cli.convert:lite", "Cut the entity table down to the special entities."),
    "quantise": (
        "openluke.cli.convert:quantise",
        "Store the weights as int8 rows, a quarter of the size.",
    ),
    "dequantise": (
        "openluke.cli.convert:dequantise",
        "Write a quantised model in the Hugging Face form.",
    ),
    "vocab": ("openluke.cli.convert:vocab", "Write an entity vocabulary in another form."),
}


def build_app(called: Sequence[str] = ()) -> App:
    """The command line; a command's module is imported when the command is called.

    Args:
        called: What stands after ``openluke``. The command that it names gets the whole help, which
            its function has; the others have the summary that a list of commands shows.
    """
    app = App(
        name="openluke",
        help="Words and entities in one transformer: from raw text to entities and back.",
        version=__version__,
        suppress_keyboard_interrupt=False,
    )
    _add(app, commands=_COMMANDS, called=called[:1])
    convert = App(name="convert", help="Convert models and vocabularies between their forms.")
    _add(convert, commands=_CONVERSIONS, called=called[1:2])
    app.command(convert)
    wikipedia = App(name="wikipedia", help="Make pages, entities and mentions of a dump.")
    _add(wikipedia, commands=_STAGES, called=called[1:2])
    app.command(wikipedia)
    pretrain = App(name="pretrain", help="Make a model of pages with links.")
    _add(pretrain, commands=_PRETRAINING, called=called[1:2])
    app.command(pretrain)
    return app


def _add(app: App, *, commands: Mapping[str, tuple[str, str]], called: Sequence[str]) -> None:
    for name, (target, summary) in commands.items():
        app.command(target, name=name, help=None if name in called else summary)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; expected errors are one line on standard error and exit status 1.

    Calls that the usage of a command does not allow have the exit status 2, and those that are
    interrupted 130.

    Args:
        arguments: What stands after ``openluke``; by default what the shell gave.
    """
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
    _settle_output()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        build_app(given)(given, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except CycloptsError as error:
        print(f"openluke: error: {said_of(error)}", file=sys.stderr)
        sys.exit(2)
    except OpenLukeError as error:
        print(f"openluke: error: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # the reader of our output has gone, as with `| head`; that is no error
        sys.stderr.close()
    except OSError as error:
        print(f"openluke: error: {error}", file=sys.stderr)
        _drop_output()
        sys.exit(1)
    except KeyboardInterrupt:
        again = "; the same command goes on where it was" if _goes_on(given) else ""
        print(f"openluke: stopped{again}", file=sys.stderr)
        sys.exit(_INTERRUPTED)


def _goes_on(given: Sequence[str]) -> bool:
    """Whether a command that was stopped leaves something to go on from."""
    options = {one.split("=", 1)[0] for one in given}
    # of predictions --replace discards what is unfinished
    goes_on = {"finetune": True, "embed": True, "predict": options.isdisjoint({"--replace"})}
    if given[:1] == ["wikipedia"]:
        return given[1:2] not in (["vocab"], ["stats"])
    if given[:1] == ["pretrain"]:
        return given[1:2] == ["build"]
    return "--output" in options and any(goes_on.get(command, False) for command in given[:1])


def _drop_output() -> None:
    """Forget what could not be written, which Python tries again when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _settle_output() -> None:
    """Write UTF-8, as JSON is, for whoever reads our output, and what a terminal can show."""
    output: object = sys.stdout
    if not isinstance(output, io.TextIOWrapper):
        return
    if output.isatty():
        output.reconfigure(errors="replace")
    else:
        output.reconfigure(encoding="utf-8", errors=output.errors)
