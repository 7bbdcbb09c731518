"""The doctor's look at the engine: the one at the configured address, or the embedded one."""

from __future__ import annotations

import asyncio

from maze.cli.doctor.finding import Finding, note, ok, problem
from maze.engine.client import EngineClient
from maze.engine.errors import EngineError, EngineTimeout
from maze.engine.launcher import missing_extra
from maze.engine.state import read_state, state_directory
from maze.settings import Settings

_PATIENCE_S = 5.0


def configured_engine(url: str, settings: Settings) -> Finding:
    """Whether an engine answers at the address in the settings, and which."""
    try:
        model, languages = asyncio.run(_ask(url, settings.api_key))
    except (EngineError, ValueError) as error:
        return problem("engine", f"{url} cannot be used", str(error))
    unknown = [name for name in settings.languages if languages and name not in languages]
    if unknown:
        return problem(
            "engine",
            f"{url} with {model} has no grammar for {', '.join(unknown)}",
            "update Maze where that engine runs, or take them out of your settings",
        )
    return ok("engine", f"{url} with {model}")


async def _ask(url: str, key: str | None) -> tuple[str, tuple[str, ...]]:
    async with EngineClient(url, key, read_timeout=_PATIENCE_S) as client:
        model = await client.model()
    return model.id, model.languages


def embedded_engine(settings: Settings) -> Finding:
    """Whether the embedded engine runs; that it does not is as good, as it starts on demand."""
    if missing_extra() is not None:
        return problem("engine", "embedded, not installed", "run `maze setup`")
    for file in sorted(state_directory().glob("engine-*.json")):
        state = read_state(file)
        if state is None:
            continue
        try:
            status = asyncio.run(_status(state.url))
        except EngineTimeout:
            return note("engine", f"embedded, too busy to answer at {state.url}")
        except (EngineError, ValueError):
            continue  # left behind by one that was killed
        return ok("engine", f"embedded, {status} at {state.url} (process {state.pid})")
    return note("engine", "embedded, not running; it starts when it is first needed")


async def _status(url: str) -> str:
    async with EngineClient(url, read_timeout=_PATIENCE_S) as client:
        return (await client.health()).status
