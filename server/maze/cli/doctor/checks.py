"""All that the doctor looks at, in the order of its report."""

from __future__ import annotations

import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from maze import settings as user_settings
from maze.cli.doctor.cache import cache
from maze.cli.doctor.editors import editors
from maze.cli.doctor.engine import configured_engine, embedded_engine, key_of
from maze.cli.doctor.finding import Finding, note, ok, problem
from maze.cli.doctor.modal import modal_account
from maze.cli.setup import parts
from maze.engine.errors import EngineMissing
from maze.engine.models import find_model
from maze.settings import Settings

_OLDEST_PYTHON = (3, 11)


def all_findings() -> list[Finding]:
    """Look at everything; nothing is changed or started."""
    loaded = user_settings.load()
    settings = loaded.settings
    findings = [
        ok("maze", f"{version('maze')} in {Path(__file__).parents[2]}"),
        _python(),
        _command(),
        _settings(loaded.problems),
        _languages(settings),
    ]
    if settings.engine_url is not None:
        url = settings.engine_url
        findings += [configured_engine(url, settings), key_of(url), modal_account()]
        if settings.fallback:
            findings += [_parts(), _model(settings)]
    else:
        findings += [_parts(), _model(settings), cache(), embedded_engine(settings)]
    return [*findings, *editors()]


def _python() -> Finding:
    found = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info < _OLDEST_PYTHON:
        return problem("python", found, "Maze needs Python 3.11 or newer: install it there")
    return ok("python", found)


def _command() -> Finding:
    """Whether an editor finds `maze`."""
    on_path = shutil.which("maze")
    if on_path is not None:
        return ok("command", on_path)
    here = Path(sys.executable).parent / "maze"
    return note("command", "maze is not on PATH", f"give your editor the whole path: {here}")


def _settings(problems: tuple[str, ...]) -> Finding:
    file = user_settings.config_file()
    if problems:
        return problem("settings", "; ".join(problems), "correct these; the rest counts as it is")
    return ok("settings", str(file) if file.is_file() else f"defaults (there is no {file})")


def _languages(settings: Settings) -> Finding:
    if not settings.languages:
        return problem("languages", "none", "name some in your settings, under languages")
    return ok("languages", ", ".join(settings.languages))


def _parts() -> Finding:
    """Whether the embedded engine is installed."""
    missing = parts.missing_parts()
    if missing:
        return problem("local extra", f"missing: {', '.join(missing)}", "run `maze setup`")
    requirements = (*parts.local_requirements(), *parts.APART)
    told = (f"{parts.name_of(part)} {parts.installed_version(part)}" for part in requirements)
    return ok("local extra", ", ".join(told))


def _model(settings: Settings) -> Finding:
    try:
        file = find_model(settings.model)
    except EngineMissing as missing:
        return problem("model", str(missing), "run `maze setup`, or set model to a GGUF file")
    return ok("model", f"{file} ({file.stat().st_size / 1e6:.0f} MB)")
