"""`maze demo` where it cannot go well, and the parsers that it brings along."""

from __future__ import annotations

from pathlib import Path

import pytest

from maze.cli.demo.cursors import CURSORS
from maze.cli.demo.judging import AtHand
from maze.document.detect import detect
from tests.cli.conftest import Maze


def test_no_engine_is_one_sentence(maze: Maze, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAZE_ENGINE_URL", "http://127.0.0.1:9")
    ran = maze("demo")
    assert ran.status == 1
    assert "no engine answers at http://127.0.0.1:9" in ran.err.splitlines()[-1]
    assert "Traceback" not in ran.err


def test_a_picture_that_cannot_be_saved_is_told_beforehand(maze: Maze, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none" / "demo.svg"):
        ran = maze("demo", "--svg", place)
        assert (ran.status, ran.out) == (1, "")
        assert ran.err == f"maze: {place} cannot be written; name a file in a folder that can\n"


@pytest.mark.parametrize("file", sorted({cursor.file for cursor in CURSORS}))
def test_parsers_at_hand_tell_a_whole_sample_from_a_broken_one(file: str) -> None:
    [cursor, *_] = [cursor for cursor in CURSORS if cursor.file == file]
    text = cursor.path.read_text(encoding="utf-8")
    found = detect(str(cursor.path), text).language
    assert found is not None
    language = found.name
    judge = AtHand()
    assert judge.judge(language, text).parses is True
    assert judge.judge(language, text + "\n)").parses is False
    assert judge.name(language)
