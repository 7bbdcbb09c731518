"""`maze complete`: places, suggestions, and what can be wrong with either."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from maze.cli.errors import CliError
from maze.cli.place import Place
from maze.document import Document
from tests.cli.conftest import Maze
from tests.lsp.fake_engine import FakeEngine, dies, fails, says, says_each

ADD = "def add(a, b):\n    return \n\n\nprint(add(1, 2))\n"

PLACES = {
    "a.py:3:7": Place(Path("a.py"), 3, 7),
    "a.py:3": Place(Path("a.py"), 3, None),
    "src/a b.go:12:1": Place(Path("src/a b.go"), 12, 1),
    "C:\\src\\a.py:3:7": Place(Path("C:\\src\\a.py"), 3, 7),
    "odd:1:2:3": Place(Path("odd:1"), 2, 3),
}

NO_PLACES = {
    "a.py": "a.py names no line; write FILE:LINE:COLUMN, as in main.py:12:5",
    "a.py:x": "a.py:x names no line",
    "a.py:-3": "a.py:-3 names no line",
    ":3": ":3 names no line",
    "": " names no line",
    "a.py:0:1": "a.py:0:1: lines and columns are counted from 1",
    "a.py:1:0": "a.py:1:0: lines and columns are counted from 1",
}


@pytest.mark.parametrize(("text", "place"), PLACES.items())
def test_places(text: str, place: Place) -> None:
    assert Place.parse(text) == place


@pytest.mark.parametrize(("text", "message"), NO_PLACES.items())
def test_no_places(text: str, message: str) -> None:
    with pytest.raises(CliError, match=re.escape(message)):
        Place.parse(text)


OFFSETS = [
    # text, line, column, what stands before the cursor
    ("ab\ncd\n", 1, 1, ""),
    ("ab\ncd\n", 2, 3, "ab\ncd"),
    ("ab\ncd\n", 2, None, "ab\ncd"),
    ("ab\r\ncd\r\n", 1, None, "ab"),
    ("ab\ncd\n", 3, 1, "ab\ncd\n"),
    ("é𝛼b\n", 1, 3, "é𝛼"),
    ("", 1, 1, ""),
]


@pytest.mark.parametrize(("text", "line", "column", "before"), OFFSETS)
def test_offsets(text: str, line: int, column: int | None, before: str) -> None:
    assert Place(Path("a.py"), line, column).offset(Document(text)) == len(before)


def write(folder: Path, content: bytes | str = ADD, name: str = "add.py") -> Path:
    """A file with that content."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_ghost_text_in_its_place(maze: Maze, engine: FakeEngine, tmp_path: Path) -> None:
    engine.reply = says("a + b")
    ran = maze("complete", f"{write(tmp_path)}:2:12")
    assert ran.status == 0, ran.err
    assert ran.out.splitlines()[:2] == ["    1 def add(a, b):", "    2     return a + b"]
    assert re.search(r"\d+ ms, 3 tokens, parsed as: file, fake", ran.out)


def test_as_json(maze: Maze, engine: FakeEngine, tmp_path: Path) -> None:
    engine.reply = says("a + b")
    file = write(tmp_path)
    ran = maze("complete", f"{file}:2", "--json")
    [line] = ran.out.splitlines()
    answer = json.loads(line)
    expected = {"file": str(file), "line": 2, "column": 12, "language": "python", "model": "fake"}
    assert answer.items() >= expected.items()
    [suggestion] = answer["suggestions"]
    assert (suggestion["text"], suggestion["level"], suggestion["tokens"]) == ("a + b", "file", 3)
    assert answer["counters"]["engine_requests"] == 1


def test_in_markdown_lines_are_counted_in_the_file(
    maze: Maze, engine: FakeEngine, tmp_path: Path
) -> None:
    engine.reply = says("a + b")
    file = write(tmp_path, f"# Adding\n\n```python\n{ADD}```\n", "add.md")
    answer = json.loads(maze("complete", f"{file}:5", "--json").out)
    assert (answer["line"], answer["column"], answer["language"]) == (5, 12, "python")
    assert "    5     return a + b\n" in maze("complete", f"{file}:5").out


def test_several(maze: Maze, engine: FakeEngine, tmp_path: Path) -> None:
    engine.reply = says_each("b + a")
    answer = json.loads(maze("complete", f"{write(tmp_path)}:2", "--count", 2, "--json").out)
    assert [suggestion["text"] for suggestion in answer["suggestions"]] == ["b + a"]
    assert sorted(request["temperature"] > 0 for request in engine.requests) == [False, True]


def test_what_does_not_parse_is_not_shown(maze: Maze, engine: FakeEngine, tmp_path: Path) -> None:
    engine.reply = says("a + (")
    ran = maze("complete", f"{write(tmp_path)}:2")
    assert (ran.status, ran.out) == (0, "")
    assert "did not parse in place" in ran.err


def test_unconstrained_shows_what_the_model_says(
    maze: Maze, engine: FakeEngine, tmp_path: Path
) -> None:
    engine.reply = says("a + (")
    ran = maze("complete", f"{write(tmp_path)}:2", "--unconstrained")
    assert "return a + (" in ran.out
    assert engine.requests[0]["maze"]["constrain"] is False


def test_the_same_request_as_the_language_server(
    maze: Maze, engine: FakeEngine, tmp_path: Path
) -> None:
    maze("complete", f"{write(tmp_path)}:2:12")
    [request] = engine.requests
    assert request["prompt"].endswith("def add(a, b):\n    return ")
    hole = request["maze"]
    assert (hole["language"], hole["mode"]) == ("python", "line")
    assert hole["prefix"].endswith("return ")
    assert hole["suffix"].startswith("\n")
    assert hole["scopes"]


BAD = {
    "no file": (None, "2:1", "there is no file"),
    "no line": (ADD, "40:1", "has 6 lines; there is no line 40"),
    "no column": (ADD, "1:99", "line 1 of {file} has 14 characters; the last column is 15"),
    "binary": (b"\0\1\2" * 50, "1:1", "this is a binary file: it has NUL characters"),
}


@pytest.mark.parametrize(("content", "place", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(
    maze: Maze,
    engine: FakeEngine,
    tmp_path: Path,
    content: bytes | str | None,
    place: str,
    message: str,
) -> None:
    file = tmp_path / "add.py"
    if content is not None:
        write(tmp_path, content)
    ran = maze("complete", f"{file}:{place}")
    assert (ran.status, ran.out, engine.requests) == (1, "", [])
    assert message.format(file=file) in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_unknown_language(maze: Maze, engine: FakeEngine, tmp_path: Path) -> None:
    ran = maze("complete", f"{write(tmp_path, 'a,b', 'table.csv')}:1:1")
    assert (ran.status, ran.out) == (1, "")
    assert "no suggestions for *.csv files: Maze knows" in ran.err


def test_a_folder(maze: Maze, tmp_path: Path) -> None:
    assert "is a folder; give the path of a file in it" in maze("complete", f"{tmp_path}:1").err


HARMLESS = {
    "byte order mark": "\ufeff" + ADD,
    "CRLF": ADD.replace("\n", "\r\n"),
    "invalid UTF-8": ADD.encode() + b"# \xff\xfe\n",
    "no line break at the end": ADD.rstrip(),
    "broken above": "def broken(:\n" + ADD,
}


@pytest.mark.parametrize("content", HARMLESS.values(), ids=HARMLESS.keys())
def test_odd_files(maze: Maze, engine: FakeEngine, tmp_path: Path, content: bytes | str) -> None:
    engine.reply = says("a + b", scope=-1)
    data = content if isinstance(content, bytes) else content.encode()
    line = 1 + data[: data.index(b"return")].count(b"\n")
    ran = maze("complete", f"{write(tmp_path, content)}:{line}")
    assert ran.status == 0, ran.err
    assert "return a + b" in ran.out
    assert (tmp_path / "add.py").read_bytes() == data


TROUBLE = {
    "asks for another key": (fails(401), "refused the key"),
    "fails": (fails(500, "out of memory"), "out of memory"),
    "is busy": (fails(503, "loading"), "is not ready: loading"),
    "dies half-way": (dies, "engine at http://127.0.0.1"),
}


@pytest.mark.parametrize(("reply", "message"), TROUBLE.values(), ids=TROUBLE.keys())
def test_an_engine_in_trouble(
    maze: Maze, engine: FakeEngine, tmp_path: Path, reply, message: str
) -> None:
    engine.reply = reply
    ran = maze("complete", f"{write(tmp_path)}:2")
    assert (ran.status, ran.out) == (1, "")
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_no_engine_at_the_address(
    maze: Maze, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAZE_ENGINE_URL", "http://127.0.0.1:9")
    ran = maze("complete", f"{write(tmp_path)}:2")
    assert (ran.status, ran.out) == (1, "")
    assert "no engine answers at http://127.0.0.1:9" in ran.err


def test_no_engine_installed(maze: Maze, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("maze.engine.launcher.NEEDED", ("no_such_module",))
    ran = maze("complete", f"{write(tmp_path)}:2")
    assert (ran.status, ran.out) == (1, "")
    assert "the embedded engine is not installed" in ran.err
    assert "run `maze setup`" in ran.err


def test_a_setting_that_makes_no_sense_is_told(
    maze: Maze, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAZE_MAX_TOKENS", "many")
    engine.reply = says("a + b")
    ran = maze("complete", f"{write(tmp_path)}:2")
    assert ran.status == 0
    assert "max_tokens" in ran.err
