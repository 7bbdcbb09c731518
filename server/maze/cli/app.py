"""The commands, their arguments and their help."""

from __future__ import annotations

from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from maze.cli import remote

app = typer.Typer(
    help="Code suggestions that always parse in place.",
    epilog="Start with `maze doctor`: it says what is installed and what is missing.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class LogLevel(StrEnum):
    """How much the language server logs."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"maze {version('maze')}")
        raise typer.Exit


@app.callback()
def _every_command(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
    # `main` takes it out wherever it stands; it is declared for the help.
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error came from, with any command.")
    ] = False,
) -> None: ...


@app.command()
def lsp(
    tcp: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Listen there instead of on stdin and stdout."),
    ] = None,
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Stdin and stdout, as without it; some editors add it.")
    ] = False,
    log_file: Annotated[
        Path | None, typer.Option(help="Log to this file instead of to stderr.")
    ] = None,
    log_level: Annotated[LogLevel, typer.Option(help="How much to log.")] = LogLevel.WARNING,
) -> None:
    """Serve an editor: the language server, over stdin and stdout."""
    from maze.cli import lsp

    lsp.serve(tcp, log_level.value, log_file, stdio=stdio)


@app.command()
def engine(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8000,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A GGUF file; without it, the one that is installed."),
    ] = None,
    context: Annotated[
        int, typer.Option(help="Tokens of prompt and answer together.", min=256)
    ] = 4096,
    threads: Annotated[
        int | None, typer.Option(help="Without it, as many as are fastest.", min=1)
    ] = None,
    key_env: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Environment variable with the key that clients must send; without one a key is "
            "made and printed.",
        ),
    ] = "MAZE_API_KEY",
    no_key: Annotated[
        bool, typer.Option("--no-key", help="Answer everyone on this machine (loopback only).")
    ] = False,
    idle_minutes: Annotated[
        float, typer.Option(help="Stop after so long without a request; 0 never.", min=0)
    ] = 0,
    prepare: Annotated[
        list[str] | None,
        typer.Option(metavar="LANGUAGE", help="Build its tables while loading; may be repeated."),
    ] = None,
) -> None:
    """Run the embedded engine (llama.cpp) over HTTP."""
    from maze.cli import engine
    from maze.engine.settings import EngineSettings

    settings = EngineSettings(
        model=model.expanduser() if model else None,
        host=host,
        port=port,
        context=context,
        threads=threads,
        idle_stop_s=idle_minutes * 60,
        prepare=tuple(prepare or ()),
    )
    raise typer.Exit(engine.serve(settings, None if no_key else key_env))


@app.command()
def complete(
    place: Annotated[
        str,
        typer.Argument(
            metavar="FILE:LINE:COLUMN",
            help="Where the cursor is, counted from 1; without a column, the end of the line.",
        ),
    ],
    count: Annotated[int, typer.Option(help="How many to ask for.", min=1, max=8)] = 1,
    unconstrained: Annotated[
        bool, typer.Option("--unconstrained", help="Without the constraint, for comparison.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the suggestion at a cursor."""
    from maze.cli import complete

    complete.run(place, count, unconstrained, as_json)


@app.command()
def demo(
    as_json: AsJson = False,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save what is shown as a picture.")
    ] = None,
) -> None:
    """Show suggestions in sample files of each language, with the constraint and without."""
    from maze.cli.demo.run import run

    raise typer.Exit(0 if run(as_json, svg) else 1)


class What(StrEnum):
    """What can be generated."""

    IMPLEMENT = "implement"
    WRITE = "write"
    REPAIR = "repair"
    REGENERATE = "regenerate"
    TEST = "test"
    DOCUMENT = "document"


@app.command()
def generate(
    place: Annotated[
        str, typer.Argument(metavar="FILE:LINE", help="A line of the function or comment.")
    ],
    kind: Annotated[
        What | None, typer.Option(help="What to generate; without it, what fits there best.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write it to the file, not only show it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a function, its body, a test or a doc comment, or repair a syntax error."""
    from maze.cli import generate

    raise typer.Exit(generate.run(place, kind.value if kind else None, write, as_json))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is installed, found and reachable, and how to mend what is not."""
    from maze.cli import doctor

    raise typer.Exit(doctor.run(as_json))


@app.command()
def setup(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print the commands that would be run.")
    ] = False,
) -> None:
    """Install the embedded engine and its model into this Python environment."""
    from maze.cli import setup

    setup.run(dry_run)


grammar = typer.Typer(help="Look into the grammars.", no_args_is_help=True)
app.add_typer(grammar, name="grammar")

LanguageName = Annotated[str, typer.Argument(metavar="LANGUAGE", help="As in python or go.")]


@grammar.command("check")
def grammar_check(
    # That one cannot be read is said in its place, and keeps no other from being parsed.
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", readable=False, help="Source files.")
    ],
    language: Annotated[
        str | None, typer.Option(help="What they are written in; without it, what each looks like.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Parse files, and point at the first place that is not accepted."""
    from maze.cli import grammar

    raise typer.Exit(grammar.check(files, language, as_json))


@grammar.command("show")
def grammar_show(
    language: LanguageName,
    rule: Annotated[
        str | None,
        typer.Argument(metavar="RULE", help="A rule or terminal; without it, all are listed."),
    ] = None,
) -> None:
    """Print a rule of a grammar, and what it refers to."""
    from maze.cli import grammar

    grammar.show(language, rule)


remote.add_to(app)
