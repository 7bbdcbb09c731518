"""The doctor's look at the engine: the one at the configured address, or the embedded one."""

from __future__ import annotations

import asyncio

from maze import keys
from maze.cli.doctor.cache import can_be_written
from maze.cli.doctor.finding import Finding, note, ok, problem
from maze.engine.client import EngineClient
from maze.engine.errors import EngineBusy, EngineError, EngineStarting, EngineTimeout
from maze.engine.launcher import missing_extra
from maze.engine.state import log_directory, read_state, state_directory
from maze.settings import Settings

_PATIENCE_S = 5.0


def configured_engine(url: str, settings: Settings) -> Finding:
    """Whether an engine answers at the address in the settings, and which."""
    try:
        model, languages = asyncio.run(_ask(url, settings))
    except EngineStarting:
        return note("engine", f"{url} is starting; it answers when it is there")
    except EngineBusy:
        return note("engine", f"{url} is busy; it answers later")
    except (EngineError, ValueError) as error:
        return problem("engine", f"{url} cannot be used", str(error))
    if not languages:
        return problem(
            "engine",
            f"{url} with {model} is no engine of Maze's",
            "install Maze where it runs (modal_service/OWN_GPU.md), or set another engine.url",
        )
    unknown = [name for name in settings.languages if name not in languages]
    if unknown:
        return problem(
            "engine",
            f"{url} with {model} has no grammar for {', '.join(unknown)}",
            "update Maze where that engine runs, or take them out of your settings",
        )
    return ok("engine", f"{url} with {model}")


async def _ask(url: str, settings: Settings) -> tuple[str, tuple[str, ...]]:
    key = keys.find(url)
    client = EngineClient(
        url,
        key.value if key else None,
        read_timeout=_PATIENCE_S,
        allow_plain_http=settings.allow_plain_http,
    )
    async with client:
        model = await client.model()
    return model.id, model.languages


def key_of(url: str) -> Finding:
    """Whether there is a key for the engine at `url`, and where it comes from."""
    key = keys.find(url)
    if key is not None:
        return ok("key", f"from {key.source}")
    try:
        where = keys.keyring_name()
    except keys.NoKeyring:
        return note("key", "none; there is no keyring here", f"set {keys.VARIABLE} if it wants one")
    return note(
        "key",
        f"none, neither in {keys.VARIABLE} nor in the keyring ({where})",
        "run `maze config set engine.key` if the engine wants one",
    )


def embedded_engine(settings: Settings) -> Finding:
    """Whether the embedded engine runs; that it does not is as good, as it starts on demand."""
    if missing_extra() is not None:
        return problem("engine", "embedded, not installed", "run `maze setup`")
    for folder in (state_directory(), log_directory()):
        if not can_be_written(folder):
            found = f"embedded; {folder} cannot be written, where it keeps its state and its log"
            return problem("engine", found, "make it writable")
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
