"""`maze grammar`: where a file is not accepted, and what a rule says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Maze

REFUSED = {
    # name: file, text, line, column, what is expected there among others
    "python": ("a.py", "x = 1\ny = = 2\n", 2, 5, '"("'),
    "a statement that goes on": ("a.py", "def f(x):\n    if x\n        y\n", 2, 9, '":"'),
    "wide characters": ("a.py", "x = 'é𝛼' 'b' c\n", 1, 14, '"+"'),
    "go": ("a.go", "package p\n\nfunc f() {\n\tx := 1 +\n}\n", 5, 1, "identifier"),
    "zig": ("a.zig", "const a = b +c;\n", 1, 13, "binary op"),
    "rust": ("a.rs", "fn f() {\n    'static: loop {}\n}\n", 2, 5, '"let"'),
    "what touches a string": ("a.rs", 'const A: B = "c"as;\n', 1, 14, "string"),
    "an open string": ("a.zig", 'const a = "b;\n', 1, 11, "string"),
    "a byte of no lexeme": ("a.zig", "const a = $;\n", 1, 11, "identifier"),
    "the end": ("a.zig", "const a = struct {\n", 2, 1, '"}"'),
}


@pytest.mark.parametrize(
    ("name", "text", "line", "column", "expected"), REFUSED.values(), ids=REFUSED.keys()
)
def test_check_points_at_the_place(
    maze: Maze, tmp_path: Path, name: str, text: str, line: int, column: int, expected: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    ran = maze("grammar", "check", path, "--json")
    assert ran.status == 1
    [found] = json.loads(ran.out)["files"]
    assert (found["line"], found["column"]) == (line, column)
    assert expected in found["expected"]
    shown = maze("grammar", "check", path).out.splitlines()
    assert shown[0].startswith(f"{path}:{line}:{column}: not accepted")
    assert shown[1].strip() == found["source"].strip()
    assert shown[2].strip() == "^"
    assert shown[3].strip().startswith("expected: ")


def test_check_of_several_files(maze: Maze, tmp_path: Path) -> None:
    good, bad = tmp_path / "a.py", tmp_path / "b.py"
    good.write_text("x = 1\n")
    bad.write_text("x = \n")
    assert maze("grammar", "check", good).status == 0
    ran = maze("grammar", "check", good, bad)
    assert ran.status == 1
    assert f"{good}: accepted (python)" in ran.out
    assert f"{bad}:1:5: " in ran.out
    assert json.loads(maze("grammar", "check", good, bad, "--json").out)["accepted"] == 1


def test_check_by_the_named_language(maze: Maze, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("const a = 1;\n")
    assert maze("grammar", "check", path, "--language", "zig").status == 0
    assert maze("grammar", "check", path, "--language", "python").status == 1


PROBLEMS = {
    "missing": ("a.py", None, "cannot be read: no such file or directory"),
    "binary": ("a.py", b"x = 1\0", "is a binary file"),
    "another encoding": ("a.py", b"# caf\xe9\n", "is not UTF-8"),
    "unknown": ("a.txt", b"Dear reader\n", "name one with --language"),
}


@pytest.mark.parametrize(("name", "data", "problem"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_check_says_what_is_wrong_with_a_file(
    maze: Maze, tmp_path: Path, name: str, data: bytes | None, problem: str
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    ran = maze("grammar", "check", path)
    assert ran.status == 1
    assert ran.out.startswith(f"{path}: ") or ran.out.startswith(f"{path}")
    assert problem in ran.out
    assert len(ran.out.splitlines()) == 1


def test_one_file_that_may_not_be_read_keeps_no_other_from_being_checked(
    maze: Maze, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, good = tmp_path / "closed.py", tmp_path / "good.py"
    for path in (closed, good):
        path.write_text("x = 1\n")
    # Who is root may read all files, so the system's answers are made up.
    read, may = Path.read_bytes, os.access

    def read_bytes(path: Path) -> bytes:
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    monkeypatch.setattr(
        "os.access", lambda path, *how: str(path) != str(closed) and may(path, *how)
    )
    ran = maze("grammar", "check", closed, good)
    assert ran.status == 1
    assert f"{closed}: cannot be read: permission denied\n{good}: accepted" in ran.out


def test_show_prints_a_rule_and_what_it_refers_to(maze: Maze) -> None:
    shown = maze("grammar", "show", "go", "import_decl").out
    assert shown.startswith('import_decl: "import" (import_spec |')
    assert "refers to:" in shown
    assert "\nimport_spec: " in shown
    assert "\nfile: " not in shown


def test_show_prints_comments_and_terminals(maze: Maze) -> None:
    shown = maze("grammar", "show", "zig", "BAD_NUMBER").out
    assert shown.startswith("// Whatever the tokenizer takes for one number.")
    assert "\nBAD_NUMBER.-1: /" in shown


def test_show_lists_the_rules(maze: Maze) -> None:
    names = [line.split()[0] for line in maze("grammar", "show", "python").out.splitlines()]
    assert names[:2] == ["file", "items"]
    assert len(names) == len(set(names)) > 50


UNKNOWN = {
    "language": (("check", "a.x", "--language", "cobol"), "no grammar for cobol; there are "),
    "shown language": (("show", "cobol"), "no grammar for cobol; there are "),
    "rule": (("show", "go", "nope"), "go has no rule nope; `maze grammar show go` lists"),
    "near rule": (("show", "go", "import"), "do you mean import_decl"),
}


@pytest.mark.parametrize(("arguments", "sentence"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_there_is_named(maze: Maze, arguments: tuple[str, ...], sentence: str) -> None:
    ran = maze("grammar", *arguments)
    assert ran.status == 1
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1
