"""The commands for an engine elsewhere: its settings, and the service on Modal."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Mode = Annotated[
    str | None,
    typer.Option(help="dev, demo or prod: an idle GPU is kept for 120, 600 or 300 s."),
]
Model = Annotated[
    str | None, typer.Option(metavar="NAME", help="A model of the catalogue, or NAME@COMMIT.")
]
Gpu = Annotated[str | None, typer.Option(help="L4, A10, L40S, A100-40GB, A100-80GB or H100.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(config, name="config")
    for command in (init, deploy, stop, status, cost):
        app.command()(command)


def init(
    engine: Annotated[
        str | None, typer.Option(help="embedded, modal or url; without it, you are asked.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The engine's address, with --engine url.")
    ] = None,
    fallback: Annotated[
        bool | None,
        typer.Option(help="Whether the embedded engine steps in when the other is not there."),
    ] = None,
    test: Annotated[bool, typer.Option(help="Whether to try the engine.")] = True,
) -> None:
    """Set Maze up for the first time: which engine, whether it works, what your editor needs."""
    from maze.cli import init

    init.run(engine, url, fallback, test)


def deploy(
    mode: Mode = None,
    model: Model = None,
    gpu: Gpu = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Requests that one GPU answers at a time.")
    ] = None,
    max_containers: Annotated[
        int | None, typer.Option(help="GPUs that may run at a time; bounds what is spent.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Where requests enter Modal.")] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make another key; the old one stops working.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be deployed, and its price.")
    ] = False,
) -> None:
    """Deploy the engine to a GPU in your Modal account."""
    from maze.cli.service import deploy

    flags = {
        "mode": mode,
        "model": model,
        "gpu": gpu,
        "concurrency": concurrency,
        "max_containers": max_containers,
        "region": region,
    }
    deploy.run(flags, new_key, dry_run)


def stop() -> None:
    """Stop the engine on Modal, and show that it has stopped."""
    from maze.cli.service import stop

    stop.run()


def status(
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Try it in every language; where it is on Modal, this starts a GPU."
        ),
    ] = False,
    url: Annotated[
        str | None, typer.Option(help="Try the engine at this address, wherever it runs.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which engine your editor uses and what there is on Modal, or try it."""
    from maze.cli.service import status

    raise typer.Exit(status.run(check, url, as_json))


def cost(
    days: Annotated[int, typer.Option(help="How far to look back.", min=1, max=90)] = 30,
    stretches: Annotated[
        int, typer.Option(help="Stretches of work in a day, for the estimate.", min=1, max=100)
    ] = 5,
    minutes: Annotated[float, typer.Option(help="Minutes in each of them.", min=1)] = 60.0,
    model: Model = None,
    gpu: Gpu = None,
    as_json: AsJson = False,
) -> None:
    """Say what the engine on Modal has cost, and what a day of use costs in each mode."""
    from maze.cli.service import cost
    from modal_service.estimates import Day

    cost.run({"model": model, "gpu": gpu}, days, Day(stretches, minutes), as_json)


config = typer.Typer(
    help="Read and write your settings.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As in engine.url or max_tokens.")]


@config.command("get")
def config_get(name: Name) -> None:
    """Print a setting as it is in force."""
    from maze.cli import config

    config.get(name)


@config.command("set")
def config_set(
    name: Name,
    value: Annotated[
        str | None,
        typer.Argument(metavar="VALUE", help="Its value; not for engine.key, which is asked for."),
    ] = None,
) -> None:
    """Write a setting to your config file; engine.key goes into the keyring instead."""
    from maze.cli import config

    config.set_(name, value)


@config.command("unset")
def config_unset(name: Name) -> None:
    """Take a setting out of your config file; its default is back in force."""
    from maze.cli import config

    config.unset(name)


@config.command("list")
def config_list(as_json: AsJson = False) -> None:
    """Print all settings, what they are and where that comes from."""
    from maze.cli import config

    config.list_(as_json)


@config.command("path")
def config_path() -> None:
    """Print where your config file is, or would be."""
    from maze.cli import config

    config.path()
