"""`maze init`: the first minutes, in the terminal or as flags.

Which engine, whether it works, and what the editor needs to know. Nothing is written before the
engine has been tried, unless the person says so.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import typer

from maze import keys
from maze import settings as user_settings
from maze.cli import config
from maze.cli.errors import CliError
from maze.cli.say import say
from maze.engine.client import EngineClient
from maze.engine.errors import EngineBusy, EngineError, EngineRefused
from maze.engine.launcher import missing_extra

_ENGINES = {
    "embedded": "a small model on this machine: no account, nothing leaves it",
    "modal": "a larger model on a GPU in your own Modal account, paid by the second",
    "url": "an engine that runs already, of your team or on your own GPU",
}
_PATIENCE_S = 20.0


def run(engine: str | None, url: str | None, fallback: bool | None, test: bool) -> None:
    """Set up; asks for what the flags leave open, if there is somebody to ask.

    Raises:
        CliError: something is missing or does not work, in one sentence.
    """
    if engine is None:
        engine = "url" if url else _chosen()
    if engine not in _ENGINES:
        raise CliError(f"--engine is one of {', '.join(_ENGINES)}, not {engine!r}")
    if engine == "embedded" and url is not None:
        raise CliError("the embedded engine has no address; leave --url out, or say --engine url")
    values: dict[str, Any]
    if engine == "embedded":
        values = _embedded()
    else:
        values = _elsewhere(_address(engine, url), test)
        values["fallback"] = _fallback(fallback)
    changed = config.write(values)
    done = "Written" if changed else "Nothing had to be changed"
    say(f"{done} in {user_settings.config_file()}")
    _show_editors()


def _is_asked() -> bool:
    return sys.stdin.isatty()


def _chosen() -> str:
    if not _is_asked():
        raise CliError("nobody is here to be asked; say --engine embedded, modal or url")
    say("Where shall suggestions come from?\n")
    for number, (name, what) in enumerate(_ENGINES.items(), 1):
        say(f"  {number}  {name:<9} {what}")
    number = int(typer.prompt("\nNumber", default=1, type=int))
    if not 1 <= number <= len(_ENGINES):
        raise CliError(f"say a number from 1 to {len(_ENGINES)}")
    return list(_ENGINES)[number - 1]


def _embedded() -> dict[str, Any]:
    missing = missing_extra()
    if missing is not None:
        if not _is_asked():
            raise CliError(missing)
        say("The embedded engine is not installed yet; that takes about five minutes.")
        if not typer.confirm("Install it now?", default=True):
            raise CliError("nothing was changed; run `maze setup`, then `maze init` again")
        from maze.cli import setup

        setup.run(dry_run=False)
    return {"engine_url": None, "fallback": None}


def _address(engine: str, url: str | None) -> str:
    if url is None and engine == "modal":
        from maze.cli.service import asked
        from modal_service import account, endpoint

        with asked.modal_trouble():
            account.workspace()
            url = endpoint.state().url
        if not url:
            raise CliError("the service is not deployed yet; run `maze deploy`, then this again")
    if url is None:
        if not _is_asked():
            raise CliError("say where the engine is, with --url")
        url = str(typer.prompt("Its address"))
    try:
        return str(user_settings.from_text("engine_url", url.strip()))
    except ValueError as error:
        raise CliError(str(error)) from None


def _elsewhere(url: str, test: bool) -> dict[str, Any]:
    key = keys.find(url)
    typed: str | None = None
    while test:
        value = typed or (key.value if key else None)
        try:
            say(f"Asking {url} …")
            model = asyncio.run(_model(url, value))
            say(f"It answers, with {model}.")
            break
        except EngineBusy:
            say("It is starting; it will be there when you need it.")
            break
        except EngineRefused as error:
            if not _is_asked():
                raise CliError(str(error)) from None
            say("It wants a key." if value is None else "It does not take that key.")
            typed = config.ask_for_key(url)
        except (EngineError, ValueError) as error:
            if not _is_asked():
                raise CliError(f"{error} (--no-test writes the setting all the same)") from None
            say(str(error))
            if not typer.confirm("Use it all the same?", default=False):
                raise CliError("nothing was changed") from None
            break
    if typed:
        config.store_key(url, typed)
    return {"engine_url": url}


async def _model(url: str, key: str | None) -> str:
    settings = user_settings.load().settings
    client = EngineClient(
        url, key, read_timeout=_PATIENCE_S, allow_plain_http=settings.allow_plain_http
    )
    async with client:
        return (await client.model()).id


def _fallback(fallback: bool | None) -> bool:
    if fallback is not None:
        return fallback
    if not _is_asked() or missing_extra() is not None:
        return False
    question = "Shall the embedded engine answer while that one can not?"
    return bool(typer.confirm(question, default=True))


def _show_editors() -> None:
    """What each editor needs, for those that are on this machine, or for all when none is."""
    command = shutil.which("maze") or str(Path(sys.executable).parent / "maze")
    shown = [name for program, name in _EDITORS if shutil.which(program)] or ["Neovim", "VS Code"]
    for name in dict.fromkeys(shown):
        say(f"\n[bold]{name}[/bold]", markup=True)
        say(_LINES[name].replace("MAZE", command))
    if os.environ.get("MAZE_ENGINE_URL"):
        say("\nMAZE_ENGINE_URL in the environment wins over the file; unset it.")
    say("\n`maze doctor` looks at everything; `maze complete FILE:LINE` tries it.")


_EDITORS = (
    ("nvim", "Neovim"),
    ("code", "VS Code"),
    ("codium", "VS Code"),
    ("code-server", "VS Code"),
)
_LINES = {
    "Neovim": """  vim.lsp.config('maze', { cmd = { 'MAZE', 'lsp' }, root_markers = { '.git' } })
  vim.lsp.enable('maze')
  vim.lsp.inline_completion.enable()""",
    "VS Code": """  install the extension from editors/vscode; if it does not find maze:
  "maze.server.path": "MAZE"
""",
}
