"""Where `scripts/_vscode` has put what these tests need."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "editors" / "vscode"
VSIX = EXTENSION / "maze.vsix"
SERVER = ROOT / ".venv" / "bin" / "maze"


def installation() -> Path | None:
    """The folder with code-server and its Node.js."""
    found = sorted((ROOT / ".cache").glob("vscode-*/app/node_modules/.bin/code-server"))
    return found[-1].parents[3] if found else None


def missing() -> str:
    """What is not there; empty when all is."""
    wanted = {
        "code-server": installation(),
        "Chromium": shutil.which("chromium"),
        "the built extension": VSIX.is_file(),
        "Playwright": _has_playwright(),
    }
    return ", ".join(what for what, there in wanted.items() if not there)


def _has_playwright() -> bool:
    from importlib.util import find_spec

    return find_spec("playwright") is not None
