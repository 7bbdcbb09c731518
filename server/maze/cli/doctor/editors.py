"""The doctor's look at the editors on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess

from maze.cli.doctor.finding import Finding, note, ok

_PATIENCE_S = 5.0
_VERSION = re.compile(r"\d+(?:\.\d+)+")

# Program, its name, and the first version that shows inline completions by itself.
_EDITORS = (
    ("nvim", "Neovim", (0, 12)),
    ("code", "VS Code", None),
    ("codium", "VSCodium", None),
    ("code-server", "code-server", None),
)


def editors() -> list[Finding]:
    """One finding for each editor that is here, or one that there is none."""
    findings = [_editor(*editor) for editor in _EDITORS if shutil.which(editor[0])]
    if findings:
        return findings
    return [note("editors", "none found on PATH", "any editor that speaks LSP 3.18 will do")]


def _editor(program: str, name: str, oldest: tuple[int, ...] | None) -> Finding:
    version = _version(program)
    if version is None:
        return note(name, f"{shutil.which(program)}, of unknown version")
    found = f"{version} ({shutil.which(program)})"
    if oldest and tuple(map(int, version.split(".")))[: len(oldest)] < oldest:
        wanted = ".".join(map(str, oldest))
        return note(name, found, f"{wanted} or newer shows inline completions by itself")
    return ok(name, found)


def _version(program: str) -> str | None:
    path = shutil.which(program)
    assert path is not None
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = _VERSION.search(done.stdout)
    return match[0] if match else None
