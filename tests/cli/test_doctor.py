"""`maze doctor`: each thing that can be amiss, what is said of it, and the exit status."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.conftest import Maze
from tests.lsp.fake_engine import FakeEngine

Amiss = Callable[[pytest.MonkeyPatch, Path], None]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As if the embedded engine were installed, whether it is or not; no editor is."""
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF" + bytes(100))
    monkeypatch.setattr("maze.cli.setup.parts.missing_parts", list)
    monkeypatch.setattr("maze.cli.doctor.engine.missing_extra", lambda: None)
    monkeypatch.setenv("MAZE_MODEL", str(model))
    monkeypatch.setenv("PATH", str(tmp_path))


def look(maze: Maze) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit status and the checks by name."""
    ran = maze("doctor", "--json")
    data = json.loads(ran.out)
    assert data["ok"] is (ran.status == 0)
    assert data["version"] == version("maze")
    return ran.status, {check["name"]: check for check in data["checks"]}


@pytest.mark.usefixtures("installed")
def test_all_is_well(maze: Maze) -> None:
    status, checks = look(maze)
    assert status == 0
    names = {"maze", "python", "command", "settings", "languages", "local extra", "model"}
    assert checks.keys() >= names | {"tables", "engine", "editors"}
    assert all(check["status"] != "problem" for check in checks.values())
    assert "starts when it is first needed" in checks["engine"]["found"]


@pytest.mark.usefixtures("installed")
def test_for_a_person(maze: Maze) -> None:
    ran = maze("doctor")
    assert ran.status == 0
    assert "✓ python" in ran.out
    assert "Maze is ready" in ran.out


@pytest.mark.usefixtures("installed")
def test_a_program_gets_whole_lines(maze: Maze, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """So that a path that is copied or looked for in them is one."""
    monkeypatch.delenv("COLUMNS")
    model = tmp_path / ("a_long_name" * 15) / "model.gguf"
    model.parent.mkdir()
    model.write_bytes(b"GGUF" + bytes(100))
    monkeypatch.setenv("MAZE_MODEL", str(model))
    assert str(model) in maze("doctor").out
    assert str(model) in maze("config", "list").out


def _no_model(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setenv("MAZE_MODEL", str(folder / "none.gguf"))


def _not_a_model(patch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "model.gguf").write_bytes(b"something else")


def _no_extra(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setattr("maze.cli.setup.parts.missing_parts", lambda: ["xgrammar==0.2.8"])
    patch.setattr("maze.cli.doctor.engine.missing_extra", lambda: "missing")


def _wrong_setting(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setenv("MAZE_MAX_TOKENS", "lots")


def _cache_is_a_file(patch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "occupied").write_text("")
    patch.setenv("MAZE_CACHE_DIR", str(folder / "occupied"))


def _state_is_a_file(patch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "occupied").write_text("")
    patch.setenv("XDG_STATE_HOME", str(folder / "occupied"))


def _no_engine_there(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setenv("MAZE_ENGINE_URL", "http://127.0.0.1:9")


PROBLEMS: dict[str, tuple[Amiss, str, str, str]] = {
    # what is amiss: how to make it so, the check that finds it, what it finds, how to mend it
    "no model": (_no_model, "model", "there is no model file at", "maze setup"),
    "not a model": (_not_a_model, "model", "is not a GGUF model file", "maze setup"),
    "no extra": (_no_extra, "local extra", "missing: xgrammar==0.2.8", "run `maze setup`"),
    "no engine installed": (_no_extra, "engine", "not installed", "run `maze setup`"),
    "wrong setting": (_wrong_setting, "settings", "max_tokens", "correct these"),
    "cache": (_cache_is_a_file, "tables", "cannot be written", "MAZE_CACHE_DIR"),
    "state": (_state_is_a_file, "engine", "cannot be written", "make it writable"),
    "unreachable": (_no_engine_there, "engine", "cannot be used", "no engine answers at"),
}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("amiss", "name", "found", "mend"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_problems(
    maze: Maze,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    amiss: Amiss,
    name: str,
    found: str,
    mend: str,
) -> None:
    amiss(monkeypatch, tmp_path)
    status, checks = look(maze)
    assert status == 1
    assert checks[name]["status"] == "problem"
    assert found in checks[name]["found"]
    assert mend in checks[name]["mend"]
    ran = maze("doctor")
    assert ran.status == 1
    assert "to mend" in ran.out


def test_a_configured_engine(maze: Maze, engine: FakeEngine) -> None:
    status, checks = look(maze)
    assert status == 0
    assert checks["engine"]["found"] == f"{engine.url} with fake"
    # Whether the embedded one is installed is nobody's concern then.
    assert "local extra" not in checks


def program(folder: Path, name: str, says: str) -> None:
    """A program that only says its version."""
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(0o755)


EDITORS = [
    # program, what it says, the check, its status
    ("nvim", "NVIM v0.12.1", "Neovim", "ok"),
    ("nvim", "NVIM v0.11.4", "Neovim", "note"),
    ("nvim", "what?", "Neovim", "note"),
    ("code", "1.120.0", "VS Code", "ok"),
]


@pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("name", "says", "check", "status"), EDITORS)
def test_editors(maze: Maze, tmp_path: Path, name: str, says: str, check: str, status: str) -> None:
    program(tmp_path, name, says)
    exit_status, checks = look(maze)
    assert exit_status == 0
    assert checks[check]["status"] == status
    assert "editors" not in checks


@pytest.mark.usefixtures("installed")
def test_tables_are_counted(maze: Maze, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entry = tmp_path / "tables" / "tables" / "0123"
    entry.mkdir(parents=True)
    (entry / "meta.json").write_bytes(bytes(2_000_000))
    monkeypatch.setenv("MAZE_CACHE_DIR", str(tmp_path / "tables"))
    _, checks = look(maze)
    assert checks["tables"]["found"].startswith("1 in ")
    assert "(2 MB)" in checks["tables"]["found"]


def test_the_cache_is_where_the_store_has_it() -> None:
    store = pytest.importorskip("maze.grammar.store")
    from maze.cli.doctor.cache import cache_directory

    assert store.Store(None).directory == cache_directory()
