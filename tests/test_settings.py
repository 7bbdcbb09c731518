"""`maze.settings`: sources, their precedence, and what is said of values that make no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maze.settings import Settings, config_file, load

NO_FILE = Path("no-such-file.toml")


def test_without_sources_there_are_the_defaults() -> None:
    loaded = load(None, {}, NO_FILE)
    assert loaded.settings == Settings()
    assert loaded.problems == ()


PRECEDENCE = [
    # config.toml, initializationOptions, environment, max_tokens
    ("", {}, {}, 48),
    ("max_tokens = 1", {}, {}, 1),
    ("max_tokens = 1", {"max_tokens": 2}, {}, 2),
    ("max_tokens = 1", {"max_tokens": 2}, {"MAZE_MAX_TOKENS": "3"}, 3),
    ("max_tokens = 1", {}, {"MAZE_MAX_TOKENS": "3"}, 3),
    ("max_tokens = 1", {"max_tokens": "many"}, {}, 1),
]


@pytest.mark.parametrize(("file", "options", "environment", "expected"), PRECEDENCE)
def test_later_sources_win(tmp_path, file, options, environment, expected) -> None:
    path = tmp_path / "config.toml"
    path.write_text(file)
    assert load(options, environment, path).settings.max_tokens == expected


SPELLINGS: list[tuple[dict[str, Any], dict[str, str], str, Any]] = [
    # options, environment, the setting, its value
    ({"maxTokens": 7}, {}, "max_tokens", 7),
    ({"engineUrl": "http://127.0.0.1:8000"}, {}, "engine_url", "http://127.0.0.1:8000"),
    ({"engine_url": None}, {}, "engine_url", None),
    ({"engine": {"url": "https://a.example"}}, {}, "engine_url", "https://a.example"),
    ({"engine": {"idleMinutes": 5}}, {}, "idle_minutes", 5),
    ({"engine.fallback": True}, {}, "fallback", True),
    ({"languages": ["go"]}, {}, "languages", ("go",)),
    ({"languages": []}, {}, "languages", ()),
    ({"timeout_s": 3}, {}, "timeout_s", 3),
    ({"model": "/models/a.gguf"}, {}, "model", Path("/models/a.gguf")),
    ({}, {"MAZE_API_KEY": "12345"}, "api_key", "12345"),
    ({}, {"MAZE_LANGUAGES": "go, python"}, "languages", ("go", "python")),
    ({}, {"MAZE_CONSTRAIN": "False"}, "constrain", False),
    ({}, {"MAZE_TIMEOUT_S": "2.5"}, "timeout_s", 2.5),
    ({}, {"MAZE_ENGINE_URL": "https://a.example"}, "engine_url", "https://a.example"),
    ({}, {"MAZE_MAX_TOKENS": ""}, "max_tokens", 48),
]


@pytest.mark.parametrize(("options", "environment", "name", "value"), SPELLINGS)
def test_values_as_people_write_them(options, environment, name, value) -> None:
    loaded = load(options, environment, NO_FILE)
    assert loaded.problems == ()
    assert getattr(loaded.settings, name) == value


NONSENSE: list[tuple[Any, dict[str, str], str]] = [
    # options, environment, what is said
    ({"max_tokens": 0}, {}, "from 1 to 1024, not 0; keeping 48"),
    ({"max_tokens": True}, {}, "a whole number, not True"),
    ({"max_tokens": 1.5}, {}, "a whole number, not 1.5"),
    ({"temperature": "hot"}, {}, "a number, not 'hot'"),
    ({"timeout_s": float("nan")}, {}, "from 0.1 to 600"),
    ({"constrain": 1}, {}, "true or false, not 1"),
    ({"languages": "python"}, {}, "a list of names"),
    ({"languages": ["python", "cobol"]}, {}, "python, go"),
    ({"engine_url": "localhost:8000"}, {}, "http://127.0.0.1:8000"),
    ({"engine_url": "file:///etc/passwd"}, {}, "http://127.0.0.1:8000"),
    ({"engine_url": "http://me:secret@host"}, {}, "MAZE_API_KEY"),
    ({"engine_url": "http://127.0.0.1:99999"}, {}, "a port from 0 to 65535"),
    ({"maxTokns": 5}, {}, "did you mean max_tokens?"),
    ({"colour": "red"}, {}, "there is no setting colour"),
    ({"apiKey": "secret"}, {}, "MAZE_API_KEY"),
    ({"model": 5}, {}, "a path, not 5"),
    ([], {}, "must be an object"),
    ("x", {}, "must be an object"),
    ({}, {"MAZE_DEBOUNCE_MS": "soon"}, "a number, not 'soon'"),
    ({}, {"MAZE_LANGUAGES": "cobol"}, "python, go"),
]


@pytest.mark.parametrize(("options", "environment", "said"), NONSENSE)
def test_nonsense_is_said_and_left_out(options, environment, said) -> None:
    loaded = load(options, environment, NO_FILE)
    (problem,) = loaded.problems
    assert said in problem
    assert "secret" not in problem
    assert loaded.settings == Settings()


FILES = [
    # the file's bytes, what is said of it
    (b"max_tokens = ", "can not be read"),
    (b"\xff\xfe", "can not be read"),
    (b"api_key = 'secret'", "MAZE_API_KEY"),
    (b"[engine]\nurl = 'x'", "engine_url must look like"),
]


@pytest.mark.parametrize(("content", "said"), FILES)
def test_a_file_that_makes_no_sense(tmp_path, content, said) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    loaded = load({}, {}, path)
    (problem,) = loaded.problems
    assert str(path) in problem
    assert said in problem
    assert "secret" not in problem
    assert loaded.settings == Settings()


def test_the_config_file_may_lie_elsewhere(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("max_tokens = 5")
    assert config_file({"MAZE_CONFIG": str(path)}) == path
    assert load({}, {"MAZE_CONFIG": str(path)}).settings.max_tokens == 5
    assert config_file({}).name == "config.toml"


WORKSPACE = [
    # what a workspace says, whether it counts
    ({"maxTokens": 5}, True),
    ({"debounce_ms": 0}, True),
    ({"languages": ["go"]}, True),
    ({"engineUrl": "http://elsewhere.example"}, False),
    ({"engine_url": "http://elsewhere.example"}, False),
    ({"apiKey": "x"}, False),
    ({"model": "/tmp/model.gguf"}, False),
    ({"engine": {"url": "http://elsewhere.example"}}, False),
    ({"engine.key": "x"}, False),
    ({"allowPlainHttp": True}, False),
    ({"fallback": True}, False),
]


@pytest.mark.parametrize(("values", "counts"), WORKSPACE)
def test_a_workspace_can_do_no_harm(values, counts) -> None:
    mine = load({"engine_url": "http://127.0.0.1:8000"}, {}, NO_FILE).settings
    loaded = mine.with_workspace(values)
    assert (loaded.settings != mine) == counts
    assert (loaded.problems == ()) == counts


def test_the_key_is_not_shown_with_the_settings() -> None:
    assert "secret" not in repr(load({}, {"MAZE_API_KEY": "secret"}, NO_FILE))
