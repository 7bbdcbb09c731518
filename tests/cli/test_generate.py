"""`maze generate`: a diff, a written file, JSON, and a sentence for what can not be done."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from maze.cli.app import What
from maze.document.tasks import Kind
from tests.cli.conftest import Maze
from tests.lsp.fake_engine import FakeEngine, dies, says

STUB = "def add(a, b):\n    pass\n"
DONE = "def add(a, b):\n    return a + b\n"


def write(folder: Path, text: str = STUB, name: str = "a.py") -> Path:
    file = folder / name
    file.write_bytes(text.encode())
    return file


def test_the_kinds_are_those_there_are() -> None:
    assert [kind.value for kind in What] == [kind.value for kind in Kind]


def test_a_diff_is_shown_and_the_file_left_alone(maze: Maze, engine: FakeEngine, tmp_path) -> None:
    engine.reply = says("return a + b")
    file = write(tmp_path)
    ran = maze("generate", f"{file}:1")
    assert ran.status == 0
    assert "-    pass\n+    return a + b\n" in ran.out
    assert "not written" in ran.err
    assert file.read_text() == STUB


def test_a_form_feed_ends_no_line_of_the_diff(maze: Maze, engine: FakeEngine, tmp_path) -> None:
    engine.reply = says("return a + b")
    ran = maze("generate", f"{write(tmp_path, chr(12) + chr(10) + STUB)}:2")
    assert "@@ -1,3 +1,3 @@" in ran.out


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_written(maze: Maze, engine: FakeEngine, tmp_path: Path, newline: str) -> None:
    engine.reply = says("c = a + b\n    return c")
    file = write(tmp_path, STUB.replace("\n", newline))
    file.chmod(0o640)
    assert maze("generate", f"{file}:2", "--write").status == 0
    wanted = DONE.replace("return a + b", "c = a + b\n    return c").replace("\n", newline)
    assert file.read_bytes().decode() == wanted
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.glob(".a.py*")) == []


def test_as_json(maze: Maze, engine: FakeEngine, tmp_path: Path) -> None:
    engine.reply = says("Add.")
    file = write(tmp_path, DONE)
    answer = json.loads(maze("generate", f"{file}:1", "--kind", "document", "--json").out)
    assert answer["text"] == '\n    """Add."""'
    expected = {"kind": "document", "parses": True, "level": "file", "model": "fake"}
    assert answer.items() >= {**expected, "written": False, "message": ""}.items()


def test_what_does_not_parse_is_not_written(maze: Maze, engine: FakeEngine, tmp_path) -> None:
    engine.reply = says("return (a")
    file = write(tmp_path)
    ran = maze("generate", f"{file}:1", "--write")
    assert (ran.status, ran.out) == (1, "")
    assert "nothing that parses" in ran.err
    assert file.read_text() == STUB


def test_an_engine_that_dies(maze: Maze, engine: FakeEngine, tmp_path: Path) -> None:
    engine.reply = dies
    file = write(tmp_path)
    ran = maze("generate", f"{file}:1", "--write")
    assert ran.status == 1
    assert "in the middle of an answer" in ran.err
    ast.parse(file.read_text())


def test_what_is_not_utf8_is_not_written(maze: Maze, engine: FakeEngine, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    latin = b'NAME = "\xe9"\n\n\n' + STUB.encode()
    file.write_bytes(latin)
    ran = maze("generate", f"{file}:4", "--write")
    assert (ran.status, ran.out) == (1, "")
    assert "is not UTF-8" in ran.err
    assert file.read_bytes() == latin
    assert not engine.requests
    engine.reply = says("return a + b")
    assert maze("generate", f"{file}:4").status == 0  # it can be shown all the same


def test_a_read_only_file_stays_as_it_is(
    maze: Maze, engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path)
    # Who is root may write all files, so the system's answer is made up.
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != file)
    ran = maze("generate", f"{file}:1", "--write")
    assert (ran.status, ran.out) == (1, "")
    assert "read-only" in ran.err
    assert file.read_text() == STUB
    assert not engine.requests


def test_what_was_edited_meanwhile_is_not_lost(
    maze: Maze, engine: FakeEngine, tmp_path: Path
) -> None:
    file = write(tmp_path)

    def reply(request):
        file.write_text("# mine\n" + STUB)
        return says("return a + b")(request)

    engine.reply = reply
    ran = maze("generate", f"{file}:1", "--write")
    assert ran.status == 1
    assert "changed meanwhile" in ran.err
    assert file.read_text() == "# mine\n" + STUB


MISTAKES = [
    # text, arguments, a part of the sentence
    ("x = 1\n", (":1",), "nothing to generate here"),
    (STUB, (":1", "--kind", "repair"), "possible are implement"),
    (STUB, (":9",), "there is no line 9"),
    (STUB, ("",), "names no line"),
]


@pytest.mark.parametrize(("text", "arguments", "said"), MISTAKES)
def test_mistakes_get_a_sentence(maze: Maze, engine, tmp_path, text, arguments, said) -> None:
    file = write(tmp_path, text)
    ran = maze("generate", f"{file}{arguments[0]}", *arguments[1:])
    assert ran.status != 0
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert not engine.requests


def test_a_file_that_is_not_there(maze: Maze, engine: FakeEngine, tmp_path: Path) -> None:
    ran = maze("generate", f"{tmp_path / 'no.py'}:1")
    assert ran.status != 0 and "there is no file" in ran.err
