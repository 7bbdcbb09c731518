"""`maze status --url`: what is said while an engine is not there yet."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Maze
from tests.lsp.fake_engine import FakeEngine, says


def test_where_nobody_watches_it_says_once_what_it_waits_for(
    maze: Maze, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modal_service.trial._BETWEEN_ASKS_S", 0)
    engine.starting, engine.needs_key, engine.reply = 3, True, says("1")
    ran = maze("status", "--url", engine.url)
    assert ran.status == 0, ran.out
    (line,) = ran.err.splitlines()
    assert line.startswith("maze: waiting: ")


def test_it_says_what_is_wrong_with_the_settings(maze: Maze, tmp_path, monkeypatch) -> None:
    """Without which nobody knows why it is not the engine that the file names."""
    file = tmp_path / "config.toml"
    file.write_text("engine_url = https://gpu.example\n")
    monkeypatch.setenv("MAZE_CONFIG", str(file))
    monkeypatch.setattr("maze.cli.service.asked.missing_client", lambda: "no client")
    ran = maze("status")
    assert ran.status == 0
    assert f"{file} can not be read" in ran.err
