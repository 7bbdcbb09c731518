"""The command line as a whole: what it imports, and how it says that something went wrong."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.conftest import Maze, python
from tests.lsp.fake_engine import FakeEngine, says

COMMANDS = ("lsp", "engine", "complete", "demo", "doctor", "setup")

# What only the extra `local` brings.
LOCAL = ("numpy", "llama_cpp", "xgrammar", "lark", "starlette", "uvicorn", "tvm_ffi")


def test_version(maze: Maze) -> None:
    ran = maze("--version")
    assert (ran.status, ran.out) == (0, f"maze {version('maze')}\n")


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help(maze: Maze, command: tuple[str, ...]) -> None:
    ran = maze(*command, "--help")
    assert ran.status == 0
    assert "Usage: maze" in ran.out


def test_help_names_all_commands(maze: Maze) -> None:
    assert all(command in maze("--help").out for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [("frobnicate",), ("complete",), ("complete", "a.py:1", "--count", "9"), ("doctor", "--jsn")],
    ids=" ".join,
)
def test_wrong_usage(maze: Maze, arguments: tuple[str, ...]) -> None:
    ran = maze(*arguments)
    assert ran.status == 2
    assert "Usage: maze" in ran.err
    assert "Traceback" not in ran.err


def test_what_nobody_foresaw_is_one_sentence(maze: Maze, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maze.cli.doctor.all_findings", lambda: 1 // 0)
    ran = maze("doctor")
    assert ran.status == 1
    assert ran.err == (
        "maze: something went wrong inside (ZeroDivisionError); --debug shows where\n"
    )


@pytest.mark.parametrize("arguments", [("--debug", "doctor"), ("doctor", "--debug")], ids=" ".join)
def test_debug_shows_where(
    maze: Maze, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr("maze.cli.doctor.all_findings", lambda: 1 // 0)
    ran = maze(*arguments)
    assert ran.status == 1
    assert "Traceback" in ran.err
    assert "ZeroDivisionError" in ran.err


def without_local_extra(*arguments: object) -> str:
    """A program that runs `maze` where the extra `local` is not installed."""
    return f"""
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {LOCAL}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
sys.argv = ["maze", *{list(map(str, arguments))}]
from maze.cli import main
main()
"""


def test_the_base_install_completes(engine: FakeEngine, tmp_path: Path) -> None:
    engine.reply = says("a + b")
    (tmp_path / "add.py").write_text("def add(a, b):\n    return \n")
    ran = python("-c", without_local_extra("complete", tmp_path / "add.py:2"))
    assert ran.status == 0, ran.err
    assert "return a + b" in ran.out


@pytest.mark.parametrize("arguments", [("--version",), ("lsp", "--help")], ids=" ".join)
def test_the_base_install_starts(arguments: tuple[str, ...]) -> None:
    assert python("-c", without_local_extra(*arguments)).status == 0


def test_what_reads_grammars_says_how_to_install_it(engine: FakeEngine, tmp_path: Path) -> None:
    """With an engine elsewhere, so that the doctor finds nothing amiss."""
    (tmp_path / "a.py").write_text("x = 1\n")
    ran = python("-c", without_local_extra("grammar", "check", tmp_path / "a.py"))
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "maze: the Python package lark is not installed; run `maze setup`\n"


def test_light_commands_load_no_server() -> None:
    program = "import sys; from maze.cli import app; print(*sys.modules)"
    loaded = python("-c", program).out.split()
    assert not {"pygls", "lsprotocol", "tree_sitter", "httpx", *LOCAL} & set(loaded)


def test_packaging_names_the_command_and_ships_the_grammars() -> None:
    repository = Path(__file__).parents[2]
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    assert project["project"]["scripts"]["maze"] == "maze.cli:main"
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert all((repository / folder).is_dir() for folder in shipped)
