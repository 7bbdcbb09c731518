"""The commands with the real engine, and the package as others install it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.e2e.conftest import REPOSITORY, needs_engine

SOURCES = {
    "python": ("add.py", "def add(a, b):\n    return a \n\n\nprint(add(1, 2))\n", "2:14"),
    "go": ("add.go", "package main\n\nfunc add(a, b int) int {\n\treturn a \n}\n", "4:11"),
}


@pytest.mark.local
@pytest.mark.timeout(600)
@needs_engine
@pytest.mark.parametrize(("name", "content", "place"), SOURCES.values(), ids=SOURCES.keys())
def test_complete(name: str, content: str, place: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("MAZE_")},
        "MAZE_TIMEOUT_S": "300",
        "MAZE_IDLE_MINUTES": "0.5",
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "maze", "complete", f"{name}:{place}", "--json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["model"]
    line, column = map(int, place.split(":"))
    for suggestion in answer["suggestions"]:
        lines = content.split("\n")
        text = lines[line - 1]
        lines[line - 1] = text[: column - 1] + suggestion["text"] + text[column - 1 :]
        if name.endswith(".py"):
            ast.parse("\n".join(lines))
        assert suggestion["level"] != "unconstrained"
    assert answer["counters"]["dropped_by_last_check"] == 0


@pytest.mark.slow
def test_the_wheel_holds_all_it_needs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "-w", tmp_path, REPOSITORY],
        check=True,
        timeout=300,
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        [entry_points] = [name for name in names if name.endswith("entry_points.txt")]
        assert "maze = maze.cli:main" in opened.read(entry_points).decode()
    assert {f"maze/grammars/{name}.lark" for name in ("python", "go")} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)
