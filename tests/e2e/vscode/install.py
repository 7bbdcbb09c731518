"""Where `scripts/_vscode` has put what these tests need."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "editors" / "vscode"
VSIX = EXTENSION / "maze.vsix"
SERVER = ROOT / ".venv" / "bin" / "maze"


def node() -> Path | None:
    """The folder of Node.js."""
    return max((ROOT / ".cache").glob("node-*"), default=None)


def code_server() -> Path | None:
    """The program."""
    return max((ROOT / ".cache").glob("vscode-*/node_modules/.bin/code-server"), default=None)


def missing() -> str:
    """What is not there; empty when all is."""
    wanted = {
        "Node.js": node(),
        "code-server": code_server(),
        "Chromium": shutil.which("chromium"),
        "the built extension": VSIX.is_file(),
        "Playwright": _has_playwright(),
    }
    return ", ".join(what for what, there in wanted.items() if not there)


def _has_playwright() -> bool:
    from importlib.util import find_spec

    return find_spec("playwright") is not None
