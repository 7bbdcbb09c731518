"""`maze status`: which engine there is, and with `--check` whether it does its work."""

from __future__ import annotations

import asyncio
import json
import sys

import attrs
from rich.console import Console

from maze import keys
from maze import settings as user_settings
from maze.cli.errors import CliError
from maze.cli.in_force import in_force
from maze.cli.say import say
from maze.cli.service import asked
from modal_service import account, endpoint, trial


def run(check: bool, url: str | None, as_json: bool) -> int:
    """Show which engine is used and what there is on Modal; with `check`, try it (and start a GPU).

    Whoever has an engine in the settings needs no Modal account for either: that engine may be on
    somebody else's, or on a GPU of their own.

    Args:
        check: whether to try it: the engine in the settings; without one, the service on Modal.
        url: another engine, to be tried.
        as_json: print one JSON document.

    Returns:
        The exit status: 1 when something that was tried failed.

    Raises:
        CliError: there is nothing to try.
    """
    if url is not None:
        return _check(url, as_json)
    configured = (in_force().settings.engine_url or "").rstrip("/")
    if not check:
        _state(configured, as_json)
        return 0
    if configured:
        if not as_json:
            say(f"Trying {configured}, the engine in your settings (--url tries another)")
        return _check(configured, as_json)
    try:
        with asked.modal_trouble():
            account.workspace()
            state = endpoint.state()
    except CliError as error:
        raise CliError(
            "your settings name no engine to try (`maze complete FILE:LINE` tries the embedded "
            f"one), and of a service on Modal nothing is known: {error}"
        ) from None
    if not state.deployed:
        raise CliError(
            "the service is not deployed; run `maze deploy`, or `maze config set engine.url …` "
            "for an engine elsewhere"
        )
    return _check(state.url, as_json)


def _state(configured: str, as_json: bool) -> None:
    workspace, state, problem = None, endpoint.State(False), ""
    try:
        with asked.modal_trouble():
            workspace = account.workspace()
            state = endpoint.state()
    except CliError as error:
        problem = str(error)
    used = state.deployed and configured == state.url
    if as_json:
        about = {"workspace": workspace, **attrs.asdict(state), "configured": used}
        print(json.dumps({**about, "engine_url": configured, "problem": problem}))
        return
    if not configured:
        say("Your editor uses the embedded engine; `maze doctor` says how it is.")
    elif not used:
        # It is not asked here: where it is on Modal, that would start a GPU.
        say(f"Your editor uses the engine at {configured}; `maze status --check` tries it.")
    if problem:
        say(f"Of a service on Modal nothing is known: {problem}")
    else:
        _show(workspace or "", state, used)


def _show(workspace: str, state: endpoint.State, used: bool) -> None:
    say(f"Modal workspace {workspace}")
    if not state.deployed:
        say("The service is not deployed; `maze deploy` deploys it.")
        return
    running = {0: "no container runs; the next request starts one", 1: "one container runs"}
    say(f"Deployed at {state.url}")
    say(running.get(state.containers, f"{state.containers} containers run"))
    if not used:
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
        say("[green]The service works.[/green]", markup=True)
    else:
        failed = sum(not step.passed for step in taken)
        say(f"[red]{failed} of {len(taken)} failed.[/red]", markup=True)
    return 0 if passed else 1


async def _tried(url: str, key: str | None, quiet: bool) -> list[trial.Step]:
    taken = []
    allowed = user_settings.load().settings.allow_plain_http
    with Console(stderr=True).status("asking") as status:
        said = ""

        def waiting(problem: str, seconds: float) -> None:
            nonlocal said
            status.update(f"{problem} ({seconds:.0f} s so far)")
            if problem != said and not status.console.is_terminal:
                said = problem
                print(f"maze: waiting: {problem}", file=sys.stderr, flush=True)

        async for step in trial.steps(url, key, allow_plain_http=allowed, waiting=waiting):
            taken.append(step)
            status.update("trying")
            if not quiet:
                mark = "[green]✓[/green]" if step.passed else "[red]✗[/red]"
                say(f"{mark} {step.name:<11}{step.ms:7.0f} ms  ", end="", markup=True)
                say(step.said)
    return taken
