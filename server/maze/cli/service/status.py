"""`maze status`: what there is of the service, and with `--check` whether it does its work."""

from __future__ import annotations

import asyncio
import json

import attrs
from rich.console import Console

from maze import keys
from maze import settings as user_settings
from maze.cli.errors import CliError
from maze.cli.say import say
from maze.cli.service import asked
from modal_service import account, endpoint, trial


def run(check: bool, url: str | None, as_json: bool) -> int:
    """Show the state of the service; with `check`, try it (which starts a GPU).

    Args:
        check: whether to try it.
        url: an engine that is not on Modal, to be tried.
        as_json: print one JSON document.

    Returns:
        The exit status: 1 when something that was tried failed.

    Raises:
        CliError: Modal can not be asked, or there is nothing to try.
    """
    if url is not None:
        return _check(url, as_json)
    with asked.modal_trouble():
        workspace = account.workspace()
        state = endpoint.state()
    if not check:
        _show(workspace, state, as_json)
        return 0
    if not state.deployed:
        raise CliError("the service is not deployed; run `maze deploy`")
    return _check(state.url, as_json)


def _show(workspace: str, state: endpoint.State, as_json: bool) -> None:
    configured = user_settings.load().settings.engine_url
    ours = state.deployed and (configured or "").rstrip("/") == state.url
    if as_json:
        print(json.dumps({"workspace": workspace, **attrs.asdict(state), "configured": ours}))
        return
    say(f"Modal workspace {workspace}")
    if not state.deployed:
        say("The service is not deployed; `maze deploy` deploys it.")
        return
    running = {0: "no container runs; the next request starts one", 1: "one container runs"}
    say(f"Deployed at {state.url}")
    say(running.get(state.containers, f"{state.containers} containers run"))
    if not ours:
        say(f"Your editor does not use it: maze config set engine.url {state.url}")


def _check(url: str, as_json: bool) -> int:
    key = keys.find(url)
    try:
        taken = asyncio.run(_tried(url, key.value if key else None, quiet=as_json))
    except ValueError as error:
        raise CliError(str(error)) from None
    passed = all(step.passed for step in taken)
    if as_json:
        steps = [attrs.asdict(step) for step in taken]
        print(json.dumps({"url": url, "passed": passed, "steps": steps}))
    elif passed:
        say("[green]The service works.[/green]")
    else:
        failed = sum(not step.passed for step in taken)
        say(f"[red]{failed} of {len(taken)} failed.[/red]")
    return 0 if passed else 1


async def _tried(url: str, key: str | None, quiet: bool) -> list[trial.Step]:
    taken = []
    allowed = user_settings.load().settings.allow_plain_http
    with Console(stderr=True).status("asking") as status:

        def waiting(seconds: float) -> None:
            status.update(f"the engine starts; {seconds:.0f} s so far")

        async for step in trial.steps(url, key, allow_plain_http=allowed, waiting=waiting):
            taken.append(step)
            status.update("trying")
            if not quiet:
                mark = "[green]✓[/green]" if step.passed else "[red]✗[/red]"
                say(f"{mark} {step.name:<11}{step.ms:7.0f} ms  ", end="")
                say(step.said, markup=False)
    return taken
