"""Runs `maze` as a person does, in this process or in its own; nothing of the machine's own counts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from maze.cli import main
from tests.lsp.fake_engine import KEY, FakeEngine, fake_engine


@attrs.frozen
class Ran:
    """What came of a command."""

    status: int
    out: str
    err: str


Maze = Callable[..., Ran]


@pytest.fixture(autouse=True)
def clean_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings, no caches, no engine that runs; a wide terminal."""
    for name in [name for name in os.environ if name.startswith("MAZE_")]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def maze(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Maze:
    """Runs the command line in this process."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["maze", *map(str, arguments)])
        try:
            main()
            status: object = 0
        except SystemExit as end:
            status = end.code or 0
        captured = capsys.readouterr()
        assert isinstance(status, int)
        return Ran(status, captured.out, captured.err)

    return run


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """A fake engine, which the settings name."""
    with fake_engine() as running:
        monkeypatch.setenv("MAZE_ENGINE_URL", running.url)
        monkeypatch.setenv("MAZE_API_KEY", KEY)
        yield running


def python(*arguments: object, timeout_s: float = 60) -> Ran:
    """Run Python in a process of its own."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
