"""`maze init`: with flags, as scripts use it, and with somebody there to answer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from maze.settings import load
from tests.cli.conftest import KEY, Maze
from tests.lsp.fake_engine import FakeEngine, fake_engine


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("MAZE_CONFIG", str(path))
    monkeypatch.setattr("maze.keys.stored", lambda url: "")
    monkeypatch.setattr("maze.cli.init.missing_extra", lambda: None)
    return path


@pytest.fixture
def team(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """An engine that runs already; the settings do not name it yet."""
    monkeypatch.setenv("MAZE_API_KEY", KEY)
    with fake_engine() as running:
        yield running


class Typist(io.StringIO):
    """Somebody at the terminal, who types this."""

    def isatty(self) -> bool:
        return True


def test_the_embedded_engine(maze: Maze, file: Path) -> None:
    file.write_text('# mine\nengine_url = "https://old.example"\nfallback = true\n')
    ran = maze("init", "--engine", "embedded")
    assert ran.status == 0
    assert file.read_text() == "# mine\n"
    assert "lsp" in ran.out and "maze doctor" in ran.out


def test_there_was_no_file_and_none_is_needed(maze: Maze, file: Path) -> None:
    ran = maze("init", "--engine", "embedded")
    assert ran.status == 0
    assert f"Nothing had to be changed in {file}" in ran.out
    assert not file.exists()


@pytest.mark.usefixtures("file")
def test_the_embedded_engine_is_not_installed(maze: Maze, monkeypatch) -> None:
    monkeypatch.setattr("maze.cli.init.missing_extra", lambda: "run `maze setup`")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    ran = maze("init", "--engine", "embedded")
    assert ran.status == 1 and "maze setup" in ran.err


def test_an_engine_elsewhere(maze: Maze, file: Path, team: FakeEngine) -> None:
    ran = maze("init", "--url", team.url, "--fallback")
    assert ran.status == 0, ran.err
    assert "It answers, with fake" in ran.out
    settings = load(file=file).settings
    assert (settings.engine_url, settings.fallback) == (team.url, True)


def test_one_that_is_starting_is_fine(maze: Maze, file: Path, team: FakeEngine) -> None:
    team.starting = 100
    ran = maze("init", "--url", team.url, "--no-fallback")
    assert ran.status == 0 and "It is starting" in ran.out
    assert load(file=file).settings.engine_url == team.url


NOT_USABLE = [
    (["--url", "http://127.0.0.1:9"], "no engine answers"),
    (["--url", "http://gpu.example"], "use https"),
    (["--url", "gpu"], "must look like"),
    (["--engine", "url"], "--url"),
    (["--engine", "embedded", "--url", "http://127.0.0.1:9"], "leave --url out"),
    (["--engine", "gpu"], "one of embedded, modal, url"),
    ([], "say --engine"),
]


@pytest.mark.parametrize(("flags", "said"), NOT_USABLE)
def test_what_can_not_be_used_is_not_written(
    maze: Maze, file: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], said: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    ran = maze("init", *flags)
    assert ran.status == 1 and said in ran.err
    assert not file.exists()


def test_no_test_writes_what_is_not_there_yet(maze: Maze, file: Path) -> None:
    assert maze("init", "--url", "https://gpu.example", "--no-test").status == 0
    assert load(file=file).settings.engine_url == "https://gpu.example"


def test_somebody_answers(
    maze: Maze, file: Path, team: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 3 is an engine that runs already; then its address; then yes to the fallback.
    monkeypatch.setattr("sys.stdin", Typist(f"3\n{team.url}\ny\n"))
    ran = maze("init")
    assert ran.status == 0, ran.err
    assert "Where shall suggestions come from?" in ran.out
    settings = load(file=file).settings
    assert (settings.engine_url, settings.fallback) == (team.url, True)
