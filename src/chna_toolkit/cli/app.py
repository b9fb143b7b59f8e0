"""The Typer application, and the one place where exceptions become exit codes."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from chna_toolkit import __version__
from chna_toolkit.cli import (
    agree,
    compare,
    evaluate,
    export,
    extract,
    housekeeping,
    import_,
    kwic,
    lesson,
    lexicon,
    report,
    sample,
    scan,
    show,
    tag,
    train,
)
from chna_toolkit.cli.output import open_streams, say, say_error, stdout_may_close
from chna_toolkit.errors import ChnaError, ExitCode, MissingDependencyError

# Plain help, the same on every terminal and in CI; our own handler below instead of Typer's.
app = typer.Typer(
    name="chna",
    help="Which of the 15 lessons for lasting community collaboration does a hospital's CHNA show, "
    "and where is the proof?",
    epilog="Exit codes: 0 done; 1 a check failed; 2 usage, configuration or lexicon invalid; "
    "3 no usable input; 4 some documents failed, the rest is written; 5 a program or package is missing; "
    "6 output not writable or exists; 70 internal error; 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
scan.register(app)
report.register(app)
export.register(app)
import_.register(app)
compare.register(app)
kwic.register(app)
show.register(app)
tag.register(app)
extract.register(app)
lesson.register(app)
lexicon.register(app)
train.register(app)
evaluate.register(app)
sample.register(app)
agree.register(app)
housekeeping.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        from chna_toolkit.lexicon import load_lexicon

        with stdout_may_close():
            sys.stdout.write(f"chna {__version__}\n")
            built_in = load_lexicon()
            sys.stdout.write(f"lexicon {built_in.version}, hash {built_in.hash[:12]}: {built_in.name}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Versions of tool and lexicon.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run `chna` with the arguments (of the process by default) and exit with its code."""
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # a name that the terminal cannot show is no reason to end
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app(args=None if arguments is None else list(arguments), prog_name="chna")
    except ChnaError as error:
        say_error(error)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        say_error(MissingDependencyError(f"the package {error.name} is missing", "Run `chna doctor`."))
        sys.exit(ExitCode.MISSING_DEPENDENCY)
    except Exception as error:
        say(traceback.format_exc().rstrip())
        say(f"error: internal error: {type(error).__name__}: {error}")
        say("hint: This is a bug. Please report it with the lines above and what `chna doctor` says.")
        sys.exit(ExitCode.INTERNAL)
    sys.exit(ExitCode.OK)
